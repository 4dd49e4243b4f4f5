//! Where the reader stands in a room: what is read, what is counted, and what the server has heard of it. Pure.

use chat_shared::Seq;

use super::untold::Untold;

/// Where the reader stands in a room.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Everything up to here is read; runs ahead of the server while it is being told.
    pub(crate) read: Seq,
    /// What the server has been told.
    pub(crate) marked: Seq,
    /// When it was told and has not confirmed yet, on the monotonic clock.
    pub(crate) marking_since_us: Option<u64>,
    /// When it was told last, on the same clock.
    pub(crate) told_us: Option<u64>,
    /// Messages of others after the cursor.
    pub(crate) unread: u64,
    /// How many of them mention the reader.
    pub(crate) mentions: u64,
    /// Where the reader has marked messages as unread: the first of them. The counts begin with it.
    pub(crate) unread_from: Option<Seq>,
    /// What the server is still to hear of it.
    pub(crate) untold: Option<Untold>,
    /// Looking at the room does not make it read: the reader has not come back to it since the mark was set.
    pub(crate) is_held: bool,
    /// Events up to here are part of the counts: later ones count, replayed ones do not.
    pub(crate) counted_to: Seq,
}

impl Reading {
    /// The last message that counts as read.
    pub(crate) fn position(&self) -> Seq {
        self.unread_from.map_or(self.read, |seq| seq.saturating_sub(1))
    }

    /// Where cursor and mark stand at the server, as far as we know, for the next word.
    pub(super) fn known(&self, next_is_unread: bool) -> (Seq, Option<Seq>) {
        match &self.untold {
            None => (self.marked, self.unread_from),
            Some(untold) => untold.said.for_next(next_is_unread),
        }
    }

    /// Whether this is said already, and need not be said again now.
    pub(super) fn is_said(&self, is_unread: bool, seq: Seq, is_online: bool) -> bool {
        let is_same = |untold: &Untold| (untold.said.is_unread, untold.said.seq) == (is_unread, seq);
        self.untold.as_ref().is_some_and(|untold| is_same(untold) && (untold.is_told || !is_online))
    }
}
