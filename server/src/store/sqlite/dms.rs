//! Direct conversations: the one room of each set of people.

use chat_shared::RoomId;
use chat_shared::api::{RoomKind, RoomSummary};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::job::Tx;
use super::place::{self, Place, UserRow};
use super::{cursors, members, pos, rows};
use crate::store::{Actor, RoomRef, StoreError, Who};

/// Finds the room of the actor and these people, or makes it. Says whether it was made.
pub(super) fn open(tx: &mut Tx<'_>, actor: &Actor, people: &[Who]) -> Result<(RoomSummary, bool), StoreError> {
    let maker = place::user(tx.conn, actor.user.id)?;
    let mut everyone = people.iter().map(|who| find(tx.conn, who)).collect::<Result<Vec<_>, _>>()?;
    everyone.retain(|user| user.id != maker.id);
    everyone.push(maker);
    everyone.sort_by_key(|user| user.id);
    everyone.dedup_by_key(|user| user.id);
    let key = everyone.iter().map(|user| user.id.to_string()).collect::<Vec<_>>().join(",");
    let known: Option<RoomId> = tx
        .conn
        .prepare_cached("SELECT r.uid FROM dms d CROSS JOIN rooms r ON r.id = d.room WHERE d.people = ?1")?
        .query_row([&key], |row| rows::room_id(row, 0))
        .optional()?;
    let (room, made) = match known {
        Some(room) => (room, false),
        None => (make(tx, actor, &everyone, &key)?, true),
    };
    let place = Place::find(tx.conn, actor.user.id, &RoomRef::Id(room))?;
    Ok((cursors::summary(tx.conn, &place)?, made))
}

fn make(tx: &mut Tx<'_>, actor: &Actor, everyone: &[UserRow], key: &str) -> Result<RoomId, StoreError> {
    let maker = place::user(tx.conn, actor.user.id)?;
    let room = RoomId(Uuid::now_v7());
    tx.conn
        .prepare_cached(
            "INSERT INTO rooms (uid, name, name_key, kind, creator, created_at) VALUES (?1, '', NULL, ?2, ?3, ?4)",
        )?
        .execute((room.0.as_bytes(), rows::kind_column(RoomKind::Dm), maker.id, actor.at.as_ms()))?;
    let id = tx.conn.last_insert_rowid();
    if id > pos::ROOM_MAX {
        return Err(StoreError::Unavailable("the store has no place for another room".into()));
    }
    tx.conn.prepare_cached("INSERT INTO dms (people, room) VALUES (?1, ?2)")?.execute((key, id))?;
    let mut place = Place::find(tx.conn, actor.user.id, &RoomRef::Id(room))?;
    for user in everyone {
        members::enrol(tx, &mut place.room, &maker, user, actor.at)?;
    }
    Ok(room)
}

fn find(conn: &Connection, who: &Who) -> Result<UserRow, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(UserRow { id: row.get(0)?, uid: rows::user_id(row, 1)?, name: row.get(2)?, admin: row.get(3)? })
    };
    let found = match who {
        Who::Id(id) => conn
            .prepare_cached("SELECT id, uid, name, admin FROM users WHERE uid = ?1")?
            .query_row([id.0.as_bytes()], read),
        Who::Name(key) => {
            conn.prepare_cached("SELECT id, uid, name, admin FROM users WHERE name_key = ?1")?.query_row([key], read)
        }
    };
    found.optional()?.ok_or(StoreError::UserNotFound)
}
