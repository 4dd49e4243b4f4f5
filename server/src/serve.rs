//! Accepting connections and speaking HTTP/1.1 on them, with a deadline on everything that a peer can leave undone.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::front::Front;
use crate::turns::{Turn, Turns};

/// A peer that connects and says nothing.
const FIRST_BYTE_WITHIN: Duration = Duration::from_secs(10);
/// Between two requests, and from the first byte of a request to the end of its headers: hyper counts both as one.
const HEADERS_WITHIN: Duration = Duration::from_secs(60);
/// The line and the headers of one request; more is answered with 431.
const MAX_HEADERS_BYTES: usize = 64 * 1024;
/// A connection in the middle of a request, without any traffic.
const IDLE_AFTER: Duration = Duration::from_secs(75);
/// A peer that makes us wait takes so much of a reply at least, in each such span.
const TAKES_AT_LEAST: usize = 32 * 1024;
const TAKES_WITHIN: Duration = Duration::from_secs(60);
/// Between two tries to accept, where the system has no descriptors left.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How a request for a socket begins. Who comes in which order hangs on it, and nothing else.
const SOCKET: &[u8; 14] = b"GET /api/v1/ws";

/// What somebody is told for whom there is no room.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\n\
Connection: close\r\nContent-Length: 108\r\n\r\n\
{\"error\":{\"code\":\"unavailable\",\"message\":\"The server has as many connections as it takes. Try again soon.\"}}";

/// Accepts until `shutdown`; connections go on in tasks of `tracker`. `max_connections`: 0 for no limit.
pub async fn accept(
    listener: TcpListener,
    front: Front,
    tracker: TaskTracker,
    max_connections: usize,
    turns: Arc<Turns>,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return,
        };
        let (mut tcp, peer) = match accepted {
            Ok(accepted) => accepted,
            // The peer was gone before we came.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                tracing::error!(%error, "cannot accept connections now (too many open files? see ulimit -n)");
                sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        // Small frames have to leave at once.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        if max_connections != 0 && tracker.len() >= max_connections {
            tracing::warn!(%peer, max_connections, "turned away a connection: there are as many as allowed");
            tracker.spawn(async move { tcp.write_all(FULL).await });
            continue;
        }
        tracker.spawn(serve(tcp, peer, front.clone(), Arc::clone(&turns), shutdown.clone()));
    }
}

/// What speaking HTTP takes, two buffers above all, is there from the first byte on, and for a crowd of sockets in turn.
async fn serve(tcp: TcpStream, peer: SocketAddr, front: Front, turns: Arc<Turns>, shutdown: CancellationToken) {
    // A new connection counts as readable until a look has shown that it is not.
    let mut first = [0; SOCKET.len()];
    tokio::select! {
        spoke = timeout(FIRST_BYTE_WITHIN, tcp.peek(&mut first)) => if !matches!(spoke, Ok(Ok(1..))) {
            return;
        },
        () = shutdown.cancelled() => return,
    }
    // Only sockets come in crowds, and whoever posts does not wait for them.
    let turn = match &first == SOCKET {
        true => tokio::select! {
            turn = turns.take() => Some(turn),
            () = shutdown.cancelled() => return,
        },
        false => None,
    };
    Box::pin(speak(tcp, peer, front, turn, shutdown)).await;
}

async fn speak(tcp: TcpStream, peer: SocketAddr, front: Front, turn: Option<Turn<'_>>, shutdown: CancellationToken) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        front.clone().answer(request.map(Body::new)).map(Ok::<_, Infallible>)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADERS_BYTES)
        // Otherwise every request that waits is read past, to see whether its peer is still there, into a buffer of its own. An
        // answer is never far, and a peer that has only ended its own side gets it.
        .half_close(true)
        .serve_connection(TokioIo::new(HttpStream::new(tcp)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // A handshake that is there is answered with the first look. The turn is for that; what comes later is waited for.
    let first = poll_fn(|cx| Poll::Ready(connection.as_mut().poll(cx))).await;
    drop(turn);
    let result = match first {
        Poll::Ready(result) => result,
        Poll::Pending => tokio::select! {
            result = connection.as_mut() => result,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "an HTTP connection ended early");
    }
}

/// A TCP connection while it speaks HTTP: one without any traffic is closed. It becomes bare again with an upgrade.
pub struct HttpStream {
    tcp: TcpStream,
    /// Moved forward lazily: when it runs out, the last traffic decides.
    deadline: Pin<Box<Sleep>>,
    last_traffic: Instant,
    patience: Duration,
    pace: Pace,
}

/// How fast a peer takes a reply that it makes us wait with: what it does not take we have to keep.
#[derive(Debug, Default)]
struct Pace {
    /// Since when, and what it has taken since.
    waiting: Option<(Instant, usize)>,
}

impl Pace {
    fn wait(&mut self) {
        self.waiting.get_or_insert_with(|| (Instant::now(), 0));
    }

    /// It took so much.
    fn take(&mut self, bytes: usize) -> io::Result<()> {
        let Some((since, taken)) = &mut self.waiting else { return Ok(()) };
        *taken += bytes;
        if since.elapsed() < TAKES_WITHIN {
            return Ok(());
        }
        if *taken < TAKES_AT_LEAST {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.waiting = Some((Instant::now(), 0));
        Ok(())
    }

    /// Nothing waits to be taken.
    fn rest(&mut self) {
        self.waiting = None;
    }
}

impl HttpStream {
    fn new(tcp: TcpStream) -> Self {
        let deadline = Box::pin(sleep(FIRST_BYTE_WITHIN));
        Self { tcp, deadline, last_traffic: Instant::now(), patience: FIRST_BYTE_WITHIN, pace: Pace::default() }
    }

    /// The connection itself.
    #[must_use]
    pub fn into_inner(self) -> TcpStream {
        self.tcp
    }

    /// What a write came to.
    fn note_written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.pace.wait(),
            Poll::Ready(Ok(bytes)) => {
                self.note_traffic();
                self.pace.take(bytes)?;
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn note_traffic(&mut self) {
        self.last_traffic = Instant::now();
        self.patience = IDLE_AFTER;
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.deadline.as_mut().poll(cx));
            let due = self.last_traffic + self.patience;
            if due <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.deadline.as_mut().reset(due);
        }
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.tcp).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                self.note_traffic();
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_deadline(cx),
        }
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.note_written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.note_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked for when everything was written.
        self.pace.rest();
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_reply_too_slowly_is_given_up_and_nobody_else() {
        let mut pace = Pace::default();
        // Without a wait, nothing is counted.
        tokio::time::advance(2 * TAKES_WITHIN).await;
        pace.take(1).unwrap();
        pace.wait();
        for _ in 0..3 {
            tokio::time::advance(TAKES_WITHIN / 2).await;
            pace.take(TAKES_AT_LEAST / 2).unwrap();
            pace.wait();
            tokio::time::advance(TAKES_WITHIN / 2).await;
            pace.take(TAKES_AT_LEAST / 2).unwrap();
        }
        tokio::time::advance(TAKES_WITHIN / 2).await;
        pace.take(1).unwrap();
        // What follows is another reply.
        pace.rest();
        pace.wait();
        tokio::time::advance(TAKES_WITHIN - Duration::from_secs(1)).await;
        pace.take(1).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pace.take(1).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn the_answer_to_a_crowd_is_well_formed() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        let error: chat_shared::ErrorBody = serde_json::from_str(body).unwrap();
        assert_eq!(error.error.code, chat_shared::ErrorCode::Unavailable);
    }
}
