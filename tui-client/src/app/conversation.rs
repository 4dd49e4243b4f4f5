//! A conversation: a message, the one that began what it is part of, and all that answers it. It is read in parts, from the chosen
//! message to both ends, and kept true by events meanwhile. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::api::MessagesPage;
use chat_shared::page::is_last;
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, Seq, UserId};

use super::closer::Stage;
use super::done::clean_message;
use super::effect::{Effect, PageFrom};
use super::message_rows::{Columns, Delivery, MessageView, message_rows};
use super::overlay::Overlay;
use super::pane::quote_of;
use super::row::{Role, Row};
use super::state::State;
use super::text::{clean_line, truncate};
use super::timeline::{Entry, Timeline};
use crate::failure::Failure;

/// Messages that the first part has at most, half of them up to the chosen one.
pub(super) const FIRST: usize = 400;
/// Messages that a further part has at most.
pub(super) const MORE: usize = 200;
/// So many messages from the edge, the next part is asked for.
const NEAR: usize = 20;
/// Messages that are kept; those that are furthest from the chosen one go, and come again when they are needed.
pub(super) const KEPT: usize = 2_000;
/// Events held while a part loads. More than this, and the part is asked for again instead.
const HELD: usize = 4_096;

/// A part of a conversation without holes.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) room: RoomId,
    /// The message that it was asked for.
    pub(super) of: Seq,
    /// Oldest first. What the room has loaded, until the server has answered.
    pub(crate) messages: Vec<Message>,
    /// The last event that is part of each of them.
    as_of: BTreeMap<Seq, Seq>,
    pub(crate) at: usize,
    pub(crate) stage: Stage,
    pub(super) at_start: bool,
    pub(super) at_end: bool,
    /// What is being loaded.
    busy: Option<PageFrom>,
    /// Why the last load came to nothing; the next key or connection tries again.
    failed: Option<String>,
    /// A page that is older than this does not know of all that happened before we began to hold events.
    since: Seq,
    held: Vec<RoomEvent>,
    is_overflowed: bool,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merged {
    Yes,
    /// Nobody waits for it.
    Unwanted,
    AskAgain,
}

impl Thread {
    pub(super) fn new(room: RoomId, of: Seq, loaded: Vec<(Message, Seq)>) -> Self {
        let as_of = loaded.iter().map(|(message, as_of)| (message.seq, *as_of)).collect();
        let messages: Vec<Message> = loaded.into_iter().map(|(message, _)| message).collect();
        let at = messages.iter().position(|message| message.seq == of).unwrap_or(0);
        let (busy, failed, held) = (None, None, Vec::new());
        let (at_start, at_end, is_overflowed) = (false, false, false);
        let stage = Stage::Loading;
        Self { room, of, messages, as_of, at, stage, at_start, at_end, busy, failed, since: 0, held, is_overflowed }
    }

    /// What the frame says.
    pub(crate) fn title(&self, accept: &str) -> String {
        let count = self.messages.len();
        let beyond = match (self.at_start, self.at_end) {
            (true, true) => "",
            (false, true) => ", more above",
            (true, false) => ", more below",
            (false, false) => ", more above and below",
        };
        match &self.stage {
            Stage::Loading => "Conversation (loading …)".into(),
            Stage::Failed(reason) => format!("Conversation: only what is loaded ({reason})"),
            Stage::Complete if count == 1 && beyond.is_empty() => "Conversation: nobody has answered".into(),
            Stage::Complete => format!("Conversation: {count} messages{beyond} ({accept} goes there)"),
        }
    }

    /// Notes that a part is being asked for, in a room of which everything up to `since` has been delivered.
    pub(super) fn begin(&mut self, from: PageFrom, since: Seq) {
        (self.busy, self.failed, self.since, self.is_overflowed) = (Some(from), None, since, false);
        self.held.clear();
    }

