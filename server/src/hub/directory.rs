//! Which rooms there are. Of one that nobody uses, only its head is kept.

use std::collections::HashMap;
use std::sync::Arc;

use chat_shared::{RoomId, Seq};

use super::room::Room;

/// With fewer rooms than this it is not worth the while to look which of them are used.
const SWEEP_FROM: usize = 1024;

/// Every room with a commit or a reader since the start. None is ever forgotten: a room that is known here has a head that is
/// right, and one that is not had no commit. That is what makes starting a reader free of races.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Those that are used, and some that were used lately.
    rooms: HashMap<RoomId, Arc<Room>>,
    /// The heads of all others.
    heads: HashMap<RoomId, Seq>,
    /// How many rooms were used when that was looked at last.
    used: usize,
}

impl Directory {
    /// The room, unless nobody has used it for long.
    pub(super) fn find(&self, id: RoomId) -> Option<&Arc<Room>> {
        self.rooms.get(&id)
    }

    /// The room; `make` makes it where it is not there.
    pub(super) fn enter(&mut self, id: RoomId, make: impl FnOnce() -> Room) -> Arc<Room> {
        if let Some(room) = self.rooms.get(&id) {
            return Arc::clone(room);
        }
        // Twice as many each time: so it costs each room the same, however many there are.
        if self.rooms.len() >= SWEEP_FROM.max(2 * self.used) {
            self.sweep();
        }
        let room = Arc::new(make());
        if let Some(head) = self.heads.remove(&id) {
            room.raise_head(head);
        }
        self.rooms.insert(id, Arc::clone(&room));
        room
    }

    /// Keeps no more than the heads of rooms that nobody uses.
    pub(super) fn sweep(&mut self) {
        let heads = &mut self.heads;
        self.rooms.retain(|id, room| {
            // Readers, couriers and whoever publishes have a share in it, and nobody gets one while the directory is ours.
            let is_used = Arc::strong_count(room) > 1;
            if !is_used {
                room.forget_frames();
                heads.insert(*id, room.head());
            }
            is_used
        });
        self.used = self.rooms.len();
    }

    /// All but those of which only the head is known.
    pub(super) fn rooms(&self) -> impl Iterator<Item = &Arc<Room>> {
        self.rooms.values()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn of_rooms_that_nobody_uses_only_the_heads_stay() {
        let mut directory = Directory::default();
        let make = |id| Room::new(id, 2, Arc::default());
        let mut used = Vec::new();
        for number in 0..100_000_u128 {
            let id = RoomId(Uuid::from_u128(number));
            let room = directory.enter(id, || make(id));
            room.raise_head(number as Seq + 1);
            if number % 100 == 0 {
                used.push(room);
            }
            assert!(directory.rooms.len() <= SWEEP_FROM.max(2 * used.len()) + 1, "{number}");
        }
        for number in [1, 50, 99_999] {
            let id = RoomId(Uuid::from_u128(number));
            assert_eq!(directory.enter(id, || make(id)).head(), number as Seq + 1);
        }
        for room in &used {
            assert!(Arc::ptr_eq(directory.find(room.id).unwrap(), room));
        }
        assert_eq!(directory.rooms.len() + directory.heads.len(), 100_000);
    }
}
