//! Where a connection begins in a room: pure.

use chat_shared::Seq;

use crate::store::Membership;

/// How a room begins on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Live: from the head on.
    Live,
    /// With the events after this cursor, which the client has missed.
    Missed(Seq),
    /// With a reset: the client's cursor means nothing here, or is too far behind.
    Reset,
}

/// Decides how a room begins for a client that says it has seen everything up to `cursor`.
///
/// `same_epoch`: the cursor was seen in this store's epoch. `max_gap`: the most events to replay (0: no limit).
#[must_use]
pub fn begin(cursor: Option<Seq>, same_epoch: bool, membership: &Membership, max_gap: u64) -> Begin {
    let Some(cursor) = cursor else { return Begin::Live };
    let &Membership { head, oldest, .. } = membership;
    let is_known = same_epoch && cursor <= head;
    let is_kept = cursor >= oldest.saturating_sub(1);
    let is_near = max_gap == 0 || head.saturating_sub(cursor) <= max_gap;
    match (is_known && is_kept && is_near, cursor == head) {
        (false, _) => Begin::Reset,
        (true, true) => Begin::Live,
        (true, false) => Begin::Missed(cursor),
    }
}

#[cfg(test)]
mod tests {
    use chat_shared::RoomId;
    use chat_shared::api::RoomSettings;

    use super::*;

    #[test]
    fn a_cursor_is_continued_where_nothing_is_lost_and_reset_where_something_is() {
        let room = Membership {
            room: RoomId(uuid::Uuid::nil()),
            head: 57,
            oldest: 20,
            settings: RoomSettings::default(),
            read: 0,
        };
        assert_eq!(begin(None, false, &room, 10), Begin::Live);
        assert_eq!(begin(Some(57), true, &room, 10), Begin::Live);
        assert_eq!(begin(Some(50), true, &room, 10), Begin::Missed(50));
        assert_eq!(begin(Some(47), true, &room, 10), Begin::Missed(47));
        assert_eq!(begin(Some(46), true, &room, 10), Begin::Reset, "too far behind");
        assert_eq!(begin(Some(19), true, &room, 0), Begin::Missed(19));
        assert_eq!(begin(Some(18), true, &room, 0), Begin::Reset, "pruned");
        assert_eq!(begin(Some(58), true, &room, 10), Begin::Reset, "ahead of us");
        assert_eq!(begin(Some(57), false, &room, 10), Begin::Reset, "another epoch");
        assert_eq!(begin(Some(Seq::MAX), true, &room, 0), Begin::Reset);
    }
}
