//! Full-text search.

use std::cmp::Reverse;
use std::collections::HashMap;

use chat_shared::api::SearchPage;
use chat_shared::limit::PAGE_BYTES;
use chat_shared::{Message, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension as _};

use super::place::Place;
use super::rows::{self, MESSAGE_COLUMNS};
use super::{index, pages, pos};
use crate::policy::Action;
use crate::store::{SearchQuery, StoreError};

/// Where the rooms that are searched hold less than one of so many messages, the index is asked for these rooms; else it
/// is quicker to pass over the matches in others.
const SMALL_SHARE: i64 = 16;
/// Up to so many rooms can be asked for.
const MAX_ROOM_MARKS: usize = 32;

/// The rooms that are searched.
struct Scope {
    rooms: HashMap<i64, RoomId>,
    /// Messages in them, deleted ones too.
    posted: i64,
}

/// Searches the rooms of the user, newest first.
pub(super) fn search(conn: &Connection, user: UserId, query: &SearchQuery) -> Result<SearchPage, StoreError> {
    let scope = match &query.room {
        Some(room) => {
            let place = Place::checked(conn, user, room, Action::Read)?;
            Scope { rooms: HashMap::from([(place.room.id, place.room.uid)]), posted: pos::column(place.room.posted) }
        }
        None => scope_of(conn, user)?,
    };
    let nothing = Ok(SearchPage { messages: Vec::new(), more: false });
    let Some(me) = user_with("uid", conn, user.0.as_bytes())? else { return nothing };
    let author = match &query.from {
        Some(key) => user_with("name_key", conn, key)?,
        None => None,
    };
    if query.from.is_some() && author.is_none() {
        return nothing;
    }
    let Some(words) = expression(&query.text) else { return nothing };
    let newest = match query.before {
        Some(before) => index::newest_before(conn, before.as_ms())?,
        None => Some(i64::MAX),
    };
    let Some(newest) = newest else { return nothing };
    let expression = narrowed(&words, author, &scope, index::newest(conn)?);
    let (mut messages, more) = matches(conn, &scope, &expression, newest, author, query)?;
    for (room, message) in &mut messages {
        // One by one: what lies between two of them may be long.
        pages::fill_reactions(conn, *room, me, std::slice::from_mut(message))?;
    }
    messages.sort_by_key(|(room, message)| Reverse((message.at, *room, message.seq)));
    Ok(SearchPage { messages: messages.into_iter().map(|(_, message)| message).collect(), more })
}

/// The expression for these words, as far as it can be narrowed down to the author and to the rooms, in an index of so
/// many messages.
fn narrowed(words: &str, author: Option<i64>, scope: &Scope, messages: i64) -> String {
    let mut expression = format!("({words})");
    if let Some(author) = author {
        expression += &format!(" AND {}", index::author_mark(author));
    }
    if scope.rooms.len() <= MAX_ROOM_MARKS && scope.posted.saturating_mul(SMALL_SHARE) < messages {
        let marks: Vec<_> = scope.rooms.keys().map(|&room| index::room_mark(room)).collect();
        if !marks.is_empty() {
            expression += &format!(" AND ({})", marks.join(" OR "));
        }
    }
    expression
}

fn scope_of(conn: &Connection, user: UserId) -> Result<Scope, StoreError> {
    let mut scope = Scope { rooms: HashMap::new(), posted: 0 };
    let mut select = conn.prepare_cached(
        "SELECT r.id, r.uid, r.posted FROM members m CROSS JOIN rooms r ON r.id = m.room
         WHERE m.user = (SELECT id FROM users WHERE uid = ?1)",
    )?;
    let mut rows = select.query([user.0.as_bytes()])?;
    while let Some(row) = rows.next()? {
        scope.rooms.insert(row.get(0)?, rows::room_id(row, 1)?);
        scope.posted = scope.posted.saturating_add(row.get(2)?);
    }
    Ok(scope)
}

/// The row of the user who has this in that column.
fn user_with(column: &'static str, conn: &Connection, value: impl rusqlite::ToSql) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT id FROM users WHERE {column} = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([value], |row| row.get(0)).optional()?)
}

/// The newest matches with their rooms. The index is read backwards from that row on, only as far as needed: its row ids are
/// in the order in which messages were posted. Says whether there are more than the bound on their size allows. It only
/// proposes; whether the user may see a message is decided here.
fn matches(
    conn: &Connection,
    scope: &Scope,
    expression: &str,
    newest: i64,
    author: Option<i64>,
    query: &SearchQuery,
) -> Result<(Vec<(i64, Message)>, bool), StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT x.pos FROM message_index i CROSS JOIN indexed x ON x.id = i.rowid
         WHERE i.message_index MATCH ?1 AND i.rowid <= ?2 ORDER BY i.rowid DESC",
    )?;
    let mut select = conn.prepare_cached(&format!(
        "SELECT {MESSAGE_COLUMNS} FROM events e CROSS JOIN users u ON u.id = e.by LEFT JOIN message_state s ON s.pos = e.pos
         WHERE e.pos = ?1 AND (?2 IS NULL OR e.by = ?2) AND (?3 IS NULL OR e.at < ?3)"
    ))?;
    let before = query.before.map(chat_shared::Timestamp::as_ms);
    let (mut found, mut bytes) = (Vec::new(), 0_usize);
    let mut candidates = find.query((expression, newest))?;
    while found.len() < query.limit
        && let Some(row) = candidates.next()?
    {
        let pos: i64 = row.get(0)?;
        let room = pos::room(pos);
        if let Some(&uid) = scope.rooms.get(&room)
            && let Some(message) = select.query_row((pos, author, before), |row| rows::message(row, uid)).optional()?
        {
            bytes = bytes.saturating_add(message.body.len());
            if bytes > PAGE_BYTES && !found.is_empty() {
                return Ok((found, true));
            }
            found.push((room, message));
        }
    }
    Ok((found, false))
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
