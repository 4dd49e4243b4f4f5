//! Who stands where: a user, a room, and what the one is in the other, read by one query.

use chat_shared::api::RoomKind;
use chat_shared::{RoomId, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{pos, rows};
use crate::policy::{self, Action, Standing};
use crate::store::{RoomRef, StoreError};

/// A user.
pub(super) struct UserRow {
    pub(super) id: i64,
    pub(super) uid: UserId,
    pub(super) name: String,
    pub(super) admin: bool,
}

/// A room, as far as most changes need it.
pub(super) struct RoomRow {
    pub(super) id: i64,
    pub(super) uid: RoomId,
    pub(super) kind: RoomKind,
    pub(super) general: bool,
    pub(super) creator: Option<i64>,
    pub(super) head: Seq,
    pub(super) posted: u64,
    /// When the newest event was.
    pub(super) newest_at: Timestamp,
}

/// A member's read cursor.
pub(super) struct Cursor {
    pub(super) seq: Seq,
    pub(super) own_after: u64,
}

/// A user before a room.
pub(super) struct Place {
    pub(super) user: UserRow,
    pub(super) room: RoomRow,
    /// Where the user is a member.
    pub(super) cursor: Option<Cursor>,
}

macro_rules! select_place {
    ($column:literal) => {
        concat!(
            "SELECT u.id, u.name, u.admin, r.id, r.uid, r.kind, r.name_key IS 'general', r.creator, r.head, r.posted, ",
            "m.read_seq, m.own_after_read, r.newest_at FROM users u CROSS JOIN rooms r ",
            "LEFT JOIN members m ON m.room = r.id AND m.user = u.id WHERE u.uid = ?1 AND r.",
            $column,
            " = ?2"
        )
    };
}

impl Place {
    /// Finds both. Where one of them is not there, there is no such room, as far as this user may know.
    pub(super) fn find(conn: &Connection, user: UserId, room: &RoomRef) -> Result<Self, StoreError> {
        let map = |row: &Row<'_>| Self::read(row, user);
        let uid = user.0.as_bytes();
        match room {
            RoomRef::Id(id) => {
                conn.prepare_cached(select_place!("uid"))?.query_row((uid, id.0.as_bytes()), map).optional()?
            }
            RoomRef::Name(key) => {
                conn.prepare_cached(select_place!("name_key"))?.query_row((uid, key), map).optional()?
            }
        }
        .ok_or(StoreError::RoomNotFound)
    }

    fn read(row: &Row<'_>, uid: UserId) -> rusqlite::Result<Self> {
        let user = UserRow { id: row.get(0)?, uid, name: row.get(1)?, admin: row.get(2)? };
        let room = RoomRow {
            id: row.get(3)?,
            uid: rows::room_id(row, 4)?,
            kind: rows::room_kind(row.get(5)?),
            general: row.get(6)?,
            creator: row.get(7)?,
            head: pos::count(row.get(8)?),
            posted: pos::count(row.get(9)?),
            newest_at: Timestamp::from_ms(row.get(12)?),
        };
        let cursor = match row.get::<_, Option<i64>>(10)? {
            Some(seq) => Some(Cursor { seq: pos::count(seq), own_after: pos::count(row.get(11)?) }),
            None => None,
        };
        Ok(Self { user, room, cursor })
    }

    /// Whether the user may do that to the room itself.
    pub(super) fn may(&self, action: Action) -> Result<(), StoreError> {
        self.may_to(action, self.room.creator)
    }

    /// Whether the user may do that to something that `author` made.
    pub(super) fn may_to(&self, action: Action, author: Option<i64>) -> Result<(), StoreError> {
        let standing = Standing {
            admin: self.user.admin,
            member: self.cursor.is_some(),
            author: author == Some(self.user.id),
            kind: self.room.kind,
            general: self.room.general,
        };
        Ok(policy::may(action, standing)?)
    }

    /// Finds both, and checks the action.
    pub(super) fn checked(conn: &Connection, user: UserId, room: &RoomRef, action: Action) -> Result<Self, StoreError> {
        let place = Self::find(conn, user, room)?;
        place.may(action)?;
        Ok(place)
    }
}

/// A user by id.
pub(super) fn user(conn: &Connection, uid: UserId) -> Result<UserRow, StoreError> {
    conn.prepare_cached("SELECT id, name, admin FROM users WHERE uid = ?1")?
        .query_row([uid.0.as_bytes()], |row| {
            Ok(UserRow { id: row.get(0)?, uid, name: row.get(1)?, admin: row.get(2)? })
        })
        .optional()?
        .ok_or(StoreError::Forbidden)
}
