//! One connection from `hello` to `bye`, over any sink and stream of frames.
//!
//! A session never queues payloads: it asks its [`Reader`] for what comes next whenever its sink has room. What the
//! reader cannot give from memory is read from the store, and encoded as it goes.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chat_shared::frame::{ByeReason, ClientFrame, Control, Hello};
use chat_shared::{EventKind, RoomId, Seq, limit};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::encode;
use super::resume::{Begin, begin};
use crate::auth::{Auth, Principal};
use crate::hub::{Frame, Hub, Pull, Reader};
use crate::metrics::Metrics;
use crate::store::{Membership, Store};

/// A client that has not said hello by then is not going to.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How long a closing connection may take to take its last frames.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Events, and bytes of text, that one look into the log brings.
const BACKFILL_EVENTS: usize = 256;
const BACKFILL_BYTES: usize = 64 * 1024;

/// What a transport gives to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A text frame.
    Text(String),
    /// Anything that shows that the peer is alive (a pong, say).
    Alive,
    /// Something that the contract does not know; the session closes with this reason.
    Violation(ByeReason),
}

/// What sessions share.
pub struct SessionContext {
    /// Where the truth is.
    pub store: Arc<dyn Store>,
    /// Where the news is.
    pub hub: Arc<Hub>,
    /// Who is who.
    pub auth: Arc<Auth>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Open connections of one user (0: no limit).
    pub connections_per_user: usize,
    /// Events of one room that a resume replays (0: no limit).
    pub resume_events: u64,
    /// The server stops: sessions say bye.
    pub shutdown: tokio_util::sync::CancellationToken,
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

/// Runs a connection to its end. `token` is what came with the `Authorization` header; `peer` is for the log.
pub async fn run(mut io: impl Connection, context: &SessionContext, token: Option<String>, peer: &str) -> End {
    let end = match open(&mut io, context, token).await {
        Ok((reader, principal, token_left)) => {
            let name = principal.user.name.clone();
            tracing::info!(%name, %peer, "a user connected");
            context.metrics.sessions.inc();
            context.metrics.sessions_open.inc();
            let end = serve(&mut io, context, reader, token_left).await;
            context.metrics.sessions_open.dec();
            tracing::info!(%name, %peer, reason = %describe(&end), "a user disconnected");
            end
        }
        Err(end) => {
            tracing::debug!(%peer, reason = %describe(&end), "a socket closed before it was a session");
            end
        }
    };
    match end {
        End::Bye(reason) => say_bye(&mut io, reason).await,
        // The answer to the client's close is still on its way.
        End::Closed => drop(timeout(CLOSE_WITHIN, io.close()).await),
        End::Broken(_) => {}
    }
    end
}

fn describe(end: &End) -> String {
    match end {
        End::Bye(reason) => serde_json::to_string(reason).unwrap_or_default().trim_matches('"').to_owned(),
        End::Closed => "closed by the client".into(),
        End::Broken(error) => format!("connection broke: {error}"),
    }
}

/// What a resume still has to deliver before `caught_up`: rooms, and the heads that the client was told.
type Missed = Vec<(RoomId, Seq)>;

async fn open(
    io: &mut impl Connection,
    context: &SessionContext,
    token: Option<String>,
) -> Result<(Reader, Principal, Missed), End> {
    let hello = tokio::select! {
        hello = timeout(HELLO_WITHIN, read_hello(io)) => hello.unwrap_or(Err(End::Bye(ByeReason::HelloTimeout)))?,
        () = context.shutdown.cancelled() => return Err(End::Bye(ByeReason::GoingAway)),
    };
    let Some(token) = token.or(hello.token.clone()) else { return Err(End::Bye(ByeReason::Unauthorized)) };
    let unavailable = |_| End::Bye(ByeReason::Overloaded);
    let principal = context.auth.authenticate(&token).await.map_err(unavailable)?;
    let Some(principal) = principal else { return Err(End::Bye(ByeReason::Unauthorized)) };
    let mut reader = context
        .hub
        .connect(principal.user.id, principal.token, context.connections_per_user)
        .map_err(|_| End::Bye(ByeReason::TooManyConnections))?;
    // The token may have been revoked between the check and the registration, which is what a revocation goes by.
    if context.auth.authenticate(&token).await.map_err(unavailable)?.is_none() {
        return Err(End::Bye(ByeReason::Unauthorized));
    }
    // After the registration, so that no change of membership can fall between the two.
    let memberships = context.store.memberships(principal.user.id).await.map_err(unavailable)?;
    let epoch = context.store.epoch();
    let heads = memberships.iter().map(|membership| (membership.room, membership.head)).collect();
    let ready = Control::Ready { user: principal.user.clone(), epoch, heads };
    io.send(encode::control(&ready)).await.map_err(broken)?;

    let same_epoch = hello.epoch.is_none_or(|seen| seen == epoch.to_string());
    let cursors = hello.resume.iter().filter_map(|(room, seq)| Some((room.parse::<RoomId>().ok()?, *seq)));
    let cursors: std::collections::HashMap<_, _> = cursors.collect();
    let mut missed = Missed::new();
    for membership in &memberships {
        let Membership { room, head, .. } = *membership;
        let cursor = match begin(cursors.get(&room).copied(), same_epoch, membership, context.resume_events) {
            Begin::Live => head,
            Begin::Missed(cursor) => {
                missed.push((room, head));
                cursor
            }
            Begin::Reset => {
                io.feed(encode::control(&Control::Reset { room, head })).await.map_err(broken)?;
                head
            }
        };
        reader.subscribe(room, cursor, head);
    }
    Ok((reader, principal, missed))
}

fn broken(error: io::Error) -> End {
    if error.kind() == io::ErrorKind::TimedOut { End::Bye(ByeReason::Stalled) } else { End::Broken(error) }
}

async fn read_hello(io: &mut impl Connection) -> Result<Hello, End> {
    loop {
        match io.next().await {
            None => return Err(End::Closed),
            Some(Err(error)) => return Err(broken(error)),
            Some(Ok(Inbound::Alive)) => {}
            Some(Ok(Inbound::Violation(reason))) => return Err(End::Bye(reason)),
            Some(Ok(Inbound::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ClientFrame::Hello(hello)) => Ok(hello),
                    Ok(ClientFrame::Unknown) | Err(_) => Err(End::Bye(ByeReason::BadFrame)),
                };
            }
        }
    }
}

