//! How text gets to the clipboard of the machine that the user sits at: OSC 52, through tmux and GNU screen too. Pure.

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

use crate::notifier::through_tmux;

/// Bytes of a text that is copied. Terminals drop what is longer than about 100,000 characters of base64, some without a word.
pub(crate) const COPY_BYTES: usize = 72 * 1024;
/// GNU screen hands on at most 768 bytes at once.
const SCREEN_BYTES: usize = 512;

/// What is between us and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipboard {
    /// Nothing.
    Direct,
    /// tmux, which takes the sequence itself (`set-clipboard on`) or hands on what is wrapped (`allow-passthrough on`).
    Tmux,
    /// GNU screen, which hands on what is wrapped.
    Screen,
    /// A terminal without a clipboard.
    None,
}

impl Clipboard {
    /// Decides for the terminal that the environment describes.
    pub fn choose(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else if variable("TERM").as_deref() == Some("linux") {
            Self::None
        } else {
            Self::Direct
        }
    }

    /// The bytes that copy; `None` where it cannot be done.
    #[must_use]
    pub fn sequence(self, text: &str) -> Option<String> {
        if text.len() > COPY_BYTES {
            return None;
        }
        let mut plain = String::new();
        // Only memory is written to.
        CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain).ok()?;
        match self {
            Self::Direct => Some(plain),
            // Both ways: which of them is open is the user's setting, and the same text twice is the same text.
            Self::Tmux => Some(format!("{plain}{}", through_tmux(&plain))),
            Self::Screen => {
                // BEL in place of ST: screen would end its own wrapper there.
                let plain = plain.replace("\x1b\\", "\x07");
                let pieces = plain.as_bytes().chunks(SCREEN_BYTES).map(String::from_utf8_lossy);
                Some(pieces.map(|piece| format!("\x1bP{piece}\x1b\\")).collect())
            }
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(variables: &[(&str, &str)]) -> Clipboard {
        Clipboard::choose(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_sequence_gets_through_to_the_terminal() {
        let plain = choose(&[("TERM", "xterm")]).sequence("hi").unwrap();
        assert_eq!(plain, "\x1b]52;c;aGk=\x1b\\");
        let tmux = choose(&[("TMUX", "/tmp/x"), ("TERM", "screen")]).sequence("hi").unwrap();
        assert_eq!(tmux, "\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\");
        let screen = choose(&[("STY", "1.x")]).sequence(&"x".repeat(1_000)).unwrap();
        assert!(screen.split("\x1bP").all(|piece| piece.len() <= SCREEN_BYTES + 2), "{screen:?}");
        assert!(screen.starts_with("\x1bP\x1b]52;c;") && screen.ends_with("\x07\x1b\\"), "{screen:?}");
        assert_eq!(choose(&[("TERM", "linux")]).sequence("hi"), None);
    }

    #[test]
    fn what_no_terminal_takes_is_not_sent() {
        assert!(Clipboard::Direct.sequence(&"x".repeat(COPY_BYTES)).is_some());
        assert!(Clipboard::Direct.sequence(&"x".repeat(COPY_BYTES + 1)).is_none());
    }
}
