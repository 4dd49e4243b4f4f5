//! What the interface keeps on disk, when it says so, and what it makes of it at the next start. Pure.

mod counts;
pub(crate) mod ledger;

use chat_shared::{RoomId, Seq};

use super::clean::clean_message;
use super::effect::{Effect, PageFrom};
use super::kept::{Draft, Kept, NewerDraft, Past, Restored, Said, Save, Waiting, Window};
use super::notice::Level;
use super::rooms::room::Room;
use super::state::State;
use super::text::clean_line;
use super::timeline::PAGE;
use super::timeline::change::Change;
use super::writing::written::{composer, draft, outgoing, waiting};

impl State {
    /// Asks for something to be kept.
    pub(super) fn save(&mut self, save: impl FnOnce() -> Save) {
        if self.keep.is_on {
            self.emit(Effect::Save(save()));
        }
    }

    /// The same for what the server has not heard of reading, which linear mode keeps, too.
    pub(super) fn save_word(&mut self, room: RoomId, said: Option<Said>) {
        if self.keep.keeps_words {
            self.emit(Effect::Save(Save::Said { room, said: said.map(Box::new) }));
        }
    }

    /// Whether there is somebody who keeps things.
    pub(crate) fn is_keeping(&self) -> bool {
        self.keep.is_on
    }

    /// News from the disk.
    pub(crate) fn kept(&mut self, kept: Kept) {
        match kept {
            Kept::Restored(restored) => self.restored(*restored),
            Kept::Window { room, window } => self.kept_window(room, window),
            Kept::Found { number, messages } => self.found_here(number, messages),
            Kept::Drafts(newer) => self.newer_drafts(newer),
            // In lines nothing is refused by it: the end of a pipe is a good one.
            Kept::Trouble(reason) if self.is_linear => self.notify(Level::Info, clean_line(&reason)),
            Kept::Well(text) => self.notify(Level::Info, clean_line(&text)),
            Kept::Trouble(reason) => self.error(clean_line(&reason)),
        }
    }

    fn restored(&mut self, restored: Restored) {
        (self.keep.is_on, self.keep.keeps_words) = (!self.is_linear, true);
        for (room, draft) in restored.drafts {
            self.keep.unplaced.entry(room).or_default().0 = Some(draft);
        }
        for waiting in restored.outgoing {
            self.keep.unplaced.entry(waiting.room).or_default().1.push(waiting);
        }
        self.keep.unplaced_words.extend(restored.said);
        let is_mine = |past: &Past| self.me.as_ref().is_none_or(|me| me.id == past.bootstrap.me.id);
        // Once the server has spoken, what was before is of no use.
        if let Some(past) = restored.past.filter(|past| !self.is_ready && is_mine(past)) {
            self.recall(*past);
        }
        self.place_unsent();
        self.place_words();
    }

    /// Shows the last known state, until the server says more.
    fn recall(&mut self, past: Past) {
        self.keep.as_of = Some(past.as_of);
        self.adopt(&past.bootstrap);
        for (id, cursor) in &past.windows {
            if let Some(room) = self.rooms.get_mut(*id) {
                room.keeping.cursor = *cursor;
                // That of the open room is here already.
                room.keeping.has_window = past.window.as_ref().is_none_or(|window| window.room != *id);
            }
        }
        let current = past.current.filter(|id| self.rooms.get(*id).is_some());
        if let Some(id) = current.or_else(|| self.first_room()) {
            self.open(id);
        }
        self.hold_mark();
        if let Some(window) = past.window
            && let Some(timeline) = self.rooms.get_mut(window.room).and_then(|room| room.timeline.as_mut())
        {
            timeline.ask_disk();
            self.kept_window(window.room, Some(window));
        }
    }

