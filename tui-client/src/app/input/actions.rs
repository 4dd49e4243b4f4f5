//! What keys and commands do to rooms: opening, moving between them, scrolling, running commands. Pure.

use chat_shared::RoomId;
use chat_shared::api::ChangeSettings;

use crate::app::commands::Command;
use crate::app::effect::{Asked, Effect, PageFrom, TimerPurpose};
use crate::app::login::Login;
use crate::app::notice::Level;
use crate::app::pane::item::{ItemId, Scroll};
use crate::app::pane::scroll;
use crate::app::panels::listing::Listing;
use crate::app::panels::overlay::Overlay;
use crate::app::panels::switcher::Choice;
use crate::app::rooms::room::Room;
use crate::app::state::State;

impl State {
    /// Opens a room: its history loads if it has not been, and "new" begins where the read cursor stands.
    pub(crate) fn open(&mut self, id: RoomId) {
        if self.current == Some(id) || self.rooms.get(id).is_none() {
            return;
        }
        if let Some(left) = self.room_mut() {
            left.selection = None;
            left.forget_jump();
        }
        self.last_room = self.current.replace(id).or(self.last_room);
        self.rooms.hold(id);
        self.rooms.outdate_wish();
        self.make_room_for(id);
        self.keep_current(id);
        self.ask_disk(id);
        self.look_at_drafts();
        self.typing.clear();
        self.timers.stop(TimerPurpose::TypingFades);
        self.typing_said_us = None;
        self.completion = None;
        self.prompt = None;
        self.words.clear();
        self.cache.clear();
        // What is visible is of the room that was left; its numbers mean others here.
        self.pane.clear();
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.reading.is_held = false;
        (room.new_mark, room.new_above) = (None, 0);
        if room.reading.unread > 0 {
            room.begin_new(room.reading.position());
        }
        room.timeline.get_or_insert_default().forget_failures();
        if !std::mem::replace(&mut room.people.is_asked, true) {
            self.emit(Effect::LoadMembers { room: id, after: None });
        }
        self.touch();
    }

    /// The next room on the screen, or the previous one, around the ends.
    pub(crate) fn step_room(&mut self, back: bool) {
        let order = self.rooms.order();
        let at = order.iter().position(|id| Some(*id) == self.current);
        let next = match (at, back) {
            (Some(at), false) => order.get(at + 1).or(order.first()),
            (Some(at), true) => at.checked_sub(1).map_or(order.last(), |at| order.get(at)),
            (None, false) => order.first(),
            (None, true) => order.last(),
        };
        if let Some(id) = next.copied() {
            self.open(id);
        }
    }

    pub(crate) fn open_nth(&mut self, n: usize) {
        if let Some(id) = self.rooms.order().get(n).copied() {
            self.open(id);
        }
    }

    /// The next room whose unread messages want most to be read.
    pub(crate) fn open_unread(&mut self) {
        let order = self.rooms.order();
        let at = order.iter().position(|id| Some(*id) == self.current).map_or(0, |at| at + 1);
        let around = order[at..].iter().chain(&order[..at]).filter_map(|id| self.rooms.get(*id));
        let others = around.filter(|room| Some(room.id) != self.current);
        // Of several that want it as much, the first one counts.
        let next = others.filter_map(|room| Some((room.urgency()?, room.id))).min_by_key(|(urgency, _)| *urgency);
        match next.map(|(_, id)| id) {
            Some(id) => self.open(id),
            None => self.notify(Level::Info, "Nothing is unread."),
        }
    }

    /// Moves the view by rows; negative is up. What failed to load is tried again.
    pub(crate) fn scroll_rows(&mut self, rows: isize) {
        self.retry_loads();
        self.rescroll(|painter, scroll, height| scroll::moved(painter, scroll, height, rows));
    }

    /// Moves the view by pages of the pane, with two rows in common.
    pub(crate) fn scroll_pages(&mut self, pages: isize) {
        let rows = isize::try_from(self.geometry.pane.height.saturating_sub(2).max(1)).unwrap_or(1);
        self.scroll_rows(rows * pages);
    }

    /// To the oldest loaded message; the next page follows by itself.
    pub(crate) fn go_to_oldest(&mut self) {
        self.retry_loads();
        self.rescroll(|painter, _, _| scroll::oldest(painter));
    }

    pub(crate) fn retry_loads(&mut self) {
        if let Some(timeline) = self.room_mut().and_then(|room| room.timeline.as_mut()) {
            timeline.forget_failures();
        }
    }

