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
use crate::store::{Now, Personal, RoomRef, StoreError};

/// From three columns: level, favourite, place.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<RoomSettings> {
    let favourite = row.get(first + 1)?;
    let place = Some(pos::count(row.get(first + 2)?)).filter(|_| favourite);
    Ok(RoomSettings { level: rows::level(row.get(first)?), favourite, place })
}

/// Changes what the request names; a level that is not known here changes nothing.
pub(super) fn change(
    tx: &mut Tx<'_>,
    user: UserId,
    room: &RoomRef,
    change: ChangeSettings,
) -> Result<(RoomId, RoomSettings), StoreError> {
    let place = Place::checked(tx.conn, user, room, Action::Read)?;
    let (room, member) = (place.room.id, place.user.id);
    let before = current(tx.conn, room, member)?;
    let favourite = change.favourite.unwrap_or(before.favourite);
    let last = last(tx.conn, room, member)?;
    let to = match (favourite, change.place, before.place) {
        (false, ..) => 0,
        (true, Some(wanted), _) => pos::column(wanted).clamp(1, last + 1),
        (true, None, Some(held)) => pos::column(held),
        (true, None, None) => last + 1,
    };
    let aside =
        if favourite { make_way(tx.conn, room, member, before.place.map(pos::column), to)? } else { Vec::new() };
    let level = change.level.and_then(rows::level_column);
    tx.conn
        .prepare_cached(
            "UPDATE members SET level = coalesce(?3, level), favourite = ?4, place = ?5 WHERE room = ?1 AND user = ?2",
        )?
        .execute((room, member, level, favourite, to))?;
    let settings = current(tx.conn, room, member)?;
    // The room itself comes last: when it takes its place, nobody else is there any more.
    for (room, settings) in aside.into_iter().chain([(place.room.uid, settings)]) {
        tx.personal.push(Personal { user, room, now: Now::Settings(settings) });
    }
    Ok((place.room.uid, settings))
}

fn current(conn: &Connection, room: i64, user: i64) -> Result<RoomSettings, StoreError> {
    let settings = conn
        .prepare_cached("SELECT level, favourite, place FROM members WHERE room = ?1 AND user = ?2")?
        .query_row((room, user), |row| read(row, 0))?;
    Ok(settings)
}

/// The last place that another favourite has; 0 where there is none.
fn last(conn: &Connection, room: i64, user: i64) -> Result<i64, StoreError> {
    let last = conn
        .prepare_cached("SELECT ifnull(max(place), 0) FROM members WHERE user = ?2 AND room <> ?1 AND favourite")?
        .query_row((room, user), |row| row.get(0))?;
    Ok(last)
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