    /// Gives rooms that have become known what was written in them.
    pub(crate) fn place_unsent(&mut self) {
        let known: Vec<RoomId> =
            self.keep.unplaced.keys().copied().filter(|id| self.rooms.get(*id).is_some()).collect();
        for id in known {
            let (draft, waiting) = self.keep.unplaced.remove(&id).unwrap_or_default();
            for waiting in waiting {
                let number = self.number();
                if let Some(room) = self.rooms.get_mut(id) {
                    room.outbox.waiting.push_back(outgoing(number, waiting));
                }
            }
            let Some(room) = self.rooms.get_mut(id) else { continue };
            match draft {
                Some(draft) if room.composer.is_idle() => {
                    room.composer = composer(&draft);
                    room.keeping.draft = Some(Box::new(draft));
                }
                Some(draft) => self.newer_draft(NewerDraft { room: id, before: None, now: Some(draft) }),
                None => {}
            }
            self.settle_from_page(id);
            self.pump(id);
        }
    }

    /// A draft of a room that is not known has changed on disk.
    pub(super) fn keep_unplaced(&mut self, id: RoomId, draft: Option<Draft>) {
        self.keep.unplaced.entry(id).or_default().0 = draft;
    }

    /// The server has a message after all that waits for a room which is lost.
    pub(crate) fn settle_unplaced(&mut self, key: &str) {
        let rooms = self.keep.unplaced.values_mut();
        if rooms.fold(false, |is_there, (_, waiting)| waiting.extract_if(.., |w| w.key == key).count() > 0 || is_there)
        {
            self.save(|| Save::Settled { key: key.to_owned() });
        }
    }

    /// Says once what waits for rooms that the server does not list.
    fn tell_of_unplaced(&mut self) {
        let count: usize = self.keep.unplaced.values().map(|(_, waiting)| waiting.len()).sum();
        if count > 0 && !std::mem::replace(&mut self.keep.has_told_of_unplaced, true) {
            let text = format!("{count} unsent messages are for rooms that you are no longer in; they wait on disk.");
            self.notify(Level::Info, text);
        }
    }

