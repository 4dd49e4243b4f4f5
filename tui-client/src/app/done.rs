//! Ends of effects. Pure.

use chat_shared::api::{MessagesPage, RoomSummary, User};
use chat_shared::limit::{PAGE_MAX, USER_NAME_CHARS};
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, UserId};

use super::clean::{clean_event, clean_message, listed};
use super::commands::{Command, parse};
use super::effect::{Asked, PageFrom, Unsent};
use super::event::Done;
use super::input::keymap::Action;
use super::notice::Level;
use super::pane::item::{ItemId, Scroll};
use super::panels::overlay::Overlay;
use super::rooms::entering::room_wish;
use super::settings::Reread;
use super::state::{Me, Screen, State};
use super::text::{clean_block, clean_line, clean_short};
use super::timeline::Load;
use super::timeline::change::Change;
use super::writing::editor::Editor;
use crate::failure::Failure;

impl State {
    /// The end of an effect. Says whether there is anything to show.
    pub(crate) fn done(&mut self, done: Done) -> bool {
        match done {
            Done::Authenticated(result) => self.authenticated(result),
            Done::Posted { key, result } => self.posted(&key, result),
            Done::Page { room, from: PageFrom::Around(seq), result } if self.is_linear => {
                self.around_loaded(room, seq, result);
            }
            Done::Page { room, from, result } => self.page(room, from, result),
            Done::Thread { room, seq, from, result } => self.thread_loaded(room, seq, from, result),
            Done::History { room, seq, result } => self.versions_loaded(room, seq, result),
            Done::RoomList(Ok(rooms)) => {
                self.learn_rooms(rooms.clone());
                if let Some(Overlay::Rooms(listing)) = &mut self.overlay {
                    listing.fill(listed(rooms));
                }
            }
            Done::RoomList(Err(failure)) => {
                if matches!(&self.overlay, Some(Overlay::Rooms(listing)) if listing.is_loading()) {
                    self.overlay = None;
                }
                self.names.give_up();
                self.failed("list the rooms", &failure);
            }
            Done::Members { room, after, result } => self.members(room, after.as_deref(), result),
            Done::Found { number, result } => self.found(number, result),
            Done::Entered { name, asked, result } => self.entered(&name, *asked, result),
            Done::Direct { name, say, asked, result } => self.met(&name, say, *asked, result),
            Done::Settings { room, change, result } => self.settings_changed(room, change, result),
            Done::Coloured { code, tokens } => {
                self.cache.colourings.insert(code, &tokens);
                self.cache.clear();
            }
            Done::Written { room, result: Ok(text) } => self.written(room, clean_block(&text).trim_end()),
            Done::Written { result: Err(reason), .. } => {
                self.error(format!("Your text is as it was: {}", clean_line(&reason)));
            }
            Done::Configured(result) => self.configured(result),
            Done::Aside(text) => self.aside(clean_line(&text)),
            Done::NotCopied => {
                let key = self.settings.keys.key_for(Action::SelectText);
                self.error(format!(
                    "This terminal has no clipboard. {key} lets you select text in the terminal's own way."
                ));
            }
            Done::NotOpened(reason) => {
                let key = self.settings.keys.key_for(Action::Copy);
                self.error(format!("Could not open the link ({key} copies the message): {}", clean_line(&reason)));
            }
            Done::Heard { room, seq, is_unread, result } => {
                // It comes after every look at something new: it is to cost no frame.
                return self.heard(room, is_unread, seq, result);
            }
            Done::Returned { what, unsent, failure } => self.returned(what, unsent, &failure),
            Done::Failed { what, failure } => self.failed(what, &failure),
        }
        true
    }

    fn written(&mut self, room: RoomId, text: &str) {
        if let Some(room) = self.rooms.get_mut(room) {
            return room.composer.editor.replace_all(text);
        }
        self.history.add(text);
        let key = self.settings.keys.key_for(Action::Older);
        self.error(format!("The room of your text is gone; {key} brings the text back."));
    }

    pub(crate) fn failed(&mut self, what: &str, failure: &Failure) {
        self.error(format!("Could not {what}: {}", clean_line(&failure.message)));
    }

    fn authenticated(&mut self, result: Result<Box<User>, Failure>) {
        let Screen::Login(login) = &mut self.screen else { return };
        match result {
            Ok(user) => {
                if self.me.as_ref().is_some_and(|me| me.id != user.id) {
                    self.forget_account();
                }
                self.me = Some(Me { id: user.id, name: clean_short(&user.name, USER_NAME_CHARS) });
                self.screen = Screen::Chat;
                // A new connection knows nothing of what the old one had brought: no events will continue it.
                self.is_ready = false;
                self.forget_cursors();
                self.rooms
                    .values_mut()
                    .filter_map(|room| room.timeline.as_mut())
                    .for_each(|timeline| timeline.invalidate(0));
            }
            Err(failure) => login.failed(&failure, &self.server, &self.settings.keys),
        }
    }

