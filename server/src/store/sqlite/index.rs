//! The full-text index: its rows, and what changes to messages that are in it do to them. `indexer` puts messages in.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::pos;
use crate::store::StoreError;

/// Begins the words that stand for an author or a room. It is a letter to the tokenizer, and means nothing to people; who
/// types it none the less finds what they may find, since the index only proposes.
const MARK: char = '\u{F8FF}';

/// A change to a message that was posted before.
pub(super) struct Change {
    pub(super) pos: i64,
    pub(super) author: i64,
    pub(super) before: String,
    /// `None` where it was deleted.
    pub(super) after: Option<String>,
}

/// The newest row, and so about how many there are.
pub(super) fn newest(conn: &Connection) -> rusqlite::Result<i64> {
    let newest: Option<i64> = conn.prepare_cached("SELECT max(id) FROM indexed")?.query_row([], |row| row.get(0))?;
    Ok(newest.unwrap_or(0))
}

/// The word that stands for a room.
pub(super) fn room_mark(room: i64) -> String {
    format!("{MARK}r{room}")
}

/// The word that stands for an author.
pub(super) fn author_mark(author: i64) -> String {
    format!("{MARK}u{author}")
}

/// What is indexed of a message.
pub(super) fn document(body: &str, author: i64, room: i64) -> String {
    format!("{body} {} {}", author_mark(author), room_mark(room))
}

/// Applies what the changes of a group come to, in order of row ids: FTS5 gathers a transaction's words in memory and
/// writes them out at its end, but also whenever a row id is smaller than the one before. A message that is not in the
/// index yet will be put there as it is then.
pub(super) fn apply(conn: &Connection, changes: Vec<Change>) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut find = conn.prepare_cached("SELECT id FROM indexed WHERE pos = ?1")?;
    let mut sums: BTreeMap<i64, Change> = BTreeMap::new();
    for change in changes {
        if let Some(id) = find.query_row([change.pos], |row| row.get(0)).optional()? {
            match sums.get_mut(&id) {
                Some(sum) => sum.after = change.after,
                None => drop(sums.insert(id, change)),
            }
        }
    }
    // The table has no copy of the text, so that what is to be taken out has to be told to it.
    let mut delete =
        conn.prepare_cached("INSERT INTO message_index (message_index, rowid, body) VALUES ('delete', ?1, ?2)")?;
    let mut insert = conn.prepare_cached("INSERT INTO message_index (rowid, body) VALUES (?1, ?2)")?;
    for (id, Change { pos, author, before, after }) in sums {
        let document = |body: &str| document(body, author, pos::room(pos));
        delete.execute((id, document(&before)))?;
        match after {
            Some(text) => insert.execute((id, document(&text)))?,
            None => conn.prepare_cached("DELETE FROM indexed WHERE id = ?1")?.execute([id])?,
        };
    }
    Ok(())
}
