//! Read cursors, and what is unread after them.
//!
//! Nothing is counted message by message. With `posted`, the number of messages ever posted in a room, kept for the
//! room, in each event and at each cursor:
//!
//! `unread = posted - posted at the cursor - own after the cursor - others' deleted after the cursor`
//!
//! Own messages after the cursor are counted as they are posted, and stay in that count when they are deleted: that is
//! why only others' deleted ones are taken off.

use chat_shared::api::{ReadState, RoomKind, RoomSummary};
use chat_shared::{RoomId, Seq, Timestamp, UserId, limit};
use rusqlite::{Connection, Row};

use super::job::Tx;
use super::place::{Cursor, Place};
use super::{partners, pos, rows, settings};
use crate::policy::Action;
use crate::store::{Membership, Now, Personal, RoomRef, StoreError};

/// Of `members m` and `rooms r`: unread messages, and mentions among them.
macro_rules! counts {
    () => {
        "r.posted - iif(m.mark_seq IS NULL, m.read_posted + m.own_after_read, m.mark_posted + m.own_after_mark) - (
             SELECT count(*) FROM message_state s WHERE s.deleted_at IS NOT NULL AND s.by <> m.user
             AND s.pos > (r.id << 40 | ifnull(m.mark_seq, m.read_seq)) AND s.pos < (r.id << 40 | 0xFFFFFFFFFF)),
         (SELECT count(*) FROM mentions x WHERE x.user = m.user
             AND x.pos > (r.id << 40 | ifnull(m.mark_seq, m.read_seq)) AND x.pos < (r.id << 40 | 0xFFFFFFFFFF))"
    };
}

macro_rules! select_summary {
    ($rest:literal) => {
        concat!(
            "SELECT r.uid, r.name, r.topic, r.kind, r.head, m.read_seq, ",
            counts!(),
            ", r.members, m.level, m.favourite, m.place, m.mark_seq, r.last_at FROM members m CROSS JOIN rooms r ON r.id = m.room WHERE ",
            $rest
        )
    };
}

fn read_summary(row: &Row<'_>) -> rusqlite::Result<RoomSummary> {
    Ok(RoomSummary {
        id: rows::room_id(row, 0)?,
        name: row.get(1)?,
        topic: row.get(2)?,
        kind: rows::room_kind(row.get(3)?),
        head: pos::count(row.get(4)?),
        read: pos::count(row.get(5)?),
        unread: pos::count(row.get(6)?),
        mentions: pos::count(row.get(7)?),
        members: pos::count(row.get(8)?),
        unread_from: row.get::<_, Option<i64>>(12)?.map(|mark| pos::count(mark) + 1),
        last_message_at: row.get::<_, Option<i64>>(13)?.map(Timestamp::from_ms),
        people: Vec::new(),
        settings: settings::read(row, 9)?,
    })
}

/// The room as its member sees it.
pub(super) fn summary(conn: &Connection, place: &Place) -> Result<RoomSummary, StoreError> {
    let mut summary = conn
        .prepare_cached(select_summary!("m.room = ?1 AND m.user = ?2"))?
        .query_row((place.room.id, place.user.id), read_summary)?;
    if place.room.kind == RoomKind::Dm {
        summary.people = partners::others(conn, place)?;
    }
    Ok(summary)
}

/// All of the user's rooms, by name key; direct conversations, which have none, come last.
pub(super) fn summaries(conn: &Connection, user: UserId) -> Result<Vec<RoomSummary>, StoreError> {
    let mut rooms: Vec<RoomSummary> = conn
        .prepare_cached(select_summary!(
            "m.user = (SELECT id FROM users WHERE uid = ?1) ORDER BY r.name_key IS NULL, r.name_key, r.id"
        ))?
        .query_map([user.0.as_bytes()], read_summary)?
        .collect::<Result<_, _>>()?;
    if rooms.iter().any(|room| room.kind == RoomKind::Dm) {
        let mut people = partners::people(conn, user)?;
        for room in &mut rooms {
            room.people = people.remove(&room.id).unwrap_or_default();
        }
    }
    Ok(rooms)
}