    /// Shows a message that may not be loaded.
    pub(crate) fn jump(&mut self, seq: chat_shared::Seq) {
        let Some(room) = self.room_mut() else { return };
        let is_here = room.timeline.as_ref().is_some_and(|timeline| timeline.message(seq).is_some());
        let id = room.id;
        room.forget_jump();
        if is_here {
            self.show_selected(ItemId::Seq(seq));
        } else {
            room.jump_to = Some(seq);
            self.load(id, PageFrom::Around(seq));
        }
    }

    /// Runs a command that the composer holds as `text`; the composer is empty then.
    pub(crate) fn run_command(&mut self, command: Command, text: String) {
        let Some(room) = self.room_mut() else { return };
        if command == Command::Leave && room.is_direct() {
            return self.error("A direct conversation cannot be left. /mute makes it quiet.");
        }
        room.composer.finish();
        let (id, is_favourite, topic) = (room.id, room.settings.favourite, room.topic.clone());
        let asked = Asked { room: Some(id), text };
        match command {
            Command::Topic(None) => {
                let said =
                    if topic.is_empty() { "This room has no topic.".into() } else { format!("The topic: {topic}") };
                self.notify(Level::Info, said);
            }
            Command::Topic(Some(topic)) => self.emit(Effect::SetTopic { room: id, topic, asked }),
            Command::Mute(level) => self.change_settings(ChangeSettings { level: Some(level), ..Default::default() }),
            Command::Favourite => {
                self.change_settings(ChangeSettings { favourite: Some(!is_favourite), ..Default::default() });
            }
            Command::Move(towards) => self.move_favourite(towards),
            Command::Leave => self.emit(Effect::Leave { room: id }),
            Command::Unread(seq) => self.mark_room_unread(seq),
            Command::Members => self.open_roster(),
            Command::Links => self.open_room_links(),
            command => self.run_anywhere(command, asked),
        }
    }

    /// Runs a command that needs no room.
    pub(crate) fn run_anywhere(&mut self, command: Command, asked: Asked) {
        match command {
            Command::Join(name) => self.join(name, asked),
            Command::Create { name, topic } => self.ask_for_room(Effect::Create { name, topic, asked }),
            Command::Direct { name, say } => self.direct(name, say, asked),
            Command::Rooms => {
                self.overlay = Some(Overlay::Rooms(Listing::default()));
                self.emit(Effect::ListRooms);
            }
            Command::Search(words) => self.open_search(&words),
            Command::DoNotDisturb(until) => self.do_not_disturb(until),
            Command::Notices => self.open_notices(),
            Command::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            Command::Explain(usage) => self.notify(Level::Info, usage),
            Command::Read { all } => self.mark_as_read(all),
            Command::Reload => self.emit(Effect::ReloadConfig),
            Command::Logout => self.log_out(),
            Command::Quit => self.emit(Effect::Quit),
            // These are about a room. What is said the composer posts itself, so that the text stays there if it does not fit.
            Command::Topic(_)
            | Command::Mute(_)
            | Command::Favourite
            | Command::Move(_)
            | Command::Leave
            | Command::Unread(_)
            | Command::Members
            | Command::Links
            | Command::Say(_) => {}
        }
    }

    fn join(&mut self, name: String, asked: Asked) {
        match self.rooms.named(&name).map(|room| room.id) {
            Some(known) => self.open(known),
            None => self.ask_for_room(Effect::Join { name, asked }),
        }
    }

    /// Something that is asked for here and now, without words in the composer.
    pub(crate) fn asked_here(&self) -> Asked {
        Asked { room: self.current, text: String::new() }
    }

    /// Takes an offer of the switcher.
    pub(crate) fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Open(id) => self.open(id),
            Choice::Join(name) => self.ask_for_room(Effect::Join { name, asked: self.asked_here() }),
            Choice::Direct(name) => self.ask_for_room(Effect::OpenDm { name, say: None, asked: self.asked_here() }),
        }
    }

    fn log_out(&mut self) {
        // The command itself is no draft.
        let current: Vec<RoomId> = self.current.into_iter().collect();
        self.keep_drafts(&current);
        self.tell_owed();
        self.forget_account();
        self.signed_out(Login::default());
        self.emit(Effect::Logout);
    }

    /// New messages below the view, for the line that says so.
    pub(crate) fn new_below(room: &Room) -> u64 {
        if room.scroll == Scroll::End { 0 } else { room.new_below }
    }
}
