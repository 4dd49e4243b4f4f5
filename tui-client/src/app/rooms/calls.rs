//! How much what is said in a room wants to be read, by how the user wants the room. Pure.

use chat_shared::api::Level;

use super::room::Room;

impl Room {
    /// Whether nothing in it shall call us.
    pub(crate) fn is_muted(&self) -> bool {
        self.settings.level == Level::Nothing
    }

    /// Whether a message in it shall call us.
    pub(crate) fn calls(&self, mentions_me: bool) -> bool {
        match self.settings.level {
            Level::Nothing => false,
            Level::Mentions => mentions_me,
            Level::All | Level::Unknown => mentions_me || self.is_direct(),
        }
    }

    /// How much what is unread in it wants to be read, less being more: mentions, then direct messages, then the rest.
    /// `None` where nothing does.
    pub(crate) fn urgency(&self) -> Option<u8> {
        let all = !matches!(self.settings.level, Level::Mentions | Level::Nothing);
        match (self.reading.mentions > 0, self.reading.unread > 0) {
            _ if self.is_muted() => None,
            (true, _) => Some(0),
            (false, true) if all => Some(if self.is_direct() { 1 } else { 2 }),
            _ => None,
        }
    }
}
