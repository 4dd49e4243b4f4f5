//! The full-text index: what a group of changes adds to it and takes from it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::store::StoreError;

/// One message's text, before and after; `None` where it is not in the index.
pub(super) struct Change {
    pub(super) pos: i64,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// Applies what the changes of a group come to, in order of position: FTS5 gathers a transaction's words in memory and
/// writes them out at its end, but also whenever a row id is not larger than the one before.
pub(super) fn apply(conn: &Connection, changes: Vec<Change>) -> Result<(), StoreError> {
    let mut sums: BTreeMap<i64, (Option<String>, Option<String>)> = BTreeMap::new();
    for Change { pos, before, after } in changes {
        sums.entry(pos).or_insert((before, None)).1 = after;
    }
    // The table has no copy of the text, so that what is to be taken out has to be told to it.
    let mut delete =
        conn.prepare_cached("INSERT INTO message_index (message_index, rowid, body) VALUES ('delete', ?1, ?2)")?;
    let mut insert = conn.prepare_cached("INSERT INTO message_index (rowid, body) VALUES (?1, ?2)")?;
    for (pos, (before, after)) in sums {
        if let Some(text) = before {
            delete.execute((pos, text))?;
        }
        if let Some(text) = after {
            insert.execute((pos, text))?;
        }
    }
    Ok(())
}
