//! Who else is in a direct conversation.

use std::collections::HashMap;

use chat_shared::{RoomId, UserId, UserRef};
use rusqlite::Connection;

use super::place::Place;
use super::rows;
use crate::store::StoreError;

/// The others in the conversation, by name key.
pub(super) fn others(conn: &Connection, place: &Place) -> Result<Vec<UserRef>, StoreError> {
    let people = conn
        .prepare_cached(
            "SELECT u.uid, u.name FROM members o CROSS JOIN users u ON u.id = o.user
             WHERE o.room = ?1 AND o.user <> ?2 ORDER BY u.name_key",
        )?
        .query_map((place.room.id, place.user.id), |row| Ok(UserRef { id: rows::user_id(row, 0)?, name: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    Ok(people)
}

/// The others in each of the user's conversations, by name key.
pub(super) fn people(conn: &Connection, user: UserId) -> Result<HashMap<RoomId, Vec<UserRef>>, StoreError> {
    let mut people: HashMap<RoomId, Vec<UserRef>> = HashMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT r.uid, u.uid, u.name FROM members m CROSS JOIN rooms r ON r.id = m.room AND r.kind = 2
         CROSS JOIN members o ON o.room = r.id AND o.user <> m.user CROSS JOIN users u ON u.id = o.user
         WHERE m.user = (SELECT id FROM users WHERE uid = ?1) ORDER BY u.name_key",
    )?;
    let found = statement.query_map([user.0.as_bytes()], |row| {
        Ok((rows::room_id(row, 0)?, UserRef { id: rows::user_id(row, 1)?, name: row.get(2)? }))
    })?;
    for row in found {
        let (room, user) = row?;
        people.entry(room).or_default().push(user);
    }
    Ok(people)
}

/// Everyone with whom the user shares a conversation.
pub(super) fn all(conn: &Connection, user: UserId) -> Result<Vec<UserId>, StoreError> {
    let partners = conn
        .prepare_cached(
            "SELECT DISTINCT u.uid FROM members m CROSS JOIN rooms r ON r.id = m.room AND r.kind = 2
             CROSS JOIN members o ON o.room = r.id AND o.user <> m.user CROSS JOIN users u ON u.id = o.user
             WHERE m.user = (SELECT id FROM users WHERE uid = ?1)",
        )?
        .query_map([user.0.as_bytes()], |row| rows::user_id(row, 0))?
        .collect::<Result<_, _>>()?;
    Ok(partners)
}
