//! The part of a room's history that is in memory: one window without holes, its loads in flight, and the events that
//! arrive meanwhile. Pure.

pub(crate) mod change;
pub(crate) mod comings;
pub(crate) mod entry;
pub(crate) mod held;

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::api::MessagesPage;
use chat_shared::{Event, Message, RoomId, Seq, UserId};

use self::change::Change;
use self::entry::{apply_to, tell};
use self::held::Held;
use super::effect::PageFrom;
use super::kept::{KeptLine, KeptMessage, Window};

pub(crate) use self::entry::{Entry, What};

/// Messages that a page asks for.
pub(crate) const PAGE: usize = 100;
/// Entries that a room keeps in memory; what is further away from the view is dropped, and loaded again when needed.
pub(crate) const ENTRIES_MAX: usize = 5_000;

/// A load of one kind: at most one is in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Load {
    #[default]
    Idle,
    Busy(PageFrom),
    /// It failed, and why; the user or the next connection tries again.
    Failed(PageFrom, String),
}

/// The window. Between its oldest and its newest entry nothing is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) entries: BTreeMap<Seq, Entry>,
    /// All events up to here are part of what the window shows.
    head: Seq,
    /// Nothing is missing between the entries up to here: a page has brought them. What is older may still change.
    joined: Seq,
    /// There has been a page.
    pub(crate) is_loaded: bool,
    /// There is nothing older than the oldest entry.
    pub(crate) at_start: bool,
    /// There is nothing newer than the newest entry: live events continue it.
    pub(crate) at_end: bool,
    /// It cannot be continued by events; it stays on the screen until its replacement is here.
    is_stale: bool,
    pub(crate) older: Load,
    pub(crate) newer: Load,
    /// A page that replaces the window.
    pub(crate) whole: Load,
    /// The disk has been asked for a window.
    asks_disk: bool,
    held: Held,
    /// What was delivered, or skipped by a reset, before we began to hold events: a page that is older misses some of it.
    since: Seq,
    /// Answers to our own posts that are shown in a window that is not continued any more, before what precedes them has come.
    ahead: BTreeSet<Seq>,
}

impl Timeline {
    pub(crate) fn oldest(&self) -> Option<Seq> {
        self.entries.keys().next().copied()
    }

    pub(crate) fn newest(&self) -> Option<Seq> {
        self.entries.keys().next_back().copied()
    }

    /// The last event that the newest entry tells of: what comes after it is what comes after the window.
    pub(crate) fn newest_told(&self) -> Option<Seq> {
        self.entries.last_key_value().map(|(seq, entry)| match &entry.what {
            What::Line(line) => line.last(),
            What::Message(_) => *seq,
        })
    }

    pub(crate) fn message(&self, seq: Seq) -> Option<&Message> {
        self.entries.get(&seq).and_then(Entry::message)
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.asks_disk || [&self.older, &self.newer, &self.whole].iter().any(|load| matches!(load, Load::Busy(_)))
    }

    fn load_mut(&mut self, from: PageFrom) -> &mut Load {
        match from {
            PageFrom::Latest | PageFrom::Around(_) => &mut self.whole,
            PageFrom::Before(_) => &mut self.older,
            PageFrom::After(_) => &mut self.newer,
        }
    }

    /// Notes that a page is being asked for. `false` where one of its kind is in flight already.
    pub(crate) fn begin(&mut self, from: PageFrom) -> bool {
        // Behind the end there is nothing but what events bring, and they may still bring what belongs before the newest entry.
        let is_at_edge = matches!(from, PageFrom::After(_)) && self.at_end;
        // Nothing joins what is about to be replaced.
        let is_replaced = self.is_stale || matches!(self.whole, Load::Busy(_));
        if is_at_edge || matches!(from, PageFrom::Before(_) | PageFrom::After(_)) && is_replaced {
            return false;
        }
        if matches!(self.load_mut(from), Load::Busy(busy) if *busy == from || !matches!(from, PageFrom::Latest | PageFrom::Around(_)))
        {
            return false;
        }
        if !self.is_busy() && self.is_loaded && !self.is_stale {
            self.since = self.head;
        }
        self.let_go();
        if matches!(from, PageFrom::Latest | PageFrom::Around(_)) {
            self.older = Load::Idle;
            self.newer = Load::Idle;
        }
        *self.load_mut(from) = Load::Busy(from);
        true
    }

    /// Notes that the disk is being asked for what it has; events that arrive meanwhile are held.
    pub(crate) fn ask_disk(&mut self) {
        self.let_go();
        self.asks_disk = true;
    }

    pub(crate) fn asks_disk(&self) -> bool {
        self.asks_disk
    }

    pub(crate) fn head(&self) -> Seq {
        self.head
    }

