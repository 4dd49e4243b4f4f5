//! What travels over a socket, in JSON text frames.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{Level, RoomSettings, User};
use crate::{Epoch, Event, RoomId, Seq, UserId};

/// From a client to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame: who I am, and what I have seen.
    Hello(Hello),
    /// A type that this build does not know, and passes over.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The first frame of every connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The token, where the `Authorization` header did not carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The epoch that the cursors in `resume` were seen in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The last event that the client has of each room, by room id. Ids that mean nothing to the server are passed over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resume: BTreeMap<String, Seq>,
}

/// From the server to a client: the frames around the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Control {
    /// The answer to `hello`.
    Ready {
        /// Whose connection this is.
        user: User,
        /// The store's identity.
        epoch: Epoch,
        /// The newest event of each of the user's rooms; what is newer follows as live events.
        heads: BTreeMap<RoomId, Seq>,
        /// Who of the people in the user's direct conversations is online now; changes follow as `presence`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        online: Vec<UserId>,
        /// How the user wants their rooms now, where that is not as usual; changes follow as `settings`. It may be newer than
        /// what `bootstrap` told before the connection. Absent where the server does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settings: Option<BTreeMap<RoomId, RoomSettings>>,
        /// Up to where the user has read their rooms, where that is not the room's head: to the cursor, or to just before the
        /// mark where there is one. Changes follow as `read`. It may be newer than what `bootstrap` told before the connection:
        /// then that is out of date, and so are its counts. Absent where the server does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reads: Option<BTreeMap<RoomId, Seq>>,
    },
    /// All that the client had missed has been sent; from here on events are live.
    CaughtUp,
    /// Instead of a partial fill: load this room anew over HTTP; live events continue after `head`.
    Reset {
        /// The room.
        room: RoomId,
        /// Its newest event.
        head: Seq,
    },
    /// The server is about to close, and says why.
    Bye {
        /// Why.
        reason: ByeReason,
        /// When it makes sense to come back, in milliseconds from now; absent where it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Somebody is writing. Ephemeral: it has no number, is never replayed, and fades after 6 seconds.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        by: UserId,
        /// Their name.
        name: String,
    },
    /// The user moved their own read cursor, on this device or another. Ephemeral: bootstrap has the truth.
    Read {
        /// The room.
        room: RoomId,
        /// Everything up to here is read. Not `seq`: that is what durable events have, and tell their place by.
        upto: Seq,
        /// Messages after it.
        unread: u64,
        /// How many of them mention the user.
        mentions: u64,
        /// Where the user has marked messages as unread: the first of them. The counts begin with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unread_from: Option<Seq>,
    },
    /// Somebody with whom the user shares a direct conversation came online, or went. Ephemeral: the latest one counts.
    Presence {
        /// Who.
        user: UserId,
        /// Whether any of their clients is connected.
        online: bool,
    },
    /// The user changed how they want a room, on this device or another; or the room made way for another favourite.
    /// Ephemeral: bootstrap has the truth.
    Settings {
        /// The room.
        room: RoomId,
        /// Which news count.
        level: Level,
        /// Whether it stands before the others.
        favourite: bool,
        /// Where it stands among the favourites.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<u64>,
    },
    /// A type that this build does not know, and passes over.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The server stops or restarts.
    GoingAway,
    /// There was no valid `hello` in time.
    HelloTimeout,
    /// A frame was not what the contract says: not JSON, binary, or anything but `hello` at first.
    BadFrame,
    /// A frame was larger than the server takes.
    FrameTooBig,
    /// The token is missing, wrong or no longer valid.
    Unauthorized,
    /// This user has as many connections as one may have.
    TooManyConnections,
    /// The server has as many connections as it takes, cannot reach its store now, or would have to keep too much for a client
    /// that takes nothing. Come back and resume.
    Overloaded,
    /// The client took nothing for too long.
    Stalled,
    /// The client did not answer pings.
    Dead,
    /// A reason that this build does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl ByeReason {
    /// The WebSocket close code that goes with it.
    #[must_use]
    pub fn close_code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::FrameTooBig => 1009,
            Self::Overloaded => 1013,
            Self::Unauthorized => 4401,
            _ => 1008,
        }
    }
}

/// Anything that the server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrame {
    /// A durable event, new or caught up.
    Event(Event),
    /// Everything else.
    Control(Control),
}

/// The little that tells a durable event from the frames around it.
#[derive(Deserialize)]
struct Peek {
    seq: Option<Seq>,
    at: Option<serde::de::IgnoredAny>,
}

impl ServerFrame {
    /// Reads one text frame. What carries `seq` and `at` is a durable event, whatever its type.
    ///
    /// # Errors
    /// Where it is not JSON, or lacks what its type needs.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let peek: Peek = serde_json::from_str(text)?;
        if peek.seq.is_some() && peek.at.is_some() {
            serde_json::from_str(text).map(Self::Event)
        } else {
            serde_json::from_str(text).map(Self::Control)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hello_may_be_as_short_as_its_type() {
        let frame: ClientFrame = serde_json::from_str(r#"{"type":"hello"}"#).unwrap();
        assert_eq!(frame, ClientFrame::Hello(Hello::default()));
        let frame: ClientFrame = serde_json::from_str(r#"{"type":"wave","at":"you"}"#).unwrap();
        assert_eq!(frame, ClientFrame::Unknown);
    }

    #[test]
    fn frames_are_told_apart_by_what_they_carry() {
        let room = "0193e0a0-0000-7000-8000-000000000001";
        let read = format!(r#"{{"type":"read","room":"{room}","upto":4,"unread":0,"mentions":0}}"#);
        let ServerFrame::Control(control) = ServerFrame::parse(&read).unwrap() else { panic!("{read}") };
        assert!(matches!(control, Control::Read { upto: 4, .. }));
        assert_eq!(serde_json::to_string(&control).unwrap(), read);
        let event = format!(
            r#"{{"type":"odd","room":"{room}","seq":4,"at":"2026-11-22T10:00:00.123Z","by":"{room}","name":"x"}}"#
        );
        assert!(matches!(ServerFrame::parse(&event).unwrap(), ServerFrame::Event(Event { seq: 4, .. })));
        assert!(matches!(
            ServerFrame::parse(r#"{"type":"hologram"}"#).unwrap(),
            ServerFrame::Control(Control::Unknown)
        ));
        let settings = format!(r#"{{"type":"settings","room":"{room}","level":"whispers","favourite":true}}"#);
        let Ok(ServerFrame::Control(Control::Settings { level, favourite, .. })) = ServerFrame::parse(&settings) else {
            panic!("{settings}")
        };
        assert_eq!((level, favourite), (Level::Unknown, true));
        assert!(ServerFrame::parse("not json").is_err());
    }

    #[test]
    fn bye_says_why_in_the_contracts_words() {
        let bye = Control::Bye { reason: ByeReason::GoingAway, retry_after_ms: Some(250) };
        assert_eq!(
            serde_json::to_string(&bye).unwrap(),
            r#"{"type":"bye","reason":"going_away","retry_after_ms":250}"#
        );
        let later: ByeReason = serde_json::from_str(r#""solar_flare""#).unwrap();
        assert_eq!(later, ByeReason::Unknown);
    }
}
