//! All that the interface can ask the world to do. `update` returns these; `runtime` performs them.

use chat_shared::api::ChangeSettings;
use chat_shared::{RoomId, Seq, Timestamp};

use super::panels::query::Query;

use super::text::code::Code;

/// Something to do outside of the pure core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Log in or register; ends in `Done::Authenticated`. The runtime then keeps the token and opens the link.
    Authenticate {
        /// The account's name.
        name: String,
        /// Its password. Never printed, never logged.
        password: Password,
        /// Make the account, rather than use one.
        register: bool,
    },
    /// Post a message; ends in `Done::Posted` with the same key.
    Post {
        /// The idempotency key: the same one for every attempt.
        key: String,
        /// Where.
        room: RoomId,
        /// The text.
        body: String,
        /// The message that it answers.
        reply_to: Option<Seq>,
    },
    /// Give a message a new text; ends in `Done::Returned` where that fails.
    Edit {
        /// Where.
        room: RoomId,
        /// Which message.
        seq: Seq,
        /// The whole new text.
        body: String,
    },
    /// Delete a message.
    Delete {
        /// Where.
        room: RoomId,
        /// Which message.
        seq: Seq,
    },
    /// Put an emoji on a message, or take it back.
    React {
        /// Where.
        room: RoomId,
        /// Which message.
        seq: Seq,
        /// The emoji itself.
        emoji: String,
        /// Put it there (`true`), or take it back.
        add: bool,
    },
    /// Load a page of a room's messages; ends in `Done::Page`.
    LoadPage {
        /// The room.
        room: RoomId,
        /// Which part.
        from: PageFrom,
        /// How many messages at most.
        limit: usize,
    },
    /// Load a part of the conversation that a message is part of; ends in `Done::Thread`.
    LoadThread {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// Which part.
        from: PageFrom,
        /// How many messages at most.
        limit: usize,
    },
    /// Load the texts that a message has had; ends in `Done::History`.
    LoadHistory {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
    },
    /// Load the names of a page of a room's members; ends in `Done::Members`.
    LoadMembers {
        /// The room.
        room: RoomId,
        /// Those whose names come after this; `None` for the first ones.
        after: Option<String>,
    },
    /// Load the list of rooms that one may join; ends in `Done::RoomList`.
    ListRooms,
    /// Search the messages of all rooms; ends in `Done::Found` with the same number.
    Search {
        /// Which request this is.
        number: u64,
        /// What for.
        query: Query,
        /// Only what was posted before.
        before: Option<Timestamp>,
        /// How many messages at most.
        limit: usize,
    },
    /// Search what is kept on disk; ends in `Kept::Found` with the same number.
    SearchKept {
        /// Which search this is.
        number: u64,
        /// What for. The room that it names counts for nothing here.
        query: Query,
        /// Only in this room.
        room: Option<RoomId>,
    },
    /// Join a room by name; ends in `Done::Entered`.
    Join {
        /// Its name, without `#`.
        name: String,
        /// Where the user asked for it.
        asked: Asked,
    },
    /// Make a room and be in it; ends in `Done::Entered`.
    Create {
        /// Its name, without `#`.
        name: String,
        /// Its topic; may be empty.
        topic: String,
        /// Where the user asked for it.
        asked: Asked,
    },
    /// Open the direct conversation with somebody, or with several people; ends in `Done::Direct`.
    OpenDm {
        /// Their name, without `@`; of several, with commas between.
        name: String,
        /// What to say in it then.
        say: Option<String>,
        /// Where the user asked for it.
        asked: Asked,
    },
    /// Change how we want a room; ends in `Done::Settings`.
    ChangeSettings {
        /// The room.
        room: RoomId,
        /// What is to change.
        change: ChangeSettings,
    },
    /// Leave a room.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// Give a room a new topic; ends in `Done::Returned` where that fails.
    SetTopic {
        /// The room.
        room: RoomId,
        /// The topic; empty for none.
        topic: String,
        /// Where the user asked for it.
        asked: Asked,
    },
    /// Move our read cursor.
    MarkRead {
        /// The room.
        room: RoomId,
        /// Everything up to here is read.
        seq: Seq,
    },
    /// Mark messages as unread.
    MarkUnread {
        /// The room.
        room: RoomId,
        /// The first of them.
        seq: Seq,
    },
    /// Say that we are writing.
    Typing {
        /// Where.
        room: RoomId,
    },
    /// Find the parts of speech in a code block; ends in `Done::Coloured`, or in nothing where they cannot be told.
    Colour(Code),
    /// Hand the terminal to the user's editor with this text; ends in `Done::Written`.
    EditOutside {
        /// Whose composer it is.
        room: RoomId,
        /// What it holds.
        text: String,
    },
    /// Open a web address, which is harmless, in the user's browser.
    OpenUrl(String),
    /// Read the user's settings again; ends in `Done::Configured`.
    ReloadConfig,
    /// Keep something on disk.
    Save(super::kept::Save),
    /// Read what the disk has of a room; ends in `Kept::Window`.
    LoadKept {
        /// The room.
        room: RoomId,
    },
    /// See whether other clients of the account have written drafts; ends in `Kept::Drafts` where they have.
    LookAtDrafts,
    /// Do not wait for the backoff: try to connect now. Nothing happens where no pause is on.
    ReconnectNow,
    /// Send `Event::Timer` with this id after so many milliseconds.
    StartTimer {
        /// Which timer; a stale one is ignored by its id.
        id: TimerId,
        /// After how long, in milliseconds.
        after_ms: u64,
    },
    /// Put text on the user's clipboard (OSC 52); ends in `Done::NotCopied` where there is none.
    Copy(String),
    /// Draw the user's attention, in the way that the terminal knows. The texts are harmless and short.
    Notify {
        /// Who, and where.
        title: String,
        /// What.
        body: String,
    },
    /// Set the terminal's title. Already harmless.
    SetTitle(String),
    /// Hear of the mouse (`true`), or leave it to the terminal.
    Mouse(bool),
    /// Clear the terminal and paint everything anew.
    Redraw,
    /// Hand the terminal back to the shell until it resumes us (Ctrl+z).
    Suspend,
    /// Forget the token, here and on the server, and show the first-run screen again.
    Logout,
    /// End the program.
    Quit,
}

/// Which part of a room's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFrom {
    /// The newest messages.
    Latest,
    /// Those just before this one.
    Before(Seq),
    /// Those just after this one.
    After(Seq),
    /// Those around this one.
    Around(Seq),
}

/// Where the user asked for something, and with which words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The room that was open.
    pub room: Option<RoomId>,
    /// What was typed in its composer. Empty: it was asked for in another way.
    pub text: String,
}

/// What left a composer for a request that failed, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// A command.
    Command(Asked),
    /// A message's new text.
    Edit {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// The whole new text.
        body: String,
    },
}

/// Names a timer: what it is for, and which one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    /// What it is for.
    pub purpose: TimerPurpose,
    /// Which one; a newer number makes older timers stale.
    pub number: u64,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimerPurpose {
    /// "is typing" fades.
    TypingFades,
    /// The countdown to the next attempt to connect changes its text.
    Countdown,
    /// A message for the user in the status line fades.
    NoticeFades,
    /// A send that failed for a passing reason is tried again.
    RetrySend,
    /// The server may hear again how far a room is read.
    TellReading,
    /// Notifications are on again.
    QuietEnds,
}

/// A password on its way to the server: it shows nothing of itself, and is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(zeroize::Zeroizing<String>);

impl Password {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(zeroize::Zeroizing::new(text))
    }

    /// The text, for the one request that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}
