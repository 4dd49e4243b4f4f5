//! A TCP stream that can be left alone for a while. Whoever takes what comes in any case only with the next frame of the screen
//! has no use for being woken by each piece of it: in a flood that costs more than all that is done with the pieces.

use std::io::{self, Read as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// Until when what has not come yet may wait. Shared by who says so and the streams that keep to it.
#[derive(Clone, Debug, Default)]
pub struct Lull(Arc<Mutex<Option<Instant>>>);

impl Lull {
    /// From now on until then nobody is woken by what comes. It ends by itself: nobody has to remember to end it.
    pub fn set(&self, until: Instant) {
        // Nothing in here can be half done.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// When it ends, if it is not over.
    fn end(&self) -> Option<Instant> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }
}

/// A stream that reads what is there at any time, but waits for more only after the lull.
pub struct Tap {
    stream: Stream,
    lull: Lull,
    /// The end of the lull that it keeps to.
    rest: Option<Pin<Box<Sleep>>>,
    /// It has read something since it last rested: whoever takes that may be about to say that more can wait.
    may_rest: bool,
}

enum Stream {
    /// Whatever comes wakes us.
    Watched(TcpStream),
    /// Nothing does: the runtime does not know of it.
    Alone(std::net::TcpStream),
    /// The system has refused to change from one to the other.
    Gone,
}

impl Tap {
    /// Reads from this stream, with lulls.
    pub fn new(stream: TcpStream, lull: Lull) -> Self {
        Self { stream: Stream::Watched(stream), lull, rest: None, may_rest: false }
    }

    fn leave_alone(&mut self) -> io::Result<()> {
        self.stream = match std::mem::replace(&mut self.stream, Stream::Gone) {
            Stream::Watched(stream) => Stream::Alone(stream.into_std()?),
            other => other,
        };
        Ok(())
    }

    fn watched(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream = match std::mem::replace(&mut self.stream, Stream::Gone) {
            Stream::Alone(stream) => Stream::Watched(TcpStream::from_std(stream)?),
            other => other,
        };
        self.rest = None;
        match &mut self.stream {
            Stream::Watched(stream) => Ok(Pin::new(stream)),
            Stream::Alone(_) | Stream::Gone => Err(gone()),
        }
    }

    /// Reads what is there without waiting. `false`: there is nothing.
    fn take(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<bool> {
        let Stream::Alone(stream) = &mut self.stream else { return Err(gone()) };
        loop {
            match stream.read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Stream::Watched(stream) = &mut self.stream {
            if let Poll::Ready(read) = Pin::new(stream).poll_read(context, buffer) {
                return Poll::Ready(read);
            }
            if self.lull.end().is_none() {
                return Poll::Pending;
            }
            self.leave_alone()?;
        }
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(rest.as_mut().poll(context));
                self.rest = None;
            }
            if self.take(buffer)? {
                self.may_rest = true;
                return Poll::Ready(Ok(()));
            }
            if let Some(until) = self.lull.end() {
                self.rest = Some(Box::pin(sleep_until(until)));
            } else if std::mem::take(&mut self.may_rest) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            } else {
                return self.watched()?.poll_read(context, buffer);
            }
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().read(context, buffer)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().watched()?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TCP holds nothing back.
        let _ = context;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().watched()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// Polls it once.
    async fn is_waiting<F: Future>(mut future: Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
    }

    async fn pair() -> (Tap, Lull, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let lull = Lull::default();
        (Tap::new(stream, lull.clone()), lull, listener.accept().unwrap().0)
    }

    #[tokio::test]
    async fn what_comes_in_a_lull_is_read_after_it() {
        let (mut tap, lull, mut peer) = pair().await;
        peer.write_all(b"a").unwrap();
        assert_eq!(tap.read_u8().await.unwrap(), b'a');
        tokio::time::pause();
        for byte in b"bcd" {
            let until = Instant::now() + LONG;
            lull.set(until);
            let mut read = std::pin::pin!(tap.read_u8());
            assert!(is_waiting(read.as_mut()).await);
            peer.write_all(&[*byte]).unwrap();
            assert_eq!(read.await.unwrap(), *byte);
            assert!(Instant::now() >= until);
        }
    }

    #[tokio::test]
    async fn what_is_there_does_not_wait_and_after_a_lull_nothing_does() {
        let (mut tap, lull, mut peer) = pair().await;
        peer.write_all(b"ab").unwrap();
        assert_eq!(tap.read_u8().await.unwrap(), b'a');
        lull.set(Instant::now() + Duration::from_secs(3_600));
        assert_eq!(tap.read_u8().await.unwrap(), b'b');
        tokio::time::pause();
        let until = Instant::now() + LONG;
        lull.set(until);
        assert!(is_waiting(std::pin::pin!(tap.read_u8())).await);
        tokio::time::advance(LONG).await;
        tokio::time::resume();
        let mut read = std::pin::pin!(tap.read_u8());
        assert!(is_waiting(read.as_mut()).await);
        peer.write_all(b"c").unwrap();
        assert_eq!(read.await.unwrap(), b'c');
    }

    #[tokio::test]
    async fn a_lull_keeps_nobody_from_writing_and_hides_no_end() {
        let (mut tap, lull, mut peer) = pair().await;
        tokio::time::pause();
        let until = Instant::now() + LONG;
        lull.set(until);
        assert!(is_waiting(std::pin::pin!(tap.read_u8())).await);
        tap.write_all(b"x").await.unwrap();
        assert!(Instant::now() < until);
        let mut byte = [0];
        peer.read_exact(&mut byte).unwrap();
        assert_eq!(byte, *b"x");
        drop(peer);
        assert!(tap.read_u8().await.is_err());
    }
}