    fn configured(&mut self, result: Result<Box<Reread>, String>) {
        let reread = match result {
            Ok(reread) => *reread,
            Err(problem) => return self.error(format!("The old settings stay: {}", clean_line(&problem))),
        };
        self.set_settings(reread.settings);
        self.tell_mouse();
        let text = match reread.other_servers {
            true => "Read again; servers, profiles and tokens count from the next start.",
            false => "The settings are read again.",
        };
        self.notify(Level::Info, text);
    }

    /// Said where the user is by now.
    fn aside(&mut self, text: String) {
        match &mut self.screen {
            Screen::Login(login) if !login.is_busy => login.error = Some(text),
            _ => self.error(text),
        }
    }

    fn page(&mut self, id: RoomId, from: PageFrom, result: Result<Box<MessagesPage>, Failure>) {
        let me = self.my_id().unwrap_or(UserId(uuid::Uuid::nil()));
        let Some(room) = self.rooms.get_mut(id) else { return };
        let result = result.map(|page| {
            let mut messages: Vec<Message> = page.messages;
            messages.iter_mut().for_each(|message| clean_message(message, id));
            messages.iter().for_each(|message| room.meet(&message.name));
            // Everyone is in a direct conversation from its beginning: that is nothing to tell.
            let told = if room.is_direct() { 0 } else { PAGE_MAX };
            let events = page.events.into_iter().take(told).map(clean_event).collect();
            MessagesPage { messages, events, ..*page }
        });
        let Some(timeline) = &mut room.timeline else { return };
        let change = match result {
            Err(failure) => return self.page_failed(id, from, &failure),
            Ok(page) => timeline.merge(from, page, me),
        };
        match change {
            Change::AskAgain => drop(self.load(id, from)),
            Change::Nothing | Change::Gap | Change::Entry(_) => {}
            Change::Grown | Change::Replaced => {
                self.keep_page(id, from);
                self.page_is_here(id);
            }
        }
    }