    /// Takes a part that is clean already, and what has happened since it was read.
    pub(super) fn merge(&mut self, from: PageFrom, page: MessagesPage, me: UserId) -> Merged {
        if self.busy != Some(from) {
            return Merged::Unwanted;
        }
        self.busy = None;
        if self.is_overflowed || page.head < self.since {
            return Merged::AskAgain;
        }
        let was_whole = std::mem::replace(&mut self.stage, Stage::Complete) == Stage::Complete;
        let chosen = self.messages.get(self.at).filter(|_| was_whole).map_or(self.of, |message| message.seq);
        self.join(from, page.messages, page.head, page.more);
        let reaches_end = !matches!(from, PageFrom::Before(_));
        for event in std::mem::take(&mut self.held) {
            // Whether it is part of the conversation is the page's word, where it could know.
            let is_new = !matches!(event.kind, EventKind::Posted { .. }) || event.seq > page.head || !reaches_end;
            if is_new {
                self.take(&event, me);
            }
        }
        self.choose(chosen);
        self.trim();
        Merged::Yes
    }

    fn join(&mut self, from: PageFrom, mut messages: Vec<Message>, head: Seq, more: bool) {
        let count = messages.len();
        match from {
            PageFrom::Before(_) => {
                let first = self.messages.first().map_or(Seq::MAX, |message| message.seq);
                messages.retain(|message| message.seq < first);
                self.at_start = is_last(count, MORE, more);
            }
            PageFrom::After(_) => {
                let last = self.messages.last().map_or(0, |message| message.seq);
                messages.retain(|message| message.seq > last);
                self.at_end = is_last(count, MORE, more);
            }
            PageFrom::Around(seq) => {
                let older = messages.iter().filter(|message| message.seq <= seq).count();
                // Which side was too long is not said: the next page there tells.
                self.at_start = is_last(older, FIRST.div_ceil(2), more);
                self.at_end = is_last(count - older, FIRST / 2, more);
                self.messages.clear();
                self.as_of.clear();
            }
            PageFrom::Latest => return,
        }
        self.as_of.extend(messages.iter().map(|message| (message.seq, head)));
        self.messages.append(&mut messages);
        self.messages.sort_by_key(|message| message.seq);
        self.messages.dedup_by_key(|message| message.seq);
    }

    fn choose(&mut self, seq: Seq) {
        let at = self.messages.partition_point(|message| message.seq < seq);
        self.at = at.min(self.messages.len().saturating_sub(1));
    }

    fn trim(&mut self) {
        let too_many = self.messages.len().saturating_sub(KEPT);
        if too_many == 0 {
            return;
        }
        if self.at < self.messages.len() / 2 {
            self.messages.truncate(KEPT);
            self.at_end = false;
        } else {
            self.messages.drain(..too_many);
            self.at = self.at.saturating_sub(too_many);
            self.at_start = false;
        }
        let (first, last) = (self.messages.first().map(|m| m.seq), self.messages.last().map(|m| m.seq));
        self.as_of.retain(|seq, _| Some(*seq) >= first && Some(*seq) <= last);
    }

    /// An event of the room: a further answer, or a change to what is there. Says whether anything is new.
    pub(super) fn apply(&mut self, event: &RoomEvent, me: UserId) -> bool {
        if self.busy.is_some() && !self.is_overflowed {
            self.held.push(event.clone());
            if self.held.len() > HELD {
                self.held = Vec::new();
                self.is_overflowed = true;
            }
        }
        let is_new = self.take(event, me);
        self.trim();
        is_new
    }

