//! How often the server hears what is read. In quiet times at once; while news keep coming only the newest word counts, so the
//! others are left out. Whoever looks away, or leaves, has read what they have read: then it hears the rest. Pure.

use chat_shared::RoomId;

use super::cursor::Reading;
use crate::app::effect::TimerPurpose;
use crate::app::state::State;

/// Between two words on one room. Other devices show what is read no later than this.
const GAP_US: u64 = 500_000;
/// How long a word waits for its confirmation before the next one may be sent.
const MARKING_US: u64 = 2_000_000;

impl Reading {
    /// How long the server is to hear nothing more of it.
    fn pause_us(&self, now_us: u64) -> Option<u64> {
        // The end of a mark is something that the user has done, and is no part of a flood.
        let told_us = self.told_us.filter(|_| self.unread_from.is_none());
        let left = |since_us: u64, pause_us: u64| pause_us.saturating_sub(now_us.saturating_sub(since_us));
        let of_gap = told_us.map(|since_us| left(since_us, GAP_US));
        let of_answer = self.marking_since_us.map(|since_us| left(since_us, MARKING_US));
        of_gap.max(of_answer).filter(|left_us| *left_us > 0)
    }

    /// The server has been told of everything up to `read`.
    pub(super) fn note_told(&mut self, now_us: u64) {
        self.marked = self.read;
        (self.told_us, self.marking_since_us) = (Some(now_us), Some(now_us));
    }
}

impl State {
    /// Whether it is too early to tell the server more of this room. It is told when the time has come.
    pub(super) fn tells_later(&mut self, id: RoomId) -> bool {
        let now_us = self.now.mono_us;
        let pause_us = self.rooms.get(id).and_then(|room| room.reading.pause_us(now_us));
        let Some(pause_us) = pause_us.filter(|_| self.is_online()) else { return false };
        self.owed = Some(id);
        if !self.timers.runs(TimerPurpose::TellReading) {
            self.start_timer(TimerPurpose::TellReading, pause_us.min(GAP_US).div_ceil(1_000));
        }
        true
    }

    /// The time may have come.
    pub(crate) fn tell_reading(&mut self) {
        if self.owed.is_some_and(|id| !self.tells_later(id)) {
            self.tell_owed();
        }
    }

    /// Tells what waits to be told, if anything, whether or not its time has come.
    pub(crate) fn tell_owed(&mut self) {
        let Some(id) = self.owed.take() else { return };
        let Some(reading) = self.rooms.get(id).map(|room| room.reading) else { return };
        // Where another device has said more meanwhile, or has marked something, that counts more.
        if reading.read > reading.marked && reading.unread_from.is_none() {
            self.tell_read(id);
        }
    }

    /// Tells how far this room is read.
    pub(super) fn tell_read(&mut self, id: RoomId) {
        let (is_online, now_us) = (self.is_online(), self.now.mono_us);
        let Some(read) = self.rooms.get(id).map(|room| room.reading.read) else { return };
        self.say_of_reading(id, false, read);
        if let Some(room) = self.rooms.get_mut(id) {
            room.reading.unread_from = None;
            if is_online {
                room.reading.note_told(now_us);
            }
        }
        self.keep_room(id);
    }
}
