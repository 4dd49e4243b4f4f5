//! Appending to a room's log.

use std::sync::Arc;

use chat_shared::{Event, EventKind, Timestamp};

use super::job::Tx;
use super::place::{RoomRow, UserRow};
use super::rows::{self, Columns};
use super::{place, pos};
use crate::store::StoreError;

/// A time that is so much earlier than that of the event before it says that the clock was set back. Requests do not wait so long.
const CLOCK_SET_BACK_MS: i64 = 60_000;

/// Gives the event its room's next number and writes it, with the counters that follow from it.
/// `None`: its author has used its key before, and nothing was written.
pub(super) fn append(
    tx: &mut Tx<'_>,
    room: &mut RoomRow,
    by: &UserRow,
    at: Timestamp,
    kind: EventKind,
) -> Result<Option<Arc<Event>>, StoreError> {
    let seq = room.head + 1;
    if !pos::is_seq(seq) {
        return Err(StoreError::Unavailable("the room is full".into()));
    }
    let at = not_before(room.newest_at, at);
    let event = Event { kind, room: room.uid, seq, at, by: by.uid, name: by.name.clone() };
    let columns = Columns::of(&event.kind);
    let is_post = columns.kind == rows::POSTED;
    let posted = room.posted + u64::from(is_post);
    let subject = match columns.subject {
        Some(uid) if uid == by.uid => Some(by.id),
        Some(uid) => Some(place::user(tx.conn, uid)?.id),
        None => None,
    };
    let written = tx
        .conn
        .prepare_cached(
            "INSERT INTO events (pos, kind, at, by, name, posted, text, key, reply_to, target, topic, subject,
                 thread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                 (SELECT ifnull(a.thread, a.pos) FROM events a WHERE a.pos = ?13))
             ON CONFLICT (by, key) WHERE key IS NOT NULL DO NOTHING",
        )?
        .execute(rusqlite::params![
            pos::pos(room.id, seq),
            columns.kind,
            at.as_ms(),
            by.id,
            event.name,
            pos::column(posted),
            columns.text,
            columns.key,
            columns.reply_to,
            columns.target.map(|target| pos::pos(room.id, target)),
            columns.topic,
            subject,
            columns.reply_to.map(|seq| pos::pos(room.id, pos::count(seq))),
        ])?;
    if written == 0 {
        return Ok(None);
    }
    tx.conn
        .prepare_cached(
            "UPDATE rooms SET head = ?2, posted = ?3, newest_at = ?4, last_at = iif(?5, ?4, last_at) WHERE id = ?1",
        )?
        .execute((room.id, pos::column(seq), pos::column(posted), at.as_ms(), is_post))?;
    (room.head, room.posted, room.newest_at) = (seq, posted, at);
    let event = Arc::new(event);
    tx.events.push(event.clone());
    Ok(Some(event))
}

/// The time of an event after one of `newest`. Requests are stamped when they come, and do not always get their numbers in that
/// order. A clock that was far ahead, and is set right, is believed.
fn not_before(newest: Timestamp, at: Timestamp) -> Timestamp {
    let behind = newest.as_ms().saturating_sub(at.as_ms());
    if (1..=CLOCK_SET_BACK_MS).contains(&behind) { newest } else { at }
}

/// Like [`append`], for events without a key.
pub(super) fn append_unkeyed(
    tx: &mut Tx<'_>,
    room: &mut RoomRow,
    by: &UserRow,
    at: Timestamp,
    kind: EventKind,
) -> Result<Arc<Event>, StoreError> {
    append(tx, room, by, at, kind)?.ok_or_else(|| StoreError::Internal("an event without a key met its like".into()))
}
