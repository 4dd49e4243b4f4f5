//! The box where messages are written: a draft, what it is for, and which of its rows are visible. Pure.

use std::ops::Range;

use chat_shared::Seq;
use unicode_segmentation::UnicodeSegmentation as _;

use super::editor::Editor;
use super::history::Recall;
use crate::app::text::wrap::wrap_line;
use crate::app::text::{cell, width};

/// What the text in the composer will become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A new message.
    #[default]
    New,
    /// An answer to a message, with its beginning, for the title.
    Reply { seq: Seq, quote: String },
    /// A message's new text.
    Edit { seq: Seq },
}

/// A room's composer. Each room has its own, so that a draft stays where it was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Composer {
    pub(crate) editor: Editor,
    pub(crate) mode: Mode,
    /// Where this composer is in the history of what was sent.
    pub(crate) recall: Option<Recall>,
    /// The draft that waits while a message is being edited.
    stash: Option<Editor>,
    /// The byte where the visible part began last time.
    top: usize,
}

/// The visible part of a composer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visible {
    /// The rows, as byte ranges of the text.
    pub(crate) rows: Vec<Range<usize>>,
    /// The cursor's row and column in it.
    pub(crate) cursor: (u16, u16),
}

/// Bytes of a line that are wrapped at once. A longer one is taken in pieces, each of which begins a row.
const PIECE: usize = 16 * 1024;

/// The rows around a cursor: as many as were asked for in each direction, nearest first.
struct Around {
    above: Vec<Range<usize>>,
    row: Range<usize>,
    below: Vec<Range<usize>>,
}

impl Composer {
    /// A composer with the draft of a new message.
    pub(crate) fn holding(text: &str) -> Self {
        Self { editor: Editor::with(text), ..Self::default() }
    }

    pub(crate) fn has_draft(&self) -> bool {
        !self.draft_text().is_empty()
    }

    /// What was written here. A text that the history brought back is that only once it was changed.
    fn own_text(&self) -> &str {
        match &self.recall {
            Some(recall) if recall.shown == self.editor.text() => &recall.draft,
            _ => self.editor.text(),
        }
    }

    /// Whether nothing is being written in it.
    pub(crate) fn is_idle(&self) -> bool {
        self.mode == Mode::New && self.editor.is_empty()
    }

    /// The text of a new message, also while another one is being edited.
    pub(crate) fn draft_text(&self) -> &str {
        self.stash.as_ref().map_or_else(|| self.own_text(), Editor::text)
    }

    /// The message that is being edited, and its text so far.
    pub(crate) fn edit_text(&self) -> Option<(Seq, &str)> {
        if let Mode::Edit { seq } = self.mode { Some((seq, self.own_text())) } else { None }
    }

    /// What holds the text of a new message, also while another one is being edited.
    pub(super) fn draft_editor(&mut self) -> &mut Editor {
        self.stash.as_mut().unwrap_or(&mut self.editor)
    }

    /// Begins to edit a message; the draft waits.
    pub(crate) fn begin_edit(&mut self, seq: Seq, body: &str) {
        let draft = std::mem::replace(&mut self.editor, Editor::with(body));
        self.stash.get_or_insert(draft);
        self.mode = Mode::Edit { seq };
    }

    pub(crate) fn begin_reply(&mut self, seq: Seq, quote: String) {
        self.cancel();
        self.mode = Mode::Reply { seq, quote };
    }

    /// Back to a new message: what was edited is dropped, the draft comes back. Says whether there was anything to cancel.
    pub(crate) fn cancel(&mut self) -> bool {
        if let Some(draft) = self.stash.take() {
            self.editor = draft;
        }
        std::mem::take(&mut self.mode) != Mode::New
    }

    /// Shows what was written here, rather than what the history brought back. Where that was changed, it stays; gives the
    /// draft that has waited for nothing then.
    pub(crate) fn end_recall(&mut self) -> Option<String> {
        let recall = self.recall.take()?;
        if recall.shown == self.editor.text() {
            self.editor.replace_all(&recall.draft);
            return None;
        }
        Some(recall.draft).filter(|draft| !draft.is_empty())
    }