    /// Asks the disk for a room that is opened for the first time.
    pub(crate) fn ask_disk(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.keeping.has_window) else { return };
        room.keeping.has_window = false;
        let timeline = room.timeline.get_or_insert_default();
        if !timeline.is_loaded {
            timeline.ask_disk();
            self.emit(Effect::LoadKept { room: id });
        }
    }

    fn kept_window(&mut self, id: RoomId, window: Option<Box<Window>>) {
        let Some(me) = self.my_id() else { return };
        let Some(room) = self.rooms.get_mut(id) else { return };
        let cursor = room.keeping.cursor;
        let Some(timeline) = &mut room.timeline else { return };
        let messages = window.map(|mut window| {
            for kept in &mut window.messages {
                clean_message(&mut kept.message, id);
            }
            window.lines.iter_mut().for_each(|kept| kept.line.clean());
            *window
        });
        if timeline.merge_kept(messages, cursor, me) == Change::Replaced {
            let names: Vec<String> = timeline
                .entries
                .values()
                .rev()
                .take(PAGE)
                .filter_map(|e| e.message())
                .map(|m| m.name.clone())
                .collect();
            names.iter().for_each(|name| room.meet(name));
            self.page_is_here(id);
        }
        self.touch();
    }

    /// The server has described everything: `replaced` says that its numbers mean something else now.
    pub(crate) fn keep_bootstrap(&mut self, bootstrap: &chat_shared::api::Bootstrap, replaced: bool) {
        for summary in &bootstrap.rooms {
            let Some(room) = self.rooms.get_mut(summary.id) else { continue };
            let keeping = &mut room.keeping;
            if replaced {
                (keeping.cursor, keeping.has_window) = (None, false);
            }
            keeping.cursor.get_or_insert(summary.head);
        }
        self.save(|| Save::Bootstrap(Box::new(bootstrap.clone())));
        self.place_unsent();
        self.place_words();
        self.tell_of_unplaced();
    }

    /// A new connection does not continue the old one: it begins at the heads.
    pub(crate) fn forget_cursors(&mut self) {
        self.rooms.values_mut().for_each(|room| room.keeping.cursor = None);
    }

    /// The link has delivered this event.
    pub(crate) fn keep_event(&mut self, event: &chat_shared::Event) {
        let Some(room) = self.rooms.get_mut(event.room) else { return };
        room.keeping.cursor = Some(event.seq);
        self.save(|| Save::Event(Box::new(event.clone())));
    }

    /// A message goes out over the present connection.
    pub(crate) fn keep_asked(&mut self, id: RoomId, key: &str) {
        self.keep.sent.insert(id, key.to_owned());
    }

    /// The connection is another from here on: what was asked over the old one may be answered with numbers that mean nothing now.
    pub(crate) fn keep_no_answers(&mut self) {
        self.keep.sent.clear();
    }

    /// The server's answer to our own post, which leaves the outbox now. Where it is the room's next event it is on disk with that,
    /// although the link has yet to deliver it: the program may end before.
    pub(crate) fn keep_answer(&mut self, id: RoomId, key: &str, event: &chat_shared::Event) {
        if event.room == id && self.keep.sent.get(&id).is_some_and(|sent| sent == key) {
            self.save(|| Save::Event(Box::new(event.clone())));
        }
    }

    pub(crate) fn keep_reset(&mut self, id: RoomId, head: Seq) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.keeping.cursor = Some(head);
            self.save(|| Save::Stale { room: id });
        }
    }

    /// A room is gone; what was written in it stays, on disk as well, should the room come back. What was on its way is not
    /// sent by itself then: who knows how long that takes.
    pub(crate) fn keep_loss(&mut self, mut room: Room) {
        let id = room.id;
        self.save(|| Save::Forget { room: id });
        self.keep_no_word(id, room.reading.untold);
        room.outbox.give_up("You left the room before it was sent.");
        let unsent: Vec<Waiting> = room.outbox.waiting.iter().map(|outgoing| waiting(id, outgoing)).collect();
        for waiting in &unsent {
            self.save(|| Save::Outgoing(Box::new(waiting.clone())));
        }
        let draft = draft(&room.composer);
        if draft.is_some() || !unsent.is_empty() {
            self.keep.unplaced.insert(id, (draft, unsent));
            // It has been said of this room.
            self.keep.has_told_of_unplaced = true;
        }
    }

    pub(crate) fn keep_current(&mut self, id: RoomId) {
        self.save(|| Save::Current(id));
    }

    /// What is shown is true now: the connection has caught up, or is just gone.
    pub(crate) fn keep_time(&mut self) {
        let at = self.now.at;
        self.keep.as_of = Some(at);
        self.save(|| Save::AsOf(at));
    }

    /// A message on its way has changed, or is not on its way any more.
    pub(crate) fn keep_outgoing(&mut self, id: RoomId, key: &str) {
        if !self.keep.is_on {
            return;
        }
        let outgoing = self.rooms.get(id).and_then(|room| room.outbox.waiting.iter().find(|o| o.key == key));
        let save = match outgoing {
            Some(outgoing) => Save::Outgoing(Box::new(waiting(id, outgoing))),
            None => Save::Settled { key: key.to_owned() },
        };
        self.save(|| save);
    }

    /// The text of the room's composer is a message on its way now.
    pub(crate) fn keep_sent(&mut self, id: RoomId, key: &str) {
        let first = self.effects.len();
        self.keep_drafts(&[id]);
        self.keep_outgoing(id, key);
        let mut saves = self.effects.split_off(first);
        if let [Effect::Save(draft), Effect::Save(message)] = saves.as_slice() {
            let sent = Save::Sent(Box::new([draft.clone(), message.clone()]));
            saves = vec![Effect::Save(sent)];
        }
        self.effects.append(&mut saves);
    }

    /// A page of the newest messages, or one just before what was there, has come.
    pub(crate) fn keep_page(&mut self, id: RoomId, from: PageFrom) {
        let Some(timeline) = self.rooms.get(id).and_then(|room| room.timeline.as_ref()).filter(|_| self.keep.is_on)
        else {
            return;
        };
        let save = match from {
            PageFrom::Latest => Save::Window(Box::new(timeline.window(id))),
            PageFrom::Before(before) => {
                let (floor, messages, lines) = timeline.kept_before(before);
                Save::Older { room: id, before, floor, messages, lines }
            }
            PageFrom::After(_) | PageFrom::Around(_) => return,
        };
        self.save(|| save);
    }

    /// The room to begin with.
    pub(crate) fn first_room(&self) -> Option<RoomId> {
        self.rooms.named("general").map(|room| room.id).or_else(|| self.rooms.order().first().copied())
    }
}
