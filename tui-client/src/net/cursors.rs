//! What we have seen of each room, and what that makes of the next event. Pure.

use std::collections::BTreeMap;

use chat_shared::{Epoch, RoomId, Seq};

/// The last event that was delivered of each room, in one epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    epoch: Option<Epoch>,
    last: BTreeMap<RoomId, Seq>,
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is the next one.
    Apply,
    /// It was seen before.
    Ignore,
    /// Events are missing before it, from `after + 1` on.
    Gap {
        /// The last event that we have.
        after: Seq,
    },
    /// Its room has no cursor yet.
    NewRoom,
}

impl Cursors {
    /// Cursors that were seen in `epoch`.
    #[must_use]
    pub fn new(epoch: Epoch, last: BTreeMap<RoomId, Seq>) -> Self {
        Self { epoch: Some(epoch), last }
    }

    /// The contract's rule: `seq == last + 1` apply, `<= last` ignore, greater: fetch what is missing.
    #[must_use]
    pub fn judge(&self, room: RoomId, seq: Seq) -> Step {
        match self.last.get(&room) {
            None => Step::NewRoom,
            Some(&last) if seq <= last => Step::Ignore,
            Some(&last) if seq - 1 == last => Step::Apply,
            Some(&last) => Step::Gap { after: last },
        }
    }

    /// Everything of this room up to `seq` was delivered, or is not needed.
    pub fn set(&mut self, room: RoomId, seq: Seq) {
        self.last.insert(room, seq);
    }

    /// The room is not ours any more.
    pub fn forget(&mut self, room: RoomId) {
        self.last.remove(&room);
    }

    /// The last event of a room that we have, where we follow it.
    #[must_use]
    pub fn last(&self, room: RoomId) -> Option<Seq> {
        self.last.get(&room).copied()
    }

    /// The epoch that the numbers belong to, once it is known.
    #[must_use]
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// The cursors as `hello` carries them.
    #[must_use]
    pub fn resume(&self) -> BTreeMap<String, Seq> {
        self.last.iter().map(|(room, seq)| (room.to_string(), *seq)).collect()
    }

    /// Whether exactly these rooms have cursors.
    pub fn covers<'a>(&self, rooms: impl Iterator<Item = &'a RoomId>) -> bool {
        // Both sides come from ordered maps.
        self.last.keys().eq(rooms)
    }

    /// Takes over the rooms that we are in, with their heads: rooms that are new start at their head, rooms that are gone
    /// are forgotten. Returns the rooms whose old cursor means nothing any more, because the epoch is another: they start
    /// at their head as well.
    pub fn adopt(&mut self, epoch: Epoch, heads: &BTreeMap<RoomId, Seq>) -> Vec<(RoomId, Seq)> {
        let replaced = self.epoch.is_some_and(|known| known != epoch);
        self.epoch = Some(epoch);
        let mut reset = Vec::new();
        if replaced {
            reset = self.last.keys().filter_map(|room| heads.get(room).map(|head| (*room, *head))).collect();
            self.last.clear();
        }
        self.last.retain(|room, _| heads.contains_key(room));
        for (room, head) in heads {
            self.last.entry(*room).or_insert(*head);
        }
        reset
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    fn epoch(n: u128) -> Epoch {
        Epoch(Uuid::from_u128(n))
    }

    #[test]
    fn the_contracts_rule() {
        let cursors = Cursors::new(epoch(1), BTreeMap::from([(room(1), 5)]));
        assert_eq!(cursors.judge(room(1), 6), Step::Apply);
        assert_eq!(cursors.judge(room(1), 5), Step::Ignore);
        assert_eq!(cursors.judge(room(1), 0), Step::Ignore);
        assert_eq!(cursors.judge(room(1), 7), Step::Gap { after: 5 });
        assert_eq!(cursors.judge(room(1), Seq::MAX), Step::Gap { after: 5 });
        assert_eq!(cursors.judge(room(2), 1), Step::NewRoom);
    }

    #[test]
    fn rooms_come_and_go_within_an_epoch() {
        let mut cursors = Cursors::new(epoch(1), BTreeMap::from([(room(1), 5), (room(2), 2)]));
        let heads = BTreeMap::from([(room(1), 9), (room(3), 4)]);
        assert_eq!(cursors.adopt(epoch(1), &heads), []);
        assert_eq!(cursors, Cursors::new(epoch(1), BTreeMap::from([(room(1), 5), (room(3), 4)])));
        assert!(cursors.covers(heads.keys()));
    }

    #[test]
    fn another_epoch_starts_every_room_anew() {
        let mut cursors = Cursors::new(epoch(1), BTreeMap::from([(room(1), 5), (room(2), 2)]));
        let heads = BTreeMap::from([(room(1), 3), (room(3), 4)]);
        assert_eq!(cursors.adopt(epoch(2), &heads), [(room(1), 3)]);
        assert_eq!(cursors, Cursors::new(epoch(2), heads));
    }

    #[test]
    fn the_first_epoch_keeps_no_old_numbers() {
        let mut cursors = Cursors::default();
        assert_eq!(cursors.adopt(epoch(1), &BTreeMap::from([(room(1), 7)])), []);
        assert_eq!(cursors.resume(), BTreeMap::from([(room(1).to_string(), 7)]));
    }

    proptest! {
        /// However events are repeated, reordered or lost on the way: what is applied, with gaps filled, is 1, 2, 3 … .
        #[test]
        fn what_is_applied_has_no_hole_and_no_repeat(arrivals in proptest::collection::vec(1u64..40, 0..80)) {
            let mut cursors = Cursors::new(epoch(1), BTreeMap::from([(room(1), 0)]));
            let mut applied = Vec::new();
            for seq in &arrivals {
                match cursors.judge(room(1), *seq) {
                    Step::Apply => applied.push(*seq),
                    Step::Gap { after } => applied.extend(after + 1..=*seq),
                    Step::Ignore | Step::NewRoom => continue,
                }
                cursors.set(room(1), *seq);
            }
            let newest = arrivals.iter().max().copied().unwrap_or(0);
            prop_assert_eq!(applied, (1..=newest).collect::<Vec<_>>());
        }
    }
}
