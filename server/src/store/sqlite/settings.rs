//! How each member wants a room.

use chat_shared::api::{ChangeSettings, RoomSettings};
use chat_shared::{RoomId, UserId};

use super::job::Tx;
use super::place::Place;
use super::rows;
use crate::policy::Action;
use crate::store::{Now, Personal, RoomRef, StoreError};

/// Changes what the request names; a level that is not known here changes nothing.
pub(super) fn change(
    tx: &mut Tx<'_>,
    user: UserId,
    room: &RoomRef,
    change: ChangeSettings,
) -> Result<(RoomId, RoomSettings), StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let settings = tx
        .conn
        .prepare_cached(
            "UPDATE members SET level = coalesce(?3, level), favourite = coalesce(?4, favourite)
             WHERE room = ?1 AND user = ?2 RETURNING level, favourite",
        )?
        .query_row(
            (place.room.id, place.user.id, change.level.and_then(rows::level_column), change.favourite),
            |row| Ok(RoomSettings { level: rows::level(row.get(0)?), favourite: row.get(1)? }),
        )?;
    let room = place.room.uid;
    tx.personal.push(Personal { user, room, now: Now::Settings(settings) });
    Ok((room, settings))
}