    /// Takes what the disk had. `cursor` is the last event that was delivered: a window that ends before it has a hole.
    pub(crate) fn merge_kept(&mut self, window: Option<Window>, cursor: Option<Seq>, me: UserId) -> Change {
        let was_asked = std::mem::take(&mut self.asks_disk);
        let is_wanted = was_asked && !self.is_loaded;
        let Some(window) = window.filter(|_| is_wanted) else {
            self.let_go();
            return Change::Nothing;
        };
        let entry = |kept: KeptMessage| {
            let as_of = kept.as_of.max(window.head);
            (kept.message.seq, Entry { as_of, what: What::Message(kept.message) })
        };
        let line = |kept: KeptLine| (kept.seq, Entry { as_of: kept.line.last(), what: What::Line(kept.line) });
        self.entries = window.messages.into_iter().map(entry).chain(window.lines.into_iter().map(line)).collect();
        let held = self.held.since(window.head);
        let is_continued = held.is_some();
        let (head, events) = held.unwrap_or((window.head, Vec::new()));
        (self.head, self.joined) = (head, 0);
        for event in events.iter().chain(self.held.answers_after(head)) {
            apply_to(&mut self.entries, event, me, true);
        }
        self.is_loaded = true;
        self.is_stale = window.is_stale || !is_continued || cursor.is_some_and(|cursor| cursor > self.head);
        self.at_start = window.floor == 0;
        self.at_end = true;
        self.let_go();
        Change::Replaced
    }

    /// What comes before this number for the disk, and from where on none is missing.
    pub(crate) fn kept_before(&self, before: Seq) -> (Seq, Vec<KeptMessage>, Vec<KeptLine>) {
        let floor = if self.at_start { 0 } else { self.oldest().unwrap_or(before).min(before) };
        let (mut messages, mut lines) = (Vec::new(), Vec::new());
        for (seq, entry) in self.entries.range(..before) {
            match &entry.what {
                What::Message(message) => messages.push(KeptMessage { as_of: entry.as_of, message: message.clone() }),
                What::Line(line) => lines.push(KeptLine { seq: *seq, line: line.clone() }),
            }
        }
        (floor, messages, lines)
    }

    /// A window of what is in memory, for the disk.
    pub(crate) fn window(&self, room: RoomId) -> Window {
        let (floor, messages, lines) = self.kept_before(self.head.saturating_add(1));
        Window { room, head: self.head, floor, is_stale: self.is_stale, messages, lines }
    }

    /// What we hold cannot be continued by events: those up to `delivered` are in pages only. An answer to an earlier request may
    /// still come, from before that.
    pub(crate) fn invalidate(&mut self, delivered: Seq) {
        self.is_stale = true;
        self.since = delivered;
        self.ahead.extend(self.held.answers_after(self.head).map(|answer| answer.seq));
        self.held = Held::default();
        self.older = Load::Idle;
        self.newer = Load::Idle;
        self.whole = Load::Idle;
    }

    /// Puts what failed back to where it is tried again.
    pub(crate) fn forget_failures(&mut self) {
        for load in [&mut self.older, &mut self.newer, &mut self.whole] {
            if matches!(load, Load::Failed(..)) {
                *load = Load::Idle;
            }
        }
    }

    /// The surroundings of a message are not waited for any more.
    pub(crate) fn forget_around(&mut self) {
        if matches!(self.whole, Load::Busy(PageFrom::Around(_)) | Load::Failed(PageFrom::Around(_), _)) {
            self.whole = Load::Idle;
            self.let_go();
        }
    }

    /// A page could not be loaded.
    pub(crate) fn fail(&mut self, from: PageFrom, reason: String) {
        let load = self.load_mut(from);
        if *load == Load::Busy(from) {
            *load = Load::Failed(from, reason);
        }
        self.let_go();
    }

    /// Takes a durable event: applies what is newer than what the window holds.
    pub(crate) fn apply(&mut self, event: &Event, me: UserId) -> Change {
        self.held.deliver(event, self.is_busy());
        if !self.is_busy() {
            self.since = event.seq;
        }
        if !self.is_loaded || self.is_stale || event.seq <= self.head {
            return Change::Nothing;
        }
        if event.seq > self.head.saturating_add(1) {
            // The link promises that this does not happen. Numbers without holes prove it; a new page mends it.
            self.invalidate(event.seq);
            return Change::Gap;
        }
        self.head = event.seq;
        let change = apply_to(&mut self.entries, event, me, self.at_end);
        // Where nothing else has changed, less is missing before an answer of ours than there was.
        let ahead = self.held.answers_after(event.seq).next().filter(|_| change == Change::Nothing);
        ahead.map_or(change, |answer| Change::Entry(answer.seq))
    }

    /// So many events before this entry are still on their way: between it and the one above it there is a gap.
    pub(crate) fn missing_before(&self, seq: Seq) -> u64 {
        let mut answers = self.held.answers_after(self.head).map(|answer| answer.seq);
        let known = self.head.max(self.joined);
        if seq <= known || !self.ahead.contains(&seq) && !answers.any(|answer| answer == seq) {
            return 0;
        }
        let above = self.entries.range(..seq).next_back().map_or(0, |(above, _)| *above).max(known);
        seq.saturating_sub(above.saturating_add(1))
    }

