//! Makes the output of other programs into a message: colours, cursor movements and other control sequences are taken out,
//! text stays. Pure.

use std::iter::Peekable;
use std::str::Chars;

use chat_shared::text::{is_control, is_format, is_joining};

/// The text alone. Line breaks become `\n`, a line that was overwritten with `\r` (progress bars) shows its last state,
/// and line breaks at the end are gone.
#[must_use]
pub fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut line_start = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            '\r' if ends_line(&chars) => {}
            '\r' => plain.truncate(line_start),
            '\n' => {
                plain.push('\n');
                line_start = plain.len();
            }
            '\t' => plain.push('\t'),
            c if is_control(c) || (is_format(c) && !is_joining(c)) => {}
            c => plain.push(c),
        }
    }
    plain.truncate(plain.trim_end_matches('\n').len());
    plain
}

/// Whether a carriage return belongs to the line break that follows, or is the very last character.
fn ends_line(rest: &Peekable<Chars<'_>>) -> bool {
    matches!(rest.clone().find(|&c| c != '\r'), None | Some('\n'))
}

/// What follows ESC. ECMA-48: `[` begins a control sequence, `P X ] ^ _` a string, `0x20..=0x2f` are intermediates.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_control_sequence(chars);
        }
        Some('P' | 'X' | ']' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        _ => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
    }
}

/// Parameters and intermediates, then one final character.
fn skip_control_sequence(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

/// Up to the string's terminator (BEL, ST or ESC \); one that never comes costs no more than the line.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(c) = chars.next_if(|&c| c != '\n') {
        match c {
            '\x07' | '\u{9c}' => return,
            '\x1b' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_programs_print_becomes_what_people_see() {
        for (raw, plain) in [
            ("plain\n", "plain"),
            ("a\r\nb\r\n\r\n", "a\nb"),
            ("\x1b[1;31merror\x1b[0m: no", "error: no"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1bP+q544e\x1b\\x", "x"),
            ("\x1b(Bcharset \x1b7saved\x1b8", "charset saved"),
            ("\u{9b}31mred\u{9d}t\u{9c}!", "red!"),
            ("10%\r50%\r100%\nend", "100%\nend"),
            ("progress 99%\r", "progress 99%"),
            ("two\r\r\nlines", "two\nlines"),
            ("bell\x07 null\0 back\x08space", "bell null backspace"),
            ("\u{202E}evil👩\u{200D}👧", "evil👩\u{200D}👧"),
            ("col\tumn", "col\tumn"),
            ("\x1b]unterminated\nnext", "\nnext"),
            ("ends in \x1b", "ends in "),
            ("ends in \x1b[38;5", "ends in "),
        ] {
            assert_eq!(plain_text(raw), plain, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(text in "(\\PC|[\x00-\x1f\u{80}-\u{9f}]|\x1b[\\[\\]P(]|\r\n){0,60}") {
            let plain = plain_text(&text);
            prop_assert!(plain.chars().all(|c| matches!(c, '\n' | '\t') || !is_control(c)), "{plain:?}");
            prop_assert_eq!(plain_text(&plain), plain.clone());
        }
    }
}
