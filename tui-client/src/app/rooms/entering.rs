//! Rooms that the server was asked for: of several that are on their way, the one that was asked for last is opened. Pure.

use super::room::Rooms;
use crate::app::effect::Effect;
use crate::app::state::State;

/// What a room is called by who asks for it, or the people of a conversation.
fn wish(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Join { name, .. } | Effect::Create { name, .. } => Some(room_wish(name)),
        Effect::OpenDm { name, .. } => Some(direct_wish(name)),
        _ => None,
    }
}

pub(crate) fn room_wish(name: &str) -> String {
    format!("#{name}")
}

pub(crate) fn direct_wish(names: &str) -> String {
    format!("@{names}")
}

impl Rooms {
    /// The answer to a wish is here, a good one or not. Says whether it was the last one that is open.
    pub(crate) fn is_last_wish(&mut self, wish: &str) -> bool {
        let is_last = self.wish.as_ref().is_none_or(|last| last == wish);
        if is_last {
            self.wish = None;
        }
        is_last
    }

    /// The user has gone to a room that was there: what they have asked for before is not what they want last.
    pub(crate) fn outdate_wish(&mut self) {
        self.wish.iter_mut().for_each(String::clear);
    }
}

impl State {
    /// Asks for a room or a conversation. What was asked for before is entered, but not opened any more.
    pub(crate) fn ask_for_room(&mut self, effect: Effect) {
        self.rooms.wish = wish(&effect);
        self.emit(effect);
    }
}
