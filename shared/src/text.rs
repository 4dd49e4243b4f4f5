//! Which characters may go where.
//!
//! The server refuses what has no place in a name, a topic or a message; the client, which trusts no server,
//! makes harmless whatever arrives before it comes near a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::limit;

/// Control characters (Unicode category Cc: C0, DEL and C1).
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control()
}

/// Characters that change how others are read while they show nothing themselves: category Cf (bidi overrides,
/// zero-width characters, tags …), line and paragraph separators, and the fillers that look like nothing.
///
/// Source: Unicode 16, `DerivedGeneralCategory` (Cf, Zl, Zp) and `DerivedCoreProperties` (`Default_Ignorable_Code_Point`).
#[must_use]
pub fn is_format(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2
        | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF)
}

/// Format characters that emoji and some scripts cannot do without: the joiners, the variation selectors that choose
/// between text and picture, and the tags that spell regional flags.
#[must_use]
pub fn is_joining(c: char) -> bool {
    matches!(u32::from(c), 0x200C | 0x200D | 0xFE0E | 0xFE0F | 0xE0020..=0xE007F)
}

/// Makes one line of text harmless to a terminal: nothing that is left moves the cursor, starts an escape sequence,
/// turns the reading direction, or hides. Control characters become their pictures (`ESC` → `␛`), line breaks and tabs
/// become spaces, format characters are dropped, joiners are kept.
#[must_use]
pub fn sanitise_line(text: &str) -> Cow<'_, str> {
    sanitise(text, false)
}

/// Like [`sanitise_line`], but keeps line breaks (`\n`) and tabs, for the layout to deal with. `\r\n` becomes `\n`.
#[must_use]
pub fn sanitise_block(text: &str) -> Cow<'_, str> {
    sanitise(text, true)
}

fn sanitise(text: &str, multi_line: bool) -> Cow<'_, str> {
    let is_clean =
        |c: char| (multi_line && matches!(c, '\n' | '\t')) || (!is_control(c) && (!is_format(c) || is_joining(c)));
    if text.chars().all(is_clean) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if is_clean(c) => out.push(c),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' | '\u{85}' => out.push(if multi_line { '\n' } else { ' ' }),
            '\u{2028}' | '\u{2029}' => out.push(if multi_line { '\n' } else { ' ' }),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}')),
            '\x7f' => out.push('\u{2421}'),
            c if is_control(c) => out.push('\u{FFFD}'),
            _ => {}
        }
    }
    Cow::Owned(out)
}

/// Writes JSON so that it is harmless to a terminal too: every control or format character that JSON itself lets
/// through inside of strings (DEL, C1, bidi controls …) becomes a `\u` escape. The value that it stands for is the same.
#[must_use]
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let must_escape = |c: char| is_control(c) || is_format(c);
    if !json.contains(must_escape) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    let mut units = [0u16; 2];
    for c in json.chars() {
        if must_escape(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A mention with more bytes than this is nobody's, whichever of Unicode's forms it is written in.
const MENTION_BYTES: usize = 4 * limit::USER_NAME_BYTES;

/// The names that a text mentions with `@name`, without the `@`, as written, in order, without repeats: the first
/// [`MENTIONS_PER_MESSAGE`](limit::MENTIONS_PER_MESSAGE) of them, so that a text costs no more than its length.
///
/// A name ends at white space, at a character that no name may hold, and before punctuation that closes a phrase:
/// `(@ann, @bob.)` mentions `ann` and `bob`. An `@` inside of a word (`me@example.org`) mentions nobody.
#[must_use]
pub fn mentions(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '@' && !before.is_alphanumeric() {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '-', '_', '\'']);
            if (1..=MENTION_BYTES).contains(&name.len()) && !found.contains(&name) {
                found.push(name);
                if found.len() == limit::MENTIONS_PER_MESSAGE {
                    break;
                }
            }
        }
        before = c;
    }
    found
}

/// Characters that the name of a user or a room may hold: letters, marks, digits and emoji of any script, and `.`, `-`, `_`, `'`.
///
/// No white space, no control or format characters, no other ASCII punctuation: so that `@name` and `#name` end where
/// people think they end, and a name never looks like an option, a path or a command.
#[must_use]
pub fn is_name_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '\'')
    } else {
        !c.is_whitespace() && !is_control(c) && !is_format(c) && !is_private_or_blank(c)
    }
}

/// Private-use code points, non-characters, and the blank braille pattern: they look different everywhere, or like nothing.
fn is_private_or_blank(c: char) -> bool {
    let code = u32::from(c);
    matches!(code, 0x2800 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xF0000..=0x0010_FFFF) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_harmless(c: char) -> bool {
        !is_control(c) && (!is_format(c) || is_joining(c))
    }

    #[test]
    fn escape_sequences_become_pictures() {
        assert_eq!(sanitise_line("\x1b[31mred\x07\x7f\u{9b}x"), "␛[31mred␇␡\u{FFFD}x");
        assert_eq!(sanitise_line("a\nb\tc\r\nd"), "a b c d");
        assert_eq!(sanitise_block("a\nb\tc\r\nd\re"), "a\nb\tc\nd␍e");
    }

    #[test]
    fn bidi_overrides_vanish_and_families_stay() {
        assert_eq!(sanitise_line("user\u{202E}gpj.exe"), "usergpj.exe");
        let family = "👩\u{200D}👩\u{200D}👧 ❤\u{FE0F} नमस्ते مرحبا";
        assert!(matches!(sanitise_line(family), Cow::Borrowed(same) if same == family));
    }

    #[test]
    fn mentions_end_where_people_think() {
        assert_eq!(mentions("(@ann, @bob.) mail me@example.org @ann @李雷! @"), ["ann", "bob", "李雷"]);
        assert_eq!(mentions("@@x"), ["x"]);
    }

    #[test]
    fn only_so_many_can_be_mentioned_and_only_by_names_that_can_be_had() {
        let crowd: String = (0..1000).map(|n| format!("@user{n} ")).collect();
        let named = mentions(&crowd);
        assert_eq!((named.len(), named[0], named[49]), (50, "user0", "user49"));
        // 21 Hangul syllables are a name of 63 bytes, and three times as many in their decomposed form.
        let decomposed = "\u{1112}\u{1161}\u{11ab}".repeat(21);
        assert_eq!(mentions(&format!("@{} @{decomposed}", "x".repeat(257))), [decomposed]);
    }

    proptest! {
        #[test]
        fn nothing_harmful_survives(text in any::<String>()) {
            prop_assert!(sanitise_line(&text).chars().all(is_harmless));
            prop_assert!(sanitise_block(&text).chars().all(|c| is_harmless(c) || matches!(c, '\n' | '\t')));
            let twice = sanitise_block(&sanitise_block(&text)).into_owned();
            prop_assert_eq!(twice, sanitise_block(&text).into_owned());
        }

        #[test]
        fn escaped_json_means_the_same(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.contains(|c| is_control(c) || is_format(c)));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }

        #[test]
        fn mentions_never_panic_and_are_names(text in any::<String>()) {
            for name in mentions(&text) {
                prop_assert!(name.chars().all(is_name_char));
            }
        }
    }
}
