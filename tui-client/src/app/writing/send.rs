//! Sending: from Enter to the echo, through the room's outbox. Pure.

use chat_shared::{Event as RoomEvent, EventKind, RoomId, Seq, UserId};

use super::composer::Mode;
use super::outbox::{Outgoing, WAITING_MAX};
use crate::app::clean::clean_event;
use crate::app::effect::{Asked, Effect, PageFrom, TimerPurpose, Unsent};
use crate::app::notice::Level;
use crate::app::pane::item::{ItemId, Scroll};
use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::text::emoji;
use crate::app::text::{clean_block, clean_line};
use crate::app::timeline::change::Change;
use crate::failure::Failure;

/// The first and the longest pause before a failed send is tried again.
const RETRY_FIRST_MS: u64 = 1_000;
const RETRY_MAX_MS: u64 = 30_000;
/// Echoes that are waited for to measure how long they take.
const ECHOES_MAX: usize = 64;
/// Between two "is typing" to the server.
const TYPING_EVERY_US: u64 = 3_000_000;

/// A message that is to go out, and its key.
struct Post {
    key: String,
    effect: Effect,
}

impl State {
    /// Enter: a command, an edit, or a new message.
    pub(crate) fn submit(&mut self) {
        let Some(room) = self.room() else { return };
        let text = room.composer.editor.text().trim_end().to_owned();
        if text.trim().is_empty() {
            if self.queued() > 0 {
                self.hurry();
            }
            return;
        }
        match (&room.composer.mode, crate::app::commands::parse(&text)) {
            (Mode::Edit { seq }, _) => {
                let seq = *seq;
                self.submit_edit(seq, &text);
            }
            (_, None) if !self.is_linear && crate::app::commands::names::is_vi_quit(&text) => {
                let key = self.settings.keys.key_for(crate::app::input::keymap::Action::Quit);
                self.answer(format!("Nothing was sent: /quit or {key} ends the program; `{text}` would say it."));
            }
            (_, None) => self.post(&text, &text),
            (_, Some(Ok(crate::app::commands::Command::Say(said)))) => self.post(&said, &text),
            (_, Some(Ok(command))) => {
                self.history.add(&text);
                // What was said before has been seen; the answer to this does not wait for it.
                self.dismiss_notice();
                self.run_command(command, text);
            }
            (_, Some(Err(problem))) => self.answer(problem),
        }
    }

    /// Says why Enter did nothing, at once: what was said before has been seen.
    fn answer(&mut self, problem: String) {
        self.dismiss_notice();
        self.error(problem);
    }

    /// Whether the server takes a text of this size; says so if not, and the text stays where it is.
    fn fits(&mut self, text: &str) -> bool {
        let (bytes, most) = (text.len(), self.message_bytes);
        let fits = most == 0 || bytes <= most;
        if !fits {
            self.answer(format!("Too long: {bytes} bytes, and the server takes {most}. Nothing was sent."));
        }
        fits
    }

    fn submit_edit(&mut self, seq: Seq, text: &str) {
        let body = emoji::replace_shortcodes(text);
        if !self.fits(&body) {
            return;
        }
        let Some(room) = self.room_mut() else { return };
        room.composer.finish();
        let room_id = room.id;
        let is_same = room.timeline.as_ref().and_then(|t| t.message(seq)).is_some_and(|message| message.body == body);
        if !is_same {
            self.emit(Effect::Edit { room: room_id, seq, body });
        }
    }

    /// Posts a text in the open room, and remembers what was typed; what cannot be posted stays in the composer.
    fn post(&mut self, text: &str, typed: &str) {
        let Some(room) = self.room() else { return };
        let id = room.id;
        let reply_to = if let Mode::Reply { seq, .. } = room.composer.mode { Some(seq) } else { None };
        let Some(key) = self.enqueue(id, text, reply_to) else { return };
        self.history.add(typed);
        let Some(room) = self.room_mut() else { return };
        room.composer.finish();
        room.selection = None;
        // What goes at once is on disk as such at once, in one step.
        let post = self.next_post(id);
        self.keep_sent(id, &key);
        self.go_to_newest();
        self.typing_said_us = None;
        if let Some(Post { key: sent, effect }) = post {
            if sent != key {
                self.keep_outgoing(id, &sent);
            }
            self.emit(effect);
        }
        self.hurry();
    }

