//! A closer look at a message: the conversation that it is part of, and the texts that it had before. Pure.

use std::collections::BTreeSet;

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, Seq, UserId};

use super::body::Reader;
use super::code::Colourings;
use super::done::clean_message;
use super::effect::Effect;
use super::message_rows::{Columns, Delivery, MessageView, message_rows};
use super::overlay::Overlay;
use super::pane::quote_of;
use super::row::{Role, Row};
use super::state::State;
use super::text::{clean_block, clean_line, name_hash};
use super::timeline::{Entry, Timeline};
use crate::failure::Failure;

/// Messages of a conversation, or texts of a message, that are asked for and shown at most.
pub(crate) const LIMIT: usize = 200;

/// A conversation: a message, and what answers it.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) room: RoomId,
    /// The message that it was asked for.
    pub(crate) of: Seq,
    /// Oldest first. What is loaded, until the server has answered.
    pub(crate) messages: Vec<Message>,
    pub(crate) at: usize,
    pub(crate) stage: Stage,
}

/// How it is coming along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Loading,
    Complete,
    /// The rest could not be had, and why.
    Failed(String),
}

/// The texts that a message has had.
#[derive(Clone, Debug)]
pub(crate) struct Versions {
    pub(crate) room: RoomId,
    pub(crate) of: Seq,
    /// Its author.
    pub(crate) name: String,
    /// Oldest first; `None` until they are here.
    pub(crate) list: Option<Vec<Version>>,
    pub(crate) at: usize,
}

impl Thread {
    /// What the frame says.
    pub(crate) fn title(&self, accept: &str) -> String {
        let count = self.messages.len();
        match &self.stage {
            Stage::Loading => "Conversation (loading …)".into(),
            Stage::Failed(reason) => format!("Conversation: only what is loaded ({reason})"),
            Stage::Complete if count >= LIMIT => {
                format!("Conversation: its first {count} messages ({accept} goes there)")
            }
            Stage::Complete if count == 1 => "Conversation: nobody has answered".into(),
            Stage::Complete => format!("Conversation: {count} messages ({accept} goes there)"),
        }
    }

    /// Takes an event: a further answer, or a change to what is there. Says whether anything is new.
    fn apply(&mut self, event: &RoomEvent, me: UserId) -> bool {
        if let Some(target) = event.kind.target() {
            return self.messages.iter_mut().any(|message| message.seq == target && message.apply(event, me));
        }
        let EventKind::Posted { reply_to: Some(answered), .. } = &event.kind else { return false };
        let is_part = self.messages.iter().any(|message| message.seq == *answered);
        let is_known = self.messages.iter().any(|message| message.seq == event.seq);
        if !is_part || is_known || self.messages.len() >= LIMIT {
            return false;
        }
        self.messages.extend(Message::posted(event));
        true
    }
}

/// What of a conversation is loaded: from the message up to where it began, and down to all answers.
pub(crate) fn loaded(timeline: &Timeline, of: Seq) -> Vec<Message> {
    let mut first = of;
    while let Some(above) = timeline.message(first).and_then(|m| m.reply_to).filter(|seq| *seq < first) {
        if timeline.message(above).is_none() {
            break;
        }
        first = above;
    }
    let mut part = BTreeSet::from([first]);
    let later = timeline.entries.range(first..).filter_map(|(_, entry)| Entry::message(entry));
    let is_part = |message: &&Message| {
        let is_part = part.contains(&message.seq) || message.reply_to.is_some_and(|seq| part.contains(&seq));
        is_part && (part.insert(message.seq) || message.seq == first)
    };
    later.filter(is_part).take(LIMIT).cloned().collect()
}

impl State {
    /// Shows the conversation of a message of the open room.
    pub(crate) fn open_thread(&mut self, of: Seq) {
        let Some(room) = self.room() else { return };
        let id = room.id;
        let messages = room.timeline.as_ref().map(|timeline| loaded(timeline, of)).unwrap_or_default();
        let at = messages.iter().position(|message| message.seq == of).unwrap_or(0);
        self.overlay = Some(Overlay::Thread(Thread { room: id, of, messages, at, stage: Stage::Loading }));
        self.emit(Effect::LoadThread { room: id, seq: of });
    }

    /// Shows what a message said before it was edited.
    pub(crate) fn open_versions(&mut self, message: &Message) {
        let (room, of, name) = (message.room, message.seq, message.name.clone());
        self.overlay = Some(Overlay::Versions(Versions { room, of, name, list: None, at: 0 }));
        self.emit(Effect::LoadHistory { room, seq: of });
    }

    pub(crate) fn thread_loaded(&mut self, room: RoomId, of: Seq, result: Result<Box<MessagesPage>, Failure>) {
        let Some(Overlay::Thread(thread)) = &mut self.overlay else { return };
        if (thread.room, thread.of) != (room, of) {
            return;
        }
        let mut page = match result {
            Ok(page) => page,
            Err(failure) => {
                thread.stage = Stage::Failed(clean_line(&failure.message));
                return;
            }
        };
        page.messages.truncate(LIMIT);
        page.messages.iter_mut().for_each(|message| clean_message(message, room));
        // What came while the page was on its way is part of what is loaded.
        let newer = thread.messages.drain(..).filter(|message| message.seq > page.head);
        let chosen = thread.of;
        page.messages.extend(newer);
        thread.messages = page.messages;
        thread.at = thread.messages.iter().position(|message| message.seq == chosen).unwrap_or(0);
        thread.stage = Stage::Complete;
    }

