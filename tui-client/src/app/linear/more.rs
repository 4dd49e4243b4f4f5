//! Linear mode: a long conversation is told in parts, the one around a message first, and what comes after or before on demand. Pure.

use chat_shared::Message;

use super::asked::Part;
use super::words::ERROR;
use crate::app::effect::PageFrom;
use crate::app::panels::overlay::Overlay;
use crate::app::panels::thread::{Stage, Thread};
use crate::app::state::State;

impl State {
    /// Goes on with a conversation.
    pub(super) fn tell_more(&mut self, rest: &str) {
        let part = self.told_part.filter(|part| Some(part.room) == self.current);
        let (Some(part), "" | "back") = (part, rest) else {
            let text = match rest {
                "" | "back" => "/more goes on with what /thread has told of this room.",
                _ => "/more takes nothing, or the word back.",
            };
            return self.error(text);
        };
        let (is_over, from) = match rest {
            "" => (part.at_end, PageFrom::After(part.last)),
            _ => (part.at_start, PageFrom::Before(part.first)),
        };
        if is_over {
            let side = if rest.is_empty() { "after" } else { "before" };
            return self.told.push(format!("Nothing comes {side} what was told."));
        }
        self.told_part = Some(Part { asked: Some(from), ..part });
        self.overlay = Some(Overlay::Thread(Thread::new(part.room, part.of, Vec::new())));
        self.load_thread(from, 0);
    }

    /// What is here of a conversation, and how to go on with it.
    pub(super) fn conversation_lines(
        &mut self,
        thread: &Thread,
        line: impl Fn(&Self, &Message) -> String,
    ) -> Vec<String> {
        let goes_on = self.told_part.and_then(|part| part.asked).is_some();
        let mut lines: Vec<String> = thread.messages.iter().map(|message| line(self, message)).collect();
        match (&thread.stage, goes_on) {
            (Stage::Failed(reason), true) => {
                lines = vec![format!("{ERROR}could not go on: {reason}")];
                self.told_part = self.told_part.map(|part| Part { asked: None, ..part });
            }
            (Stage::Failed(reason), false) => {
                lines.insert(0, format!("{ERROR}only what is loaded can be told: {reason}"));
                self.told_part = None;
            }
            _ => {
                if lines.is_empty() {
                    lines.push("That was all of it.".to_owned());
                }
                self.told_part = Part::and(self.told_part, thread);
                lines.extend(self.told_part.and_then(|part| part.what_is_left()).map(str::to_owned));
            }
        }
        lines
    }
}
