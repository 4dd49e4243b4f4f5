//! Who is in a room: coming, going, and the list of members.

use chat_shared::api::{Member, MembersPage, RoomSummary};
use chat_shared::{EventKind, Seq, Timestamp, UserId, UserRef};
use rusqlite::Connection;

use super::job::Tx;
use super::place::{Cursor, Place, RoomRow, UserRow};
use super::{cursors, log, pos, rows};
use crate::policy::Action;
use crate::store::{Actor, RoomRef, StoreError};

/// Joins, where the user is not a member yet.
pub(super) fn join(tx: &mut Tx<'_>, actor: &Actor, room: &RoomRef) -> Result<RoomSummary, StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Join)?;
    if place.cursor.is_none() {
        add(tx, &mut place, actor.at)?;
    }
    cursors::summary(tx.conn, &place)
}

/// Makes the user a member. Their read cursor stands at the event that says so.
pub(super) fn add(tx: &mut Tx<'_>, place: &mut Place, at: Timestamp) -> Result<(), StoreError> {
    let seq = enrol(tx, &mut place.room, &place.user, &place.user, at)?;
    place.cursor = Some(Cursor { seq, own_after: 0 });
    Ok(())
}

/// Makes `user` a member on behalf of `by`; gives the number of the event that says so.
pub(super) fn enrol(
    tx: &mut Tx<'_>,
    room: &mut RoomRow,
    by: &UserRow,
    user: &UserRow,
    at: Timestamp,
) -> Result<Seq, StoreError> {
    let joined = EventKind::Joined { user: UserRef { id: user.uid, name: user.name.clone() } };
    let event = log::append_unkeyed(tx, room, by, at, joined)?;
    tx.conn
        .prepare_cached(
            "INSERT INTO members (room, user, joined_at, read_seq, read_posted) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((room.id, user.id, event.at.as_ms(), pos::column(event.seq), pos::column(room.posted)))?;
    count(tx, room.id, 1)?;
    Ok(event.seq)
}

/// Leaves. What mentioned the user there is forgotten: a member who comes back begins anew.
pub(super) fn leave(tx: &mut Tx<'_>, actor: &Actor, room: &RoomRef) -> Result<(), StoreError> {
    let mut place = Place::checked(tx.conn, actor.user.id, room, Action::Leave)?;
    let user = UserRef { id: place.user.uid, name: place.user.name.clone() };
    log::append_unkeyed(tx, &mut place.room, &place.user, actor.at, EventKind::Left { user })?;
    let (room, user) = (place.room.id, place.user.id);
    tx.conn.prepare_cached("DELETE FROM members WHERE room = ?1 AND user = ?2")?.execute((room, user))?;
    tx.conn.prepare_cached("DELETE FROM mentions WHERE user = ?1 AND pos > ?2 AND pos < ?3")?.execute((
        user,
        pos::pos(room, 0),
        pos::end(room),
    ))?;
    count(tx, room, -1)
}

fn count(tx: &Tx<'_>, room: i64, change: i64) -> Result<(), StoreError> {
    tx.conn.prepare_cached("UPDATE rooms SET members = members + ?2 WHERE id = ?1")?.execute((room, change))?;
    Ok(())
}

/// Members by name key, from after `after` on.
pub(super) fn list(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    after: Option<&str>,
    limit: usize,
) -> Result<MembersPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let (members, users): (u64, u64) = conn
        .prepare_cached("SELECT members, (SELECT max(id) FROM users) FROM rooms WHERE id = ?1")?
        .query_row([place.room.id], |row| Ok((pos::count(row.get(0)?), pos::count(row.get(1)?))))?;
    // All of the room's members, sorted; or all names from `after` on, until enough of them are members.
    let names_to_pass = (limit as u64).saturating_mul(users) / members.max(1);
    let sql = if members <= names_to_pass {
        "SELECT u.uid, u.name, m.joined_at, u.name_key FROM members m CROSS JOIN users u ON u.id = m.user
         WHERE m.room = ?1 AND u.name_key > ?2 ORDER BY u.name_key LIMIT ?3"
    } else {
        "SELECT u.uid, u.name, m.joined_at, u.name_key FROM users u CROSS JOIN members m ON m.room = ?1 AND m.user = u.id
         WHERE u.name_key > ?2 ORDER BY u.name_key LIMIT ?3"
    };
    let mut statement = conn.prepare_cached(sql)?;
    // No name is empty. One more than asked for says whether there is another page.
    let parameters = (place.room.id, after.unwrap_or(""), pos::column(limit.saturating_add(1)));
    let mut found: Vec<(Member, String)> = statement
        .query_map(parameters, |row| {
            let joined_at = Timestamp::from_ms(row.get(2)?);
            // Who is connected is not the store's business.
            Ok((Member { id: rows::user_id(row, 0)?, name: row.get(1)?, joined_at, online: false }, row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|(_, key)| key.clone());
    Ok(MembersPage { members: found.into_iter().map(|(member, _)| member).collect(), next })
}
