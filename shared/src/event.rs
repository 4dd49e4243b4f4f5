//! The durable log of a room: one numbered event for every change that lasts.

use serde::{Deserialize, Serialize};

use crate::{RoomId, Seq, Timestamp, UserId, UserRef};

/// One durable change in a room. The same JSON on every transport and in history:
///
/// ```json
/// {"type":"message.posted","body":"hello","key":"k1","reply_to":null,
///  "room":"…","seq":42,"at":"2026-11-22T10:00:00.123Z","by":"…","name":"ann"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// What changed.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Where.
    pub room: RoomId,
    /// The event's number in that room.
    pub seq: Seq,
    /// When the server took the request that it comes from; never before the event before it in the room (see `docs/api.md`).
    pub at: Timestamp,
    /// Who did it.
    pub by: UserId,
    /// Their name at that time.
    pub name: String,
}

/// What a durable event changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type")]
pub enum EventKind {
    /// A message; its id is the event's `seq`.
    #[serde(rename = "message.posted")]
    Posted {
        /// The text. Empty where the message was deleted later.
        body: String,
        /// The idempotency key it was posted with, by which its author's clients know it again.
        key: Option<String>,
        /// The message that this one answers.
        reply_to: Option<Seq>,
    },
    /// A message has a new text.
    #[serde(rename = "message.edited")]
    Edited {
        /// The message.
        target: Seq,
        /// The whole new text. Empty where the message was deleted later.
        body: String,
    },
    /// A message is gone; its number stays.
    #[serde(rename = "message.deleted")]
    Deleted {
        /// The message.
        target: Seq,
    },
    /// Somebody put an emoji on a message, who had not put the same one there before.
    #[serde(rename = "reaction.added")]
    ReactionAdded {
        /// The message.
        target: Seq,
        /// The emoji itself, not its short name.
        emoji: String,
    },
    /// Somebody took their emoji back.
    #[serde(rename = "reaction.removed")]
    ReactionRemoved {
        /// The message.
        target: Seq,
        /// The emoji itself.
        emoji: String,
    },
    /// A member came.
    #[serde(rename = "member.joined")]
    Joined {
        /// Who; the event's author may be another, who brought them.
        user: UserRef,
    },
    /// A member went.
    #[serde(rename = "member.left")]
    Left {
        /// Who; the event's author may be another, who removed them.
        user: UserRef,
    },
    /// The room's own description is now this.
    #[serde(rename = "room.changed")]
    RoomChanged {
        /// Its name. On the wire it is `room_name`: beside it stands `name`, the author's.
        #[serde(rename = "room_name")]
        name: String,
        /// Its topic; empty where it has none.
        topic: String,
    },
    /// A type that this build does not know. It changes nothing that we show, but it has its number.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl EventKind {
    /// The message that this event changes, where it changes one that was there before.
    #[must_use]
    pub fn target(&self) -> Option<Seq> {
        match self {
            Self::Edited { target, .. }
            | Self::Deleted { target }
            | Self::ReactionAdded { target, .. }
            | Self::ReactionRemoved { target, .. } => Some(*target),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = "0193e0a0-0000-7000-8000-000000000001";
    const USER: &str = "0193e0a0-0000-7000-8000-000000000002";

    #[test]
    fn reads_what_the_contract_shows() {
        let json = format!(
            r#"{{"type":"message.posted","room":"{ROOM}","seq":42,"at":"2026-11-22T10:00:00.123Z","by":"{USER}",
                "name":"ann","body":"hello","key":"k1","reply_to":null,"colour":"a later field"}}"#
        );
        let event: Event = serde_json::from_str(&json).unwrap();
        assert_eq!(event.seq, 42);
        let EventKind::Posted { body, key, reply_to } = &event.kind else { panic!("{event:?}") };
        assert_eq!((body.as_str(), key.as_deref(), *reply_to), ("hello", Some("k1"), None));
        let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(again, event);
    }

    #[test]
    fn every_kind_survives_the_wire() {
        let user = UserRef { id: USER.parse().unwrap(), name: "bob".into() };
        let kinds = [
            EventKind::Posted { body: "b".into(), key: Some("k".into()), reply_to: Some(3) },
            EventKind::Edited { target: 1, body: "b".into() },
            EventKind::Deleted { target: 1 },
            EventKind::ReactionAdded { target: 1, emoji: "👍".into() },
            EventKind::ReactionRemoved { target: 1, emoji: "👍".into() },
            EventKind::Joined { user: user.clone() },
            EventKind::Left { user },
            EventKind::RoomChanged { name: "ops".into(), topic: "t".into() },
        ];
        for kind in kinds {
            let (room, by) = (ROOM.parse().unwrap(), USER.parse().unwrap());
            let event = Event { kind, room, seq: 9, at: Timestamp::from_ms(1), by, name: "ann".into() };
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event, "{json}");
        }
    }

    #[test]
    fn a_type_of_the_future_keeps_its_number() {
        let json = format!(
            r#"{{"type":"poll.opened","room":"{ROOM}","seq":7,"at":"2026-11-22T10:00:00.123Z","by":"{USER}","name":"x","q":1}}"#
        );
        let event: Event = serde_json::from_str(&json).unwrap();
        assert_eq!((event.seq, event.kind), (7, EventKind::Unknown));
    }
}
