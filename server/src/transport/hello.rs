//! The beginning of a session: who it is, what they have seen, and where each of their rooms begins.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use chat_shared::api::RoomSettings;
use chat_shared::frame::{ByeReason, Control, Hello};
use chat_shared::{RoomId, Seq};
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::connection::{Connection, End, Inbound, broken, poll_heard};
use super::context::SessionContext;
use super::encode;
use super::resume::{Begin, begin};
use crate::auth::Principal;
use crate::hub::Reader;
use crate::presence;
use crate::requests::Place;
use crate::store::{Arrival, Membership, StoreError};

/// A client that has not said hello by then is not going to.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// Rooms, and their heads as the client is told them.
pub(super) type Heads = Vec<(RoomId, Seq)>;

/// What a client said first. Until it is known whose it is, no more of it is looked at than has to be.
pub(super) struct Greeting<'a> {
    token: Option<String>,
    text: String,
    /// Where it is long.
    _room: Option<Room<'a>>,
}

/// As much of it.
#[derive(Deserialize)]
struct Introduction<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    token: Option<String>,
}

/// Room for a long one.
#[expect(dead_code, reason = "it is had, and given back")]
enum Room<'a> {
    /// Whoever has shown a token has it among their own requests.
    OfUser(Place),
    /// Strangers have it together.
    OfStrangers(SemaphorePermit<'a>),
}

/// A session that may begin.
pub(super) struct Opened {
    pub(super) reader: Reader,
    pub(super) principal: Principal,
    pub(super) answer: Answer,
    /// The user's being online.
    pub(super) present: presence::Session,
}

/// What is sent before `caught_up`.
pub(super) struct Answer {
    pub(super) ready: Bytes,
    /// Rooms in which the client cannot go on.
    pub(super) resets: Heads,
    /// Rooms of which it has missed something.
    pub(super) missed: Heads,
}

/// Waits for `hello`. `token` is what came before it.
pub(super) async fn wait<'a>(
    io: &mut impl Connection,
    context: &'a SessionContext,
    token: Option<&str>,
) -> Result<Greeting<'a>, End> {
    let greeting = timeout(HELLO_WITHIN, listen(io, context, token)).await;
    greeting.unwrap_or(Err(End::Bye(ByeReason::HelloTimeout)))
}

async fn listen<'a>(
    io: &mut impl Connection,
    context: &'a SessionContext,
    token: Option<&str>,
) -> Result<Greeting<'a>, End> {
    let mut room = None;
    loop {
        match io.next().await {
            None => return Err(End::Closed),
            Some(Err(error)) => return Err(broken(error)),
            Some(Ok(Inbound::Alive)) => {}
            Some(Ok(Inbound::Long)) => room = Some(Box::pin(find_room(context, token)).await),
            Some(Ok(Inbound::Violation(reason))) => return Err(End::Bye(reason)),
            Some(Ok(Inbound::Text(text))) => {
                let Introduction { kind, token } =
                    serde_json::from_str(&text).map_err(|_| End::Bye(ByeReason::BadFrame))?;
                if kind != "hello" {
                    return Err(End::Bye(ByeReason::BadFrame));
                }
                return Ok(Greeting { token, text, _room: room });
            }
        }
    }
}

async fn find_room<'a>(context: &'a SessionContext, token: Option<&str>) -> Room<'a> {
    let principal = match token {
        Some(token) => context.auth.authenticate(token).await.ok().flatten(),
        None => None,
    };
    match principal {
        Some(principal) => Room::OfUser(context.requests.begin(principal.user.id).await),
        None => Room::OfStrangers(context.strangers.room().await),
    }
}

/// Judges `hello`, and subscribes to the user's rooms. Nothing is sent yet: while somebody waits for a peer, they listen to it.
pub(super) async fn open(
    io: &mut impl Connection,
    context: &SessionContext,
    token: Option<String>,
    greeting: Greeting<'_>,
) -> Result<Opened, End> {
    // Whoever has gone while they waited costs nothing more.
    poll_fn(|cx| Poll::Ready(poll_heard(io, cx))).await?;
    let Some(token) = token.or(greeting.token) else { return Err(End::Bye(ByeReason::Unauthorized)) };
    let principal = context.auth.authenticate(&token).await.map_err(|error| unavailable(&error))?;
    let Some(principal) = principal else { return Err(End::Bye(ByeReason::Unauthorized)) };
    let hello: Hello = serde_json::from_str(&greeting.text).map_err(|_| End::Bye(ByeReason::BadFrame))?;
    let mut reader = context
        .hub
        .connect(principal.user.id, principal.token, context.connections_per_user)
        .map_err(|_| End::Bye(ByeReason::TooManyConnections))?;
    // The token may have been revoked between the check and the registration, which is what a revocation goes by.
    if context.auth.authenticate(&token).await.map_err(|error| unavailable(&error))?.is_none() {
        return Err(End::Bye(ByeReason::Unauthorized));
    }
    // After the registration, so that no change of membership can fall between the two; and after the user counts as online,
    // so that whoever opens a conversation with them now says so.
    let present = context.presence.enter(principal.user.id);
    let Arrival { memberships, partners } =
        context.store.arrival(principal.user.id).await.map_err(|error| unavailable(&error))?;
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
    let (mut resets, mut missed) = (Heads::new(), Heads::new());
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
    let answer = Answer { ready: encode::control(&ready), resets, missed };
    Ok(Opened { reader, principal, answer, present })
}

fn unavailable(error: &StoreError) -> End {
    tracing::error!(%error, "cannot open a session");
    End::Bye(ByeReason::Overloaded)
}
