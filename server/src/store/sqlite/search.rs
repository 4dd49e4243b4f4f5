//! Full-text search.

use std::cmp::Reverse;

use chat_shared::api::SearchPage;
use chat_shared::{Message, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension as _};

use super::place::Place;
use super::rows::{self, MESSAGE_COLUMNS};
use super::{pages, pos};
use crate::policy::Action;
use crate::store::{SearchQuery, StoreError};

/// A room that is searched.
struct Room {
    id: i64,
    uid: RoomId,
}

/// Searches the rooms of the user, newest first.
pub(super) fn search(conn: &Connection, user: UserId, query: &SearchQuery) -> Result<SearchPage, StoreError> {
    let rooms = match &query.room {
        Some(room) => {
            let place = Place::checked(conn, user, room, Action::Read)?;
            vec![Room { id: place.room.id, uid: place.room.uid }]
        }
        None => rooms_of(conn, user)?,
    };
    let nothing = Ok(SearchPage { messages: Vec::new() });
    let Some(me) = user_with("uid", conn, user.0.as_bytes())? else { return nothing };
    let author = match &query.from {
        Some(key) => user_with("name_key", conn, key)?,
        None => None,
    };
    if query.from.is_some() && author.is_none() {
        return nothing;
    }
    let Some(expression) = expression(&query.text) else { return nothing };
    let mut found = Vec::new();
    for room in &rooms {
        let messages = search_room(conn, room, &expression, author, query)?;
        found.extend(messages.into_iter().map(|message| (room.id, message)));
    }
    found.sort_by_key(|(room, message)| Reverse((message.at, *room, message.seq)));
    found.truncate(query.limit);
    // One by one: what lies between two of them may be long.
    for (room, message) in &mut found {
        pages::fill_reactions(conn, *room, me, std::slice::from_mut(message))?;
    }
    Ok(SearchPage { messages: found.into_iter().map(|(_, message)| message).collect() })
}

fn rooms_of(conn: &Connection, user: UserId) -> Result<Vec<Room>, StoreError> {
    let rooms = conn
        .prepare_cached(
            "SELECT r.id, r.uid FROM members m CROSS JOIN rooms r ON r.id = m.room
             WHERE m.user = (SELECT id FROM users WHERE uid = ?1)",
        )?
        .query_map([user.0.as_bytes()], |row| Ok(Room { id: row.get(0)?, uid: rows::room_id(row, 1)? }))?
        .collect::<Result<_, _>>()?;
    Ok(rooms)
}

/// The row of the user who has this in that column.
fn user_with(column: &'static str, conn: &Connection, value: impl rusqlite::ToSql) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT id FROM users WHERE {column} = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([value], |row| row.get(0)).optional()?)
}

/// One room's matches, newest first. The index is read backwards through the room's part of it, only as far as needed.
fn search_room(
    conn: &Connection,
    room: &Room,
    expression: &str,
    author: Option<i64>,
    query: &SearchQuery,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {MESSAGE_COLUMNS} FROM message_index i CROSS JOIN events e ON e.pos = i.rowid
         CROSS JOIN users u ON u.id = e.by LEFT JOIN message_state s ON s.pos = e.pos
         WHERE i.message_index MATCH ?1 AND i.rowid > ?2 AND i.rowid < ?3
         AND (?4 IS NULL OR e.by = ?4) AND (?5 IS NULL OR e.at < ?5) ORDER BY i.rowid DESC LIMIT ?6"
    );
    let before = query.before.map(chat_shared::Timestamp::as_ms);
    let (first, end, limit) = (pos::pos(room.id, 0), pos::end(room.id), pos::column(query.limit));
    let messages = conn
        .prepare_cached(&sql)?
        .query_map((expression, first, end, author, before, limit), |row| rows::message(row, room.uid))?
        .collect::<Result<_, _>>()?;
    Ok(messages)
}

/// What people type, as an expression of FTS5: quoted phrases and single words, each of them quoted, all of them wanted.
/// Inside of quotes FTS5 knows no operators, and a phrase without any letter in it is passed over.
fn expression(text: &str) -> Option<String> {
    let mut terms = Vec::new();
    for (number, part) in text.replace('\0', " ").split('"').enumerate() {
        if number % 2 == 1 {
            terms.push(format!("\"{part}\""));
        } else {
            terms.extend(part.split_whitespace().map(|word| format!("\"{word}\"")));
        }
    }
    (!terms.is_empty()).then(|| terms.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_type_is_an_operator() {
        assert_eq!(expression("a OR b*"), Some(r#""a" "OR" "b*""#.into()));
        assert_eq!(expression(r#"say "two words" now"#), Some(r#""say" "two words" "now""#.into()));
        assert_eq!(expression(r#""open end"#), Some(r#""open end""#.into()));
        assert_eq!(expression(" \0\t"), None);
    }
}
