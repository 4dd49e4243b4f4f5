//! Takes the terminal's answer about its background (OSC 11) out of the keys.
//!
//! The answer comes on the same way as keys do, and crossterm has no name for it: it reads `ESC ] 11;rgb:…` as Alt+] and a row of
//! letters. So nothing here reads the terminal itself, and nothing waits: from the question on, what may be the beginning of an
//! answer is held, for as long as it can be one and for [`PATIENCE`] at most between two keys; then it was typed, and goes on in its order.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyModifiers};

/// Between two keys of an answer. A terminal writes it as one piece.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);
/// How long an answer may take, over the slowest of lines. Then Esc is only Esc.
const WINDOW: Duration = Duration::from_secs(10);
/// Longer than any answer.
const LONGEST: usize = 48;

/// What came: something that the user did, or the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sifted {
    Terminal(Event),
    /// The background is light, or not.
    Background(bool),
}

/// Holds what may be an answer.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Until when there may be an answer.
    open_until: Option<Instant>,
    held: Vec<Event>,
    /// What is held, as bytes of the terminal.
    text: String,
}

impl Sieve {
    /// The terminal was asked.
    pub(super) fn open(now: Instant) -> Self {
        Self { open_until: Some(now + WINDOW), ..Self::default() }
    }

    /// Whether something is held.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes an event, and gives what is known to be one by now.
    pub(super) fn push(&mut self, event: Event, now: Instant) -> Vec<Sifted> {
        let mut out = Vec::new();
        if self.open_until.is_none_or(|until| until < now) {
            out.extend(self.release());
            out.push(Sifted::Terminal(event));
            return out;
        }
        if !self.hold(&event) {
            out.extend(self.release());
            // It may itself be the beginning.
            if !self.hold(&event) {
                self.text.clear();
                out.push(Sifted::Terminal(event));
                return out;
            }
        }
        self.held.push(event);
        if let Some(is_light) = answer(&self.text) {
            *self = Self::default();
            out.push(Sifted::Background(is_light));
        }
        out
    }

    /// Gives back what is held: it was no answer.
    pub(super) fn release(&mut self) -> Vec<Sifted> {
        self.text.clear();
        self.held.drain(..).map(Sifted::Terminal).collect()
    }

    /// Adds to the text, if it then still can be an answer.
    fn hold(&mut self, event: &Event) -> bool {
        let Some(piece) = as_written(event) else { return false };
        let length = self.text.len();
        self.text.push_str(&piece);
        let may_be = may_become(&self.text);
        if !may_be {
            self.text.truncate(length);
        }
        may_be
    }
}

/// The bytes that crossterm has made this key of.
fn as_written(event: &Event) -> Option<String> {
    let Event::Key(key) = event else { return None };
    match (key.code, key.modifiers - KeyModifiers::SHIFT) {
        (KeyCode::Esc, KeyModifiers::NONE) => Some("\x1b".into()),
        (KeyCode::Char('g'), KeyModifiers::CONTROL) => Some("\x07".into()),
        (KeyCode::Char(c @ (']' | '\\')), KeyModifiers::ALT) => Some(format!("\x1b{c}")),
        (KeyCode::Char(c), KeyModifiers::NONE) if c.is_ascii() => Some(c.to_string()),
        _ => None,
    }
}

const BEGINNING: &str = "\x1b]11;";

fn may_become(text: &str) -> bool {
    match text.strip_prefix(BEGINNING) {
        None => BEGINNING.starts_with(text),
        Some(rest) => {
            let colour = rest.trim_end_matches(['\x07', '\\', '\x1b']);
            let is_spec = colour.bytes().all(|byte| byte.is_ascii_hexdigit() || b"rgba:/#".contains(&byte));
            text.len() <= LONGEST && is_spec && ["", "\x07", "\x1b", "\x1b\\"].contains(&&rest[colour.len()..])
        }
    }
}