async fn serve(io: &mut impl Connection, context: &SessionContext, reader: Reader, missed: Missed) -> End {
    let mut session = Session {
        io,
        reader,
        batch: Vec::new(),
        heartbeat: Box::pin(sleep(Duration::from_millis(limit::PING_EVERY_MS))),
        heard: true,
        delivered: 0,
    };
    let mut shutdown = pin!(context.shutdown.cancelled());
    let live = async {
        session.catch_up(context, missed).await?;
        loop {
            let step = poll_fn(|cx| {
                if shutdown.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Err(End::Bye(ByeReason::GoingAway)));
                }
                session.poll_live(cx)
            });
            let behind = step.await;
            context.metrics.deliveries.inc_by(std::mem::take(&mut session.delivered));
            session.backfill(context, behind?).await?;
        }
    };
    let Err(end): Result<std::convert::Infallible, End> = live.await;
    end
}

/// A room whose next events are in the store only.
struct Behind {
    room: RoomId,
    after: Seq,
    until: Seq,
    since: Seq,
}

struct Session<'a, T> {
    io: &'a mut T,
    reader: Reader,
    /// Frames that are on their way from the reader to the sink; empty between two polls.
    batch: Vec<Frame>,
    /// Boxed, so that a session at rest stays small.
    heartbeat: Pin<Box<Sleep>>,
    /// Whether anything came in since the last ping.
    heard: bool,
    /// Events sent since this was last read.
    delivered: u64,
}

