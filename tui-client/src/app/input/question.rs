//! The answers to a question in the bottom line. Pure.

use crossterm::event::{KeyCode, KeyEvent};

use super::keymap::{Action, Context, is_text};
use super::typing::type_into;
use crate::app::effect::Effect;
use crate::app::panels::overlay::Prompt;
use crate::app::state::State;
use crate::app::text::emoji;

impl State {
    pub(super) fn prompt_key(&mut self, key: KeyEvent) {
        let action = self.settings.keys.lookup(&[Context::Overlay], key);
        match self.prompt.take() {
            Some(Prompt::Delete { room, seq })
                if self.settings.keys.lookup(&[Context::Question], key) == Some(Action::Confirm) =>
            {
                self.emit(Effect::Delete { room, seq });
                self.leave_selection();
            }
            Some(Prompt::React { .. }) if action == Some(Action::Close) => {}
            Some(Prompt::React { room, seq, mut text }) => {
                let is_digit = text.is_empty() && matches!(key.code, KeyCode::Char('1'..='8')) && is_text(key);
                if action != Some(Action::Accept) {
                    type_into(&mut text, action, key);
                }
                if !is_digit && action != Some(Action::Accept) {
                    self.prompt = Some(Prompt::React { room, seq, text });
                } else if let Some(emoji) = emoji::meant(text.text()) {
                    self.react(room, seq, emoji);
                } else {
                    self.error("Type an emoji, a name like :tada:, or one of the numbers.");
                    self.prompt = Some(Prompt::React { room, seq, text });
                }
            }
            // Every other answer to "really delete?" means no.
            _ => {}
        }
    }
}
