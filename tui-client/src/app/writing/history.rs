//! The messages and commands that were sent, to be sent again in another form. Pure.

use std::collections::VecDeque;

/// Texts that are remembered, and how many bytes they have together at most.
const TEXTS_MAX: usize = 100;
const BYTES_MAX: usize = 1024 * 1024;

/// What was sent, the newest first. It belongs to the account, not to a room: what was said here may be said there.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(VecDeque<String>);

/// Where a composer is in the history: the text that it brought back, and the draft that waits for it to come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recall {
    at: usize,
    pub(crate) shown: String,
    pub(crate) draft: String,
}

impl History {
    /// Remembers a text as the newest one; the oldest ones make room for it.
    pub(crate) fn add(&mut self, text: &str) {
        if self.0.front().is_some_and(|newest| newest == text) || text.len() > BYTES_MAX {
            return;
        }
        self.0.push_front(text.to_owned());
        let mut left = BYTES_MAX;
        let fits = |text: &&String| left.checked_sub(text.len()).map(|rest| left = rest).is_some();
        let kept = self.0.iter().take(TEXTS_MAX).take_while(fits).count();
        self.0.truncate(kept);
    }

    /// Whether a text is remembered.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|known| known == text)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// A step back in time, or forth. Gives the text to show; `None` where there is no further one.
    pub(crate) fn step(&self, recall: &mut Option<Recall>, current: &str, back: bool) -> Option<String> {
        if !back {
            let Recall { at, draft, .. } = recall.take()?;
            let Some(newer) = at.checked_sub(1) else { return Some(draft) };
            let shown = self.0.get(newer)?.clone();
            *recall = Some(Recall { at: newer, shown: shown.clone(), draft });
            return Some(shown);
        }
        let next = recall.as_ref().map_or(0, |recall| recall.at + 1);
        let text = self.0.get(next)?.clone();
        let draft = recall.take().map_or_else(|| current.to_owned(), |recall| recall.draft);
        *recall = Some(Recall { at: next, shown: text.clone(), draft });
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
    fn the_oldest_make_room_and_what_is_too_long_does_not_drive_out_the_rest() {
        let mut history = History::default();
        history.add("old");
        history.add(&"x".repeat(BYTES_MAX + 1));
        assert!(history.holds("old"));
        history.add(&"y".repeat(BYTES_MAX - 3));
        assert!(history.holds("old"));
        history.add("z");
        assert!(history.holds("z") && !history.holds("old"));
        (0..=TEXTS_MAX).for_each(|n| history.add(&n.to_string()));
        assert!(history.holds("1") && !history.holds("0"));
    }
}
