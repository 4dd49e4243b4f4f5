//! How each member wants a room, and the order of their favourites.
//!
//! Places are numbers without repeats among one member's favourites; a smaller one is further up. One that moves takes the place
//! of another, and those in between move by one towards where it was: nobody else's number changes. Holes (a favourite that was
//! left, or is none any more) mean nothing. Every change is one transaction of the one writer, so that moves on two devices come
//! one after the other, each against what the one before has left.

use chat_shared::api::{ChangeSettings, RoomSettings};
use chat_shared::{RoomId, UserId};
use rusqlite::{Connection, Row};

use super::job::Tx;
use super::place::Place;
use super::{pos, rows};
use crate::policy::Action;
use crate::store::{RoomRef, Settled, StoreError};

/// From three columns: level, favourite, place.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<RoomSettings> {
    let favourite = row.get(first + 1)?;
    let place = Some(pos::count(row.get(first + 2)?)).filter(|_| favourite);
    Ok(RoomSettings { level: rows::level(row.get(first)?), favourite, place })
}

/// Changes what the request names; a level that is not known here changes nothing.
pub(super) fn change(tx: &Tx<'_>, user: UserId, room: &RoomRef, change: ChangeSettings) -> Result<Settled, StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let (room, user) = (place.room.id, place.user.id);
    let before = current(tx.conn, room, user)?;
    let favourite = change.favourite.unwrap_or(before.favourite);
    let newest = newest(tx.conn, room, user)?;
    let to = match (favourite, change.place, before.place) {
        (false, ..) => 0,
        (true, Some(wanted), _) => pos::column(wanted).clamp(1, newest + 1),
        (true, None, Some(held)) => pos::column(held),
        (true, None, None) => newest + 1,
    };
    let aside = if favourite { make_way(tx.conn, room, user, before.place.map(pos::column), to)? } else { Vec::new() };
    let level = change.level.and_then(rows::level_column);
    tx.conn
        .prepare_cached(
            "UPDATE members SET level = coalesce(?3, level), favourite = ?4, place = ?5 WHERE room = ?1 AND user = ?2",
        )?
        .execute((room, user, level, favourite, to))?;
    Ok(Settled { room: place.room.uid, settings: current(tx.conn, room, user)?, aside })
}

fn current(conn: &Connection, room: i64, user: i64) -> Result<RoomSettings, StoreError> {
    let settings = conn
        .prepare_cached("SELECT level, favourite, place FROM members WHERE room = ?1 AND user = ?2")?
        .query_row((room, user), |row| read(row, 0))?;
    Ok(settings)
}

/// The last place that another favourite has; 0 where there is none.
fn newest(conn: &Connection, room: i64, user: i64) -> Result<i64, StoreError> {
    let newest = conn
        .prepare_cached("SELECT ifnull(max(place), 0) FROM members WHERE user = ?2 AND room <> ?1 AND favourite")?
        .query_row((room, user), |row| row.get(0))?;
    Ok(newest)
}

/// Moves the other favourites that stand between `from` (`None`: behind all) and `to`. Gives those that moved.
fn make_way(
    conn: &Connection,
    room: i64,
    user: i64,
    from: Option<i64>,
    to: i64,
) -> Result<Vec<(RoomId, RoomSettings)>, StoreError> {
    let (first, last, step) = match from {
        Some(from) if from == to => return Ok(Vec::new()),
        Some(from) if from < to => (from + 1, to, -1),
        Some(from) => (to, from - 1, 1),
        None => (to, i64::MAX, 1),
    };
    let moved = conn
        .prepare_cached(
            "UPDATE members SET place = place + ?5
             WHERE user = ?2 AND room <> ?1 AND favourite AND place BETWEEN ?3 AND ?4
             RETURNING (SELECT uid FROM rooms WHERE id = room), level, favourite, place",
        )?
        .query_map((room, user, first, last, step), |row| Ok((rows::room_id(row, 0)?, read(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(moved)
}