    fn take(&mut self, event: &RoomEvent, me: UserId) -> bool {
        let found = |messages: &[Message], seq: Seq| messages.binary_search_by_key(&seq, |message| message.seq);
        if let Some(target) = event.kind.target() {
            let Ok(at) = found(&self.messages, target) else { return false };
            if self.as_of.get(&target).is_some_and(|as_of| *as_of >= event.seq) {
                return false;
            }
            self.as_of.insert(target, event.seq);
            return self.messages[at].apply(event, me);
        }
        let EventKind::Posted { reply_to: Some(answered), .. } = &event.kind else { return false };
        let is_last = self.messages.last().is_none_or(|last| last.seq < event.seq);
        let is_whole = self.stage == Stage::Complete;
        if !is_last || is_whole && !self.at_end {
            return false;
        }
        if found(&self.messages, *answered).is_err() {
            // It may answer a message that is not loaded: the server knows.
            self.at_end &= !is_whole || self.at_start;
            return false;
        }
        self.as_of.insert(event.seq, event.seq);
        self.messages.extend(Message::posted(event));
        true
    }

    /// The part that the choice has come near to.
    fn wanted(&self) -> Option<PageFrom> {
        if self.stage != Stage::Complete || self.busy.is_some() || self.failed.is_some() {
            return None;
        }
        let (first, last) = (self.messages.first()?.seq, self.messages.last()?.seq);
        if !self.at_start && self.at < NEAR {
            Some(PageFrom::Before(first))
        } else if !self.at_end && self.at + NEAR >= self.messages.len() {
            Some(PageFrom::After(last))
        } else {
            None
        }
    }

    /// What stands at an edge where there is more.
    fn edge(&self, is_top: bool, width: u16) -> Option<Row> {
        if self.stage != Stage::Complete || (if is_top { self.at_start } else { self.at_end }) {
            return None;
        }
        let what = if is_top { "earlier messages" } else { "later messages" };
        let row = match &self.failed {
            Some(reason) => (format!("Could not load {what} (any key tries again): {reason}"), Role::Failed),
            None => (format!("⋯ {what}"), Role::Dim),
        };
        Some(Row::of(truncate(&row.0, usize::from(width)), row.1))
    }
}

/// What of a conversation the room has loaded: from the message up to where it began, and down to all answers; with the last event
/// that is part of each.
fn loaded(timeline: &Timeline, of: Seq) -> Vec<(Message, Seq)> {
    let mut first = of;
    while let Some(above) = timeline.message(first).and_then(|m| m.reply_to).filter(|seq| *seq < first) {
        if timeline.message(above).is_none() {
            break;
        }
        first = above;
    }
    let mut part = BTreeSet::from([first]);
    let later = timeline.entries.range(first..).filter_map(|(_, entry)| Some((Entry::message(entry)?, entry.as_of())));
    let is_part = |(message, _): &(&Message, Seq)| {
        let is_part = part.contains(&message.seq) || message.reply_to.is_some_and(|seq| part.contains(&seq));
        is_part && (part.insert(message.seq) || message.seq == first)
    };
    let head = timeline.head();
    later.filter(is_part).take(KEPT).map(|(message, as_of)| (message.clone(), as_of.max(head))).collect()
}

impl State {
    /// Shows the conversation of a message of the open room.
    pub(crate) fn open_thread(&mut self, of: Seq) {
        let Some(room) = self.room() else { return };
        let known = room.timeline.as_ref().map(|timeline| loaded(timeline, of)).unwrap_or_default();
        self.overlay = Some(Overlay::Thread(Thread::new(room.id, of, known)));
        self.load_thread(PageFrom::Around(of), 0);
    }

    /// Asks for a part. It has to know of everything that has been delivered, and of the room's events up to `head`.
    pub(super) fn load_thread(&mut self, from: PageFrom, head: Seq) {
        let Some(Overlay::Thread(thread)) = &mut self.overlay else { return };
        let (room, seq) = (thread.room, thread.of);
        let delivered = self.rooms.get(room).map_or(0, |room| room.reading.counted_to);
        thread.begin(from, delivered.max(head));
        let limit = if matches!(from, PageFrom::Around(_)) { FIRST } else { MORE };
        self.emit(Effect::LoadThread { room, seq, from, limit });
        self.touch();
    }