    pub(crate) fn versions_loaded(&mut self, room: RoomId, of: Seq, result: Result<Box<History>, Failure>) {
        let Some(Overlay::Versions(versions)) = &mut self.overlay else { return };
        if (versions.room, versions.of) != (room, of) {
            return;
        }
        match result {
            Ok(history) => {
                let mut list = history.versions;
                list.truncate(LIMIT);
                list.iter_mut().for_each(|version| version.body = clean_block(&version.body));
                versions.at = list.len().saturating_sub(1);
                versions.list = Some(list);
            }
            Err(failure) => {
                self.overlay = None;
                self.failed("load the earlier texts", &failure);
            }
        }
    }

    /// Keeps an open closer look true. Says whether it shows something else now.
    pub(crate) fn look_again(&mut self, event: &RoomEvent, me: UserId) -> bool {
        match &mut self.overlay {
            Some(Overlay::Thread(thread)) if thread.room == event.room => thread.apply(event, me),
            Some(Overlay::Versions(versions)) if versions.room == event.room => match &event.kind {
                EventKind::Edited { target, body } if *target == versions.of => {
                    let version = Version { at: event.at, body: body.clone() };
                    versions.list.as_mut().filter(|list| list.len() < LIMIT).map(|list| list.push(version)).is_some()
                }
                // Nothing is told of a message that was deleted.
                EventKind::Deleted { target } if *target == versions.of => self.overlay.take().is_some(),
                _ => false,
            },
            _ => false,
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
        rule.into_iter().chain(message_rows(&view, columns, &mut self.reader(&mut Colourings::default()))).collect()
    }

    /// A text that a message has had, as rows.
    pub(crate) fn version_rows(&self, versions: &Versions, index: usize, width: u16) -> Vec<Row> {
        let list = versions.list.as_deref().unwrap_or_default();
        let Some(version) = list.get(index) else { return Vec::new() };
        let what = match index {
            _ if index + 1 == list.len() => "now",
            0 if list.len() < LIMIT => "as it was posted",
            _ => "edited",
        };
        let mut head = Row::default();
        let day = self.clock.day_name(self.clock.day(version.at), self.now.at);
        head.push(format!("{day} {}  ", self.clock.time(version.at)), Role::Time);
        head.push(what, Role::Author(name_hash(&versions.name)));
        let rich = super::markdown::parse(&version.body.replace('\t', "    "));
        let columns = usize::from(width.saturating_sub(2)).max(1);
        let mut colourings = Colourings::default();
        let body = super::body::body_rows(&rich, columns, &[], "", &mut self.reader(&mut colourings));
        let indented = body.into_iter().map(|spans| {
            let mut row = Row::default();
            row.push("  ", Role::Plain);
            row.spans.extend(spans);
            row
        });
        std::iter::once(head).chain(indented).collect()
    }

    fn reader<'a>(&'a self, colourings: &'a mut Colourings) -> Reader<'a> {
        Reader { me: self.me.as_ref().map_or("", |me| &me.name), colourings }
    }
}

/// Blocks of rows around the chosen one, as many rows as fit: from the first block on, or with the chosen one at the bottom.
pub(crate) fn around<T>(at: usize, len: usize, height: usize, rows: impl Fn(usize) -> Vec<T>) -> Vec<(usize, T)> {
    let mut shown: Vec<(usize, T)> = rows(at).into_iter().take(height).map(|row| (at, row)).collect();
    for index in (0..at).rev() {
        if shown.len() >= height {
            break;
        }
        let free = height - shown.len();
        let block = rows(index);
        let cut = block.len().saturating_sub(free);
        shown.splice(0..0, block.into_iter().skip(cut).map(|row| (index, row)));
    }
    for index in at + 1..len {
        if shown.len() >= height {
            break;
        }
        let free = height - shown.len();
        shown.extend(rows(index).into_iter().take(free).map(|row| (index, row)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_block_is_always_whole_where_it_fits() {
        let sizes = [2, 3, 1, 9, 2];
        let shown = |at, height| -> Vec<(usize, usize)> {
            around(at, sizes.len(), height, |index| (0..sizes[index]).collect())
        };
        assert_eq!(shown(0, 4), [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!(shown(2, 4), [(1, 0), (1, 1), (1, 2), (2, 0)]);
        assert_eq!(shown(2, 3), [(1, 1), (1, 2), (2, 0)]);
        assert_eq!(shown(3, 4), [(3, 0), (3, 1), (3, 2), (3, 3)]);
        assert_eq!((shown(4, 99).len(), shown(0, 0)), (17, vec![]));
    }
}