    /// The text is on its way: an empty composer, or the draft that waited.
    pub(crate) fn finish(&mut self) {
        self.editor.take();
        if let Some(recall) = self.recall.take() {
            self.editor = Editor::with(&recall.draft);
        }
        self.cancel();
        self.top = 0;
    }

    /// Moves the cursor by one visible row. `false` where there is none in that direction.
    pub(crate) fn move_row(&mut self, up: bool, columns: usize) -> bool {
        let text = self.editor.text();
        let around = around(text, self.editor.cursor(), columns, 1);
        let column = width(&text[around.row.start..self.editor.cursor()]);
        let Some(row) = (if up { around.above.first() } else { around.below.first() }) else { return false };
        let mut at = row.start;
        let mut used = 0;
        for grapheme in text[row.clone()].graphemes(true) {
            let cells = cell(grapheme).1;
            let is_last_of_wrapped =
                at + grapheme.len() == row.end && text[row.end..].chars().next().is_some_and(|c| c != '\n');
            if used + cells > column || is_last_of_wrapped {
                break;
            }
            used += cells;
            at += grapheme.len();
        }
        self.editor.set_cursor(at);
        true
    }

    /// Which rows are to be seen, when there is room for `max`. It costs what is visible, and to look
    /// where the line ends.
    pub(crate) fn layout(&mut self, columns: usize, max: usize) -> Visible {
        let max = max.max(1);
        let text = self.editor.text();
        let around = around(text, self.editor.cursor(), columns, max);
        let kept = around.above.iter().take_while(|row| row.start >= self.top).count();
        let wanted = if around.row.start < self.top { 0 } else { kept.min(max - 1) };
        let fill = (max - 1).saturating_sub(around.below.len());
        let above = wanted.max(fill).min(around.above.len()).min(max - 1);
        let mut rows: Vec<Range<usize>> = around.above[..above].iter().rev().cloned().collect();
        rows.push(around.row.clone());
        rows.extend(around.below.iter().take(max - 1 - above).cloned());
        let column = width(&text[around.row.start..self.editor.cursor()]).min(columns);
        self.top = rows.first().map_or(0, |row| row.start);
        let to_u16 = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Visible { rows, cursor: (to_u16(above), to_u16(column)) }
    }
}

/// The row that the cursor is in, and up to `max` rows on each side.
fn around(text: &str, cursor: usize, columns: usize, max: usize) -> Around {
    let piece = piece_at(text, cursor, PIECE);
    let mut rows = rows_of(text, &piece, columns);
    let at = rows.iter().rposition(|row| row.start <= cursor).unwrap_or(0);
    let mut below = rows.split_off(at + 1);
    let row = rows.pop().unwrap_or(piece.clone());
    let mut above = rows;
    above.reverse();
    let mut first = piece.start;
    while above.len() < max && first > 0 {
        let piece = piece_at(text, boundary(text, first - 1), PIECE);
        first = piece.start;
        above.extend(rows_of(text, &piece, columns).into_iter().rev());
    }
    let mut last = piece.end;
    while below.len() < max && last < text.len() {
        let next = if text[last..].starts_with('\n') { last + 1 } else { last };
        let piece = piece_at(text, next, PIECE);
        last = piece.end;
        below.extend(rows_of(text, &piece, columns));
    }
    above.truncate(max);
    below.truncate(max);
    Around { above, row, below }
}

/// The line that a byte offset is in, without its line break.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    start..end
}

/// The piece of a line that a byte offset is in: always the same one, so that nothing moves while the cursor does. The end of a
/// piece is the beginning of the next one.
fn piece_at(text: &str, at: usize, size: usize) -> Range<usize> {
    let line = line_at(text, at);
    let begin = |number: usize| boundary(text, (line.start + number * size).min(line.end));
    let pieces = line.len().div_ceil(size).max(1);
    let number = (at - line.start) / size;
    // A character across the border is part of the next piece.
    let number = number + usize::from(begin(number + 1) <= at);
    let number = number.min(pieces - 1);
    begin(number)..begin(number + 1)
}

