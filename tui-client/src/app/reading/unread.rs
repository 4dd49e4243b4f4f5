//! What is read: what was on the screen while somebody looked. And what shall be unread again. Pure.

use chat_shared::api::ReadState;
use chat_shared::text::mentions;
use chat_shared::{Message, RoomId, Seq};

use crate::app::notice::Level;
use crate::app::state::{Link, State};
use crate::app::text::fold_case;
use crate::app::timeline::{Entry, Timeline};

impl State {
    /// Read is what is on the screen while somebody looks: the terminal has the focus, and the view is at the end. What was
    /// marked as unread waits until the user comes back to the room.
    pub(crate) fn mark_read(&mut self) {
        if self.owed.is_some_and(|owed| self.current != Some(owed)) {
            self.tell_owed();
        }
        // While what was missed comes in, less is on the screen than what counts as unread. Who is about to be online is told then.
        if !self.has_focus || self.link == Link::CatchingUp {
            return;
        }
        let is_online = self.is_online();
        let Some(room) = self.room_mut().filter(|room| room.is_at_end() && !room.reading.is_held) else { return };
        let newest = room.timeline.as_ref().and_then(Timeline::newest).unwrap_or(0);
        let (id, reading) = (room.id, &mut room.reading);
        let ends_mark = reading.unread_from.is_some();
        if reading.unread > 0 || reading.mentions > 0 || ends_mark {
            reading.read = reading.read.max(newest);
            reading.unread = 0;
            reading.mentions = 0;
        }
        let read = reading.read;
        let is_known = (read <= reading.marked && !ends_mark) || reading.is_said(false, read, is_online);
        if is_known {
            return;
        }
        if self.tells_later(id) {
            self.keep_room(id);
        } else {
            self.tell_read(id);
        }
        self.touch();
    }

    /// Our read cursor or our mark moved, here or on another device. Says whether that can be seen, or has to be answered.
    pub(crate) fn read_elsewhere(&mut self, id: RoomId, state: ReadState) -> bool {
        if self.weigh_word(id, &state) {
            return false;
        }
        let is_open = self.current == Some(id);
        let Some(room) = self.rooms.get_mut(id) else { return false };
        let reading = &mut room.reading;
        let before = (reading.unread, reading.mentions, reading.unread_from);
        if state.seq >= reading.marked {
            reading.marking_since_us = None;
        }
        if let Some(from) = state.unread_from {
            reading.read = reading.read.max(state.seq);
            reading.marked = reading.marked.max(state.seq);
            (reading.unread, reading.mentions, reading.unread_from) = (state.unread, state.mentions, Some(from));
            if is_open {
                reading.is_held = true;
                let after = reading.position();
                room.begin_new(after);
            }
        } else if state.seq >= reading.read {
            // An answer to an earlier move of our own would say less than we know.
            reading.read = state.seq;
            reading.marked = reading.marked.max(state.seq);
            reading.unread_from = None;
            // What came after the last event that we have seen is counted when it arrives.
            let knows_better = state.seq >= reading.counted_to;
            (reading.unread, reading.mentions) = if knows_better { (0, 0) } else { (state.unread, state.mentions) };
        }
        // Where more is read than was told, it is told now.
        let is_seen = before != (room.reading.unread, room.reading.mentions, room.reading.unread_from);
        let is_seen = is_seen || room.reading.read > room.reading.marked;
        self.keep_room(id);
        self.rooms.place(id) | is_seen
    }

    /// The open room was not opened by the user: what they marked as unread in it stays so, until they come to it themselves.
    pub(crate) fn hold_mark(&mut self) {
        if let Some(room) = self.room_mut() {
            let reading = &mut room.reading;
            // Of what the server has not heard, it does not count either what was read before.
            let is_said = reading.untold.is_some_and(|untold| untold.said.is_unread);
            reading.is_held |= is_said || reading.unread_from.is_some();
        }
    }

    /// Marks everything in the open room from this message on as unread, on all devices.
    pub(crate) fn mark_unread(&mut self, seq: Seq) {
        self.leave_selection();
        self.tell_owed();
        let Some(room) = self.current else { return };
        self.set_mark(room, seq);
        let text = match (self.is_online(), self.keep.keeps_words) {
            (true, _) => "Unread from there on, until you come back to this room.",
            (false, true) => "Unread from there on. The server is told with the next connection.",
            (false, false) => {
                "Unread from there on. The server is told with the next connection, while chat-tui is open."
            }
        };
        self.notify(Level::Info, text);
    }

    /// Sets the mark here, and tells the server, or remembers to tell it.
    fn set_mark(&mut self, id: RoomId, seq: Seq) {
        self.say_of_reading(id, true, seq);
        self.show_mark(id, seq);
        self.keep_room(id);
    }

    /// Shows everything from this message on as unread.
    pub(super) fn show_mark(&mut self, id: RoomId, seq: Seq) {
        let me = self.me.clone();
        let Some(room) = self.rooms.get_mut(id) else { return };
        let reading = &mut room.reading;
        reading.is_held = true;
        (room.new_mark, room.new_above) = (Some(seq.saturating_sub(1)), 0);
        if seq <= reading.read {
            reading.unread_from = Some(seq);
        }
        // As far as we can see; the server's answer counts all.
        if let (Some(timeline), Some(me)) = (&room.timeline, me) {
            let name = fold_case(&me.name);
            let is_unread = |message: &&Message| message.by != me.id && message.deleted_at.is_none();
            let unread = timeline.entries.range(seq..).filter_map(|(_, entry)| entry.message()).filter(is_unread);
            let calls = |message: &Message| mentions(&message.body).into_iter().any(|named| fold_case(named) == name);
            (reading.unread, reading.mentions) =
                unread.fold((0, 0), |(all, ours), message| (all + 1, ours + u64::from(calls(message))));
        }
    }

    /// The command: from a message on, or only the newest one of somebody else.
    pub(crate) fn mark_room_unread(&mut self, seq: Option<Seq>) {
        let me = self.my_id();
        let timeline = self.room().and_then(|room| room.timeline.as_ref());
        let Some(timeline) = timeline else { return };
        let found = match seq {
            Some(seq) => timeline.message(seq),
            None => {
                let messages = timeline.entries.values().rev().filter_map(Entry::message);
                messages.into_iter().find(|message| Some(message.by) != me && message.deleted_at.is_none())
            }
        };
        match found.map(|message| message.seq) {
            Some(seq) => self.mark_unread(seq),
            None if seq.is_some() => self.error("There is no message of that number here."),
            None => self.error("There is no message of somebody else here."),
        }
    }
}
