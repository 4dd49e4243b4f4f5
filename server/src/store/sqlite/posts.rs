//! Posting.

use std::sync::Arc;

use chat_shared::{Event, EventKind, Seq};
use rusqlite::{Connection, OptionalExtension as _};

use super::job::Tx;
use super::place::Place;
use super::rows::{self, SELECT_EVENT};
use super::{log, pos};
use crate::policy::Action;
use crate::store::{Actor, Draft, StoreError};

/// Posts, or finds what was posted with the same key.
pub(super) fn post(tx: &mut Tx<'_>, actor: &Actor, draft: &Draft) -> Result<Arc<Event>, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, &draft.room, Action::Write)?;
    if let Some(seq) = draft.reply_to
        && !is_message(tx.conn, place.room.id, seq)?
    {
        return Err(StoreError::InvalidReply);
    }
    let kind = EventKind::Posted { body: draft.body.clone(), key: draft.key.clone(), reply_to: draft.reply_to };
    let Some(event) = log::append(tx, &mut place.room, &place.user, actor.at, kind)? else {
        return first_answer(tx.conn, &place, draft);
    };
    let pos = pos::pos(place.room.id, event.seq);
    tx.conn
        .prepare_cached(
            "UPDATE members SET own_after_read = own_after_read + 1, own_after_mark = own_after_mark + 1
             WHERE room = ?1 AND user = ?2",
        )?
        .execute((place.room.id, place.user.id))?;
    mention(tx.conn, &place, pos, &draft.mentions)?;
    tx.posted.push(place.room.id);
    Ok(event)
}

fn is_message(conn: &Connection, room: i64, seq: Seq) -> Result<bool, StoreError> {
    let kind: Option<i64> = conn
        .prepare_cached("SELECT kind FROM events WHERE pos = ?1")?
        .query_row([pos::pos(room, seq)], |row| row.get(0))
        .optional()?;
    Ok(kind == Some(rows::POSTED))
}

/// What was posted with the key before, where that was this same message.
/// Of a deleted one the text is not known any more, so that only the rest is compared.
fn first_answer(conn: &Connection, place: &Place, draft: &Draft) -> Result<Arc<Event>, StoreError> {
    let first: i64 = conn
        .prepare_cached("SELECT pos FROM events WHERE by = ?1 AND key = ?2")?
        .query_row((place.user.id, &draft.key), |row| row.get(0))?;
    if first <= pos::pos(place.room.id, 0) || first >= pos::end(place.room.id) {
        return Err(StoreError::KeyReused);
    }
    let event = conn
        .prepare_cached(&format!("{SELECT_EVENT} WHERE e.pos = ?1"))?
        .query_row([first], |row| rows::event(row, place.room.uid))?;
    let deleted = conn
        .prepare_cached("SELECT 1 FROM message_state WHERE pos = ?1 AND deleted_at IS NOT NULL")?
        .exists([first])?;
    match &event.kind {
        EventKind::Posted { body, reply_to, .. } if *reply_to == draft.reply_to && (deleted || *body == draft.body) => {
            Ok(Arc::new(event))
        }
        _ => Err(StoreError::KeyReused),
    }
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