    /// Posts a text in a room that need not be the open one; what its composer holds stays there.
    pub(crate) fn post_in(&mut self, id: RoomId, text: &str) {
        let Some(key) = self.enqueue(id, text, None) else {
            let unsent = Unsent::Command(Asked { room: Some(id), text: text.to_owned() });
            if let Some(hint) = self.give_back(unsent) {
                self.notify(Level::Info, format!("{hint}."));
            }
            return;
        };
        self.history.add(text);
        self.keep_outgoing(id, &key);
        if self.current == Some(id) {
            self.go_to_newest();
        }
        self.pump(id);
        self.hurry();
    }

    /// Puts a text behind those that a room sends already. Gives its key; `None` where it cannot be sent, which is said.
    fn enqueue(&mut self, id: RoomId, text: &str, reply_to: Option<Seq>) -> Option<String> {
        // Controls that somehow got in would only be refused; what is sent is what is seen.
        let body = emoji::replace_shortcodes(&clean_block(text));
        if !self.fits(&body) {
            return None;
        }
        let number = self.number();
        let (key, at, pressed_us) = (self.now.fresh.simple().to_string(), self.now.at, self.now.mono_us);
        let room = self.rooms.get_mut(id)?;
        if room.outbox.waiting.len() >= WAITING_MAX {
            let end = if self.is_linear { "is not sent" } else { "stays here" };
            self.error(format!("Too many messages wait to be sent; this one {end}."));
            return None;
        }
        let is_first = room.outbox.queued() == 0;
        room.outbox.waiting.push_back(Outgoing::new(number, key.clone(), body, reply_to, at));
        if is_first && self.is_online() {
            if self.awaiting_echo.len() >= ECHOES_MAX {
                self.awaiting_echo.pop_front();
            }
            self.awaiting_echo.push_back((key.clone(), pressed_us));
        }
        Some(key)
    }

    /// The room's next message, when there is a connection. It counts as sent.
    fn next_post(&mut self, id: RoomId) -> Option<Post> {
        if !self.is_online() {
            return None;
        }
        let effect = self.rooms.get_mut(id)?.outbox.pump(id)?;
        let Effect::Post { key, .. } = &effect else { return None };
        let key = key.clone();
        self.keep_asked(id, &key);
        Some(Post { key, effect })
    }

    /// Sends the room's next message, when there is a connection.
    pub(crate) fn pump(&mut self, id: RoomId) {
        if let Some(Post { key, effect }) = self.next_post(id) {
            // What may be at the server is on disk as such before it is sent.
            self.keep_outgoing(id, &key);
            self.emit(effect);
        }
    }

    /// Tries everything again that waited for a better moment.
    pub(crate) fn release_outboxes(&mut self) {
        self.rooms.values_mut().for_each(|room| room.outbox.release());
        for id in self.rooms.order().to_vec() {
            self.pump(id);
        }
    }

    /// The answer to a post.
    pub(crate) fn posted(&mut self, key: &str, result: Result<Box<RoomEvent>, Failure>) {
        let Some(id) = self.rooms.iter().find(|r| r.outbox.waiting.iter().any(|o| o.key == key)).map(|room| room.id)
        else {
            if result.is_ok() {
                self.settle_unplaced(key);
            }
            return;
        };
        match result {
            Ok(event) => {
                self.retry_ms = 0;
                let event = clean_event(*event);
                self.keep_answer(id, key, &event);
                self.settle(id, key, &event);
            }
            Err(failure) => {
                self.awaiting_echo.retain(|(waiting, _)| waiting != key);
                self.post_failed(id, key, &failure);
            }
        }
        self.pump(id);
    }