/// Whether an answer that is whole names a light colour.
fn answer(text: &str) -> Option<bool> {
    let rest = text.strip_prefix(BEGINNING)?;
    let colour = rest.strip_suffix('\x07').or_else(|| rest.strip_suffix("\x1b\\"))?;
    let parts: Vec<&str> = match colour.strip_prefix('#') {
        Some(hex) if hex.len() % 3 == 0 && !hex.is_empty() => {
            let each = hex.len() / 3;
            (0..3).filter_map(|n| hex.get(n * each..(n + 1) * each)).collect()
        }
        _ => colour.split_once(':')?.1.split('/').collect(),
    };
    let [red, green, blue, ..] = parts.as_slice() else { return Some(false) };
    // Each is a fraction of the largest number with as many digits.
    let part = |digits: &str| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        Some(u32::from_str_radix(digits, 16).ok()?.saturating_mul(1_000) / most)
    };
    match (part(red), part(green), part(blue)) {
        (Some(red), Some(green), Some(blue)) => Some(red * 299 + green * 587 + blue * 114 > 500_000),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;
    use proptest::prelude::*;

    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    /// Bytes, as crossterm reads them.
    fn keys(bytes: &str) -> Vec<Event> {
        let mut found = Vec::new();
        let mut rest = bytes.chars();
        while let Some(c) = rest.next() {
            found.push(match c {
                '\x1b' => match rest.next() {
                    Some(c) => key(KeyCode::Char(c), KeyModifiers::ALT),
                    None => key(KeyCode::Esc, KeyModifiers::NONE),
                },
                '\x07' => key(KeyCode::Char('g'), KeyModifiers::CONTROL),
                c if c.is_uppercase() => key(KeyCode::Char(c), KeyModifiers::SHIFT),
                c => key(KeyCode::Char(c), KeyModifiers::NONE),
            });
        }
        found
    }

    fn sift(events: Vec<Event>) -> (Vec<Event>, Option<bool>) {
        let now = Instant::now();
        let mut sieve = Sieve::open(now);
        let mut out: Vec<Sifted> = events.into_iter().flat_map(|event| sieve.push(event, now)).collect();
        out.extend(sieve.release());
        let (mut typed, mut background) = (Vec::new(), None);
        for sifted in out {
            match sifted {
                Sifted::Terminal(event) => typed.push(event),
                Sifted::Background(is_light) => background = Some(is_light),
            }
        }
        (typed, background)
    }

    #[test]
    fn answers_of_terminals_are_understood() {
        for (answer, is_light) in [
            ("\x1b]11;rgb:ffff/ffff/ffff\x07", true),
            ("\x1b]11;rgb:1e1e/1E1E/2E2E\x1b\\", false),
            ("\x1b]11;rgba:fafa/fafa/fafa/ffff\x1b\\", true),
            ("\x1b]11;rgb:ff/ff/e0\x07", true),
            ("\x1b]11;#fdf6e3\x07", true),
            ("\x1b]11;#002b36\x07", false),
            ("\x1b]11;rgb:\x07", false),
            ("\x1b]11;#\x07", false),
        ] {
            let expected = if answer.contains("#\x07") { (keys(answer), None) } else { (Vec::new(), Some(is_light)) };
            assert_eq!(sift(keys(answer)), expected, "{answer:?}");
        }
        // The same, cut behind its first byte.
        let mut cut = vec![key(KeyCode::Esc, KeyModifiers::NONE)];
        cut.extend(keys("]11;rgb:ffff/ffff/ffff\x07"));
        assert_eq!(sift(cut), (Vec::new(), Some(true)));
    }

    #[test]
    fn what_is_typed_around_it_stays_in_order() {
        let (typed, background) = sift(keys("hi \x1b]\x1b]11;rgb:0000/0000/0000\x07there\x1b]11;rgb:12/12/12\x07"));
        assert_eq!(background, Some(false));
        assert_eq!(typed, keys("hi \x1b]there\x1b]11;rgb:12/12/12\x07"), "only one answer was asked for");
        for text in
            ["\x1b]11;hello", "\x1b]12;rgb:", "\x1b]", "]11;rgb:ff/ff/ff\x07", "\x1b]11;rgb:ff/ff", "\x1b\\\x07"]
        {
            assert_eq!(sift(keys(text)), (keys(text), None), "{text:?}");
        }
        assert_eq!(sift(vec![Event::FocusGained]), (vec![Event::FocusGained], None));
    }

    #[test]
    fn nothing_is_held_where_nothing_was_asked_or_it_is_too_late() {
        let now = Instant::now();
        for mut sieve in [Sieve::default(), Sieve::open(now)] {
            let late = now + WINDOW + Duration::from_secs(1);
            let event = key(KeyCode::Esc, KeyModifiers::NONE);
            assert_eq!(sieve.push(event.clone(), late), [Sifted::Terminal(event)]);
            assert!(!sieve.holds());
        }
    }

    proptest! {
        #[test]
        fn no_key_is_ever_lost(text in "(\\x1b\\]11;|rgb:|#|ff|/|\\x07|\\x1b\\\\|[a-z0-9]|\\x1b\\]){0,12}") {
            let (typed, background) = sift(keys(&text));
            if background.is_none() {
                prop_assert_eq!(typed, keys(&text));
            } else {
                prop_assert!(typed.len() < keys(&text).len());
            }
        }
    }
}
