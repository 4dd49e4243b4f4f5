//! Bodies of the HTTP requests and replies under `/api/v1`. The routes themselves are listed in `docs/api.md`.

use serde::{Deserialize, Serialize};

use crate::{Epoch, Event, Message, RoomId, Seq, Timestamp, UserId};

/// An account, as its owner and others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Which account.
    pub id: UserId,
    /// Its name.
    pub name: String,
    /// Whether it administers the server.
    #[serde(default)]
    pub admin: bool,
}

/// `POST /register`
#[derive(Clone, Serialize, Deserialize)]
pub struct Register {
    /// The name to take.
    pub name: String,
    /// The password to set.
    pub password: String,
    /// An invite, where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
}

/// `POST /login`
#[derive(Clone, Serialize, Deserialize)]
pub struct Login {
    /// The account's name, in any case.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// The reply to `register` and `login`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Whose session it is.
    pub user: User,
    /// The bearer token. It is shown here once, and kept by the server only as a hash.
    pub token: String,
}

/// What kind of room it is; decides who may see and join it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everyone with an account may see and join it.
    #[default]
    Public,
    /// Members only, by invitation.
    Private,
    /// Between a fixed set of people.
    Dm,
    /// A kind that this build does not know.
    #[serde(other)]
    Unknown,
}

/// A room as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// Which room.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// Its topic; empty where it has none.
    #[serde(default)]
    pub topic: String,
    /// Its kind.
    #[serde(default)]
    pub kind: RoomKind,
    /// The number of its newest event.
    pub head: Seq,
    /// The reader's cursor: everything up to here is read.
    pub read: Seq,
    /// Messages of others after the cursor.
    pub unread: u64,
    /// How many of them mention the reader.
    pub mentions: u64,
    /// How many members it has.
    pub members: u64,
}

/// A room in the list of all that one may join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    /// Which room.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// Its topic; empty where it has none.
    #[serde(default)]
    pub topic: String,
    /// Its kind.
    #[serde(default)]
    pub kind: RoomKind,
    /// The number of its newest event.
    pub head: Seq,
    /// How many members it has.
    pub members: u64,
    /// Whether the reader is one of them.
    pub joined: bool,
}

/// `GET /rooms`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// All rooms that the reader may know of, by name.
    pub rooms: Vec<RoomListing>,
}

/// `POST /rooms`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateRoom {
    /// The name to take.
    pub name: String,
    /// What the room is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Members only, by invitation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// `PATCH /rooms/{room}`: what is absent stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChangeRoom {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new topic; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// `POST /rooms/{room}/messages`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PostMessage {
    /// The text.
    pub body: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// `PATCH /rooms/{room}/messages/{seq}`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditMessage {
    /// The whole new text.
    pub body: String,
}

/// `GET /rooms/{room}/messages`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesPage {
    /// As they stand now, oldest first.
    pub messages: Vec<Message>,
    /// The room's newest event when the page was read: the page is the sum of all events up to here.
    pub head: Seq,
}

/// `GET /rooms/{room}/events`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsPage {
    /// In order, without holes.
    pub events: Vec<Event>,
    /// The room's newest event when the page was read.
    pub head: Seq,
}

/// `PUT /rooms/{room}/read`
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MarkRead {
    /// Everything up to here is read. The cursor never moves back.
    pub seq: Seq,
}

/// The reply to `PUT /rooms/{room}/read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadState {
    /// Where the cursor stands now.
    pub seq: Seq,
    /// Messages of others after it.
    pub unread: u64,
    /// How many of them mention the reader.
    pub mentions: u64,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which account.
    pub id: UserId,
    /// Its name.
    pub name: String,
    /// Since when it is a member.
    pub joined_at: Timestamp,
}

/// `GET /rooms/{room}/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersPage {
    /// By name.
    pub members: Vec<Member>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /search`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPage {
    /// Newest first, from rooms that the reader is a member of.
    pub messages: Vec<Message>,
}

/// What a server allows; 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of UTF-8 in one message.
    pub message_bytes: usize,
    /// Open sockets of one user.
    pub connections_per_user: usize,
    /// Events of one room that a resume replays before it becomes a reset.
    pub resume_events: u64,
}

/// `GET /bootstrap`: everything for a client's first screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The reader.
    pub me: User,
    /// Their rooms, by name.
    pub rooms: Vec<RoomSummary>,
    /// The store's identity.
    pub epoch: Epoch,
    /// What the server allows.
    pub limits: Limits,
    /// The server's version.
    pub version: String,
}
