//! What a message was before, and what it is part of: earlier texts, and conversations of answers.

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{Seq, Timestamp, UserId, limit};
use rusqlite::{Connection, OptionalExtension as _};

use super::place::Place;
use super::rows::{self, MESSAGE_COLUMNS};
use super::{pages, pos};
use crate::policy::Action;
use crate::store::{RoomRef, StoreError};

/// The texts that a message has had: that of its post and those of its edits.
pub(super) fn history(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
    limit: usize,
) -> Result<History, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let pos = pos::pos(place.room.id, seq);
    let deleted: Option<bool> = conn
        .prepare_cached(
            "SELECT s.deleted_at IS NOT NULL FROM events e LEFT JOIN message_state s ON s.pos = e.pos
             WHERE e.pos = ?1 AND e.kind = 1",
        )?
        .query_row([pos], |row| row.get(0))
        .optional()?;
    if deleted.ok_or(StoreError::MessageNotFound)? {
        return Err(StoreError::MessageDeleted);
    }
    let mut bytes = 0_usize;
    let mut versions = Vec::new();
    let mut statement = conn.prepare_cached(
        "SELECT pos, at, text FROM events WHERE pos = ?1
             UNION ALL SELECT pos, at, text FROM events WHERE target = ?1 AND kind = 2 ORDER BY pos DESC LIMIT ?2",
    )?;
    let mut newest_first = statement.query((pos, pos::column(limit)))?;
    while let Some(row) = newest_first.next()? {
        let version = Version { at: Timestamp::from_ms(row.get(1)?), body: row.get(2)? };
        bytes = bytes.saturating_add(version.body.len());
        if bytes > limit::PAGE_BYTES && !versions.is_empty() {
            break;
        }
        versions.push(version);
    }
    versions.reverse();
    Ok(History { versions })
}

/// The message that began the conversation, and everything that came of it.
pub(super) fn thread(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
    limit: usize,
) -> Result<MessagesPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let room = &place.room;
    let first = beginning(conn, room.id, seq)?;
    // An answer is newer than what it answers: what is taken in order of number comes after all that it hangs on.
    let sql = format!(
        "WITH RECURSIVE thread (pos) AS (
             SELECT ?1 UNION ALL
             SELECT a.pos FROM thread t CROSS JOIN events a
             ON a.reply_to = (t.pos & 0xFFFFFFFFFF) AND a.pos > t.pos AND a.pos < ?2 ORDER BY 1 LIMIT ?3)
         SELECT {MESSAGE_COLUMNS} FROM thread t CROSS JOIN events e ON e.pos = t.pos CROSS JOIN users u ON u.id = e.by
         LEFT JOIN message_state s ON s.pos = e.pos ORDER BY e.pos"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let found =
        statement.query_map((first, pos::end(room.id), pos::column(limit)), |row| rows::message(row, room.uid))?;
    let (mut messages, more) = pages::bounded(found, limit::PAGE_BYTES)?;
    // One by one: between them there may be a whole room.
    for message in &mut messages {
        pages::fill_reactions(conn, room.id, place.user.id, std::slice::from_mut(message))?;
    }
    Ok(MessagesPage { messages, head: room.head, more })
}

/// Where the message is that began it: from answer to answered, as far as they are kept.
fn beginning(conn: &Connection, room: i64, seq: Seq) -> Result<i64, StoreError> {
    let mut answered = conn.prepare_cached("SELECT reply_to FROM events WHERE pos = ?1 AND kind = 1")?;
    let mut at = pos::pos(room, seq);
    let mut next: Option<i64> =
        answered.query_row([at], |row| row.get(0)).optional()?.ok_or(StoreError::MessageNotFound)?;
    for _ in 0..limit::THREAD_DEPTH {
        let Some(above) = next.map(|seq| pos::pos(room, pos::count(seq))) else { break };
        let Some(found) = answered.query_row([above], |row| row.get(0)).optional()? else { break };
        (at, next) = (above, found);
    }
    Ok(at)
}
