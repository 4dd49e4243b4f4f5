//! The full-text index: its rows, and what changes to messages that are in it do to them. `indexer` puts messages in.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::pos;
use crate::store::StoreError;

/// Begins the words that stand for an author or a room. It is a letter to the tokenizer, and means nothing to people; who
/// types it none the less finds what they may find, since the index only proposes.
const MARK: char = '\u{F8FF}';

/// Rows whose times are kept together. Stored, so never changed.
const RUN: i64 = 512;

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

/// The run of rows that this row is in.
fn run(id: i64) -> i64 {
    id / RUN
}

/// Notes that messages were put into the index: their rows, and when they were posted.
pub(super) fn note_times(conn: &Connection, rows: &[(i64, i64)]) -> rusqlite::Result<()> {
    let mut note = conn.prepare_cached(
        "INSERT INTO index_times (run, oldest) VALUES (?1, ?2)
         ON CONFLICT (run) DO UPDATE SET oldest = min(oldest, excluded.oldest)",
    )?;
    for of_one_run in rows.chunk_by(|a, b| run(a.0) == run(b.0)) {
        let oldest = of_one_run.iter().map(|&(_, at)| at).min();
        note.execute((run(of_one_run[0].0), oldest))?;
    }
    Ok(())
}

/// A row after which every message was posted at that time or later; `None` where that is so of all of them. Rows follow the
/// time only roughly (a clock may be set back), so it is not said of the rows up to it that they are older.
pub(super) fn newest_before(conn: &Connection, at: i64) -> rusqlite::Result<Option<i64>> {
    let newest: Option<i64> = conn
        .prepare_cached("SELECT run FROM index_times WHERE oldest < ?1 ORDER BY run DESC LIMIT 1")?
        .query_row([at], |row| row.get(0))
        .optional()?;
    // The last row of that run.
    Ok(newest.map(|newest| (newest + 1) * RUN - 1))
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
