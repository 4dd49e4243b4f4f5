//! Words on what is read, from when they are said until the server has heard them: with a connection at once, else with the next one. Pure.

use chat_shared::api::ReadState;
use chat_shared::{RoomId, Seq, Timestamp};

use super::untold::Untold;
use crate::app::effect::Effect;
use crate::app::kept::{Said, Save};
use crate::app::notice::Level;
use crate::app::rooms::room::Room;
use crate::app::state::{Link, State};
use crate::failure::Failure;

impl State {
    /// Notes a word on a room, before anything here changes by it; tells it to the server where there is a connection.
    pub(super) fn say_of_reading(&mut self, id: RoomId, is_unread: bool, seq: Seq) {
        self.owed = self.owed.filter(|owed| *owed != id);
        let (is_told, epoch) = (self.is_online(), self.epoch);
        let Some((room, epoch)) = self.rooms.get_mut(id).zip(epoch) else { return };
        let (read, unread_from) = room.reading.known(is_unread);
        let said = Said { epoch, seq, is_unread, read, unread_from };
        let old = room.reading.untold;
        // What is only read is not written to disk with every message: the connection is about to tell it.
        let is_kept = is_unread || !is_told;
        room.reading.untold = Some(Untold { said, is_told, is_kept: is_kept || old.is_some_and(|old| old.is_kept) });
        if is_kept {
            self.save_word(id, Some(said));
        }
        if is_told {
            self.emit(said.effect(id));
        }
    }

    pub(crate) fn keep_no_word(&mut self, id: RoomId, old: Option<Untold>) {
        if old.is_some_and(|old| old.is_kept) {
            self.save_word(id, None);
        }
    }

    /// The server has answered a word. Says whether there is anything to show.
    pub(crate) fn heard(&mut self, id: RoomId, is_unread: bool, seq: Seq, result: Result<(), Failure>) -> bool {
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.reading.is_said(is_unread, seq, true)) else {
            return false;
        };
        let (title, reading) = (room.title(), &mut room.reading);
        match result {
            Err(failure) if failure.is_transient() => {
                // A further look at the room says it again, or the next connection does.
                reading.untold = reading.untold.map(|untold| Untold { is_told: false, ..untold });
                reading.marked = reading.marked.min(reading.untold.map_or(0, |untold| untold.said.read));
                if is_unread {
                    let text = format!("The server has not marked {title} yet; it is told with the next connection.");
                    self.notify(Level::Info, text);
                }
                is_unread
            }
            result => {
                if !is_unread {
                    reading.marked = reading.marked.max(seq);
                }
                let old = reading.untold.take();
                self.keep_no_word(id, old);
                if let (true, Err(failure)) = (is_unread, &result) {
                    self.failed("mark the messages as unread", failure);
                }
                is_unread && result.is_err()
            }
        }
    }

    /// Gives rooms that have become known the words on them from before this start. What is for a room that the server does not list
    /// is forgotten.
    pub(crate) fn place_words(&mut self) {
        for (id, said) in std::mem::take(&mut self.keep.unplaced_words) {
            match self.rooms.get_mut(id) {
                Some(room) => {
                    // What was said since counts more.
                    room.reading.untold.get_or_insert(Untold { said, is_told: false, is_kept: true });
                    room.reading.is_held |= said.is_unread;
                }
                None if self.is_ready => self.save_word(id, None),
                None => drop(self.keep.unplaced_words.insert(id, said)),
            }
        }
    }

    /// The server has described its rooms, or the disk what it was not told: words that still count are in force here, the others
    /// are forgotten.
    pub(crate) fn weigh_words(&mut self) {
        let untold = |room: &Room| room.reading.untold.map(|untold| (room.id, untold));
        let all: Vec<(RoomId, Untold)> = self.rooms.values().filter_map(untold).collect();
        for (id, untold) in all {
            let Some(reading) = self.rooms.get(id).map(|room| room.reading) else { continue };
            if Some(untold.said.epoch) != self.epoch {
                // Its numbers mean nothing any more.
                self.forget_word(id, None);
            } else if untold.said.counts(reading.read, reading.unread_from) {
                self.put_in_force(id, &untold.said);
            } else {
                self.forget_word(id, Some(reading.position()));
            }
        }
    }

    /// The server says how a room is read, by a word of ours or of another device. Says whether a word of ours that it has not been
    /// told yet counts more.
    pub(super) fn weigh_word(&mut self, id: RoomId, state: &ReadState) -> bool {
        let Some(reading) = self.rooms.get_mut(id).map(|room| &mut room.reading) else { return false };
        let Some(untold) = reading.untold else { return false };
        if untold.is_told {
            // What is on its way has come before what the server says, or after it: then that says more.
            if untold.said.is_done(state) {
                reading.untold = None;
                self.keep_no_word(id, Some(untold));
            }
            return false;
        }
        let counts = untold.said.counts(state.seq, state.unread_from);
        if !counts {
            let position = state.unread_from.map_or(state.seq, |from| from.saturating_sub(1));
            self.forget_word(id, Some(position));
        }
        counts
    }

    /// Forgets a word. Where messages count as read that were marked as unread, this is said.
    fn forget_word(&mut self, id: RoomId, position: Option<Seq>) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let (old, title) = (room.reading.untold.take(), room.title());
        self.keep_no_word(id, old);
        let is_read = |said: &Said| said.is_unread && position.is_some_and(|position| position >= said.seq);
        if old.is_some_and(|old| !old.is_told && is_read(&old.said)) {
            let text = format!("{title} is not marked as unread: you have read on elsewhere since.");
            self.notify(Level::Info, text);
        }
    }

    fn put_in_force(&mut self, id: RoomId, said: &Said) {
        if said.is_unread {
            return self.show_mark(id, said.seq);
        }
        let Some(room) = self.rooms.get_mut(id) else { return };
        let reading = &mut room.reading;
        reading.read = reading.read.max(said.seq);
        reading.unread_from = None;
        if said.seq >= reading.counted_to {
            (reading.unread, reading.mentions) = (0, 0);
        }
    }

    /// There is a connection: the server is told of what was said without one.
    pub(crate) fn tell_words(&mut self) {
        let mut told = Vec::new();
        for room in self.rooms.values_mut() {
            if let Some(untold) = room.reading.untold.as_mut().filter(|untold| !untold.is_told) {
                untold.is_told = true;
                told.push(untold.said.effect(room.id));
            }
        }
        told.into_iter().for_each(|effect| self.emit(effect));
    }

    /// The connection is gone, or the program ends: what was on its way may not have been heard.
    pub(crate) fn keep_words(&mut self) {
        let mut unsaved = Vec::new();
        for room in self.rooms.values_mut() {
            if let Some(untold) = &mut room.reading.untold {
                untold.is_told = false;
                if !std::mem::replace(&mut untold.is_kept, true) {
                    unsaved.push((room.id, untold.said));
                }
            }
        }
        for (room, said) in unsaved {
            self.save_word(room, Some(said));
        }
    }

    /// The program ends: what is to be kept of its last moment.
    #[must_use]
    pub fn ends(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.link == Link::CatchingUp {
            // There is no online any more that would be told of what is on the screen.
            self.link = Link::Connecting;
            self.mark_read();
        }
        self.tell_owed();
        self.keep_words();
        if self.is_online() {
            self.save(|| Save::AsOf(at));
        }
        std::mem::take(&mut self.effects)
    }
}
