//! What people send, checked once and given a type that says so. Pure.

use chat_shared::ErrorCode;
use chat_shared::limit;
use chat_shared::text::{is_control, is_format, is_joining, is_name_char};
use unicode_normalization::UnicodeNormalization as _;

/// Why a text was refused: the code, and the words for the person who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

fn invalid(code: ErrorCode, message: impl Into<String>) -> Invalid {
    Invalid { code, message: message.into() }
}

/// A name in its two forms: as it is shown, and as it is compared.
///
/// Two names with the same key are the same name: `Ann`, `ann` and `ＡＮＮ` (full-width letters) are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As its owner wrote it (in Unicode's composed form, NFC).
    pub shown: String,
    /// Compatibility-composed (NFKC) and in lower case: unique, and what look-ups use.
    pub key: String,
}

impl Name {
    /// Checks the name of a user.
    ///
    /// # Errors
    /// `invalid_name`, with what is wrong.
    pub fn of_user(text: &str) -> Result<Self, Invalid> {
        let name = Self::new(text, limit::USER_NAME_CHARS, limit::USER_NAME_BYTES)?;
        if name.key.parse::<chat_shared::UserId>().is_ok() {
            return Err(invalid(ErrorCode::InvalidName, "A user's name may not look like a user's id."));
        }
        Ok(name)
    }

    /// Checks the name of a room.
    ///
    /// # Errors
    /// `invalid_name`, with what is wrong.
    pub fn of_room(text: &str) -> Result<Self, Invalid> {
        let name = Self::new(text.strip_prefix('#').unwrap_or(text), limit::ROOM_NAME_CHARS, limit::ROOM_NAME_BYTES)?;
        if name.key.parse::<chat_shared::RoomId>().is_ok() {
            return Err(invalid(ErrorCode::InvalidName, "A room's name may not look like a room's id."));
        }
        Ok(name)
    }

    fn new(text: &str, max_chars: usize, max_bytes: usize) -> Result<Self, Invalid> {
        let refuse = |message: String| Err(invalid(ErrorCode::InvalidName, message));
        if text.is_empty() {
            return refuse("A name needs at least one character.".into());
        }
        if text.len() > max_bytes || text.chars().count() > max_chars {
            return refuse(format!("A name has at most {max_chars} characters ({max_bytes} bytes)."));
        }
        let shown: String = text.nfc().collect();
        let key = name_key(&shown);
        if let Some(bad) = shown.chars().chain(key.chars()).find(|&c| !is_name_char(c)) {
            return refuse(format!(
                "A name may hold letters, digits, emoji and . - _ ', but not {} (U+{:04X}).",
                describe(bad),
                u32::from(bad)
            ));
        }
        if !key.chars().any(|c| c.is_alphanumeric() || !c.is_ascii()) {
            return refuse("A name needs at least one letter, digit or emoji.".into());
        }
        if key.starts_with(['-', '.']) {
            return refuse("A name starts with a letter, a digit, an emoji or _.".into());
        }
        if key.len() > 4 * max_bytes {
            return refuse("This name is too long once it is written out.".into());
        }
        Ok(Self { shown, key })
    }
}

/// The form in which names are compared; for look-ups by what somebody typed.
#[must_use]
pub fn name_key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Twice: lower-casing can undo the composition (and the other way round) for a few letters.
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

fn describe(c: char) -> &'static str {
    if c.is_whitespace() {
        "white space"
    } else if is_control(c) {
        "a control character"
    } else if is_format(c) {
        "an invisible character"
    } else {
        "this character"
    }
}

/// Checks the text of a message, and turns its line ends into `\n`.
///
/// # Errors
/// `too_large` over `max_bytes` (0: no limit); `invalid_body` where it is blank or holds control characters.
pub fn body(text: &str, max_bytes: usize) -> Result<String, Invalid> {
    let text = text.replace("\r\n", "\n");
    if max_bytes != 0 && text.len() > max_bytes {
        let message = format!("A message has at most {max_bytes} bytes; this one has {}.", text.len());
        return Err(invalid(ErrorCode::TooLarge, message));
    }
    if let Some((at, bad)) = text.char_indices().find(|&(_, c)| is_control(c) && !matches!(c, '\n' | '\t')) {
        let message = format!(
            "A message may not hold control characters: U+{:04X} at byte {at}. Strip them (colours of a terminal, say) first.",
            u32::from(bad)
        );
        return Err(invalid(ErrorCode::InvalidBody, message));
    }
    if text.chars().all(|c| c.is_whitespace() || is_format(c)) {
        return Err(invalid(ErrorCode::InvalidBody, "A message needs something that can be seen."));
    }
    Ok(text)
}

/// Checks a room's topic.
///
/// # Errors
/// `invalid_topic` where it is too long, or holds anything that is not part of one visible line.
pub fn topic(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.len() > limit::TOPIC_BYTES {
        let message = format!("A topic has at most {} bytes; this one has {}.", limit::TOPIC_BYTES, text.len());
        return Err(invalid(ErrorCode::InvalidTopic, message));
    }
    if let Some(bad) = text.chars().find(|&c| is_control(c) || (is_format(c) && !is_joining(c))) {
        let message = format!("A topic is one line of visible text, without U+{:04X}.", u32::from(bad));
        return Err(invalid(ErrorCode::InvalidTopic, message));
    }
    Ok(text.to_owned())
}

