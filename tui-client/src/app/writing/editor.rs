//! A small text editor over graphemes, with the readline keys. Pure.
//!
//! It is our own rather than a widget's: the widgets keep their layout inside, draw by themselves and bring a clipboard
//! and an undo tree; we need the state apart from the drawing, the cursor as a byte offset for completion, and costs
//! that follow what is visible rather than what was pasted.

use super::undo::{Change, Undo};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

/// A text and a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Editor {
    text: String,
    /// A byte offset, always between two graphemes.
    cursor: usize,
    /// What was cut last, for yank.
    killed: String,
    undo: Undo,
}

/// Where a cursor movement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
}

impl Editor {
    /// An editor that holds this text, with the cursor at its end.
    pub(crate) fn with(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len(), killed: String::new(), undo: Undo::default() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text out and leaves nothing but what was cut.
    pub(crate) fn take(&mut self) -> String {
        self.cursor = 0;
        self.undo = Undo::default();
        std::mem::take(&mut self.text)
    }

    /// Puts text at the cursor, which ends up behind it.
    pub(crate) fn insert(&mut self, text: &str) {
        let is_letter = text.chars().nth(1).is_none() && !text.starts_with(char::is_whitespace);
        self.undo.record(&self.text, self.cursor, if is_letter { Change::Typing } else { Change::Other });
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        self.settle();
    }

    /// Replaces the bytes from `start` to the cursor.
    pub(crate) fn replace_before_cursor(&mut self, start: usize, with: &str) {
        if start <= self.cursor && self.text.is_char_boundary(start) {
            self.undo.record(&self.text, self.cursor, Change::Other);
            self.text.replace_range(start..self.cursor, with);
            self.cursor = start + with.len();
            self.settle();
        }
    }

    /// What was inserted may have merged with its neighbours: the cursor moves on to the next grapheme's edge.
    fn settle(&mut self) {
        let mut edge = GraphemeCursor::new(self.cursor, self.text.len(), true);
        if !edge.is_boundary(&self.text, 0).unwrap_or(false) {
            self.cursor = edge.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len());
        }
    }

    /// Puts the cursor at a byte offset, or the nearest edge of a grapheme.
    pub(crate) fn set_cursor(&mut self, at: usize) {
        self.undo.pause();
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        self.cursor = at;
        self.settle();
    }

    pub(crate) fn go(&mut self, motion: Motion) {
        self.undo.pause();
        self.cursor = self.target(motion);
        self.settle();
    }

    fn target(&self, motion: Motion) -> usize {
        let (before, after) = self.text.split_at(self.cursor);
        match motion {
            Motion::Left => before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
            Motion::Right => self.cursor + after.graphemes(true).next().map_or(0, str::len),
            Motion::WordLeft => {
                let end = before.trim_end_matches(is_between_words).len();
                before[..end]
                    .rfind(is_between_words)
                    .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8))
            }
            Motion::WordRight => {
                let start = after.find(|c| !is_between_words(c)).unwrap_or(after.len());
                self.cursor + after[start..].find(is_between_words).map_or(after.len(), |at| start + at)
            }
            Motion::LineStart => before.rfind('\n').map_or(0, |at| at + 1),
            Motion::LineEnd => self.cursor + after.find('\n').unwrap_or(after.len()),
        }
    }

    /// Deletes up to where the motion goes.
    pub(crate) fn delete(&mut self, motion: Motion) {
        let (from, to) = self.range_to(motion);
        if from < to {
            self.undo.record(&self.text, self.cursor, Change::Deleting);
        }
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.settle();
    }

    /// Cuts up to where the motion goes, or to white space for C-w; yank brings it back. At the end of a line, the line break.
    pub(crate) fn kill(&mut self, motion: Motion) {
        let (mut from, mut to) = self.range_to(motion);
        if from == to && motion == Motion::LineEnd {
            to = self.target(Motion::Right);
        }
        if from == to && motion == Motion::LineStart {
            from = 0;
        }
        self.cut(from, to);
    }

    /// Cuts back to white space, as C-w does in a shell.
    pub(crate) fn kill_to_white_space(&mut self) {
        let before = &self.text[..self.cursor];
        let end = before.trim_end().len();
        let from = before[..end]
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        self.cut(from, self.cursor);
    }

    fn cut(&mut self, from: usize, to: usize) {
        if from < to {
            self.undo.record(&self.text, self.cursor, Change::Other);
            self.killed = self.text[from..to].to_owned();
            self.text.replace_range(from..to, "");
            self.cursor = from;
            self.settle();
        }
    }

    pub(crate) fn yank(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    /// Puts text behind the end; the cursor stays.
    pub(crate) fn append(&mut self, text: &str) {
        self.undo.record(&self.text, self.cursor, Change::Other);
        self.text.push_str(text);
    }

    /// Puts another text in the place of this one; undo brings this one back.
    pub(crate) fn replace_all(&mut self, text: &str) {
        self.undo.record(&self.text, self.cursor, Change::Other);
        self.text = text.to_owned();
        self.cursor = self.text.len();
    }

    /// Takes the last change back. `false` where there is none.
    pub(crate) fn undo(&mut self) -> bool {
        let before = self.undo.back(&self.text, self.cursor);
        self.restore(before)
    }

    /// Makes the change again that was taken back last.
    pub(crate) fn redo(&mut self) -> bool {
        let after = self.undo.forth(&self.text, self.cursor);
        self.restore(after)
    }

    fn restore(&mut self, snapshot: Option<(String, usize)>) -> bool {
        let Some((text, cursor)) = snapshot else { return false };
        (self.text, self.cursor) = (text, cursor);
        true
    }

    fn range_to(&self, motion: Motion) -> (usize, usize) {
        let target = self.target(motion);
        (target.min(self.cursor), target.max(self.cursor))
    }
}

