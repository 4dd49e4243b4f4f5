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
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;
    use crate::transport::decoder::{MAX_FIRST_BYTES, MAX_LATER_BYTES};

    /// Only the runtime knows whether it has room.
    impl Wire for DuplexStream {
        fn send_now(&self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    async fn pair(capacity: usize) -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (ours, theirs) = duplex(capacity);
        (Socket::new(ours, &[]), WebSocketStream::from_raw_socket(theirs, Role::Client, None).await)
    }

    fn frame(n: usize) -> Bytes {
        encode::control(&chat_shared::frame::Control::Reset {
            room: chat_shared::RoomId(uuid::Uuid::nil()),
            head: n as u64,
        })
    }

    #[tokio::test]
    async fn frames_arrive_whole_whatever_fits_at_a_time() {
        for capacity in [1, 7, 100, 100_000] {
            let (mut ours, mut theirs) = pair(capacity).await;
            let sending = tokio::spawn(async move {
                for n in 0..200 {
                    ours.feed(frame(n)).await.unwrap();
                }
                ours.flush().await.unwrap();
                ours
            });
            for n in 0..200 {
                let text = theirs.next().await.unwrap().unwrap().into_data();
                assert_eq!(text, frame(n)[2..], "at {capacity} bytes");
            }
            assert_eq!(sending.await.unwrap().outgoing.bytes, 0);
        }
    }

    #[tokio::test]
    async fn what_the_system_takes_in_parts_arrives_whole() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (theirs, ours) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (mut ours, mut theirs) = (Socket::new(ours.unwrap().0, &[]), theirs.unwrap());
        // More than lies between the two: it goes out as the other side reads.
        let large = Bytes::from_iter((0..32 << 20).map(|at: u32| (at % 251) as u8));
        ours.feed(large.clone()).await.unwrap();
        assert!(futures_util::poll!(ours.flush()).is_pending());
        let left = ours.outgoing.bytes;
        assert!(0 < left && left < large.len(), "{left}");
        let mut read = vec![0; large.len()];
        let (flushed, took) = tokio::join!(ours.flush(), theirs.read_exact(&mut read));
        flushed.unwrap();
        took.unwrap();
        assert!(read == large);
        // An end is heard of like everywhere.
        drop(theirs);
        while ours.send(frame(1)).await.is_ok() {}
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_peer_that_takes_nothing_at_all_is_given_up() {
        let (mut ours, theirs) = pair(64).await;
        let mut raw = theirs.into_inner();
        let began = Instant::now();
        let sending = tokio::spawn(async move {
            for n in 0..100 {
                ours.feed(frame(n)).await?;
            }
            ours.flush().await
        });
        // A little every 20 seconds is progress.
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(20)).await;
            raw.read_exact(&mut [0; 8]).await.unwrap();
        }
        assert!(!sending.is_finished());
        let error = sending.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_secs(230), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn the_protocol_is_answered_by_itself() {
        let (mut ours, mut theirs) = pair(100_000).await;
        theirs.send(Message::Ping(Bytes::from_static(b"are you there"))).await.unwrap();
        theirs.send(Message::text("hello")).await.unwrap();
        assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Alive);
        assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Text("hello".into()));
        ours.flush().await.unwrap();
        assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Pong(Bytes::from_static(b"are you there")));
        theirs.close(None).await.unwrap();
        assert!(ours.next().await.is_none());
        ours.flush().await.unwrap();
        assert!(matches!(theirs.next().await, Some(Ok(Message::Close(_)))));
    }

    #[tokio::test]
    async fn violations_are_named_once_and_the_rest_is_not_looked_at() {
        let cases = [
            (Message::binary(vec![0; 10]), ByeReason::BadFrame),
            (Message::text("x".repeat(MAX_FIRST_BYTES + 1)), ByeReason::FrameTooBig),
        ];
        for (message, reason) in cases {
            let (mut ours, mut theirs) = pair(1_000_000).await;
            theirs.send(message).await.unwrap();
            theirs.send(Message::text("and more")).await.unwrap();
            assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Violation(reason));
            drop(theirs);
            assert!(ours.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn after_hello_nothing_is_lost_and_nothing_large_is_read() {
        for chunk in [1, 2, 5, 64, 4096, 1_000_000] {
            let (theirs, ours) = (duplex(2_000_000), duplex(chunk));
            // What a client sends in one go arrives in pieces of any size.
            let (mut client, mut bytes) =
                (WebSocketStream::from_raw_socket(theirs.0, Role::Client, None).await, theirs.1);
            let hello = "x".repeat(10_000);
            for message in [
                Message::Ping(Bytes::from_static(b"?")),
                Message::text(hello.clone()),
                Message::Pong(Bytes::new()),
                Message::text("y".repeat(300)),
                Message::text("z".repeat(MAX_LATER_BYTES)),
                Message::text("z".repeat(MAX_LATER_BYTES + 1)),
            ] {
                client.send(message).await.unwrap();
            }
            drop(client);
            let (mut ours, mut far) = (Socket::new(ours.0, &[]), ours.1);
            let (read, ()) = tokio::join!(
                async {
                    let mut read = Vec::new();
                    while let Some(inbound) = ours.next().await {
                        read.push(inbound.unwrap());
                    }
                    read
                },
                async {
                    tokio::io::copy(&mut bytes, &mut far).await.unwrap();
                    far.shutdown().await.unwrap();
                }
            );
            let expected = [
                Inbound::Alive,
                Inbound::Text(hello),
                Inbound::Alive,
                Inbound::Text("y".repeat(300)),
                Inbound::Text("z".repeat(MAX_LATER_BYTES)),
                Inbound::Violation(ByeReason::FrameTooBig),
            ];
            assert!(read == expected, "in pieces of {chunk}: {} frames", read.len());
        }
    }

    #[tokio::test]
    async fn a_socket_at_rest_holds_no_buffers() {
        let (mut ours, mut theirs) = pair(100_000).await;
        for n in 0..50 {
            ours.feed(frame(n)).await.unwrap();
        }
        ours.flush().await.unwrap();
        theirs.send(Message::text("x".repeat(5000))).await.unwrap();
        ours.next().await.unwrap().unwrap();
        assert!(futures_util::poll!(ours.next()).is_pending());
        assert_eq!((ours.outgoing.others.capacity(), ours.outgoing.bytes), (0, 0));
        assert!(ours.decoder.is_at_rest());
        assert!(ours.stall.is_none());
    }
}
