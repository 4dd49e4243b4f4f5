//! The order of the rooms on the screen, which keys and digits follow: conversations stand after the rooms, favourites before
//! the others in the order that the user has given them, and the rest is as the settings say. Pure.

use std::cmp::{Ordering, Reverse};

use chat_shared::RoomId;

use super::room::{Room, Rooms};
use crate::app::settings::Sort;

impl Room {
    /// How much what is unread in it counts for its place: less is further up.
    fn rank_now(&self) -> u8 {
        self.urgency().unwrap_or(u8::MAX)
    }
}

fn compare(sort: Sort, a: &Room, b: &Room) -> Ordering {
    let group = |room: &Room| (room.is_direct(), !room.settings.favourite);
    let chosen = match sort {
        Sort::Name => Ordering::Equal,
        Sort::Unread => a.rank.cmp(&b.rank),
        Sort::Activity => Reverse(a.last_at).cmp(&Reverse(b.last_at)),
    };
    // Where the server keeps no order of favourites, they are sorted like the others.
    let place = |room: &Room| room.place.unwrap_or(u64::MAX);
    let names = || a.folded.cmp(&b.folded).then(a.id.cmp(&b.id));
    group(a).cmp(&group(b)).then(place(a).cmp(&place(b))).then(chosen).then_with(names)
}

impl Rooms {
    /// No rooms, to be kept in this order.
    pub(crate) fn sorted_by(sort: Sort) -> Self {
        Self { sort, ..Self::default() }
    }

    /// Another order from now on.
    pub(crate) fn sort_by(&mut self, sort: Sort) {
        self.sort = sort;
        self.sort();
    }

    /// Brings them into order again, after anything changed.
    pub(crate) fn sort(&mut self) {
        self.place_favourites();
        for room in self.by_id.values_mut().filter(|room| Some(room.id) != self.held) {
            room.rank = room.rank_now();
        }
        let mut order: Vec<&Room> = self.by_id.values().collect();
        order.sort_unstable_by(|a, b| compare(self.sort, a, b));
        self.named = order.partition_point(|room| !room.is_direct());
        self.order = order.into_iter().map(|room| room.id).collect();
    }

    /// This room is open: being read does not take it from its place, so that the next one is still the next one.
    pub(crate) fn hold(&mut self, id: RoomId) {
        if let Some(left) = self.held.replace(id) {
            self.place(left);
        }
    }

    /// Brings one room to its place, after its counts or its newest message changed. Says whether it has moved.
    pub(crate) fn place(&mut self, id: RoomId) -> bool {
        if self.sort == Sort::Name {
            return false;
        }
        let is_held = self.held == Some(id);
        let Some(room) = self.by_id.get_mut(&id) else { return false };
        if !is_held {
            room.rank = room.rank_now();
        }
        let Some(at) = self.order.iter().position(|known| *known == id) else { return false };
        let (by_id, sort) = (&self.by_id, self.sort);
        let room = &by_id[&id];
        let is_before = |other: &RoomId| compare(sort, &by_id[other], room) == Ordering::Less;
        // All but this one are in order: what is before it is so on its left and on its right.
        let to = match self.order[..at].partition_point(is_before) {
            left if left < at => left,
            _ => at + self.order[at + 1..].partition_point(is_before),
        };
        if to < at {
            self.order[to..=at].rotate_right(1);
        } else {
            self.order[at..=to].rotate_left(1);
        }
        to != at
    }
}
