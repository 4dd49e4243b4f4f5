//! Who is typing in the open room, until they send it or have stopped for a while. Pure.

use chat_shared::limit::{TYPING_MS, USER_NAME_CHARS};
use chat_shared::{RoomId, UserId};

use super::typist::Typist;
use crate::app::effect::TimerPurpose;
use crate::app::state::State;
use crate::app::text::clean_short;

/// People who are shown as typing at most.
const TYPISTS_MAX: usize = 20;

impl State {
    /// Only what the open room shows matters: elsewhere it would wake us for nothing.
    pub(crate) fn somebody_types(&mut self, room: RoomId, by: UserId, name: &str) -> bool {
        if self.current != Some(room) || Some(by) == self.my_id() {
            return false;
        }
        let until_us = self.now.mono_us.saturating_add(TYPING_MS * 1_000);
        let is_new = !self.typing.iter().any(|typist| typist.id == by);
        if is_new && self.typing.len() >= TYPISTS_MAX {
            return false;
        }
        if is_new {
            self.typing.push(Typist { id: by, name: clean_short(name, USER_NAME_CHARS), until_us });
        }
        self.typing.iter_mut().filter(|typist| typist.id == by).for_each(|typist| typist.until_us = until_us);
        if !self.timers.runs(TimerPurpose::TypingFades) {
            self.start_timer(TimerPurpose::TypingFades, TYPING_MS);
        }
        is_new
    }

    pub(crate) fn stops_typing(&mut self, by: UserId) -> bool {
        let before = self.typing.len();
        self.typing.retain(|typist| typist.id != by);
        self.typing.len() != before
    }

    /// Drops who has not been typing for a while, and waits for the next one.
    pub(crate) fn fade_typing(&mut self) {
        let now_us = self.now.mono_us;
        self.typing.retain(|typist| typist.until_us > now_us);
        if let Some(first) = self.typing.iter().map(|typist| typist.until_us).min() {
            self.start_timer(TimerPurpose::TypingFades, (first - now_us).div_ceil(1_000));
        }
    }
}
