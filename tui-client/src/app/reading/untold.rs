//! What the user has said of their reading and the server has not heard: the last word on each room. It counts unless another
//! device has spoken meanwhile. Pure.

use chat_shared::api::ReadState;
use chat_shared::{RoomId, Seq};

use crate::app::effect::Effect;
use crate::app::kept::Said;

/// A word that the server has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untold {
    pub(super) said: Said,
    /// It is on its way over the present connection.
    pub(super) is_told: bool,
    /// It is on disk.
    pub(super) is_kept: bool,
}

impl Said {
    /// Whether it is still the last word, where the server's cursor and mark stand like this now.
    ///
    /// Nobody knows which of two devices spoke later. So reading, which can be repeated, gives way to a mark that somebody else
    /// has set; and a mark gives way to reading that is news to us: nothing that was read elsewhere becomes unread by a word
    /// from before.
    pub(super) fn counts(&self, read: Seq, unread_from: Option<Seq>) -> bool {
        if self.is_unread {
            return read <= self.read && (unread_from.is_some() || self.unread_from.is_none());
        }
        match unread_from {
            Some(_) => unread_from == self.unread_from,
            None => read < self.seq,
        }
    }

    /// Whether the server says what this says.
    pub(super) fn is_done(&self, state: &ReadState) -> bool {
        match state.unread_from {
            Some(from) => self.is_unread && from == self.seq,
            None if self.is_unread => state.seq.checked_add(1) == Some(self.seq),
            None => state.seq >= self.seq,
        }
    }

    /// Where cursor and mark stand for the next word: as if this one had been heard, and as if it had not.
    pub(super) fn for_next(&self, next_is_unread: bool) -> (Seq, Option<Seq>) {
        match self.is_unread {
            true if next_is_unread => (self.read.max(self.seq.saturating_sub(1)), self.unread_from),
            true => (self.read, Some(self.seq)),
            false => (self.read.max(self.seq), None),
        }
    }

    /// What to ask of the server.
    pub(super) fn effect(&self, room: RoomId) -> Effect {
        let seq = self.seq;
        if self.is_unread { Effect::MarkUnread { room, seq } } else { Effect::MarkRead { room, seq } }
    }
}
