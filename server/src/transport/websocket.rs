//! WebSocket as a [`Connection`](super::session::Connection): frames leave as they were encoded, many in one write;
//! what comes in is the library's business.
//!
//! tungstenite reads from, and answers into, memory ([`Wire`]): so control frames, fragmentation and limits are
//! handled by it, while shared frames go out without being copied, with one vectored write for all that wait.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use chat_shared::frame::ByeReason;
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use super::session::Inbound;

/// The largest frame that a client may send: a `hello` that resumes some 5,000 rooms.
const MAX_INBOUND_BYTES: usize = 256 * 1024;
/// What is taken from the socket at a time.
const READ_BYTES: usize = 4096;
/// Frames, and bytes, that wait in a sink before it says that it is full.
const MAX_WAITING_FRAMES: usize = 64;
const MAX_WAITING_BYTES: usize = 64 * 1024;
/// Frames in one vectored write.
const MAX_SLICES: usize = 64;
/// A peer that took nothing for so long is gone.
const STALLED_AFTER: Duration = Duration::from_secs(30);

/// A WebSocket on the server's side, after the upgrade.
pub struct Socket<T> {
    io: T,
    protocol: WebSocket<Wire>,
    outgoing: Outgoing,
    /// The deadline of a peer that takes nothing. Boxed and only there while something waits: a socket at rest is small.
    stall: Option<Pin<Box<Sleep>>>,
    /// The peer broke the protocol: what else it sends is not looked at.
    failed: bool,
}

/// The two ends of memory that tungstenite reads from and writes to.
#[derive(Default)]
struct Wire {
    incoming: BytesMut,
    /// What tungstenite itself has to say: pongs, and the answer to a close.
    answers: Vec<u8>,
    ended: bool,
}

impl io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = buffer.len().min(self.incoming.len());
        self.incoming.split_to(length).copy_to_slice(&mut buffer[..length]);
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
        Ok(length)
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Frames on their way out, shared with every other connection that sends them.
#[derive(Default)]
struct Outgoing {
    frames: VecDeque<Bytes>,
    bytes: usize,
}

impl Outgoing {
    fn is_full(&self) -> bool {
        self.frames.len() >= MAX_WAITING_FRAMES || self.bytes >= MAX_WAITING_BYTES
    }

    fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while let Some(first) = self.frames.front_mut() {
            if written < first.len() {
                first.advance(written);
                break;
            }
            written -= first.len();
            self.frames.pop_front();
        }
        if self.frames.is_empty() && self.frames.capacity() > 4 {
            self.frames = VecDeque::new();
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Socket<T> {
    /// Takes over a connection after the upgrade; `early` is what the peer had sent behind its request.
    #[must_use]
    pub fn new(io: T, early: &[u8]) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(256)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_INBOUND_BYTES))
            .max_frame_size(Some(MAX_INBOUND_BYTES));
        let wire = Wire { incoming: BytesMut::from(early), ..Wire::default() };
        let protocol = WebSocket::from_raw_socket(wire, Role::Server, Some(config));
        Self { io, protocol, outgoing: Outgoing::default(), stall: None, failed: false }
    }

    /// Writes until nothing waits, or the peer takes no more.
    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.frames.is_empty() {
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
        if let [only] = self.outgoing.frames.as_slices().0
            && self.outgoing.frames.len() == 1
        {
            return io.poll_write(cx, only);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(&self.outgoing.frames) {
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

    /// Brings bytes from the socket to tungstenite; 0 at the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0u8; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        let wire = self.protocol.get_mut();
        wire.ended |= buffer.filled().is_empty();
        wire.incoming.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }

    fn violation(&mut self, reason: ByeReason) -> Inbound {
        self.failed = true;
        Inbound::Violation(reason)
    }

    /// Puts what tungstenite has to say behind the frames that wait.
    fn queue_answers(&mut self) {
        let answers = std::mem::take(&mut self.protocol.get_mut().answers);
        // A peer that pings without reading gets no more answers than fit.
        if !answers.is_empty() && !self.outgoing.is_full() {
            self.outgoing.push(Bytes::from(answers));
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for Socket<T> {
    type Item = io::Result<Inbound>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while this.failed {
            ready!(this.poll_fill(cx))?;
            let wire = this.protocol.get_mut();
            wire.incoming.clear();
            if wire.ended {
                return Poll::Ready(None);
            }
        }
        loop {
            let read = this.protocol.read();
            this.queue_answers();
            let inbound = match read {
                Ok(Message::Text(text)) => Inbound::Text(text.as_str().to_owned()),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Inbound::Alive,
                Ok(Message::Binary(_)) => this.violation(ByeReason::BadFrame),
                // The answer is queued; the next read says that the connection is closed.
                Ok(Message::Close(_)) => continue,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(this.poll_fill(cx))?;
                    continue;
                }
                Err(error) => match ending(error) {
                    Ending::Closed => return Poll::Ready(None),
                    Ending::Broken(error) => return Poll::Ready(Some(Err(error))),
                    Ending::Violation(reason) => this.violation(reason),
                },
            };
            return Poll::Ready(Some(Ok(inbound)));
        }
    }
}

enum Ending {
    Closed,
    Broken(io::Error),
    Violation(ByeReason),
}

fn ending(error: Error) -> Ending {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => Ending::Closed,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ending::Closed,
        Error::Io(error) => Ending::Broken(error),
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Ending::Violation(ByeReason::FrameTooBig),
        _ => Ending::Violation(ByeReason::BadFrame),
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Sink<Bytes> for Socket<T> {
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
