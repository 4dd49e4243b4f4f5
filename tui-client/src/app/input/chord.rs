//! A key with its modifiers: how it is pressed, written and read. Pure.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, in the one form that the table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chord(pub(super) KeyModifiers, pub(super) KeyCode);

const MODIFIERS: [(KeyModifiers, &str); 3] =
    [(KeyModifiers::CONTROL, "Ctrl"), (KeyModifiers::ALT, "Alt"), (KeyModifiers::SHIFT, "Shift")];

/// Keys with names: the first name of a key is the one that is shown.
const NAMED: [(&str, KeyCode); 24] = [
    ("↑", KeyCode::Up),
    ("up", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("down", KeyCode::Down),
    ("←", KeyCode::Left),
    ("left", KeyCode::Left),
    ("→", KeyCode::Right),
    ("right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Space", KeyCode::Char(' ')),
    ("Plus", KeyCode::Char('+')),
];

impl Chord {
    /// The chord of a key press.
    pub(crate) fn of(key: KeyEvent) -> Self {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        match key.code {
            // Shift is in the character itself; with Ctrl and Alt, terminals disagree about its case.
            KeyCode::Char(c) => {
                modifiers -= KeyModifiers::SHIFT;
                let c = if modifiers.is_empty() { c } else { c.to_ascii_lowercase() };
                Self(modifiers, KeyCode::Char(c))
            }
            KeyCode::BackTab => Self(modifiers - KeyModifiers::SHIFT, KeyCode::BackTab),
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => Self(KeyModifiers::NONE, KeyCode::BackTab),
            code => Self(modifiers, code),
        }
    }

    /// Reads `Ctrl+n`, `Alt+Up`, `F5`, `x`, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut modifiers = KeyModifiers::NONE;
        while let Some((name, behind)) = rest.split_once('+').filter(|(_, behind)| !behind.is_empty()) {
            modifiers |= MODIFIERS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name.trim()))?.0;
            rest = behind.trim();
        }
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)).map(|(_, code)| *code);
        let function = || {
            let number = rest.strip_prefix(['f', 'F'])?.parse::<u8>().ok()?;
            (1..=24).contains(&number).then_some(KeyCode::F(number))
        };
        let mut chars = rest.chars();
        let single = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Some(KeyCode::Char(c)),
            _ => None,
        };
        Some(Self::of(KeyEvent::new(named.or_else(function).or(single)?, modifiers)))
    }

    /// Whether it writes a character: such a key means nothing else where one writes.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self(KeyModifiers::NONE, KeyCode::Char(_)))
    }

    pub(crate) fn is_digit(self) -> bool {
        matches!(self.1, KeyCode::Char('1'..='9'))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in MODIFIERS {
            if self.0.contains(modifier) {
                write!(f, "{name}+")?;
            }
        }
        match self.1 {
            KeyCode::Char('+') => f.write_str("+"),
            KeyCode::F(n) => write!(f, "F{n}"),
            code => match (NAMED.iter().find(|(_, known)| *known == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(c)) => write!(f, "{c}"),
                (None, other) => write!(f, "{other:?}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read() {
        for text in
            ["Ctrl+n", "Alt+↓", "F12", "x", "+", "Ctrl++", "Ctrl+Alt+Enter", "PgUp", "Space", "Alt+_", "BackTab"]
        {
            assert_eq!(Chord::parse(text).map(|chord| chord.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Chord::parse("shift+tab"), Chord::parse("BackTab"));
        assert_eq!(Chord::parse(" ctrl + UP "), Some(Chord(KeyModifiers::CONTROL, KeyCode::Up)));
        for text in ["", "Ctrl+", "Hyper+x", "F25", "xy", "\u{1}"] {
            assert_eq!(Chord::parse(text), None, "{text:?}");
        }
    }
}