/// Where the character begins that this byte is part of.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn rows_of(text: &str, line: &Range<usize>, columns: usize) -> Vec<Range<usize>> {
    wrap_line(&text[line.clone()], columns).into_iter().map(|r| r.start + line.start..r.end + line.start).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn composer(text: &str) -> Composer {
        Composer { editor: Editor::with(text), ..Composer::default() }
    }

    fn rows<'a>(c: &'a Composer, visible: &Visible) -> Vec<&'a str> {
        visible.rows.iter().map(|r| &c.editor.text()[r.clone()]).collect()
    }

    #[test]
    fn grows_and_then_scrolls() {
        let mut c = composer("1\n2\n3\n4\n5");
        let v = c.layout(10, 3);
        assert_eq!((rows(&c, &v), v.cursor), (vec!["3", "4", "5"], (2, 1)));
        assert!(c.move_row(true, 10));
        let v = c.layout(10, 3);
        assert_eq!((rows(&c, &v), v.cursor), (vec!["3", "4", "5"], (1, 1)), "the text stays, the cursor moves");
        (0..3).for_each(|_| assert!(c.move_row(true, 10)));
        assert!(!c.move_row(true, 10));
        let v = c.layout(10, 3);
        assert_eq!((rows(&c, &v), v.cursor), (vec!["1", "2", "3"], (0, 1)));
    }

    #[test]
    fn moves_by_wrapped_rows() {
        let mut c = composer("the quick brown fox");
        assert!(c.move_row(true, 10));
        assert_eq!(c.editor.cursor(), "the quick".len());
        assert!(c.move_row(false, 10));
        assert_eq!(c.editor.cursor(), "the quick brown fox".len());
    }

    #[test]
    fn editing_keeps_the_draft() {
        let mut c = composer("draft");
        c.begin_edit(7, "old text");
        assert_eq!(c.editor.text(), "old text");
        assert!(c.has_draft());
        assert!(c.cancel());
        assert_eq!((c.editor.text(), &c.mode), ("draft", &Mode::New));
        assert!(!c.cancel());
    }

    #[test]
    fn a_line_without_end_is_wrapped_around_the_cursor_only() {
        let mut c = composer(&"日本 ".repeat(150_000));
        let len = c.editor.text().len();
        for at in [0, len / 2, len] {
            c.editor.set_cursor(at);
            let piece = piece_at(c.editor.text(), c.editor.cursor(), PIECE);
            assert!((1..=PIECE + 3).contains(&piece.len()), "{piece:?}");
            let v = c.layout(40, 9);
            assert_eq!(v.rows.len(), 9);
            assert!(v.rows.windows(2).all(|pair| pair[0].end <= pair[1].start && pair[1].start - pair[0].end <= 1));
            (0..3).for_each(|_| drop((c.move_row(at > 0, 40), c.layout(40, 9))));
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_line_in_order(text in "(\\PC|\n|日){0,60}", size in 4usize..20) {
            let (mut at, mut joined) = (0, String::new());
            loop {
                let piece = piece_at(&text, at, size);
                prop_assert!(piece.start == at && piece.len() < size + 4);
                for inside in piece.clone().filter(|inside| text.is_char_boundary(*inside)) {
                    prop_assert_eq!(piece_at(&text, inside, size), piece.clone());
                }
                joined.push_str(&text[piece.clone()]);
                if piece.end == text.len() { break }
                let is_line = text[piece.end..].starts_with('\n');
                joined.push_str(if is_line { "\n" } else { "" });
                at = piece.end + usize::from(is_line);
            }
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn the_cursor_is_visible(text in "(\\PC|[ \\n\\t]|日){0,40}", at in 0usize..60, top in 0usize..60, columns in 0usize..20, max in 0usize..8) {
            let mut c = composer(&text);
            c.editor.set_cursor(at);
            c.top = top;
            let v = c.layout(columns, max);
            prop_assert!(v.rows.len() <= max.max(1));
            let row = &v.rows[usize::from(v.cursor.0)];
            prop_assert!(row.start <= c.editor.cursor() && c.editor.cursor() <= row.end);
            c.move_row(true, columns);
            c.move_row(false, columns);
        }
    }
}
