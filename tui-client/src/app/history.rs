//! The messages and commands that were sent, to be sent again in another form. Pure.

use std::collections::VecDeque;

/// Texts that are remembered: no fewer than may wait in one room, so that all of a lost one come back.
const TEXTS_MAX: usize = super::outbox::WAITING_MAX;
/// Bytes of all of them. The newest is remembered however long it is.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// What was sent, the newest first. It belongs to the account, not to a room: what was said here may be said there.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(VecDeque<String>);

/// Where a composer is in the history, and the draft that waits for it to come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recall {
    at: usize,
    draft: String,
}

impl History {
    pub(crate) fn add(&mut self, text: &str) {
        if self.0.front().is_some_and(|newest| newest == text) {
            return;
        }
        self.0.push_front(text.to_owned());
        self.0.truncate(TEXTS_MAX);
        let mut bytes: usize = self.0.iter().map(String::len).sum();
        while bytes > BYTES_MAX && self.0.len() > 1 {
            bytes -= self.0.pop_back().map_or(0, |oldest| oldest.len());
        }
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// A step back in time, or forth. Gives the text to show; `None` where there is no further one.
    pub(crate) fn step(&self, recall: &mut Option<Recall>, current: &str, back: bool) -> Option<String> {
        if !back {
            let Recall { at, draft } = recall.take()?;
            let Some(newer) = at.checked_sub(1) else { return Some(draft) };
            *recall = Some(Recall { at: newer, draft });
            return self.0.get(newer).cloned();
        }
        let next = recall.as_ref().map_or(0, |recall| recall.at + 1);
        let text = self.0.get(next)?.clone();
        let draft = recall.take().map_or_else(|| current.to_owned(), |recall| recall.draft);
        *recall = Some(Recall { at: next, draft });
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth_and_the_draft_again() {
        let mut history = History::default();
        for text in ["one", "two", "two"] {
            history.add(text);
        }
        let mut recall = None;
        let mut step = |current: &str, back| history.step(&mut recall, current, back);
        assert_eq!(step("draft", false), None);
        assert_eq!(step("draft", true).as_deref(), Some("two"));
        assert_eq!(step("two", true).as_deref(), Some("one"));
        assert_eq!(step("one", true), None);
        assert_eq!(step("one", false).as_deref(), Some("two"));
        assert_eq!(step("two", false).as_deref(), Some("draft"));
    }

    #[test]
    fn long_texts_push_out_old_ones_and_never_themselves() {
        let mut history = History::default();
        for i in 0..5 {
            history.add(&format!("{i}{}", "x".repeat(BYTES_MAX / 4)));
        }
        assert_eq!(history.len(), 3);
        let longest = "y".repeat(BYTES_MAX + 1);
        history.add(&longest);
        assert_eq!((history.len(), history.step(&mut None, "", true)), (1, Some(longest)));
        (0..2 * TEXTS_MAX).for_each(|i| history.add(&i.to_string()));
        assert_eq!(history.len(), TEXTS_MAX);
    }
}
