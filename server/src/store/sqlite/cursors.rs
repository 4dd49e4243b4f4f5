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
use super::{dms, pos, rows, settings};
use crate::policy::Action;
use crate::store::{Membership, RoomRef, StoreError};

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
        summary.people = dms::others(conn, place)?;
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
        let mut people = dms::people(conn, user)?;
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
            "SELECT r.uid, r.head, r.oldest, m.level, m.favourite, m.place FROM members m CROSS JOIN rooms r ON r.id = m.room
             WHERE m.user = (SELECT id FROM users WHERE uid = ?1)",
        )?
        .query_map([user.0.as_bytes()], |row| {
            Ok(Membership {
                room: rows::room_id(row, 0)?,
                head: pos::count(row.get(1)?),
                oldest: pos::count(row.get(2)?),
                settings: settings::read(row, 3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rooms)
}

/// Moves the cursor forward, at most to the head.
pub(super) fn mark_read(
    tx: &Tx<'_>,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
) -> Result<(RoomId, ReadState), StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let seq = seq.min(place.room.head);
    if place.cursor.as_ref().is_some_and(|cursor| seq >= cursor.seq) {
        unmark(tx.conn, &place)?;
    }
    advance(tx.conn, &place, seq)?;
    state(tx.conn, &place)
}

/// Sets the mark, or where that would be after the cursor: moves the cursor.
pub(super) fn mark_unread(
    tx: &Tx<'_>,
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
    state(tx.conn, &place)
}

fn state(conn: &Connection, place: &Place) -> Result<(RoomId, ReadState), StoreError> {
    let RoomSummary { read, unread, mentions, unread_from, .. } = summary(conn, place)?;
    Ok((place.room.uid, ReadState { seq: read, unread, mentions, unread_from }))
}

fn unmark(conn: &Connection, place: &Place) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE members SET mark_seq = NULL WHERE room = ?1 AND user = ?2 AND mark_seq IS NOT NULL")?
        .execute((place.room.id, place.user.id))?;
    Ok(())
}

/// Everything up to `read`, which is before the cursor, counts as read.
fn mark(conn: &Connection, place: &Place, cursor: &Cursor, read: Seq) -> Result<(), StoreError> {
    let (room, user) = (place.room.id, place.user.id);
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

fn advance(conn: &Connection, place: &Place, seq: Seq) -> Result<(), StoreError> {
    let Some(cursor) = place.cursor.as_ref().filter(|cursor| seq > cursor.seq) else { return Ok(()) };
    let (room, user, head) = (place.room.id, place.user.id, place.room.head);
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