/// The user's rooms and what their logs hold.
pub(super) fn memberships(conn: &Connection, user: UserId) -> Result<Vec<Membership>, StoreError> {
    let rooms = conn
        .prepare_cached(
            "SELECT r.uid, r.head, r.oldest, m.level, m.favourite, m.place, ifnull(m.mark_seq, m.read_seq)
             FROM members m CROSS JOIN rooms r ON r.id = m.room WHERE m.user = (SELECT id FROM users WHERE uid = ?1)",
        )?
        .query_map([user.0.as_bytes()], |row| {
            Ok(Membership {
                room: rows::room_id(row, 0)?,
                head: pos::count(row.get(1)?),
                oldest: pos::count(row.get(2)?),
                settings: settings::read(row, 3)?,
                read: pos::count(row.get(6)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rooms)
}

/// Events that are looked through at a time, to see which of them are the user's own.
const STEP: u64 = 10_000;

/// Moves the cursor forward, at most to the head. Says whether it is there; where that is very far it comes only a part of the
/// way at a time.
pub(super) fn mark_read(
    tx: &mut Tx<'_>,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
) -> Result<((RoomId, ReadState), bool), StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let seq = seq.min(place.room.head);
    if place.cursor.as_ref().is_some_and(|cursor| seq >= cursor.seq) {
        unmark(tx.conn, &place)?;
    }
    advance(tx.conn, &place, seq)?;
    let done = state(tx, &place)?;
    Ok((done, done.1.seq >= seq))
}

/// Sets the mark, or where that would be after the cursor: moves the cursor.
pub(super) fn mark_unread(
    tx: &mut Tx<'_>,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
) -> Result<(RoomId, ReadState), StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let head = place.room.head;
    let read = seq.saturating_sub(1).clamp(head.saturating_sub(limit::UNREAD_EVENTS), head);
    match place.cursor.as_ref().filter(|cursor| read < cursor.seq) {
        Some(cursor) => mark(tx.conn, &place, cursor, read)?,
        None => {
            unmark(tx.conn, &place)?;
            advance(tx.conn, &place, read)?;
        }
    }
    state(tx, &place)
}

fn state(tx: &mut Tx<'_>, place: &Place) -> Result<(RoomId, ReadState), StoreError> {
    let RoomSummary { read, unread, mentions, unread_from, .. } = summary(tx.conn, place)?;
    let (room, state) = (place.room.uid, ReadState { seq: read, unread, mentions, unread_from });
    tx.personal.push(Personal { user: place.user.uid, room, now: Now::Read(state) });
    Ok((room, state))
}

fn unmark(conn: &Connection, place: &Place) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE members SET mark_seq = NULL WHERE room = ?1 AND user = ?2 AND mark_seq IS NOT NULL")?
        .execute((place.room.id, place.user.id))?;
    Ok(())
}

/// Everything up to `read`, which is before the cursor, counts as read.
fn mark(conn: &Connection, place: &Place, cursor: &Cursor, read: Seq) -> Result<(), StoreError> {
    let (room, user) = (place.room.id, place.user.id);
    let is_there = conn
        .prepare_cached("SELECT 1 FROM members WHERE room = ?1 AND user = ?2 AND mark_seq = ?3")?
        .exists((room, user, pos::column(read)))?;
    if is_there {
        return Ok(());
    }
    let (after, upto) = (pos::pos(room, read), pos::pos(room, cursor.seq));
    // The event itself may not be kept any more; the one after it is, and knows what was before it.
    let posted: i64 = conn
        .prepare_cached("SELECT posted - (kind = 1) FROM events WHERE pos > ?1 AND pos < ?2 ORDER BY pos LIMIT 1")?
        .query_row((after, pos::end(room)), |row| row.get(0))?;
    let own_after = pos::column(cursor.own_after) + own_messages(conn, user, after, upto)?;
    conn.prepare_cached(
        "UPDATE members SET mark_seq = ?3, mark_posted = ?4, own_after_mark = ?5 WHERE room = ?1 AND user = ?2",
    )?
    .execute((room, user, pos::column(read), posted, own_after))?;
    Ok(())
}

/// Moves the cursor to `seq`, or as far on the way as can be done without holding up the other writers.
fn advance(conn: &Connection, place: &Place, seq: Seq) -> Result<(), StoreError> {
    let Some(cursor) = place.cursor.as_ref().filter(|cursor| seq > cursor.seq) else { return Ok(()) };
    let (room, user, head) = (place.room.id, place.user.id, place.room.head);
    let is_long = cursor.own_after > 0 && (seq - cursor.seq).min(head - seq) > STEP;
    let seq = if is_long { cursor.seq + STEP } else { seq };
    let (posted, own_after) = if seq == head {
        (pos::column(place.room.posted), 0)
    } else {
        let posted = conn
            .prepare_cached("SELECT posted FROM events WHERE pos = ?1")?
            .query_row([pos::pos(room, seq)], |row| row.get(0))?;
        let own = |after, upto| own_messages(conn, user, pos::pos(room, after), pos::pos(room, upto));
        // Counts the shorter way round: what the cursor passes, or what is left after it.
        let own_after = if cursor.own_after == 0 {
            0
        } else if head - seq < seq - cursor.seq {
            own(seq, head)?
        } else {
            pos::column(cursor.own_after) - own(cursor.seq, seq)?
        };
        (posted, own_after)
    };
    conn.prepare_cached(
        "UPDATE members SET read_seq = ?3, read_posted = ?4, own_after_read = ?5 WHERE room = ?1 AND user = ?2",
    )?
    .execute((room, user, pos::column(seq), posted, own_after))?;
    Ok(())
}

/// Messages by the user with `after < pos <= upto`.
fn own_messages(conn: &Connection, user: i64, after: i64, upto: i64) -> Result<i64, StoreError> {
    let count = conn
        .prepare_cached("SELECT count(*) FROM events WHERE pos > ?1 AND pos <= ?2 AND kind = 1 AND +by = ?3")?
        .query_row((after, upto, user), |row| row.get(0))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// A room with so many messages, the first of them by its only member, who has read nothing.
    fn room(messages: u64) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut conn).unwrap();
        conn.execute_batch(&format!(
            "INSERT INTO users (id, uid, name, name_key, password_hash, admin, created_at)
                 VALUES (1, x'00000000000000000000000000000001', 'ann', 'ann', '', 0, 0);
             INSERT INTO rooms (id, uid, name, name_key, kind, head, posted, members, created_at)
                 VALUES (1, x'00000000000000000000000000000007', 'r', 'r', 0, {messages}, {messages}, 1, 0);
             INSERT INTO members (room, user, joined_at, read_seq, read_posted, own_after_read) VALUES (1, 1, 0, 0, 0, 1);
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {messages})
             INSERT INTO events (pos, kind, at, by, name, posted, text) SELECT 1 << 40 | n, 1, 0, iif(n = 1, 1, 2), '', n, '' FROM n"
        ))
        .unwrap();
        conn
    }

    #[test]
    fn a_long_way_is_gone_in_steps() {
        let conn = room(4 * STEP);
        let (user, room) = (UserId(Uuid::from_u128(1)), RoomRef::Id(RoomId(Uuid::from_u128(7))));
        let mut tx = Tx::new(&conn);
        let mut read = |seq| {
            let ((_, state), done) = mark_read(&mut tx, user, &room, seq).unwrap();
            (state.seq, state.unread, done)
        };
        assert_eq!(read(2 * STEP), (STEP, 3 * STEP, false));
        // Nothing of the user's own is after it: there is nothing to look for.
        assert_eq!(read(2 * STEP), (2 * STEP, 2 * STEP, true));
        assert_eq!(read(4 * STEP + 99), (4 * STEP, 0, true));
    }

    #[test]
    fn a_mark_that_is_there_is_not_made_again() {
        let conn = room(50);
        let (user, room) = (UserId(Uuid::from_u128(1)), RoomRef::Id(RoomId(Uuid::from_u128(7))));
        let mut tx = Tx::new(&conn);
        mark_read(&mut tx, user, &room, 50).unwrap();
        let (_, first) = mark_unread(&mut tx, user, &room, 20).unwrap();
        assert_eq!((first.unread, first.unread_from), (31, Some(20)));
        let before = conn.total_changes();
        assert_eq!(mark_unread(&mut tx, user, &room, 20).unwrap().1, first);
        assert_eq!(conn.total_changes(), before);
    }
}
