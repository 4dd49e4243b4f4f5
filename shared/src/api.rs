//! Bodies of the HTTP requests and replies under `/api/v1`. The routes themselves are listed in `docs/api.md`.

use serde::{Deserialize, Serialize};

use crate::{Epoch, Event, Message, RoomId, Seq, Timestamp, UserId, UserRef};

/// An account, as its owner and others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Login {
    /// The account's name, in any case.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// The reply to `register` and `login`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Whose session it is.
    pub user: User,
    /// The bearer token. It is shown here once, and kept by the server only as a hash.
    pub token: String,
}

/// What kind of room it is; decides who may see and join it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Which news of a room its reader wants to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Every message.
    #[default]
    All,
    /// Only messages that mention the reader.
    Mentions,
    /// Nothing: the room is muted.
    Nothing,
    /// A level that this build does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// How one reader wants a room. Kept by the server, so that all of their devices agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomSettings {
    /// Which news count.
    #[serde(default)]
    pub level: Level,
    /// Whether it stands before the others.
    #[serde(default)]
    pub favourite: bool,
    /// Where it stands among the reader's favourites: the one with the smallest number is the first. Absent where it is no
    /// favourite, or the server keeps no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
}

/// `PUT /rooms/{room}/settings`: what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeSettings {
    /// The new level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether it is a favourite now. A new one is the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
    /// The place that it takes among the favourites: that of one of them, of 1 or more. Those between there and where it was
    /// move aside by one. Of a room that is no favourite it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub place: Option<u64>,
}

/// A room as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomSummary {
    /// Which room.
    pub id: RoomId,
    /// Its name; empty where the people in it are all that it is called by.
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
    /// Where the reader has marked read messages as unread: the first of them. It is not after the cursor, and the counts
    /// begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_from: Option<Seq>,
    /// When its newest message was posted; absent where there is none, or the server does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// How many members it has.
    pub members: u64,
    /// Of a direct conversation: the others in it, by name; nobody where it is the reader's alone. Of other rooms: nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<UserRef>,
    /// How the reader wants it.
    #[serde(default)]
    pub settings: RoomSettings,
}

/// A room in the list of all that one may join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// `POST /dms`: opens the one conversation of the reader with these people. Each is an id or a name; the reader is in it anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenDm {
    /// One other person; or the reader themselves, for notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

/// `GET /rooms`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rooms {
    /// All rooms that the reader may know of, by name. Direct conversations are in `bootstrap` only.
    pub rooms: Vec<RoomListing>,
}

/// `POST /rooms`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostMessage {
    /// The text.
    pub body: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// `PATCH /rooms/{room}/messages/{seq}`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EditMessage {
    /// The whole new text.
    pub body: String,
}

/// `GET /rooms/{room}/messages`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessagesPage {
    /// As they stand now, oldest first.
    pub messages: Vec<Message>,
    /// Where the request asks for them: what else happened to the room between the messages of this page, in order. That is
    /// `member.joined`, `member.left` and `room.changed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Where there were more of these than a page may hold: only those from this number on are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_from: Option<Seq>,
    /// The room's newest event when the page was read: the page is the sum of all events up to here.
    pub head: Seq,
    /// The texts are so long that the page ends before what was asked for: there is more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// `GET /rooms/{room}/events`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// In order, without holes. Where the last of them is before `head`, there are more.
    pub events: Vec<Event>,
    /// The room's newest event when the page was read.
    pub head: Seq,
}

/// `PUT /rooms/{room}/read`
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MarkRead {
    /// Everything up to here is read. The cursor never moves back; a mark of the reader's ends where this reaches the cursor.
    pub seq: Seq,
}

/// `PUT /rooms/{room}/unread`
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MarkUnread {
    /// This is the first message that is to be unread. Before the cursor, it becomes the reader's mark; after it, what lies
    /// between is read now.
    pub seq: Seq,
}

/// The reply to `PUT /rooms/{room}/read` and `PUT /rooms/{room}/unread`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadState {
    /// Where the cursor stands now.
    pub seq: Seq,
    /// Messages of others after it, or from the mark on where there is one.
    pub unread: u64,
    /// How many of them mention the reader.
    pub mentions: u64,
    /// The reader's mark, as in [`RoomSummary::unread_from`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_from: Option<Seq>,
}

/// One text that a message has had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Version {
    /// Since when.
    pub at: Timestamp,
    /// The text.
    pub body: String,
}

/// `GET /rooms/{room}/messages/{seq}/history`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct History {
    /// Oldest first; the last one is the present text. Where there are more than were asked for, the oldest are left out.
    pub versions: Vec<Version>,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    /// Which account.
    pub id: UserId,
    /// Its name.
    pub name: String,
    /// Since when it is a member.
    pub joined_at: Timestamp,
    /// Whether it is connected, at the moment of the answer. Of those one talks with directly, `presence` says what changes then.
    #[serde(default)]
    pub online: bool,
}

/// `GET /rooms/{room}/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembersPage {
    /// By name.
    pub members: Vec<Member>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /search`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchPage {
    /// Newest first, from rooms that the reader is a member of.
    pub messages: Vec<Message>,
    /// The texts are so long that the page ends before what was asked for: there is more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// What a server allows; 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bootstrap {
    /// The reader.
    pub me: User,
    /// Their rooms, by name; direct conversations come last.
    pub rooms: Vec<RoomSummary>,
    /// Who of the people in their direct conversations is online now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub online: Vec<UserId>,
    /// The store's identity.
    pub epoch: Epoch,
    /// What the server allows.
    pub limits: Limits,
    /// The server's version.
    pub version: String,
}
