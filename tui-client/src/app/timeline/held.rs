//! What comes of a room while a part of it loads, and our own answers that came before their turn. Pure.

use std::collections::{BTreeMap, VecDeque};

use chat_shared::{Event, Seq};

/// Events that are held while a page loads. More than this, and the page is asked for again instead.
const EVENTS_MAX: usize = 4_096;
/// Answers that wait for their events. The others are not shown before their events come: no gap could be drawn before them.
const ANSWERS_MAX: usize = 512;

/// What a page that is on its way may not know yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// What was delivered since something loads, in its order.
    events: VecDeque<Event>,
    overflowed: bool,
    /// The server's answers to our own posts, until their events are delivered. What came before them may be on its way
    /// still: they prove nothing of how far the room is known.
    answers: BTreeMap<Seq, Event>,
}

impl Held {
    /// An event in its turn; it is held where something loads.
    pub(crate) fn deliver(&mut self, event: &Event, is_loading: bool) {
        self.answers.retain(|seq, _| *seq > event.seq);
        if !is_loading {
            return;
        }
        if self.events.len() >= EVENTS_MAX {
            self.overflowed = true;
            self.events.clear();
        }
        if !self.overflowed {
            self.events.push_back(event.clone());
        }
    }

    /// An answer to our own post, whose event is not delivered yet.
    pub(crate) fn answer(&mut self, event: &Event) {
        if self.answers.len() < ANSWERS_MAX {
            self.answers.insert(event.seq, event.clone());
        }
    }

    /// Whether this answer waits for its event here.
    pub(crate) fn holds(&self, seq: Seq) -> bool {
        self.answers.contains_key(&seq)
    }

    /// Lets the events go: nothing waits for them any more, or something begins to.
    pub(crate) fn let_go(&mut self) {
        self.events = VecDeque::new();
        self.overflowed = false;
    }

    /// The last event that is known after one at `head` was, and all events after that. `None` where some are missing.
    pub(crate) fn since(&self, head: Seq) -> Option<(Seq, Vec<Event>)> {
        let events: Vec<Event> = self.events.iter().filter(|event| event.seq > head).cloned().collect();
        let next = |last: Seq, event: &Event| (event.seq.checked_sub(1) == Some(last)).then_some(event.seq);
        let last = events.iter().try_fold(head, next).filter(|_| !self.overflowed)?;
        Some((last, events))
    }

    /// The answers that are newer than that.
    pub(crate) fn answers_after(&self, head: Seq) -> impl Iterator<Item = &Event> {
        self.answers.values().filter(move |event| event.seq > head)
    }
}