/// Checks what somebody searches for: each of its words costs memory and time, however few messages hold it.
///
/// # Errors
/// `invalid_parameter` where it is too long, or holds too many words.
pub fn search(text: &str) -> Result<(), Invalid> {
    let (bytes, words) = (limit::SEARCH_BYTES, limit::SEARCH_WORDS);
    if text.len() > bytes {
        let message = format!("A search has at most {bytes} bytes; this one has {}.", text.len());
        return Err(invalid(ErrorCode::InvalidParameter, message));
    }
    // As the index tells words apart: "a.b" is two of them. Repeats count, since a phrase may hold one word many times.
    let found = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count();
    if found > words {
        let message = format!("A search has at most {words} words; this one has {found}.");
        return Err(invalid(ErrorCode::InvalidParameter, message));
    }
    Ok(())
}

/// Checks a new password. Its strength is its owner's business; its length is ours.
///
/// # Errors
/// `invalid_password`.
pub fn password(text: &str) -> Result<(), Invalid> {
    let (min, max) = (limit::PASSWORD_MIN_BYTES, limit::PASSWORD_MAX_BYTES);
    if text.len() < min || text.len() > max {
        return Err(invalid(ErrorCode::InvalidPassword, format!("A password has {min} to {max} bytes.")));
    }
    Ok(())
}

/// Checks an emoji: short, visible, and not plain text.
///
/// # Errors
/// `invalid_emoji`.
pub fn emoji(text: &str) -> Result<String, Invalid> {
    let fits = !text.is_empty() && text.len() <= limit::EMOJI_BYTES;
    let clean = !text.chars().any(|c| is_control(c) || c.is_whitespace() || (is_format(c) && !is_joining(c)));
    // Keycaps (1️⃣, #️⃣) start with ASCII; words of any script hold letters.
    let is_picture = text.chars().any(|c| !c.is_ascii() && !is_format(c)) && !text.chars().any(char::is_alphabetic);
    if fits && clean && is_picture {
        Ok(text.to_owned())
    } else {
        Err(invalid(ErrorCode::InvalidEmoji, "A reaction is one emoji, such as 👍."))
    }
}

/// Checks an idempotency key.
///
/// # Errors
/// `invalid_key`.
pub fn key(text: &str) -> Result<String, Invalid> {
    if (1..=limit::KEY_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        let message = format!("An Idempotency-Key is 1 to {} visible ASCII characters.", limit::KEY_CHARS);
        Err(invalid(ErrorCode::InvalidKey, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_imitate_others_share_their_key_or_are_refused() {
        assert_eq!(Name::of_user("Ann").unwrap().key, Name::of_user("ＡＮＮ").unwrap().key);
        assert_eq!(Name::of_user("é").unwrap(), Name::of_user("e\u{301}").unwrap());
        let bad = [
            "",
            " ann",
            "ann ",
            "a b",
            "a\u{200B}nn",
            "ann\u{202E}",
            "\x1b[31m",
            "a\u{A0}b",
            "ann\u{3164}",
            "-x",
            "...",
            "a/b",
            "@ann",
            "\u{E000}",
            "a\u{2800}",
        ];
        for bad in bad {
            assert_eq!(Name::of_user(bad).unwrap_err().code, ErrorCode::InvalidName, "{bad:?}");
        }
        for good in ["李雷", "مرحبا", "o'neil", "🦀", "x", "_bot", "a.b-c_d"] {
            assert!(Name::of_user(good).is_ok(), "{good:?}");
        }
        assert!(Name::of_user(&"x".repeat(33)).is_err());
        // With hyphens, an id is too long for a name.
        assert!(Name::of_user("0193e0a0000070008000000000000001").is_err());
    }

    #[test]
    fn rooms_may_be_named_with_their_sign_but_not_like_an_id() {
        assert_eq!(Name::of_room("#ops").unwrap().shown, "ops");
        assert!(Name::of_room("0193e0a0-0000-7000-8000-000000000001").is_err());
        assert!(Name::of_room("0193e0a0000070008000000000000001").is_err());
    }

    #[test]
    fn bodies_hold_text_and_nothing_that_acts() {
        assert_eq!(body("a\r\nb\tc\n", 0).unwrap(), "a\nb\tc\n");
        assert_eq!(body("12345", 4).unwrap_err().code, ErrorCode::TooLarge);
        for bad in ["", " \n\t", "\u{200B}", "\x1b[2J", "a\u{9b}b", "a\0", "lone\rreturn"] {
            assert_eq!(body(bad, 0).unwrap_err().code, ErrorCode::InvalidBody, "{bad:?}");
        }
        assert!(body("👩\u{200D}👩\u{200D}👧 مرحبا\u{200F}", 0).is_ok());
    }

    #[test]
    fn emoji_are_pictures_not_words() {
        for good in [
            "👍",
            "❤\u{FE0F}",
            "1\u{FE0F}\u{20E3}",
            "👩\u{200D}💻",
            "🇩🇪",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        ] {
            assert!(emoji(good).is_ok(), "{good:?}");
        }
        for bad in ["", "+1", ":+1:", "ok", "да", "👍 ", "👍\x1b", &"👍".repeat(20)] {
            assert!(emoji(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn searches_are_a_few_words() {
        for good in ["", "der Tee", "नमस्ते दुनिया", &"a ".repeat(32), &"x".repeat(1024)] {
            assert_eq!(search(good), Ok(()), "{good:?}");
        }
        for bad in ["a ".repeat(33), "a.".repeat(33), format!("\"{}\"", "a-".repeat(33)), "x".repeat(1025)] {
            assert_eq!(search(&bad).unwrap_err().code, ErrorCode::InvalidParameter, "{bad:?}");
        }
    }

    #[test]
    fn keys_are_short_and_visible() {
        assert!(key("0193e0a0-0000-7000").is_ok());
        for bad in ["", "a b", "ключ", &"k".repeat(65)] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }
}
