//! All that can happen to the interface.

use chat_shared::api::{
    Bootstrap, ChangeSettings, History, MembersPage, MessagesPage, RoomListing, RoomSettings, RoomSummary, SearchPage,
    User,
};
use chat_shared::{Event as RoomEvent, RoomId, Seq, Timestamp, UserId};
use crossterm::event::{KeyEvent, MouseEvent};
use uuid::Uuid;

use super::effect::{Asked, PageFrom, TimerId, Unsent};
use super::settings::Reread;
use super::text::code::{Code, Tokens};
use crate::failure::Failure;

/// The moment an event is handled at: all that `update` may know of clocks and chance.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The wall clock, for display.
    pub at: Timestamp,
    /// A clock that never goes back, in microseconds, for measuring.
    pub mono_us: u64,
    /// A fresh random id, for the one idempotency key that handling an event may need.
    pub fresh: Uuid,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted, as one piece.
    Paste(String),
    /// Linear mode: a line was entered.
    Line(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has this size now, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal gained (`true`) or lost the focus.
    Focus(bool),
    /// The terminal has said whether its background is light.
    Background {
        /// It is.
        is_light: bool,
    },
    /// News from the server's socket.
    Link(LinkEvent),
    /// Events of rooms that have come together, in their order; the same as one [`LinkEvent::Room`] after the other, at the
    /// cost of one.
    Rooms(Vec<RoomEvent>),
    /// An effect is done, or failed.
    Done(Done),
    /// News from the disk.
    Kept(super::kept::Kept),
    /// A timer that was started has run out.
    Timer(TimerId),
}

/// News of the connection, in the order that `net` guarantees: room events arrive in `seq` order, without holes and
/// without repeats, or there is a `Reset`.
#[derive(Clone, Debug)]
pub enum LinkEvent {
    /// An attempt to connect begins.
    Connecting,
    /// Everything for the first screen; comes with every (re)connect, before the events that follow it, and again while
    /// online where a new room has to be introduced.
    Bootstrapped(Box<Bootstrap>),
    /// Caught up: from here on events are live.
    Online,
    /// A durable event.
    Room(RoomEvent),
    /// What we hold of this room cannot be continued: drop it, and load it anew where it is shown.
    Reset {
        /// The room.
        room: RoomId,
        /// Its newest event.
        head: Seq,
    },
    /// Somebody is writing.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        by: UserId,
        /// Their name.
        name: String,
    },
    /// Our read cursor moved, here or on another device.
    Read {
        /// The room.
        room: RoomId,
        /// Everything up to here is read.
        seq: Seq,
        /// Messages of others after it.
        unread: u64,
        /// How many of them mention us.
        mentions: u64,
        /// Where we have marked messages as unread: the first of them.
        unread_from: Option<Seq>,
    },
    /// Everyone of those we talk with directly who is online now.
    Present(Vec<UserId>),
    /// One of them came or went.
    Presence {
        /// Who.
        user: UserId,
        /// Whether they are online now.
        online: bool,
    },
    /// We changed how we want a room, here or on another device.
    Settings {
        /// The room.
        room: RoomId,
        /// How we want it now.
        settings: RoomSettings,
    },
    /// The connection is gone, or could not be made; the next attempt begins by itself.
    Offline {
        /// Why, in words for the status line.
        reason: String,
        /// When the next attempt begins, in milliseconds from now.
        retry_in_ms: u64,
    },
    /// The server does not accept our token (any more): log in again.
    Unauthorized {
        /// Why, in words.
        reason: String,
    },
}

/// The end of an effect that the interface waits for.
#[derive(Clone, Debug)]
pub enum Done {
    /// [`super::Effect::Authenticate`]: who we are now. The runtime has kept the token, and opens the link.
    Authenticated(Result<Box<User>, Failure>),
    /// [`super::Effect::Post`]; the event, as the server committed it.
    Posted {
        /// The idempotency key of the message.
        key: String,
        /// The event as committed, or why not.
        result: Result<Box<RoomEvent>, Failure>,
    },
    /// [`super::Effect::LoadPage`]
    Page {
        /// The room.
        room: RoomId,
        /// What was asked for.
        from: PageFrom,
        /// The page, or why not.
        result: Result<Box<MessagesPage>, Failure>,
    },
    /// [`super::Effect::LoadThread`]
    Thread {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// Which part was asked for.
        from: PageFrom,
        /// The messages of that part, oldest first, or why not.
        result: Result<Box<MessagesPage>, Failure>,
    },
    /// [`super::Effect::LoadHistory`]
    History {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// Its texts, or why not.
        result: Result<Box<History>, Failure>,
    },
    /// [`super::Effect::ListRooms`]
    RoomList(Result<Vec<RoomListing>, Failure>),
    /// [`super::Effect::LoadMembers`]
    Members {
        /// The room.
        room: RoomId,
        /// Where the page begins.
        after: Option<String>,
        /// Its members, or why not.
        result: Result<Box<MembersPage>, Failure>,
    },
    /// [`super::Effect::Search`]
    Found {
        /// Which request this answers.
        number: u64,
        /// Messages, newest first, or why not.
        result: Result<Box<SearchPage>, Failure>,
    },
    /// [`super::Effect::Join`] or [`super::Effect::Create`]: the room that we are in now.
    Entered {
        /// What the user called it.
        name: String,
        /// Where the user asked for it.
        asked: Box<Asked>,
        /// The room, or why not.
        result: Result<Box<RoomSummary>, Failure>,
    },
    /// [`super::Effect::OpenDm`]: the conversation.
    Direct {
        /// With whom, as the user called them.
        name: String,
        /// What to say in it now.
        say: Option<String>,
        /// Where the user asked for it.
        asked: Box<Asked>,
        /// The conversation, or why not.
        result: Result<Box<RoomSummary>, Failure>,
    },
    /// [`super::Effect::ChangeSettings`]
    Settings {
        /// The room.
        room: RoomId,
        /// What was to change.
        change: ChangeSettings,
        /// How we want it now, or why not.
        result: Result<RoomSettings, Failure>,
    },
    /// [`super::Effect::Colour`]
    Coloured {
        /// The block.
        code: Code,
        /// Its parts.
        tokens: Tokens,
    },
    /// [`super::Effect::EditOutside`]
    Written {
        /// Whose composer it is.
        room: RoomId,
        /// The new text, or why there is none.
        result: Result<String, String>,
    },
    /// [`super::Effect::ReloadConfig`]: the settings, or what is wrong with them.
    Configured(Result<Box<Reread>, String>),
    /// Something went otherwise than the user may think, in words that are no answer to anything: a token is in a file, the desktop
    /// cannot be told.
    Aside(String),
    /// [`super::Effect::Copy`]: this terminal has no clipboard.
    NotCopied,
    /// [`super::Effect::OpenUrl`] failed, and why.
    NotOpened(String),
    /// A change that the user had written something for failed; success arrives as a room event.
    Returned {
        /// What was tried, in words: "edit the message".
        what: &'static str,
        /// What was written.
        unsent: Unsent,
        /// Why it failed.
        failure: Failure,
    },
    /// [`super::Effect::MarkRead`] or [`super::Effect::MarkUnread`]
    Heard {
        /// The room.
        room: RoomId,
        /// Of which message.
        seq: Seq,
        /// Which of the two.
        is_unread: bool,
        /// Whether the server did it, or why not.
        result: Result<(), Failure>,
    },
    /// Any other effect that failed (delete, react, leave …); success arrives as a room event.
    Failed {
        /// What was tried, in words: "delete the message".
        what: &'static str,
        /// Why it failed.
        failure: Failure,
    },
}
