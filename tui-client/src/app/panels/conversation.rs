//! A conversation: a message, the one that began what it is part of, and all that answers it. It is read in parts, from the chosen
//! message to both ends, and kept true by events meanwhile (see `thread`). Pure.

use std::collections::BTreeSet;

use chat_shared::api::MessagesPage;
use chat_shared::{Message, RoomId, Seq};

use super::overlay::Overlay;
use super::thread::{FIRST, KEPT, MORE, Merged, Stage, Thread};
use crate::app::clean::clean_message;
use crate::app::effect::{Effect, PageFrom};
use crate::app::pane::message_rows::{Columns, Delivery, MessageView, message_rows};
use crate::app::pane::quote_of;
use crate::app::state::State;
use crate::app::text::clean_line;
use crate::app::text::row::{Role, Row};
use crate::app::timeline::{Entry, Timeline};
use crate::failure::Failure;

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
    pub(crate) fn load_thread(&mut self, from: PageFrom, head: Seq) {
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
