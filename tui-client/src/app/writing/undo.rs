//! What an editor's text was before: undo and redo, in steps that people think of as one. Pure.

/// Steps and bytes that are remembered; the oldest are forgotten first.
const STEPS_MAX: usize = 200;
const BYTES_MAX: usize = 1024 * 1024;

/// A kind of change; several of a kind in a row, without a movement between them, are one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Characters of a word.
    Typing,
    /// Single characters that go away.
    Deleting,
    /// Whatever is a step of its own.
    Other,
}

/// A text and its cursor.
type Snapshot = (String, usize);

/// The steps back and forth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undo {
    past: Vec<Snapshot>,
    future: Vec<Snapshot>,
    last: Option<Change>,
}

impl Undo {
    /// The text is about to change.
    pub(crate) fn record(&mut self, text: &str, cursor: usize, change: Change) {
        let goes_on = change != Change::Other && self.last == Some(change);
        self.last = Some(change);
        self.future.clear();
        if goes_on {
            return;
        }
        self.past.push((text.to_owned(), cursor));
        let mut bytes: usize = self.past.iter().map(|(text, _)| text.len()).sum();
        while self.past.len() > STEPS_MAX || (bytes > BYTES_MAX && self.past.len() > 1) {
            bytes -= self.past.remove(0).0.len();
        }
    }

    /// The cursor moved, or a word ended: the next change is a new step.
    pub(crate) fn pause(&mut self) {
        self.last = None;
    }

    /// A step back from this text.
    pub(crate) fn back(&mut self, text: &str, cursor: usize) -> Option<Snapshot> {
        let before = self.past.pop()?;
        self.future.push((text.to_owned(), cursor));
        self.last = None;
        Some(before)
    }

    /// A step forth again.
    pub(crate) fn forth(&mut self, text: &str, cursor: usize) -> Option<Snapshot> {
        let after = self.future.pop()?;
        self.past.push((text.to_owned(), cursor));
        self.last = None;
        Some(after)
    }
}
