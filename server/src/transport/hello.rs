//! The beginning of a session: who it is, what they have seen, and where each of their rooms begins.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use chat_shared::api::RoomSettings;
use chat_shared::frame::{ByeReason, ClientFrame, Control, Hello};
use chat_shared::{RoomId, Seq};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::connection::{Connection, End, Inbound, broken, poll_heard};
use super::context::SessionContext;
use super::encode;
use super::resume::{Begin, begin};
use crate::auth::Principal;
use crate::hub::Reader;
use crate::presence;
use crate::store::{Arrival, Membership, StoreError};

/// A client that has not said hello by then is not going to.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// What a resume still has to deliver before `caught_up`: rooms, and the heads that the client was told.
pub(super) type Missed = Vec<(RoomId, Seq)>;

/// A session that may begin.
pub(super) struct Opened {
    pub(super) reader: Reader,
    pub(super) principal: Principal,
    /// The answer to `hello`.
    pub(super) ready: Bytes,
    /// Rooms in which the client cannot go on, and their heads.
    pub(super) resets: Vec<(RoomId, Seq)>,
    pub(super) missed: Missed,
    /// The user's being online.
    pub(super) present: presence::Session,
}

/// Waits for `hello`.
pub(super) async fn wait(io: &mut impl Connection) -> Result<Hello, End> {
    timeout(HELLO_WITHIN, read_hello(io)).await.unwrap_or(Err(End::Bye(ByeReason::HelloTimeout)))
}

/// Judges `hello`, and subscribes to the user's rooms. Nothing is sent yet: while somebody waits for a peer, they listen to it.
pub(super) async fn open(
    io: &mut impl Connection,
    context: &SessionContext,
    token: Option<String>,
    hello: Hello,
) -> Result<Opened, End> {
    // Whoever has gone while they waited costs nothing more.
    poll_fn(|cx| Poll::Ready(poll_heard(io, cx))).await?;
    let Some(token) = token.or(hello.token.clone()) else { return Err(End::Bye(ByeReason::Unauthorized)) };
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
    // After the registration, so that no change of membership can fall between the two; and after the user counts as online,
    // so that whoever opens a conversation with them now says so.
    let present = context.presence.enter(principal.user.id);
    let Arrival { memberships, partners } = context.store.arrival(principal.user.id).await.map_err(unavailable)?;
    let epoch = context.store.epoch();
    let heads = memberships.iter().map(|membership| (membership.room, membership.head)).collect();
    present.announce(&partners);
    let online = context.presence.online(partners);
    let unusual = memberships.iter().filter(|membership| membership.settings != RoomSettings::default());
    let settings = Some(unusual.map(|membership| (membership.room, membership.settings)).collect());
    let behind = memberships.iter().filter(|membership| membership.read != membership.head);
    let reads = Some(behind.map(|membership| (membership.room, membership.read)).collect());
    let ready = Control::Ready { user: principal.user.clone(), epoch, heads, online, settings, reads };

    let same_epoch = hello.epoch.is_none_or(|seen| seen == epoch.to_string());
    let cursors = hello.resume.iter().filter_map(|(room, seq)| Some((room.parse::<RoomId>().ok()?, *seq)));
    let cursors: HashMap<_, _> = cursors.collect();
    let (mut resets, mut missed) = (Vec::new(), Missed::new());
    for membership in &memberships {
        let Membership { room, head, .. } = *membership;
        let cursor = match begin(cursors.get(&room).copied(), same_epoch, membership, context.resume_events) {
            Begin::Live => head,
            Begin::Missed(cursor) => {
                missed.push((room, head));
                cursor
            }
            Begin::Reset => {
                resets.push((room, head));
                head
            }
        };
        reader.subscribe(room, cursor, head);
    }
    Ok(Opened { reader, principal, ready: encode::control(&ready), resets, missed, present })
}

fn unavailable(error: StoreError) -> End {
    tracing::error!(%error, "cannot open a session");
    End::Bye(ByeReason::Overloaded)
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