    fn post_failed(&mut self, id: RoomId, key: &str, failure: &Failure) {
        let reason = clean_line(&failure.message);
        let Some(room) = self.rooms.get_mut(id) else { return };
        let number = room.outbox.waiting.iter().find(|o| o.key == key).map(|o| o.number);
        let tries_again = room.outbox.fail(key, failure, reason);
        if !tries_again {
            self.keep_outgoing(id, key);
        }
        if let Some(number) = number {
            self.cache.forget(ItemId::Pending(number), None);
        }
        if tries_again && self.is_online() && !self.timers.runs(TimerPurpose::RetrySend) {
            self.retry_ms = (self.retry_ms * 2).clamp(RETRY_FIRST_MS, RETRY_MAX_MS);
            // Up to a quarter more, so that many clients do not come back in the same moment.
            let jitter = self.now.fresh.as_u128() % u128::from(self.retry_ms / 4);
            let after_ms = self.retry_ms + u64::try_from(jitter).unwrap_or(0);
            self.start_timer(TimerPurpose::RetrySend, after_ms);
        }
    }

    /// The echo of a message of ours, if this is one. Says whether it was.
    pub(crate) fn settle_echo(&mut self, event: &RoomEvent, me: UserId) -> bool {
        let EventKind::Posted { key: Some(key), .. } = &event.kind else { return false };
        if event.by != me {
            return false;
        }
        if let Some(at) = self.awaiting_echo.iter().position(|(waiting, _)| waiting == key) {
            let pressed_us = self.awaiting_echo.remove(at).map_or(0, |(_, pressed_us)| pressed_us);
            self.latency_us = Some(self.now.mono_us.saturating_sub(pressed_us));
        }
        let is_settled = self.settle(event.room, key, event);
        if is_settled {
            self.pump(event.room);
        }
        is_settled
    }

    /// The server has this message: from now on its row goes by its `seq`.
    fn settle(&mut self, id: RoomId, key: &str, event: &RoomEvent) -> bool {
        let is_open = self.current == Some(id);
        let Some(room) = self.rooms.get_mut(id) else { return false };
        let Some((number, _)) = room.outbox.settle(key) else { return false };
        self.keep_outgoing(id, key);
        let Some(room) = self.rooms.get_mut(id) else { return false };
        rename_item(room, ItemId::Pending(number), ItemId::Seq(event.seq));
        let change = room.timeline.as_mut().map_or(Change::Nothing, |timeline| timeline.insert_own(event));
        if is_open {
            self.cache.forget(ItemId::Pending(number), None);
            if let Change::Entry(seq) = change {
                self.cache.forget(ItemId::Seq(seq), None);
            }
        }
        self.touch();
        true
    }

    /// To the newest message, loading it where the window does not reach it.
    pub(crate) fn go_to_newest(&mut self) {
        let Some(room) = self.room_mut() else { return };
        room.forget_jump();
        room.scroll = Scroll::End;
        let id = room.id;
        let reaches_end = room.timeline.as_ref().is_none_or(|timeline| timeline.at_end || !timeline.is_loaded);
        if !reaches_end {
            self.load(id, PageFrom::Latest);
        }
    }

    /// Tells the server that we are writing, now and then, when there is something that will be a message.
    pub(crate) fn say_typing(&mut self) {
        let now_us = self.now.mono_us;
        let is_due = self.typing_said_us.is_none_or(|said| now_us.saturating_sub(said) >= TYPING_EVERY_US);
        let Some(room) = self.room().filter(|_| is_due && self.is_online()) else { return };
        let text = room.composer.editor.text();
        let is_command = text.starts_with('/') && !text.starts_with("//");
        if text.trim().is_empty() || is_command || matches!(room.composer.mode, Mode::Edit { .. }) {
            return;
        }
        let room = room.id;
        self.typing_said_us = Some(now_us);
        self.emit(Effect::Typing { room });
    }
}

/// Moves the view's anchor and the selection to an item's new name.
fn rename_item(room: &mut Room, from: ItemId, to: ItemId) {
    if room.selection == Some(from) {
        room.selection = Some(to);
    }
    if let Scroll::At { item, .. } = &mut room.scroll
        && *item == from
    {
        *item = to;
    }
}