    /// Loads what the choice in an open conversation has come near to.
    pub(crate) fn load_conversation(&mut self) {
        // In lines it is told when it is here, and gone on with when that is asked for.
        let Some(Overlay::Thread(thread)) = self.overlay.as_ref().filter(|_| !self.is_linear) else { return };
        if let Some(from) = thread.wanted() {
            self.load_thread(from, 0);
        }
    }

    /// What failed to load is tried again: a key was pressed.
    pub(crate) fn retry_conversation(&mut self) {
        if let Some(Overlay::Thread(thread)) = &mut self.overlay {
            thread.failed = None;
        }
    }

    /// There is a connection again.
    pub(crate) fn resume_conversation(&mut self) {
        self.retry_conversation();
        if let Some(Overlay::Thread(Thread { stage: Stage::Failed(_), of, .. })) = &self.overlay {
            self.load_thread(PageFrom::Around(*of), 0);
        }
    }

    /// Events of a room are left out: an open conversation in it is loaded anew.
    pub(crate) fn reset_conversation(&mut self, room: RoomId, head: Seq) {
        let Some(Overlay::Thread(thread)) =
            self.overlay.as_mut().filter(|o| matches!(o, Overlay::Thread(t) if t.room == room))
        else {
            return;
        };
        let chosen = thread.messages.get(thread.at).map_or(thread.of, |message| message.seq);
        (thread.of, thread.stage) = (chosen, Stage::Loading);
        self.told_part = None;
        self.load_thread(PageFrom::Around(chosen), head);
    }

    pub(crate) fn thread_loaded(
        &mut self,
        room: RoomId,
        of: Seq,
        from: PageFrom,
        result: Result<Box<MessagesPage>, Failure>,
    ) {
        let Some(me) = self.my_id() else { return };
        let Some(Overlay::Thread(thread)) = &mut self.overlay else { return };
        if (thread.room, thread.of) != (room, of) {
            return;
        }
        let mut page = match result {
            Ok(page) => page,
            Err(failure) if thread.busy == Some(from) => {
                let reason = clean_line(&failure.message);
                thread.busy = None;
                thread.held = Vec::new();
                if thread.stage == Stage::Complete {
                    thread.failed = Some(reason);
                } else {
                    thread.stage = Stage::Failed(reason);
                }
                return;
            }
            Err(_) => return,
        };
        page.messages.truncate(FIRST);
        page.messages.iter_mut().for_each(|message| clean_message(message, room));
        if thread.merge(from, *page, me) == Merged::AskAgain {
            self.load_thread(from, 0);
        }
    }

    /// A message of a conversation, as rows.
    pub(crate) fn thread_rows(&self, thread: &Thread, index: usize, width: u16) -> Vec<Row> {
        let Some(message) = thread.messages.get(index) else { return Vec::new() };
        // Whom it answers is said where that is not the message just above it.
        let above = index.checked_sub(1).and_then(|above| thread.messages.get(above));
        let answered = message.reply_to.filter(|seq| above.is_none_or(|above| above.seq != *seq));
        let quote = answered.map(|seq| quote_of(thread.messages.iter().find(|message| message.seq == seq)));
        let view = MessageView {
            time: self.clock.time(message.at),
            name: &message.name,
            body: &message.body,
            quote,
            reactions: &message.reactions,
            is_edited: message.edited_at.is_some(),
            is_deleted: message.deleted_at.is_some(),
            delivery: Delivery::Sent,
        };
        let day = self.clock.day(message.at);
        let is_new_day = above.is_none_or(|above| self.clock.day(above.at) != day);
        let name = self.clock.day_name(day, self.now.at);
        let rule = is_new_day.then(|| Row::rule(&name, usize::from(width), Role::DateRule));
        let columns = Columns::new(width, self.clock.format, self.settings.density);
        let top = if index == 0 { thread.edge(true, width) } else { None };
        let bottom = if index + 1 == thread.messages.len() { thread.edge(false, width) } else { None };
        let body = message_rows(&view, columns, &mut self.reader());
        top.into_iter().chain(rule).chain(body).chain(bottom).collect()
    }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