    /// The server's answer to our own post: it may come before the events that precede it, so it moves no cursor.
    pub(crate) fn insert_own(&mut self, event: &Event) -> Change {
        if !self.is_loaded || self.is_stale || event.seq > self.head {
            self.held.answer(event);
        }
        let is_shown = event.seq <= self.head || self.held.holds(event.seq);
        let fits =
            is_shown && self.is_loaded && !self.is_stale && self.at_end && event.seq > self.oldest().unwrap_or(0);
        match Message::posted(event) {
            Some(message) if fits && !self.entries.contains_key(&event.seq) => {
                self.entries.insert(event.seq, Entry { as_of: event.seq, what: What::Message(message) });
                Change::Entry(event.seq)
            }
            _ => Change::Nothing,
        }
    }

    /// Lets the held events go when nothing waits for them any more.
    fn let_go(&mut self) {
        if !self.is_busy() {
            self.held.let_go();
        }
    }

    /// Takes a page of already clean messages that was asked for with `from`.
    pub(crate) fn merge(&mut self, from: PageFrom, page: MessagesPage, me: UserId) -> Change {
        if *self.load_mut(from) != Load::Busy(from) {
            return Change::Nothing;
        }
        *self.load_mut(from) = Load::Idle;
        let Some((head, events)) = self.held.since(page.head).filter(|_| page.head >= self.since) else {
            self.let_go();
            return Change::AskAgain;
        };
        let is_last = page.is_last(PAGE);
        let mut entries = self.entries_of(from, page);
        let reaches_end = match from {
            PageFrom::Latest => true,
            PageFrom::After(_) => is_last,
            PageFrom::Before(_) | PageFrom::Around(_) => false,
        };
        for event in events.iter().chain(self.held.answers_after(head)) {
            apply_to(&mut entries, event, me, reaches_end);
        }
        let change = match from {
            PageFrom::Latest | PageFrom::Around(_) => {
                self.entries = entries;
                self.ahead.clear();
                (self.head, self.joined) = (head, 0);
                self.is_loaded = true;
                self.is_stale = false;
                self.at_start = is_last && from == PageFrom::Latest;
                self.at_end = reaches_end;
                Change::Replaced
            }
            PageFrom::Before(_) => {
                self.at_start = is_last;
                self.entries.append(&mut entries);
                Change::Grown
            }
            PageFrom::After(_) => {
                self.at_end = reaches_end;
                let last = if reaches_end { head } else { entries.keys().next_back().copied().unwrap_or(0) };
                self.joined = self.joined.max(last);
                self.entries.append(&mut entries);
                Change::Grown
            }
        };
        self.let_go();
        change
    }

    /// A page as entries: only what belongs where it was asked for.
    fn entries_of(&self, from: PageFrom, page: MessagesPage) -> BTreeMap<Seq, Entry> {
        let (oldest, newest) = (self.oldest(), self.newest_told());
        let belongs = |seq: Seq| match from {
            PageFrom::Latest | PageFrom::Around(_) => true,
            PageFrom::Before(_) => oldest.is_none_or(|oldest| seq < oldest),
            PageFrom::After(_) => newest.is_none_or(|newest| seq > newest),
        };
        let MessagesPage { messages, events, events_from, head, .. } = page;
        let entry = |message: Message| (message.seq, Entry { as_of: head, what: What::Message(message) });
        let mut entries: BTreeMap<_, _> = messages.into_iter().filter(|m| belongs(m.seq)).map(entry).collect();
        for event in events.iter().filter(|event| belongs(event.seq) && event.seq <= head) {
            tell(&mut entries, event);
        }
        let cut = events_from.and_then(|seq| entries.get_mut(&seq));
        if let Some(What::Line(line)) = cut.map(|entry| &mut entry.what) {
            line.cut();
        }
        entries
    }

    /// Drops what is more than `max`, at the edge that is further from `near` (`None`: the view is at the end).
    pub(crate) fn trim(&mut self, near: Option<Seq>, max: usize) {
        while self.entries.len() > max {
            let (Some(oldest), Some(newest)) = (self.oldest(), self.newest()) else { return };
            if near.is_some_and(|near| near.saturating_sub(oldest) < newest.saturating_sub(near)) {
                self.entries.pop_last();
                self.joined = self.joined.min(newest.saturating_sub(1));
                self.at_end = false;
                self.newer = Load::Idle;
                // Nothing fills the gap before an answer of ours any more: what comes after the window is asked for from before it.
                self.entries.split_off(&self.head.max(self.joined).saturating_add(1));
            } else {
                self.entries.pop_first();
                self.at_start = false;
                self.older = Load::Idle;
            }
        }
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "timeline_holes_tests.rs"]
mod holes;
