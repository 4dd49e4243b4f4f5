//! Linear mode: a message of several lines. Pure.

use super::words::NOWHERE;
use crate::app::notice::Level;
use crate::app::state::State;

/// More than any server takes as one message.
const BYTES_MAX: usize = 1024 * 1024;
/// What ends it.
pub(crate) const END: &str = ".";

impl State {
    /// `/lines`
    pub(super) fn begin_gathering(&mut self) {
        if self.room().is_none() {
            return self.error(NOWHERE);
        }
        self.gathered = Some(String::new());
        let text = "What follows is one message, until a line with nothing but a dot in it.";
        self.notify(Level::Info, text);
    }

    /// Whether a line is a part of a message that has not ended.
    #[must_use]
    pub fn is_gathering(&self) -> bool {
        self.gathered.is_some()
    }

    /// Takes a line, where it is part of such a message. What is said when it ends begins no command.
    pub(super) fn gather(&mut self, line: &str) -> bool {
        let Some(mut text) = self.gathered.take() else { return false };
        if line == END {
            let text = text.trim_end();
            let escape = if text.starts_with('/') { "/" } else { "" };
            if text.trim().is_empty() {
                self.notify(Level::Info, "Nothing was said.");
            } else {
                self.say(&format!("{escape}{text}"));
            }
        } else if text.len() + line.len() > BYTES_MAX {
            self.error("That is more than a message can hold; nothing of it was said. What follows is none of it.");
        } else {
            text.push_str(line);
            text.push('\n');
            self.gathered = Some(text);
        }
        true
    }
}
