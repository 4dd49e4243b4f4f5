//! Positions: a room's number and an event's number in one integer, so that one b-tree holds all logs, each in order.
//!
//! `pos = room << 40 | seq`. A room has at most 2^40 - 2 events (35,000 a second for a year), a store at most
//! 2^23 - 1 rooms. The largest `seq` is never given to an event, so that a number of a request that is too large can
//! be clamped to it and still finds nothing.

use chat_shared::Seq;

const SEQ_BITS: u32 = 40;
/// Above every `seq` that an event can have.
const SEQ_LIMIT: i64 = (1 << SEQ_BITS) - 1;
/// The largest row id that a room can have.
pub(super) const ROOM_MAX: i64 = (1 << (63 - SEQ_BITS)) - 1;

/// Where the event `seq` of a room is; too large a number is clamped to one that no event has.
pub(super) fn pos(room: i64, seq: Seq) -> i64 {
    room << SEQ_BITS | column(seq).min(SEQ_LIMIT)
}

/// After every event of the room.
pub(super) fn end(room: i64) -> i64 {
    room << SEQ_BITS | SEQ_LIMIT
}

/// The room whose log this is in.
pub(super) fn room(pos: i64) -> i64 {
    pos >> SEQ_BITS
}

/// The event's number in its room.
pub(super) fn seq(pos: i64) -> Seq {
    count(pos & SEQ_LIMIT)
}

/// Whether an event can have this number.
pub(super) fn is_seq(seq: Seq) -> bool {
    (1..SEQ_LIMIT.unsigned_abs()).contains(&seq)
}

/// A number as SQLite stores it. Too large a one becomes the largest: it is a limit or a bound, which that satisfies too.
pub(super) fn column(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A count as we hold it; what is never negative is not made so by a damaged file either.
pub(super) fn count(column: i64) -> u64 {
    column.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_do_not_overlap() {
        assert!(pos(1, u64::MAX) == end(1) && end(1) < pos(2, 0));
        assert!(pos(ROOM_MAX, 1) > 0 && end(ROOM_MAX) == i64::MAX);
        assert_eq!((room(pos(7, 42)), seq(pos(7, 42))), (7, 42));
        assert!(!is_seq(seq(end(7))) && !is_seq(0) && is_seq(1));
    }
}
