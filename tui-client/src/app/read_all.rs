//! `/read`: what counts as read without having been looked at. Pure.

use chat_shared::RoomId;

use super::effect::Effect;
use super::notice::Level;
use super::room::Room;
use super::state::State;
use super::text::counted;

/// Rooms that are marked at once: more calls than that do not wait in line.
const AT_ONCE: usize = 50;

impl State {
    /// Marks the open room as read, or all of them.
    pub(crate) fn mark_as_read(&mut self, all: bool) {
        if !self.is_online() {
            return self.error("Without a connection nothing can be marked as read.");
        }
        let has_unread = |room: &&Room| {
            let reading = &room.reading;
            reading.unread > 0 || reading.mentions > 0 || reading.unread_from.is_some()
        };
        let current = self.current;
        let wanted = self.rooms.iter().filter(has_unread).filter(|room| all || Some(room.id) == current);
        let rooms: Vec<RoomId> = wanted.map(|room| room.id).collect();
        for id in rooms.iter().take(AT_ONCE) {
            self.mark_room_as_read(*id);
        }
        let rooms_read = counted(u64::try_from(rooms.len().min(AT_ONCE)).unwrap_or(u64::MAX), "room");
        let text = match (rooms.len(), all) {
            (0, true) => "Nothing is unread.".to_owned(),
            (0, false) => "Nothing here is unread.".to_owned(),
            (_, false) => "This room is read.".to_owned(),
            (count, true) if count > AT_ONCE => {
                format!("{rooms_read} are read; /read all again goes on with {} more.", count - AT_ONCE)
            }
            (_, true) => format!("Marked as read: {rooms_read}."),
        };
        self.notify(Level::Info, text);
    }

    fn mark_room_as_read(&mut self, id: RoomId) {
        let now_us = self.now.mono_us;
        let Some(room) = self.rooms.get_mut(id) else { return };
        let reading = &mut room.reading;
        let seq = reading.read.max(reading.counted_to);
        (reading.read, reading.marked, reading.marking_since_us) = (seq, seq, Some(now_us));
        (reading.unread, reading.mentions) = (0, 0);
        (reading.unread_from, reading.is_held) = (None, false);
        self.emit(Effect::MarkRead { room: id, seq });
        self.keep_room(id);
        self.rooms.place(id);
    }
}
