//! What outlives the program: what the interface asks to be kept on disk, and what it gets back. Plain values.

use std::collections::BTreeMap;

use chat_shared::api::{Bootstrap, RoomSummary};
use chat_shared::{Epoch, Event as RoomEvent, Message, RoomId, Seq, Timestamp};
use serde::{Deserialize, Serialize};

pub use super::timeline::comings::Line;

/// A change to what is on disk. They are to be done in order; those that replace each other may be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Save {
    /// The server's description of everything. Another epoch drops all messages.
    Bootstrap(Box<Bootstrap>),
    /// A room has other counts, or another name.
    Room(Box<RoomSummary>),
    /// The next event of a room; continues its window where that ends just before.
    Event(Box<RoomEvent>),
    /// The newest messages of a room; replaces a window that ends earlier.
    Window(Box<Window>),
    /// What comes just before a room's window.
    Older {
        /// The room.
        room: RoomId,
        /// They end just before this number.
        before: Seq,
        /// Nothing is missing from here to `before`; 0 is the beginning.
        floor: Seq,
        /// Oldest first.
        messages: Vec<KeptMessage>,
        /// Oldest first.
        lines: Vec<KeptLine>,
    },
    /// A room's window cannot be continued by events; it stays until there is another.
    Stale {
        /// The room.
        room: RoomId,
    },
    /// The room is not ours any more.
    Forget {
        /// The room.
        room: RoomId,
    },
    /// This room is open.
    Current(RoomId),
    /// What is shown was true at this time.
    AsOf(Timestamp),
    /// A room's composer holds this.
    Draft {
        /// The room.
        room: RoomId,
        /// `None`: nothing.
        draft: Option<Box<Draft>>,
    },
    /// A message is on its way. It is known by its key.
    Outgoing(Box<Waiting>),
    /// A text has left the composer and is on its way: never both, never neither.
    Sent(Box<[Save; 2]>),
    /// The message with this key is sent or given up.
    Settled {
        /// Its idempotency key.
        key: String,
    },
    /// The last word on what is read of a room, which the server has not heard.
    Said {
        /// The room.
        room: RoomId,
        /// `None`: the server knows.
        said: Option<Box<Said>>,
    },
}

/// The newest part of a room's history, without holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The room.
    pub room: RoomId,
    /// All events up to here are part of it.
    pub head: Seq,
    /// Nothing is missing from here on; 0 is the beginning.
    pub floor: Seq,
    /// Events do not continue it.
    pub is_stale: bool,
    /// Oldest first.
    pub messages: Vec<KeptMessage>,
    /// What happened between them, oldest first.
    pub lines: Vec<KeptLine>,
}

/// Something else that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLine {
    /// The number of the first event in it.
    pub seq: Seq,
    /// All of them.
    pub line: Line,
}

/// A message, and the last event that is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// What is newer still changes it, what is older is in it already.
    pub as_of: Seq,
    /// The message.
    pub message: Message,
}

/// What a composer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The text of a new message.
    pub text: String,
    /// The message that it answers, and its beginning.
    pub reply: Option<(Seq, String)>,
    /// A message that is being edited, and its text so far; the draft waits behind it.
    pub edit: Option<(Seq, String)>,
}

impl Draft {
    /// This one and another, where nobody can be asked: all that was written, in one text where it does not fit otherwise.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let Self { mut text, reply, edit } = self;
        let is_other = |other: &(Seq, String)| edit.as_ref() != Some(other);
        let (other_edit, lost) = if edit.is_none() { (other.edit, None) } else { (None, other.edit.filter(is_other)) };
        for piece in [Some(other.text), lost.map(|(_, text)| text)].into_iter().flatten() {
            if piece.contains(&text) {
                text = piece;
            } else if !text.contains(&piece) {
                text = format!("{text}\n\n{piece}");
            }
        }
        Self { text, reply: reply.or(other.reply), edit: edit.or(other_edit) }
    }
}

/// A draft that another client of the account has changed since this one wrote or read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerDraft {
    /// The room.
    pub room: RoomId,
    /// What was on disk when this client looked last.
    pub before: Option<Draft>,
    /// What is there now; `None`: it was sent, or cleared.
    pub now: Option<Draft>,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its idempotency key: the same for every attempt, before and after a restart.
    pub key: String,
    /// Where.
    pub room: RoomId,
    /// The text.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// When it was written.
    pub at: Timestamp,
    /// It may have reached the server.
    pub was_tried: bool,
    /// The server will not take it: why, and whether only another key helps.
    pub failed: Option<(String, bool)>,
}

/// What the user has said of their reading of a room: that everything up to a message is read, or from it on unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The store whose numbers these are.
    pub epoch: Epoch,
    /// The last message that is read, or the first one that is unread.
    pub seq: Seq,
    /// Which of the two.
    pub is_unread: bool,
    /// Where the server's cursor stood then, as far as we knew.
    pub read: Seq,
    /// Where its mark stood.
    pub unread_from: Option<Seq>,
}

/// What was on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The last known state of the server, if there is one.
    pub past: Option<Box<Past>>,
    /// What the rooms' composers held.
    pub drafts: Vec<(RoomId, Draft)>,
    /// The messages that were on their way, oldest first.
    pub outgoing: Vec<Waiting>,
    /// What the server was not told of reading.
    pub said: Vec<(RoomId, Said)>,
}

/// The last known state of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// As of the last change that was seen.
    pub bootstrap: Bootstrap,
    /// When it was true.
    pub as_of: Timestamp,
    /// The rooms with messages, and the last event of each that is part of them; `None` where events do not continue them.
    pub windows: BTreeMap<RoomId, Option<Seq>>,
    /// The room that was open.
    pub current: Option<RoomId>,
    /// Its messages.
    pub window: Option<Box<Window>>,
}

/// News from the disk.
#[derive(Clone, Debug)]
pub enum Kept {
    /// What was there at the start. From here on, changes are kept.
    Restored(Box<Restored>),
    /// [`super::Effect::LoadKept`]: what there is of the room.
    Window {
        /// The room.
        room: RoomId,
        /// `None`: nothing.
        window: Option<Box<Window>>,
    },
    /// What other clients have written meanwhile: after [`super::Effect::LookAtDrafts`], or where it would have been overwritten.
    Drafts(Vec<NewerDraft>),
    /// [`super::Effect::SearchKept`]: messages that fit.
    Found {
        /// Which search this is.
        number: u64,
        /// The newest ones, in any order.
        messages: Vec<Message>,
    },
    /// Something is not kept, and why; said once.
    Trouble(String),
    /// It is kept again.
    Well(String),
}
