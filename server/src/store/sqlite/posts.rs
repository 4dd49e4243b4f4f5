//! Posting.

use std::sync::Arc;

use chat_shared::{Event, EventKind, Seq, UserId};
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::job::Tx;
use super::place::{self, Place};
use super::rows::{self, SELECT_EVENT};
use super::{log, pos};
use crate::policy::Action;
use crate::store::{Actor, Draft, RoomRef, StoreError};

/// Posts, or finds what was posted with the same key.
pub(super) fn post(tx: &mut Tx<'_>, actor: &Actor, draft: &Draft) -> Result<Arc<Event>, StoreError> {
    use StoreError::{Forbidden, InvalidReply, NotAMember, RoomNotFound};
    let key = draft.key.as_deref();
    match (post_anew(tx, actor, draft), key) {
        (Ok(Some(event)), _) => Ok(event),
        (Ok(None), Some(key)) => first_answer(tx.conn, actor.user.id, key, draft)?
            .ok_or_else(|| StoreError::Internal("a key was taken, and is not there".into())),
        (Ok(None), None) => Err(StoreError::Internal("an event without a key met its like".into())),
        // What was allowed the first time may not be any more; the answer stays.
        (Err(refused @ (RoomNotFound | NotAMember | Forbidden | InvalidReply)), Some(key)) => {
            first_answer(tx.conn, actor.user.id, key, draft)?.ok_or(refused)
        }
        (Err(error), _) => Err(error),
    }
}

/// Posts. `None`: the key was used before, and nothing was written.
fn post_anew(tx: &mut Tx<'_>, actor: &Actor, draft: &Draft) -> Result<Option<Arc<Event>>, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, &draft.room, Action::Write)?;
    if let Some(seq) = draft.reply_to
        && !is_message(tx.conn, place.room.id, seq)?
    {
        return Err(StoreError::InvalidReply);
    }
    let kind = EventKind::Posted { body: draft.body.clone(), key: draft.key.clone(), reply_to: draft.reply_to };
    let Some(event) = log::append(tx, &mut place.room, &place.user, actor.at, kind)? else { return Ok(None) };
    let pos = pos::pos(place.room.id, event.seq);
    tx.conn
        .prepare_cached(
            "UPDATE members SET own_after_read = own_after_read + 1, own_after_mark = own_after_mark + 1
             WHERE room = ?1 AND user = ?2",
        )?
        .execute((place.room.id, place.user.id))?;
    mention(tx.conn, &place, pos, &draft.mentions)?;
    tx.posted.push(place.room.id);
    Ok(Some(event))
}

fn is_message(conn: &Connection, room: i64, seq: Seq) -> Result<bool, StoreError> {
    let kind: Option<i64> = conn
        .prepare_cached("SELECT kind FROM events WHERE pos = ?1")?
        .query_row([pos::pos(room, seq)], |row| row.get(0))
        .optional()?;
    Ok(kind == Some(rows::POSTED))
}

/// What was posted with the key before, where that was this same message; whatever became since of it, of the room, and of the
/// author's place in it.
fn first_answer(conn: &Connection, author: UserId, key: &str, draft: &Draft) -> Result<Option<Arc<Event>>, StoreError> {
    let author = place::user(conn, author)?.id;
    let first: Option<i64> = conn
        .prepare_cached("SELECT pos FROM events WHERE by = ?1 AND key = ?2")?
        .query_row((author, key), |row| row.get(0))
        .optional()?;
    let Some(first) = first else { return Ok(None) };
    let room = pos::room(first);
    if !is_same_room(conn, room, &draft.room)? {
        return Err(StoreError::KeyReused);
    }
    let uid =
        conn.prepare_cached("SELECT uid FROM rooms WHERE id = ?1")?.query_row([room], |row| rows::room_id(row, 0))?;
    let event = conn
        .prepare_cached(&format!("{SELECT_EVENT} WHERE e.pos = ?1"))?
        .query_row([first], |row| rows::event(row, uid))?;
    let deleted: Option<Option<i64>> = conn
        .prepare_cached("SELECT digest FROM message_state WHERE pos = ?1 AND deleted_at IS NOT NULL")?
        .query_row([first], |row| row.get(0))
        .optional()?;
    let EventKind::Posted { body, reply_to, .. } = &event.kind else { return Err(StoreError::KeyReused) };
    let is_same_text = match deleted {
        None => *body == draft.body,
        // Nothing is known of the text of one that was deleted before digests were kept.
        Some(kept) => kept.is_none_or(|kept| kept == digest(&draft.body)),
    };
    if *reply_to == draft.reply_to && is_same_text { Ok(Some(Arc::new(event))) } else { Err(StoreError::KeyReused) }
}

/// Whether a request that names a room may have meant this one. A name that no room has any more was this one's before it was renamed.
fn is_same_room(conn: &Connection, room: i64, named: &RoomRef) -> Result<bool, StoreError> {
    let found: Option<i64> = match named {
        RoomRef::Id(id) => {
            conn.prepare_cached("SELECT id FROM rooms WHERE uid = ?1")?.query_row([id.0.as_bytes()], |row| row.get(0))
        }
        RoomRef::Name(key) => {
            conn.prepare_cached("SELECT id FROM rooms WHERE name_key = ?1")?.query_row([key], |row| row.get(0))
        }
    }
    .optional()?;
    Ok(found.map_or(matches!(named, RoomRef::Name(_)), |found| found == room))
}

/// What is kept of the text of a deleted message, to know it again where it is posted with the same key: so little that it does
/// not tell what the text was.
pub(super) fn digest(body: &str) -> i64 {
    let hash = Sha256::digest(body.as_bytes());
    i64::from(u16::from_be_bytes([hash[0], hash[1]]))
}

/// Notes whom a message mentions: members other than its author.
pub(super) fn mention(conn: &Connection, place: &Place, pos: i64, names: &[String]) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let mut insert = conn.prepare_cached(
        "INSERT OR IGNORE INTO mentions (user, pos)
         SELECT m.user, ?4 FROM users u CROSS JOIN members m ON m.room = ?2 AND m.user = u.id
         WHERE u.name_key = ?1 AND u.id <> ?3",
    )?;
    for name in names {
        insert.execute((name, place.room.id, place.user.id, pos))?;
    }
    Ok(())
}
