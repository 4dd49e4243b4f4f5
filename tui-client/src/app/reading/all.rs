//! `/read`: what counts as read without having been looked at. Pure.

use chat_shared::RoomId;

use crate::app::notice::Level;
use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::text::counted;

/// Rooms that are marked at once: more calls than that do not wait in line.
const AT_ONCE: usize = 50;

impl State {
    /// Marks the open room as read, or all of them.
    pub(crate) fn mark_as_read(&mut self, all: bool) {
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

    /// Without a connection it counts here at once, and the server is told with the next one.
    fn mark_room_as_read(&mut self, id: RoomId) {
        let (is_online, now_us) = (self.is_online(), self.now.mono_us);
        let Some(seq) = self.rooms.get(id).map(|room| room.reading.read.max(room.reading.counted_to)) else { return };
        self.say_of_reading(id, false, seq);
        let Some(Room { reading, .. }) = self.rooms.get_mut(id) else { return };
        reading.read = seq;
        (reading.unread, reading.mentions) = (0, 0);
        (reading.unread_from, reading.is_held) = (None, false);
        if is_online {
            reading.note_told(now_us);
        }
        self.keep_room(id);
        self.rooms.place(id);
    }
}