impl<T: Connection> Session<'_, T> {
    /// Sends what the client has missed of each room, in order, then says so.
    async fn catch_up(&mut self, context: &SessionContext, missed: Missed) -> Result<(), End> {
        for (room, head) in missed {
            while self.reader.cursor(room).is_some_and(|cursor| cursor < head) {
                let pull = self.reader.pull_room(room, &mut self.batch);
                for frame in std::mem::take(&mut self.batch) {
                    self.delivered += 1;
                    self.send(frame.bytes).await?;
                }
                match pull {
                    Pull::Idle => break,
                    Pull::Frames => {}
                    Pull::Behind { room, after, until, since } => {
                        self.backfill(context, Behind { room, after, until, since }).await?;
                    }
                }
                if context.shutdown.is_cancelled() {
                    return Err(End::Bye(ByeReason::GoingAway));
                }
            }
        }
        self.io.feed(encode::control(&Control::CaughtUp)).await.map_err(broken)
    }

    /// Goes on until something has to be read from the store, or the session ends.
    fn poll_live(&mut self, cx: &mut Context<'_>) -> Poll<Result<Behind, End>> {
        self.poll_inbound(cx)?;
        self.poll_heartbeat(cx)?;
        loop {
            match self.io.poll_ready_unpin(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(broken(error))),
                Poll::Pending => return self.poll_news_of_a_slow_peer(cx).map(Err),
            }
            match self.reader.pull(&mut self.batch) {
                Pull::Behind { room, after, until, since } => {
                    return Poll::Ready(Ok(Behind { room, after, until, since }));
                }
                Pull::Frames => self.push_batch()?,
                Pull::Idle => match self.poll_news(cx) {
                    Poll::Ready(Ok(passing)) => {
                        for bytes in passing {
                            self.push(bytes)?;
                        }
                    }
                    Poll::Ready(Err(end)) => return Poll::Ready(Err(end)),
                    Poll::Pending => break,
                },
            }
        }
        match self.io.poll_flush_unpin(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(broken(error))),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Whatever passes is dropped, but a revoked token and a lost membership count now.
    fn poll_news_of_a_slow_peer(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Err(end) = std::task::ready!(self.poll_news(cx)) {
                return Poll::Ready(end);
            }
        }
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<Result<impl Iterator<Item = Bytes> + use<T>, End>> {
        let news = std::task::ready!(self.reader.poll_news(cx));
        Poll::Ready(match news.closed {
            Some(reason) => Err(End::Bye(reason)),
            None => Ok(news.passing.into_iter()),
        })
    }

    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        while let Poll::Ready(inbound) = self.io.poll_next_unpin(cx) {
            self.heard = true;
            match inbound {
                None => return Err(End::Closed),
                Some(Err(error)) => return Err(broken(error)),
                Some(Ok(Inbound::Alive)) => {}
                Some(Ok(Inbound::Violation(reason))) => return Err(End::Bye(reason)),
                Some(Ok(Inbound::Text(text))) => match serde_json::from_str(&text) {
                    Ok(ClientFrame::Unknown) => {}
                    Ok(ClientFrame::Hello(_)) | Err(_) => return Err(End::Bye(ByeReason::BadFrame)),
                },
            }
        }
        Ok(())
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        while self.heartbeat.as_mut().poll(cx).is_ready() {
            if !std::mem::take(&mut self.heard) {
                return Err(End::Bye(ByeReason::Dead));
            }
            self.heartbeat.as_mut().reset(Instant::now() + Duration::from_millis(limit::PING_EVERY_MS));
            // A peer that takes nothing now has its own deadline.
            if self.io.poll_ready_unpin(cx).map_err(broken)?.is_ready() {
                self.push(encode::ping())?;
            }
        }
        Ok(())
    }

    /// Hands the frames that the reader gave to a sink that has just said it has room. The reader gives no more than
    /// one room's fair share at a time, and frames are shared: a sink takes them all.
    fn push_batch(&mut self) -> Result<(), End> {
        let mut batch = std::mem::take(&mut self.batch);
        self.delivered += batch.len() as u64;
        for frame in batch.drain(..) {
            self.push(frame.bytes)?;
        }
        // Kept for the next time, unless a burst has made it large.
        if batch.capacity() <= 8 {
            self.batch = batch;
        }
        Ok(())
    }

    fn push(&mut self, bytes: Bytes) -> Result<(), End> {
        self.io.start_send_unpin(bytes).map_err(broken)
    }

    /// Sends events of one room from the store.
    async fn backfill(&mut self, context: &SessionContext, behind: Behind) -> Result<(), End> {
        let Behind { room, after, until, since } = behind;
        context.metrics.backfills.inc();
        let events = match context.store.log(room, after, BACKFILL_EVENTS, BACKFILL_BYTES).await {
            Ok(events) if !events.is_empty() => events,
            Ok(_) => {
                tracing::error!(%room, after, "the log ends before its head; closing the session, which will resume");
                return Err(End::Bye(ByeReason::Overloaded));
            }
            Err(error) => {
                tracing::error!(%room, after, %error, "cannot read the log for a session; closing it, it will resume");
                return Err(End::Bye(ByeReason::Overloaded));
            }
        };
        let me = self.reader.user();
        let (mut seq, mut left) = (after, false);
        for event in events.iter().take_while(|event| event.seq <= until) {
            self.send(encode::event(event)).await?;
            self.delivered += 1;
            seq = event.seq;
            // The hub may hear of it later than the store.
            left = event.seq > since && matches!(&event.kind, EventKind::Left { user } if user.id == me);
            if left {
                break;
            }
        }
        self.reader.supplied(room, seq, left);
        Ok(())
    }

    /// Sends one frame to a peer that may be slow, listening meanwhile.
    async fn send(&mut self, bytes: Bytes) -> Result<(), End> {
        poll_fn(|cx| {
            if let Poll::Ready(ready) = self.io.poll_ready_unpin(cx) {
                return Poll::Ready(ready.map_err(broken));
            }
            self.poll_inbound(cx)?;
            self.poll_heartbeat(cx)?;
            self.poll_news_of_a_slow_peer(cx).map(Err)
        })
        .await?;
        self.push(bytes)
    }
}

/// Says why, and closes. Whoever does not listen is not waited for.
async fn say_bye(io: &mut impl Connection, reason: ByeReason) {
    let retry_after_ms = match reason {
        ByeReason::GoingAway | ByeReason::Stalled => Some(1_000),
        ByeReason::Overloaded => Some(5_000),
        _ => None,
    };
    let bye = async {
        io.feed(encode::control(&Control::Bye { reason, retry_after_ms })).await?;
        io.send(encode::close(reason.close_code())).await?;
        // Until the peer has closed too: to drop a socket with unread input would take back what we just said.
        while let Some(Ok(_)) = io.next().await {}
        io::Result::Ok(())
    };
    // Whether it was heard changes nothing: the session is over.
    let _ = timeout(CLOSE_WITHIN, bye).await;
}
