//! Linear mode: a long conversation is told in parts, the one around a message first, and what comes after or before on demand. Pure.

use chat_shared::{Message, RoomId, Seq};

use super::ERROR;
use crate::app::effect::PageFrom;
use crate::app::panels::closer::Stage;
use crate::app::panels::overlay::Overlay;
use crate::app::panels::thread::Thread;
use crate::app::state::State;

/// What of a conversation was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    room: RoomId,
    of: Seq,
    first: Seq,
    last: Seq,
    at_start: bool,
    at_end: bool,
    /// What is asked for to go on with.
    asked: Option<PageFrom>,
}

impl Part {
    /// The whole of what is told now: a part of its own, or one that goes on with what was told before.
    fn and(before: Option<Self>, thread: &Thread) -> Option<Self> {
        let ends = thread.messages.first().zip(thread.messages.last()).map(|(first, last)| (first.seq, last.seq));
        match before.filter(|part| part.asked.is_some()) {
            Some(part) if matches!(part.asked, Some(PageFrom::After(_))) => {
                let last = ends.map_or(part.last, |(_, last)| last);
                Some(Self { last, at_end: thread.at_end, asked: None, ..part })
            }
            Some(part) => {
                let first = ends.map_or(part.first, |(first, _)| first);
                Some(Self { first, at_start: thread.at_start, asked: None, ..part })
            }
            None => {
                let (room, of) = (thread.room, thread.of);
                let (at_start, at_end, asked) = (thread.at_start, thread.at_end, None);
                ends.map(|(first, last)| Self { room, of, first, last, at_start, at_end, asked })
            }
        }
    }

    fn what_is_left(&self) -> Option<&'static str> {
        match (self.at_start, self.at_end) {
            (true, true) => None,
            (true, false) => Some("There may be more of it: /more tells what comes after."),
            (false, true) => Some("There may be more of it: /more back tells what comes before."),
            (false, false) => {
                Some("There may be more of it: /more tells what comes after, /more back what comes before.")
            }
        }
    }
}

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
