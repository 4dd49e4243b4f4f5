//! What a transport gives to a session: two directions of frames, and how they end.

use std::io;
use std::task::{Context, Poll};

use bytes::Bytes;
use chat_shared::frame::{ByeReason, ClientFrame};
use futures_util::{Sink, Stream, StreamExt as _};

/// What a transport gives to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// The first text frame is a long one. It is read when more is asked for: whoever does that has room for it.
    Long,
    /// A text frame.
    Text(String),
    /// Anything that shows that the peer is alive (a pong, say).
    Alive,
    /// Something that the contract does not know; the session closes with this reason.
    Violation(ByeReason),
}

/// Why a session ended.
#[derive(Debug)]
pub enum End {
    /// We closed it.
    Bye(ByeReason),
    /// The client closed it.
    Closed,
    /// The connection broke.
    Broken(io::Error),
}

/// The two directions of a connection: encoded frames out, [`Inbound`] in.
///
/// A sink's errors end the session; one of kind `TimedOut` says that the peer took nothing for too long.
pub trait Connection: Sink<Bytes, Error = io::Error> + Stream<Item = io::Result<Inbound>> + Unpin {}
impl<T: Sink<Bytes, Error = io::Error> + Stream<Item = io::Result<Inbound>> + Unpin> Connection for T {}

/// The end that an error of the transport means.
pub(super) fn broken(error: io::Error) -> End {
    if error.kind() == io::ErrorKind::TimedOut { End::Bye(ByeReason::Stalled) } else { End::Broken(error) }
}

/// Listens to a peer that has said hello: says whether anything came, or why that is the end.
pub(super) fn poll_heard(io: &mut impl Connection, cx: &mut Context<'_>) -> Result<bool, End> {
    let mut heard = false;
    while let Poll::Ready(inbound) = io.poll_next_unpin(cx) {
        heard = true;
        match inbound {
            None => return Err(End::Closed),
            Some(Err(error)) => return Err(broken(error)),
            Some(Ok(Inbound::Alive | Inbound::Long)) => {}
            Some(Ok(Inbound::Violation(reason))) => return Err(End::Bye(reason)),
            Some(Ok(Inbound::Text(text))) => match serde_json::from_str(&text) {
                Ok(ClientFrame::Unknown) => {}
                Ok(ClientFrame::Hello(_)) | Err(_) => return Err(End::Bye(ByeReason::BadFrame)),
            },
        }
    }
    Ok(heard)
}
