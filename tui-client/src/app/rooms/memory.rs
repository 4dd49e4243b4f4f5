//! How much of the rooms' histories stays in memory. What goes is on disk, or comes from the server again. Pure.

use chat_shared::RoomId;

use super::room::Room;
use crate::app::pane::item::Scroll;
use crate::app::state::State;
use crate::app::timeline::{ENTRIES_MAX, Timeline};

/// Rooms whose history stays in memory after they were left.
const ROOMS_MAX: usize = 10;
/// Entries that stay of each.
const ENTRIES_LEFT: usize = 1_000;

impl Room {
    /// Drops what is furthest from the view; of a room that nobody looks at, more of it.
    pub(crate) fn trim(&mut self, is_open: bool) {
        let near = self.anchor();
        if let Some(timeline) = &mut self.timeline {
            timeline.trim(near, if is_open { ENTRIES_MAX } else { ENTRIES_LEFT });
        }
    }
}

impl State {
    /// This room is open now, instead of another: the history of the one that was left longest ago may go.
    pub(crate) fn make_room_for(&mut self, opened: RoomId) {
        if let Some(left) = self.recent.back().and_then(|id| self.rooms.get_mut(*id)) {
            left.trim(false);
        }
        self.recent.retain(|id| *id != opened && self.rooms.get(*id).is_some_and(|room| room.timeline.is_some()));
        let too_many = self.recent.len().saturating_sub(ROOMS_MAX);
        let longest_ago: Vec<RoomId> = self.recent.drain(..too_many).collect();
        longest_ago.into_iter().for_each(|id| self.drop_history(id));
        self.recent.push_back(opened);
    }

    fn drop_history(&mut self, id: RoomId) {
        let is_on_disk = self.is_keeping();
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.timeline.as_ref().is_some_and(Timeline::is_busy) {
            // What is on its way would meet a history that it does not belong to.
            return self.recent.push_back(id);
        }
        room.timeline = None;
        (room.scroll, room.selection, room.new_below) = (Scroll::End, None, 0);
        room.keeping.ask_again(is_on_disk);
    }
}