    /// The row at the edge says so; where nothing has an edge for it (a jump, the way back to the end), a notice does.
    fn page_failed(&mut self, id: RoomId, from: PageFrom, failure: &Failure) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let Some(timeline) = &mut room.timeline else { return };
        timeline.fail(from, clean_line(&failure.message));
        let has_a_row =
            !timeline.is_loaded || timeline.is_stale() || matches!(from, PageFrom::Before(_) | PageFrom::After(_));
        if !has_a_row {
            timeline.forget_failures();
            room.jump_to = None;
            self.failed("load the messages", failure);
        }
    }

    /// The window has other edges: quotes may have found their messages, a jump its target, messages of ours their echo.
    pub(crate) fn page_is_here(&mut self, id: RoomId) {
        if self.current == Some(id) {
            self.cache.clear();
        }
        self.settle_from_page(id);
        if self.current == Some(id) && self.arrive_at_new() {
            return;
        }
        let Some(room) = self.rooms.get_mut(id) else { return };
        let Some(timeline) = &mut room.timeline else { return };
        match room.jump_to {
            Some(seq) if timeline.message(seq).is_some() => {
                room.forget_jump();
                self.show_selected(ItemId::Seq(seq));
            }
            // Another part of the room came first; the message is on its way.
            Some(seq) if timeline.whole == Load::Busy(PageFrom::Around(seq)) => {}
            Some(_) if let Load::Failed(_, reason) = &timeline.whole => {
                let text = format!("Could not load that message: {reason}");
                room.forget_jump();
                self.error(text);
            }
            Some(seq) => {
                (room.jump_to, room.goes_to_new) = (None, false);
                room.scroll = Scroll::At { item: ItemId::Seq(seq), offset: 0 };
                self.error("That message is not there.");
            }
            None => room.trim(self.current == Some(id)),
        }
    }

    /// A message of ours that a page already holds: after a reset there is no echo for it.
    pub(crate) fn settle_from_page(&mut self, id: RoomId) {
        let me = self.my_id();
        let Some(room) = self.rooms.get(id).filter(|room| !room.outbox.waiting.is_empty()) else { return };
        let Some(timeline) = &room.timeline else { return };
        let mine = timeline.entries.values().filter_map(super::timeline::Entry::message).filter(|m| Some(m.by) == me);
        let is_waiting =
            |message: &&Message| room.outbox.waiting.iter().any(|o| message.key.as_deref() == Some(&o.key));
        let events: Vec<RoomEvent> = mine.filter(is_waiting).map(posted_event).collect();
        if !events.is_empty() {
            // They say nothing about how fast the connection is.
            self.awaiting_echo.clear();
        }
        for event in events {
            self.settle_echo(&event, event.by);
        }
    }

    fn entered(&mut self, name: &str, asked: Asked, result: Result<Box<RoomSummary>, Failure>) {
        let is_wanted = self.rooms.is_last_wish(&room_wish(name));
        match result {
            Ok(summary) => self.arrive(&summary, &asked, is_wanted),
            Err(failure) => {
                let is_new = matches!(parse(&asked.text), Some(Ok(Command::Create { .. })));
                let what = format!("{} #{}", if is_new { "make" } else { "enter" }, clean_line(name));
                self.returned(&what, Unsent::Command(asked), &failure);
            }
        }
    }

    /// A room that was asked for is there. It is opened if that is still what the user waits for, and they have not asked for
    /// another one since: what they write where they are stays there.
    pub(crate) fn arrive(&mut self, summary: &RoomSummary, asked: &Asked, is_wanted: bool) {
        if self.rooms.get(summary.id).is_none_or(|room| summary.head >= room.reading.counted_to) {
            self.rooms.know(summary);
            self.rooms.sort();
            self.keep_room(summary.id);
            self.place_unsent();
        }
        if is_wanted && self.is_at_rest() && self.overlay.is_none() && self.current == asked.room {
            return self.open(summary.id);
        }
        if let Some(room) = self.rooms.get(summary.id).filter(|room| self.current != Some(room.id)) {
            let key = self.settings.keys.key_for(Action::Switcher);
            self.notify(Level::Info, format!("You are in {} now; {key} goes there.", room.title()));
        }
    }

    /// Whether nothing is begun in the open room: the next key would do as well in another one.
    pub(crate) fn is_at_rest(&self) -> bool {
        let is_idle = self.room().is_none_or(|room| room.composer.is_idle() && room.selection.is_none());
        is_idle && self.prompt.is_none()
    }

    /// A request failed for which something had been written: that goes back to where it was written.
    pub(crate) fn returned(&mut self, what: &str, unsent: Unsent, failure: &Failure) {
        if self.is_done(&unsent) {
            return;
        }
        let reason = clean_line(&failure.message);
        let hint = self.give_back(unsent).map_or_else(String::new, |hint| format!("; {hint}"));
        self.error(format!("Could not {what}: {reason}{hint}"));
    }

    /// Only the answer was lost: what was asked for has happened.
    fn is_done(&self, unsent: &Unsent) -> bool {
        let Unsent::Edit { room, seq, body } = unsent else { return false };
        let timeline = self.rooms.get(*room).and_then(|room| room.timeline.as_ref());
        timeline.and_then(|timeline| timeline.message(*seq)).is_some_and(|message| message.body == *body)
    }

    /// Puts a text back into the composer that it came from. Where something else is there by now, the history has it: gives
    /// the words that say so.
    pub(crate) fn give_back(&mut self, unsent: Unsent) -> Option<String> {
        let (room, text) = match &unsent {
            Unsent::Command(asked) => (asked.room, &asked.text),
            Unsent::Edit { room, body, .. } => (Some(*room), body),
        };
        // In linear mode there is no composer to give it back to, and the next line is no edit.
        if text.is_empty() || self.is_linear {
            return None;
        }
        let free = room.and_then(|id| self.rooms.get_mut(id)).filter(|room| room.composer.is_idle());
        let Some(room) = free else {
            self.history.add(text);
            let key = self.settings.keys.key_for(Action::Older);
            return self.history.holds(text).then(|| format!("{key} brings back what you had written"));
        };
        match unsent {
            Unsent::Command(asked) => room.composer.editor = Editor::with(&asked.text),
            Unsent::Edit { seq, body, .. } => room.composer.begin_edit(seq, &body),
        }
        None
    }
}

/// The event that posted a message, near enough to settle it.
fn posted_event(message: &Message) -> RoomEvent {
    let (body, key, reply_to) = (message.body.clone(), message.key.clone(), message.reply_to);
    RoomEvent {
        kind: EventKind::Posted { body, key, reply_to },
        room: message.room,
        seq: message.seq,
        at: message.at,
        by: message.by,
        name: message.name.clone(),
    }
}
