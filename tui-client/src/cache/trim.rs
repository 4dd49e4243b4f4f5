//! What is too much of the last known state goes, oldest first: messages, and lines of what else happened, alike.

use chat_shared::RoomId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::id;

/// Messages and lines that are kept of one room; some more until it is looked at again.
pub(super) const ROOM_MESSAGES: i64 = 2_000;
/// What is kept of all rooms together: messages, and bytes of their texts.
pub(super) const ALL_MESSAGES: i64 = 100_000;
pub(super) const ALL_BYTES: i64 = 64 << 20;

/// Raises a room's floor to where the newest messages begin that are kept of one room.
pub(super) fn trim_room(db: &Connection, room: RoomId) -> rusqlite::Result<()> {
    let mut first = db.prepare_cached("SELECT seq FROM message WHERE room = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2")?;
    let last_to_go: Option<i64> = first.query_row(params![id(room), ROOM_MESSAGES], |row| row.get(0)).optional()?;
    match last_to_go {
        Some(last) => cut(db, &id(room), last),
        None => Ok(()),
    }
}

/// Drops a room's messages up to this number.
fn cut(db: &Connection, room: &[u8; 16], last: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM message WHERE room = ?1 AND seq <= ?2")?.execute(params![room, last])?;
    db.prepare_cached("UPDATE window SET floor = ?2 WHERE room = ?1 AND floor < ?2")?
        .execute(params![room, last.saturating_add(1)])
        .map(drop)
}

/// Drops the oldest messages of all rooms, until those that are left are few and small enough. A room may lose all of them; what
/// is left of its window is an empty one, which events continue.
pub(super) fn trim_all(db: &Connection, messages: i64, bytes: i64) -> rusqlite::Result<()> {
    let all = db.query_row("SELECT count(*), coalesce(sum(length(message)), 0) FROM message", (), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    })?;
    // Ordering them costs more than counting them, and is rarely needed.
    if all.0 <= messages && all.1 <= bytes {
        return Ok(());
    }
    let newest_to_go: Option<i64> = db
        .query_row(
            "SELECT at_ms FROM (
                 SELECT at_ms, row_number() OVER newest AS n, sum(length(message)) OVER newest AS bytes
                 FROM message WINDOW newest AS (ORDER BY at_ms DESC, room, seq)
             ) WHERE n > ?1 OR bytes > ?2 ORDER BY n LIMIT 1",
            params![messages, bytes],
            |row| row.get(0),
        )
        .optional()?;
    let Some(at_ms) = newest_to_go else { return Ok(()) };
    let mut last = db.prepare("SELECT room, max(seq) FROM message WHERE at_ms <= ?1 GROUP BY room")?;
    let last = last.query_map([at_ms], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    last.iter().try_for_each(|(room, last)| cut(db, room, *last))
}
