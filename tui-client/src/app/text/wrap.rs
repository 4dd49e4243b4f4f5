//! Word wrap by display width: where the rows of a text begin and end. Pure arithmetic over byte offsets.

use std::ops::Range;

use super::{cell, graphemes};

/// The rows of one logical line (no line break inside), as byte ranges that cover it without holes.
///
/// Rows break after white space, around wide characters (CJK has no spaces), and inside of words that are longer
/// than a row. White space at the end of a row may hang over the edge; everything else fits into `width` cells,
/// except for a single grapheme that is wider than the row itself.
pub(crate) fn wrap_line(line: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(1);
    if line.len() <= width && line.is_ascii() {
        return std::iter::once(0..line.len()).collect();
    }
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut next = 0;
    for grapheme in graphemes(line) {
        let at = next;
        next += grapheme.len();
        let cells = cell(grapheme).1;
        let is_space = grapheme.chars().all(char::is_whitespace);
        if !is_space && row.cells + cells > width && at > row.start {
            let end = row.break_at.filter(|&b| b > row.start).unwrap_or(at);
            rows.push(row.start..end);
            row = row.rest_after(end, at);
            // What was carried over may fill the new row by itself.
            if row.cells + cells > width && at > row.start {
                rows.push(row.start..at);
                row = Row { start: at, ..Row::default() };
            }
        }
        if cells > 1 && at > row.start {
            row.set_break(at);
        }
        row.cells += cells;
        if is_space || cells > 1 {
            row.set_break(at + grapheme.len());
        }
    }
    rows.push(row.start..line.len());
    rows
}

/// The row that is being filled.
#[derive(Clone, Copy, Default)]
struct Row {
    start: usize,
    cells: usize,
    /// The last place where it may break, and the cells up to there.
    break_at: Option<usize>,
    cells_at_break: usize,
}

impl Row {
    fn set_break(&mut self, at: usize) {
        self.break_at = Some(at);
        self.cells_at_break = self.cells;
    }

    /// The next row, when this one ends at `end` and is filled up to `at`.
    fn rest_after(self, end: usize, at: usize) -> Self {
        let cells = if end == at { 0 } else { self.cells - self.cells_at_break };
        Self { start: end, cells, break_at: None, cells_at_break: 0 }
    }
}

/// The rows of a text of several lines, as byte ranges without the line breaks.
pub(crate) fn wrap_text(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        rows.extend(wrap_line(line, width).into_iter().map(|r| r.start + start..r.end + start));
        start += line.len() + 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;
    use crate::app::text::width as cells_of;

    fn rows(text: &str, width: usize) -> Vec<&str> {
        wrap_text(text, width).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn breaks_between_words() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick ", "brown fox"]);
        assert_eq!(rows("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(rows("", 10), [""]);
    }

    #[test]
    fn breaks_words_longer_than_a_row() {
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("ab abcdefghij x", 4), ["ab ", "abcd", "efgh", "ij x"]);
    }

    #[test]
    fn breaks_between_wide_characters() {
        assert_eq!(rows("日本語テキスト", 5), ["日本", "語テ", "キス", "ト"]);
        assert_eq!(rows("ab日本", 3), ["ab", "日", "本"]);
        assert_eq!(rows("日本", 1), ["日", "本"]);
    }

    #[test]
    fn trailing_white_space_hangs() {
        assert_eq!(rows("abcd    efgh", 4), ["abcd    ", "efgh"]);
    }

    proptest! {
        #[test]
        fn rows_cover_the_text_and_fit(text in "(\\PC|[ \\n]|👩\u{200D}👧|e\u{301}|日){0,60}", width in 1usize..30) {
            let ranges = wrap_text(&text, width);
            let mut joined = String::new();
            for (i, range) in ranges.iter().enumerate() {
                joined.push_str(&text[range.clone()]);
                let next = ranges.get(i + 1).map_or(text.len(), |r| r.start);
                joined.push_str(&text[range.end..next]);
                let row = text[range.clone()].trim_end();
                prop_assert!(cells_of(row) <= width || row.graphemes(true).filter(|g| cell(g).1 > 0).count() <= 1, "{row:?}");
            }
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn any_string_at_any_width_is_wrapped(text in any::<String>(), width in 0usize..300) {
            prop_assert!(!wrap_text(&text, width).is_empty());
        }
    }
}
