//! A part of a conversation without holes: joined from pages and events, and trimmed. Pure.

use std::collections::BTreeMap;

use chat_shared::api::MessagesPage;
use chat_shared::page::is_last;
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, Seq, UserId};

use crate::app::effect::PageFrom;
use crate::app::text::row::{Role, Row};
use crate::app::text::truncate;

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

/// How a conversation is coming along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Loading,
    Complete,
    /// The rest could not be had, and why.
    Failed(String),
}

/// A part of a conversation without holes.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) room: RoomId,
    /// The message that it was asked for.
    pub(crate) of: Seq,
    /// Oldest first. What the room has loaded, until the server has answered.
    pub(crate) messages: Vec<Message>,
    /// The last event that is part of each of them.
    as_of: BTreeMap<Seq, Seq>,
    pub(crate) at: usize,
    pub(crate) stage: Stage,
    pub(crate) at_start: bool,
    pub(crate) at_end: bool,
    /// What is being loaded.
    pub(super) busy: Option<PageFrom>,
    /// Why the last load came to nothing; the next key or connection tries again.
    pub(super) failed: Option<String>,
    /// A page that is older than this does not know of all that happened before we began to hold events.
    since: Seq,
    pub(super) held: Vec<RoomEvent>,
    is_overflowed: bool,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    Yes,
    /// Nobody waits for it.
    Unwanted,
    AskAgain,
}

impl Thread {
    pub(crate) fn new(room: RoomId, of: Seq, loaded: Vec<(Message, Seq)>) -> Self {
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
    pub(crate) fn begin(&mut self, from: PageFrom, since: Seq) {
        (self.busy, self.failed, self.since, self.is_overflowed) = (Some(from), None, since, false);
        self.held.clear();
    }

    /// Takes a part that is clean already, and what has happened since it was read.
    pub(crate) fn merge(&mut self, from: PageFrom, page: MessagesPage, me: UserId) -> Merged {
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
    pub(super) fn wanted(&self) -> Option<PageFrom> {
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
    pub(super) fn edge(&self, is_top: bool, width: u16) -> Option<Row> {
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

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
