//! WebSocket as a [`Connection`](super::connection::Connection): frames leave as they were encoded, shared and not copied, with
//! one vectored write for all that wait; what comes in is the `decoder`'s business.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use futures_util::{Sink, Stream};
use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep};

use super::connection::Inbound;
use super::decoder::{Decoder, Received};
use super::encode;
use super::outgoing::{MAX_SLICES, Outgoing};

/// What is taken from the socket at a time.
const READ_BYTES: usize = 4096;
/// A peer that took nothing for so long is gone.
const STALLED_AFTER: Duration = Duration::from_secs(30);

/// What a WebSocket speaks through.
pub trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// Sends what goes out at once, without a look at what the runtime knows of the connection.
    ///
    /// # Errors
    /// `WouldBlock` where nothing does: only [`AsyncWrite::poll_write`] knows when it is worth another try.
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize>;
}

impl Wire for TcpStream {
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        // The runtime's sockets never wait, and no program of Rust's ends by a signal here: flags for that are not known everywhere.
        Ok(rustix::net::send(self, bytes, SendFlags::empty())?)
    }
}

/// A WebSocket on the server's side, after the upgrade.
pub struct Socket<T> {
    io: T,
    decoder: Decoder,
    outgoing: Outgoing,
    /// The deadline of a peer that takes nothing. Boxed and only there while something waits: a socket at rest is small.
    stall: Option<Pin<Box<Sleep>>>,
    /// The peer broke the protocol: what else it sends is not looked at.
    failed: bool,
    /// Nothing more will come.
    ended: bool,
}

impl<T: Wire> Socket<T> {
    /// Takes over a connection after the upgrade; `early` is what the peer had sent behind its request.
    #[must_use]
    pub fn new(io: T, early: &[u8]) -> Self {
        let mut decoder = Decoder::default();
        decoder.feed(early);
        Self { io, decoder, outgoing: Outgoing::default(), stall: None, failed: false, ended: false }
    }

    /// Writes until nothing waits, or the peer takes no more.
    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = match self.poll_write_some(cx) {
                Poll::Ready(written) => written?,
                Poll::Pending => return self.poll_stall(cx),
            };
            self.stall = None;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(written);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_write_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        let Outgoing { first, others, .. } = &self.outgoing;
        if others.is_empty() {
            // Mostly a delivery to a connection at rest, whose peer has room: one thing less to be fetched from memory.
            let budget = ready!(coop::poll_proceed(cx));
            return match io.send_now(first) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    io.poll_write(cx, first)
                }
                sent => {
                    budget.made_progress();
                    Poll::Ready(sent)
                }
            };
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(std::iter::once(first).chain(others)) {
            *slice = IoSlice::new(frame);
            count += 1;
        }
        io.poll_write_vectored(cx, &slices[..count])
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deadline = self.stall.get_or_insert_with(|| Box::pin(sleep(STALLED_AFTER)));
        ready!(deadline.as_mut().poll(cx));
        deadline.as_mut().reset(Instant::now() + STALLED_AFTER);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Brings bytes from the socket to the decoder.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Not zeroed: a connection looks here whenever it wakes, mostly to find nothing.
        let mut chunk = [MaybeUninit::uninit(); READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        self.ended |= buffer.filled().is_empty();
        if !self.failed {
            self.decoder.feed(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }

    fn violation(&mut self, reason: ByeReason) -> Inbound {
        self.failed = true;
        self.decoder = Decoder::default();
        Inbound::Violation(reason)
    }

    /// Puts an answer to the peer behind the frames that wait.
    fn answer(&mut self, frame: Bytes) {
        // A peer that pings without reading gets no more answers than fit.
        if !self.outgoing.is_full() {
            self.outgoing.push(frame);
        }
    }
}

impl<T: Wire> Stream for Socket<T> {
    type Item = io::Result<Inbound>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.ended {
            let inbound = match this.decoder.next() {
                Ok(None) => {
                    ready!(this.poll_fill(cx))?;
                    continue;
                }
                Ok(Some(Received::Long)) => Inbound::Long,
                Ok(Some(Received::Text(text))) => Inbound::Text(text),
                Ok(Some(Received::Ping(payload))) => {
                    this.answer(encode::pong(&payload));
                    Inbound::Alive
                }
                Ok(Some(Received::Pong)) => Inbound::Alive,
                Ok(Some(Received::Close(code))) => {
                    this.answer(encode::answer_to_close(code));
                    this.ended = true;
                    continue;
                }
                Err(reason) => this.violation(reason),
            };
            return Poll::Ready(Some(Ok(inbound)));
        }
        Poll::Ready(None)
    }
}

impl<T: Wire> Sink<Bytes> for Socket<T> {
    type Error = io::Error;

    /// Ready while there is room; else after the peer took something.
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.outgoing.is_full() {
            return Poll::Ready(Ok(()));
        }
        match self.poll_write_out(cx) {
            Poll::Pending if !self.outgoing.is_full() => Poll::Ready(Ok(())),
            written => written,
        }
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Bytes) -> io::Result<()> {
        self.outgoing.push(frame);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_out(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_out(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
