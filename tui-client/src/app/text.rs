//! Text on its way in: made harmless once, when it enters the state, and measured in terminal cells. Pure.

pub(crate) mod body;
pub mod code;
pub(crate) mod emoji;
pub(crate) mod highlight;
pub(crate) mod links;
pub(crate) mod markdown;
pub(crate) mod nearest;
pub(crate) mod row;
pub(crate) mod wrap;

use std::borrow::Cow;

use chat_shared::text::{is_control, is_format, is_joining, sanitise_block, sanitise_line};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Combining marks that one grapheme keeps. Vietnamese, Hebrew with points and Thai need three at most;
/// stacks of dozens ("zalgo") only paint over the neighbours' rows.
const MARKS_PER_GRAPHEME: usize = 4;

/// Characters of one grapheme that are shown; the longest family emoji has 10, the longest flag 7.
const CHARS_PER_GRAPHEME: usize = 24;

/// Cells of the widest grapheme that is shown as it is. What claims more is a trick, and becomes U+FFFD.
const MAX_GRAPHEME_WIDTH: usize = 4;

/// One line of other people's text: harmless to a terminal, without stacks of marks.
pub(crate) fn clean_line(text: &str) -> String {
    cap_marks(sanitise_line(text)).into_owned()
}

/// A text of several lines: as [`clean_line`], but line breaks and tabs stay.
pub(crate) fn clean_block(text: &str) -> String {
    cap_marks(sanitise_block(text)).into_owned()
}

/// A clean line that is also cut to so many characters; for names, topics and reasons, which have no business being long.
pub(crate) fn clean_short(text: &str, max_chars: usize) -> String {
    let mut line = clean_line(text);
    if let Some((at, _)) = line.char_indices().nth(max_chars) {
        line.truncate(at);
    }
    line
}

/// Text that the user pastes: terminals send `\r` for a line break inside of a bracketed paste.
pub(crate) fn clean_paste(text: &str) -> String {
    clean_block(&text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// `1 member`, `2 members`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn cap_marks(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_mark = |c: char| !is_joining(c) && c.width() == Some(0);
    if text.is_ascii() || !text.chars().any(is_mark) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let mut marks = 0;
        out.extend(grapheme.chars().filter(|&c| {
            marks += usize::from(is_mark(c));
            !is_mark(c) || marks <= MARKS_PER_GRAPHEME
        }));
    }
    Cow::Owned(out)
}

/// What a reader takes for the characters of a text. Most text is ASCII, which needs no tables: only a carriage return joins what
/// follows it there.
pub(crate) fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    let (simple, other) = if text.is_ascii() && !text.contains('\r') { (text, "") } else { ("", text) };
    (0..simple.len()).filter_map(|at| simple.get(at..=at)).chain(other.graphemes(true))
}

/// A grapheme as it goes to a cell, and the cells that it takes: never a control character, never absurdly wide.
/// What shows nothing at all has width 0 and is left out.
pub(crate) fn cell(grapheme: &str) -> (&str, usize) {
    if let [byte @ 0x20..=0x7E] = grapheme.as_bytes() {
        debug_assert!(byte.is_ascii());
        return (grapheme, 1);
    }
    if matches!(grapheme, "\n" | "\t" | "\r\n") {
        return (" ", 1);
    }
    if grapheme.chars().any(|c| is_control(c) || (is_format(c) && !is_joining(c))) {
        return ("\u{FFFD}", 1);
    }
    // Terminals give the halfwidth voiced sound marks a cell of their own, and so does ratatui.
    let sound_marks = grapheme.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count();
    let width = grapheme.width() + sound_marks;
    if width > MAX_GRAPHEME_WIDTH || grapheme.chars().nth(CHARS_PER_GRAPHEME).is_some() {
        return ("\u{FFFD}", 1);
    }
    (grapheme, width)
}

/// The cells that a line takes.
pub(crate) fn width(line: &str) -> usize {
    graphemes(line).map(|g| cell(g).1).sum()
}

/// The beginning of a line that fits into `max` cells, with `…` where something is left out.
pub(crate) fn truncate(line: &str, max: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut fits_with_ellipsis = 0;
    for grapheme in graphemes(line) {
        let (shown, cells) = cell(grapheme);
        if used + cells > max {
            out.truncate(fits_with_ellipsis);
            if max > 0 {
                out.push('…');
            }
            return out;
        }
        out.push_str(if cells == 0 { "" } else { shown });
        used += cells;
        if used < max {
            fits_with_ellipsis = out.len();
        }
    }
    out
}

/// The form in which names are compared here: near enough to the server's for mentions, completion and look-ups.
pub(crate) fn fold_case(name: &str) -> String {
    name.to_lowercase()
}

/// A number that stays the same for the same name, in whatever case: picks the author's colour (FNV-1a, 32 bit).
pub(crate) fn name_hash(name: &str) -> u32 {
    fold_case(name).bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zalgo_is_tamed_and_families_stay_whole() {
        let zalgo = format!("a{}b", "\u{301}".repeat(100));
        assert_eq!(clean_line(&zalgo), format!("a{}b", "\u{301}".repeat(4)));
        let family = "👩\u{200D}👩\u{200D}👧";
        assert_eq!(clean_line(family), family);
        assert_eq!(width(family), 2);
    }

    #[test]
    fn truncates_at_cells_not_characters() {
        assert_eq!(truncate("hello", 5), "hello");
        assert_eq!(truncate("hello!", 5), "hell…");
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("日本語", 1), "…");
        assert_eq!(truncate("x", 0), "");
    }

    #[test]
    fn pasted_line_breaks_are_line_breaks() {
        assert_eq!(clean_paste("a\rb\r\nc\x1b[0m"), "a\nb\nc␛[0m");
    }

    proptest! {
        #[test]
        fn graphemes_are_those_of_unicode(text in "(\\PC|[a-z \r\n\t]|e\u{301}){0,20}") {
            prop_assert!(graphemes(&text).eq(text.graphemes(true)));
        }

        #[test]
        fn a_truncated_line_fits(text in any::<String>(), max in 0usize..40) {
            prop_assert!(width(&truncate(&clean_line(&text), max)) <= max);
        }

        #[test]
        fn no_cell_holds_a_control_character(text in any::<String>()) {
            for grapheme in text.graphemes(true) {
                let (shown, cells) = cell(grapheme);
                prop_assert!(!shown.chars().any(char::is_control));
                prop_assert!(cells <= MAX_GRAPHEME_WIDTH);
            }
        }
    }
}
