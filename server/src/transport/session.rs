//! One connection from `hello` to `bye`, over any sink and stream of frames.
//!
//! A session never queues payloads: it asks its [`Reader`](crate::hub::Reader) for what comes next whenever its sink has room. What the
//! reader cannot give from memory is read from the store, and encoded as it goes.

use std::time::Duration;

use chat_shared::frame::{ByeReason, Control};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;

use super::connection::{Connection, End};
use super::context::SessionContext;
use super::{encode, hello, live};

/// How long a closing connection may take to take its last frames.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Runs a connection to its end. `token` is what came with the `Authorization` header; `peer` is for the log.
///
/// Its beginning and its end are boxed, and so is whatever seldom happens between: a session spends its life at rest, and
/// would else keep the room for all of it.
pub async fn run(
    mut io: impl Connection + Send + 'static,
    context: &SessionContext,
    token: Option<String>,
    peer: &str,
) -> End {
    let end = match Box::pin(hello::open(&mut io, context, token)).await {
        Ok((reader, principal, missed)) => {
            let name = principal.user.name.clone();
            tracing::info!(%name, %peer, "a user connected");
            context.metrics.sessions.inc();
            context.metrics.sessions_open.inc();
            let online = context.presence.enter(principal.user.id);
            let end;
            (io, end) = live::serve(io, context, reader, missed).await;
            drop(online);
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
        End::Bye(reason) => Box::pin(say_bye(&mut io, reason)).await,
        // The answer to the client's close is still on its way.
        End::Closed => drop(Box::pin(timeout(CLOSE_WITHIN, io.close())).await),
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