fn is_between_words(c: char) -> bool {
    !(c.is_alphanumeric() || c == '_' || c == '\'' || !c.is_ascii() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at_end(text: &str) -> Editor {
        Editor::with(text)
    }

    #[test]
    fn moves_and_deletes_whole_graphemes() {
        let mut e = at_end("a👩\u{200D}👧e\u{301}");
        e.delete(Motion::Left);
        assert_eq!(e.text(), "a👩\u{200D}👧");
        e.go(Motion::Left);
        assert_eq!(e.cursor(), 1);
        e.delete(Motion::Right);
        assert_eq!(e.text(), "a");
    }

    #[test]
    fn words_and_lines() {
        let mut e = at_end("one two-three\nfour");
        e.go(Motion::WordLeft);
        assert_eq!(e.cursor(), "one two-three\n".len());
        e.go(Motion::WordLeft);
        assert_eq!(e.cursor(), "one two-".len());
        e.go(Motion::LineStart);
        assert_eq!(e.cursor(), 0);
        e.go(Motion::WordRight);
        assert_eq!(e.cursor(), 3);
        e.go(Motion::LineEnd);
        assert_eq!(e.cursor(), "one two-three".len());
    }

    #[test]
    fn kill_and_yank() {
        let mut e = at_end("one two-three");
        e.kill_to_white_space();
        assert_eq!(e.text(), "one ");
        e.go(Motion::LineStart);
        e.yank();
        assert_eq!(e.text(), "two-threeone ");
        e.go(Motion::LineStart);
        e.kill(Motion::WordRight);
        assert_eq!(e.text(), "-threeone ");
        e.kill(Motion::LineEnd);
        assert!(e.is_empty());
        let mut lines = at_end("a\nb\nc");
        lines.kill(Motion::LineStart);
        assert_eq!(lines.text(), "a\nb\n");
        lines.kill(Motion::LineStart);
        assert!(lines.is_empty(), "a second time: everything before the cursor");
        lines.undo();
        assert_eq!(lines.text(), "a\nb\n");
        let mut lines = at_end("a\nb");
        lines.set_cursor(1);
        lines.kill(Motion::LineEnd);
        assert_eq!(lines.text(), "ab");
    }

    #[test]
    fn undo_goes_in_steps_of_words() {
        let mut e = Editor::default();
        for c in "one two".chars() {
            e.insert(c.encode_utf8(&mut [0; 4]));
        }
        e.delete(Motion::Left);
        e.kill(Motion::LineStart);
        let mut seen = Vec::new();
        while e.undo() {
            seen.push(e.text().to_owned());
        }
        assert_eq!(seen, ["one tw", "one two", "one ", "one", ""]);
        assert!(e.redo() && e.redo() && e.redo());
        assert_eq!((e.text(), e.cursor()), ("one two", 7));
        e.insert("!");
        assert!(!e.redo(), "a change ends what could be made again");
        e.take();
        assert!(!e.undo(), "what was sent is gone");
    }

    #[test]
    fn ten_thousand_pasted_lines_are_one_insertion() {
        let mut e = at_end("ab");
        e.go(Motion::Left);
        e.insert(&"line\n".repeat(10_000));
        assert_eq!(e.cursor(), 1 + 50_000);
        assert!(e.text().ends_with("\nb"));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_between_characters(
            text in "(\\PC|[ \\n]|👩\u{200D}👧|e\u{301}|🇩🇪){0,20}", steps in prop::collection::vec(0u8..14, 0..40)
        ) {
            let mut e = at_end(&text);
            for step in steps {
                let motions = [Motion::Left, Motion::Right, Motion::WordLeft, Motion::WordRight, Motion::LineStart, Motion::LineEnd];
                match step {
                    0..=5 => e.go(motions[usize::from(step)]),
                    6 => e.delete(Motion::Left),
                    7 => e.delete(Motion::Right),
                    8 => e.kill(Motion::WordRight),
                    9 => e.kill_to_white_space(),
                    10 => e.yank(),
                    11 => e.insert("\u{200D}"),
                    12 => e.insert("🇫x\n"),
                    _ => e.set_cursor(3),
                }
                prop_assert!(e.text().is_char_boundary(e.cursor()));
            }
        }
    }
}
