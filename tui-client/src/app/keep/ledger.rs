//! What the interface knows of what is on disk: of the whole, and of each room. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::api::RoomSummary;
use chat_shared::{RoomId, Seq, Timestamp};

use crate::app::kept::{Draft, Said, Waiting};

/// What of the disk concerns no single room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keep {
    /// There is somebody who keeps things.
    pub(crate) is_on: bool,
    /// There is somebody who keeps what is said of reading, and can search what is kept.
    pub(crate) keeps_words: bool,
    /// When what is shown was last true, while we are not online.
    pub(crate) as_of: Option<Timestamp>,
    /// Drafts and messages of rooms that the server has not told us of yet.
    pub(super) unplaced: BTreeMap<RoomId, (Option<Draft>, Vec<Waiting>)>,
    /// The same of words on what is read.
    pub(crate) unplaced_words: BTreeMap<RoomId, Said>,
    pub(super) has_told_of_unplaced: bool,
    /// Rooms that have other counts after the events that are being handled: each is kept once.
    pub(super) recounted: BTreeSet<RoomId>,
    /// The last message of each room that was sent over the present connection: the answer to it has this connection's numbers.
    pub(super) sent: BTreeMap<RoomId, String>,
}

/// What of the disk concerns one room.
#[derive(Clone, Debug)]
pub(crate) struct Keeping {
    /// The server's last description: what of it the interface does not use is kept all the same.
    pub(super) summary: RoomSummary,
    /// The last event that the link has delivered, or will not deliver.
    pub(super) cursor: Option<Seq>,
    /// There is a window on disk that has not been asked for.
    pub(super) has_window: bool,
    /// The draft on disk.
    pub(crate) draft: Option<Box<Draft>>,
}

impl Keeping {
    pub(crate) fn of(summary: &RoomSummary) -> Self {
        Self { summary: summary.clone(), cursor: None, has_window: false, draft: None }
    }

    /// Whether the link has not delivered this event before.
    pub(crate) fn is_first(&self, seq: Seq) -> bool {
        self.cursor.is_none_or(|cursor| seq > cursor)
    }

    /// Its history is in memory no more: where it is on disk, it is asked for there.
    pub(crate) fn ask_again(&mut self, is_on_disk: bool) {
        self.has_window = is_on_disk;
    }

    /// The server described the room anew.
    pub(crate) fn describe(&mut self, summary: &RoomSummary) {
        self.summary.clone_from(summary);
    }
}
