//! One connection from `hello` to `bye`, over any sink and stream of frames.
//!
//! A session never queues payloads: it asks its [`Reader`](crate::hub::Reader) for what comes next whenever its sink has room. What the
//! reader cannot give from memory is read from the store, and encoded as it goes.

use std::fmt::Display;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use chat_shared::frame::{ByeReason, Control};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;

use super::connection::{Connection, End};
use super::context::SessionContext;
use super::hello::Opened;
use super::idle::Idle;
use super::live::Session;
use super::{encode, hello};
use crate::presence;

/// How long a closing connection may take to take its last frames.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Runs a connection to its end. `token` is what came with the `Authorization` header; `peer` is for the log.
///
/// Its beginning and its end are boxed, and so is whatever seldom happens between: a session spends its life at rest, and
/// would else keep the room for all of it.
pub async fn run<T>(io: Box<T>, context: &SessionContext, token: Option<String>, peer: impl Display) -> End
where
    T: Connection + Send + 'static,
{
    let (mut io, end) = match Box::pin(begin(io, context, token, &peer)).await {
        Ok(Begun { session, caught_up, name, present }) => {
            let (io, end) = match caught_up {
                Ok(()) => serve(session, context).await,
                Err(end) => (session.into_connection(), end),
            };
            drop(present);
            context.metrics.sessions_open.dec();
            tracing::info!(%name, %peer, reason = %describe(&end), "a user disconnected");
            (io, end)
        }
        Err((io, end)) => {
            tracing::debug!(%peer, reason = %describe(&end), "a socket closed before it was a session");
            (io, end)
        }
    };
    Box::pin(finish(&mut *io, &end)).await;
    end
}

/// A session, and how far it got.
struct Begun<T> {
    session: Box<Session<T>>,
    caught_up: Result<(), End>,
    name: String,
    present: presence::Session,
}

/// From `hello` to `caught_up`.
async fn begin<T: Connection>(
    mut io: Box<T>,
    context: &SessionContext,
    token: Option<String>,
    peer: &impl Display,
) -> Result<Begun<T>, (Box<T>, End)> {
    let Opened { reader, principal, answer, present } =
        match context.unless_stopping(open(&mut *io, context, token)).await {
            Ok(opened) => opened,
            Err(end) => return Err((io, end)),
        };
    let name = principal.user.name;
    tracing::info!(%name, %peer, "a user connected");
    context.metrics.sessions.inc();
    context.metrics.sessions_open.inc();
    let mut session = Box::new(Session::new(*io, reader, context));
    let caught_up = Box::pin(context.unless_stopping(session.catch_up(context, answer))).await;
    Ok(Begun { session, caught_up, name, present })
}

/// Those who have not said hello, or whose turn has not come, are many: there is no room for what comes after that.
async fn open(io: &mut impl Connection, context: &SessionContext, token: Option<String>) -> Result<Opened, End> {
    let greeting = hello::wait(io, context, token.as_deref()).await?;
    let _turn = context.turns.take().await;
    Box::pin(hello::open(io, context, token, greeting)).await
}

/// Runs a session that has caught up to its end; gives the connection back.
async fn serve<T>(mut session: Box<Session<T>>, context: &SessionContext) -> (Box<T>, End)
where
    T: Connection + Send + 'static,
{
    let idle = Arc::new(Idle::new());
    let outlet: Weak<Idle<T>> = Arc::downgrade(&idle);
    session.open(outlet);
    let mut shutdown = pin!(context.shutdown.cancelled());
    loop {
        let step;
        (session, step) = idle
            .lend(session, |session, cx| {
                if shutdown.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Err(End::Bye(ByeReason::GoingAway)));
                }
                session.poll_live(cx)
            })
            .await;
        let supplied = match step {
            Ok(room) => Box::pin(context.unless_stopping(session.backfill(context, room))).await,
            Err(end) => Err(end),
        };
        if let Err(end) = supplied {
            return (session.into_connection(), end);
        }
    }
}

async fn finish(io: &mut impl Connection, end: &End) {
    match end {
        End::Bye(reason) => say_bye(io, *reason).await,
        // The answer to the client's close is still on its way.
        End::Closed => drop(timeout(CLOSE_WITHIN, io.close()).await),
        End::Broken(_) => {}
    }
}

fn describe(end: &End) -> String {
    match end {
        End::Bye(reason) => serde_json::to_string(reason).unwrap_or_default().trim_matches('"').to_owned(),
        End::Closed => "closed by the client".into(),
        End::Broken(error) => format!("connection broke: {error}"),
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
        std::io::Result::Ok(())
    };
    // Whether it was heard changes nothing: the session is over.
    let _ = timeout(CLOSE_WITHIN, bye).await;
}
