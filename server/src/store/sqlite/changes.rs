//! What happens to messages after they were posted: edits, deletions, reactions.

use std::sync::Arc;

use chat_shared::{Event, EventKind, Seq, limit};
use rusqlite::{Connection, OptionalExtension as _};

use super::index::Change;
use super::job::Tx;
use super::place::Place;
use super::{log, pos, posts};
use crate::policy::Action;
use crate::store::{Actor, RoomRef, StoreError};

/// A message that is to be changed.
struct Target {
    pos: i64,
    author: i64,
    body: String,
    deleted: bool,
}

fn target(conn: &Connection, place: &Place, seq: Seq) -> Result<Target, StoreError> {
    let pos = pos::pos(place.room.id, seq);
    conn.prepare_cached(
        "SELECT e.by, CASE WHEN s.pos IS NULL THEN e.text ELSE s.body END, s.deleted_at IS NOT NULL
         FROM events e LEFT JOIN message_state s ON s.pos = e.pos WHERE e.pos = ?1 AND e.kind = 1",
    )?
    .query_row([pos], |row| Ok(Target { pos, author: row.get(0)?, body: row.get(1)?, deleted: row.get(2)? }))
    .optional()?
    .ok_or(StoreError::MessageNotFound)
}

/// Gives a message a new text.
pub(super) fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    room: &RoomRef,
    seq: Seq,
    body: &str,
    mentions: &[String],
) -> Result<Option<Arc<Event>>, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Read)?;
    let target = target(tx.conn, &place, seq)?;
    place.may_to(Action::Edit, Some(target.author))?;
    if target.deleted {
        return Err(StoreError::MessageDeleted);
    }
    if target.body == body {
        return Ok(None);
    }
    let kind = EventKind::Edited { target: seq, body: body.to_owned() };
    let event = log::append_unkeyed(tx, &mut place.room, &place.user, actor.at, kind)?;
    tx.conn
        .prepare_cached(
            "INSERT INTO message_state (pos, by, body, edited_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (pos) DO UPDATE SET body = excluded.body, edited_at = excluded.edited_at",
        )?
        .execute((target.pos, target.author, body, event.at.as_ms()))?;
    tx.conn.prepare_cached("DELETE FROM mentions WHERE pos = ?1")?.execute([target.pos])?;
    posts::mention(tx.conn, &place, target.pos, mentions)?;
    let (pos, author) = (target.pos, target.author);
    tx.changes.push(Change { pos, author, before: target.body, after: Some(body.to_owned()) });
    Ok(Some(event))
}

/// Deletes a message, and its text wherever it is kept.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    actor: &Actor,
    room: &RoomRef,
    seq: Seq,
) -> Result<Option<Arc<Event>>, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Read)?;
    let Target { pos, author, body, deleted } = target(tx.conn, &place, seq)?;
    place.may_to(Action::Delete, Some(author))?;
    if deleted {
        return Ok(None);
    }
    let first_text: Option<String> = tx
        .conn
        .prepare_cached("SELECT text FROM events WHERE pos = ?1 AND key IS NOT NULL")?
        .query_row([pos], |row| row.get(0))
        .optional()?;
    let kind = EventKind::Deleted { target: seq };
    let event = log::append_unkeyed(tx, &mut place.room, &place.user, actor.at, kind)?;
    tx.conn
        .prepare_cached(
            "INSERT INTO message_state (pos, by, body, deleted_at, digest) VALUES (?1, ?2, '', ?3, ?4)
             ON CONFLICT (pos) DO UPDATE
             SET body = '', edited_at = NULL, deleted_at = excluded.deleted_at, digest = excluded.digest",
        )?
        .execute((pos, author, event.at.as_ms(), first_text.as_deref().map(posts::digest)))?;
    for sql in [
        "UPDATE events SET text = '' WHERE pos = ?1",
        "UPDATE events SET text = '' WHERE target = ?1 AND kind = 2",
        "DELETE FROM reactions WHERE pos = ?1",
        "DELETE FROM mentions WHERE pos = ?1",
    ] {
        tx.conn.prepare_cached(sql)?.execute([pos])?;
    }
    tx.changes.push(Change { pos, author, before: body, after: None });
    Ok(Some(event))
}

/// Puts an emoji on a message, or takes it back.
pub(super) fn react(
    tx: &mut Tx<'_>,
    actor: &Actor,
    room: &RoomRef,
    seq: Seq,
    emoji: &str,
    add: bool,
) -> Result<Option<Arc<Event>>, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Write)?;
    let target = target(tx.conn, &place, seq)?;
    if target.deleted {
        return Err(StoreError::MessageDeleted);
    }
    let emoji_owned = emoji.to_owned();
    let (changed, kind) = if add {
        let added = add_reaction(tx.conn, &place, target.pos, emoji)?;
        (added, EventKind::ReactionAdded { target: seq, emoji: emoji_owned })
    } else {
        let removed = tx
            .conn
            .prepare_cached("DELETE FROM reactions WHERE pos = ?1 AND emoji = ?2 AND user = ?3")?
            .execute((target.pos, emoji, place.user.id))?;
        (removed > 0, EventKind::ReactionRemoved { target: seq, emoji: emoji_owned })
    };
    if !changed {
        return Ok(None);
    }
    log::append_unkeyed(tx, &mut place.room, &place.user, actor.at, kind).map(Some)
}

/// Says whether it was not there before.
fn add_reaction(conn: &Connection, place: &Place, pos: i64, emoji: &str) -> Result<bool, StoreError> {
    // An emoji keeps its place in the row for as long as anybody's is there.
    let since: Option<i64> = conn
        .prepare_cached("SELECT since FROM reactions WHERE pos = ?1 AND emoji = ?2 LIMIT 1")?
        .query_row((pos, emoji), |row| row.get(0))
        .optional()?;
    if since.is_none() && different_emoji(conn, pos)? >= limit::EMOJI_PER_MESSAGE {
        return Err(StoreError::TooManyReactions);
    }
    let since = since.unwrap_or(pos::column(place.room.head + 1));
    let added = conn
        .prepare_cached("INSERT OR IGNORE INTO reactions (pos, emoji, user, since) VALUES (?1, ?2, ?3, ?4)")?
        .execute((pos, emoji, place.user.id, since))?;
    Ok(added > 0)
}

/// How many different emoji a message carries: a step for each of them, however many people chose it.
fn different_emoji(conn: &Connection, pos: i64) -> Result<usize, StoreError> {
    let mut next =
        conn.prepare_cached("SELECT emoji FROM reactions WHERE pos = ?1 AND emoji > ?2 ORDER BY emoji LIMIT 1")?;
    let (mut last, mut count) = (String::new(), 0);
    while let Some(emoji) = next.query_row((pos, &last), |row| row.get(0)).optional()? {
        (last, count) = (emoji, count + 1);
    }
    Ok(count)
}
