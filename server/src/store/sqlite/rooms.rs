//! Rooms: making, describing and listing them.

use chat_shared::api::{RoomKind, RoomListing, RoomSummary};
use chat_shared::{EventKind, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::job::Tx;
use super::place::{self, Place};
use super::{cursors, log, members, pos, rows};
use crate::policy::Action;
use crate::store::{Actor, RoomRef, StoreError};
use crate::validate::Name;

/// Makes a room; its first event is its maker's coming.
pub(super) fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    name: &Name,
    topic: &str,
    kind: RoomKind,
) -> Result<RoomSummary, StoreError> {
    let maker = place::user(tx.conn, actor.user.id)?;
    let kind = rows::kind_column(kind).ok_or(StoreError::Forbidden)?;
    check_free(tx, name, None)?;
    let room = RoomId(Uuid::now_v7());
    tx.conn
        .prepare_cached(
            "INSERT INTO rooms (uid, name, name_key, topic, kind, creator, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((room.0.as_bytes(), &name.shown, &name.key, topic, kind, maker.id, actor.at.as_ms()))?;
    if tx.conn.last_insert_rowid() > pos::ROOM_MAX {
        return Err(StoreError::Unavailable("the store has no place for another room".into()));
    }
    let mut place = Place::find(tx.conn, actor.user.id, &RoomRef::Id(room))?;
    members::add(tx, &mut place, actor.at)?;
    cursors::summary(tx.conn, &place)
}

/// Changes name or topic, where that changes anything.
pub(super) fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    room: &RoomRef,
    name: Option<&Name>,
    topic: Option<&str>,
) -> Result<RoomSummary, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Read)?;
    let id = place.room.id;
    let (old_name, old_topic): (String, String) = tx
        .conn
        .prepare_cached("SELECT name, topic FROM rooms WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let new_name = name.filter(|name| name.shown != old_name);
    let new_topic = topic.filter(|&topic| topic != old_topic);
    if let Some(name) = new_name {
        place.may(Action::Rename)?;
        check_free(tx, name, Some(id))?;
        tx.conn.prepare_cached("UPDATE rooms SET name = ?2, name_key = ?3 WHERE id = ?1")?.execute((
            id,
            &name.shown,
            &name.key,
        ))?;
    }
    if let Some(topic) = new_topic {
        place.may(Action::ChangeTopic)?;
        tx.conn.prepare_cached("UPDATE rooms SET topic = ?2 WHERE id = ?1")?.execute((id, topic))?;
    }
    if new_name.is_some() || new_topic.is_some() {
        let name = new_name.map_or(old_name, |name| name.shown.clone());
        let topic = new_topic.map_or(old_topic, str::to_owned);
        log::append_unkeyed(tx, &mut place.room, &place.user, actor.at, EventKind::RoomChanged { name, topic })?;
    }
    cursors::summary(tx.conn, &place)
}

/// Refuses a name that another room than `except` has.
fn check_free(tx: &Tx<'_>, name: &Name, except: Option<i64>) -> Result<(), StoreError> {
    let taken = tx
        .conn
        .prepare_cached("SELECT 1 FROM rooms WHERE name_key = ?1 AND id IS NOT ?2")?
        .query_row((&name.key, except), |_| Ok(()))
        .optional()?;
    if taken.is_some() { Err(StoreError::RoomNameTaken) } else { Ok(()) }
}

/// All rooms that the user may know of: the public ones, and those they are in; but no direct conversations.
pub(super) fn list(conn: &Connection, user: UserId) -> Result<Vec<RoomListing>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT r.uid, r.name, r.topic, r.kind, r.head, r.members, m.user IS NOT NULL
         FROM rooms r LEFT JOIN members m ON m.room = r.id AND m.user = (SELECT id FROM users WHERE uid = ?1)
         WHERE r.kind = 0 OR (m.user IS NOT NULL AND r.kind <> 2) ORDER BY r.name_key, r.id",
    )?;
    let rooms = statement
        .query_map([user.0.as_bytes()], |row| {
            Ok(RoomListing {
                id: rows::room_id(row, 0)?,
                name: row.get(1)?,
                topic: row.get(2)?,
                kind: rows::room_kind(row.get(3)?),
                head: pos::count(row.get(4)?),
                members: pos::count(row.get(5)?),
                joined: row.get(6)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rooms)
}
