//! How a room stands, kept as the server describes it. Pure.

use chat_shared::RoomId;
use chat_shared::api::RoomSummary;

use crate::app::kept::Save;
use crate::app::rooms::room::Room;
use crate::app::state::State;

impl State {
    /// A room has other counts or another name.
    pub(crate) fn keep_room(&mut self, id: RoomId) {
        if !self.keep.is_on {
            return;
        }
        let Some(room) = self.rooms.get(id) else { return };
        let summary = summary(room);
        self.save(|| Save::Room(Box::new(summary)));
    }

    /// The same, after the last one of the events that are being handled.
    pub(crate) fn keep_room_later(&mut self, id: RoomId) {
        self.keep.recounted.insert(id);
    }

    pub(crate) fn keep_recounted(&mut self) {
        std::mem::take(&mut self.keep.recounted).into_iter().for_each(|id| self.keep_room(id));
    }
}

fn summary(room: &Room) -> RoomSummary {
    let reading = room.reading;
    RoomSummary {
        name: room.name.clone(),
        topic: room.topic.clone(),
        members: room.members,
        head: reading.counted_to,
        read: reading.read,
        unread: reading.unread,
        mentions: reading.mentions,
        unread_from: reading.unread_from,
        last_message_at: room.last_at,
        settings: room.settings,
        ..room.keeping.summary.clone()
    }
}
