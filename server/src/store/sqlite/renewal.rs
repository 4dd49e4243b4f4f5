//! A new full-text index in the place of a damaged one. It follows the log, so that nothing is lost with it.
//!
//! Damage is found by a look at the start; where a search or a change found it, that is noted in the database for the next
//! start. Of a damaged index nothing is trusted, not even that SQLite can drop it: its tables are taken out of the schema, and
//! the file is rewritten without their pages, which may hold texts that were deleted.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::connection::Reopen;
use super::error::{is_damage, is_passing};
use super::index;
use super::indexer::Indexer;
use super::pos;

/// What the index consists of: what SQLite keeps for it under names of its own, and what we do.
macro_rules! tables {
    () => {
        "('message_index', 'message_index_data', 'message_index_idx', 'message_index_config', 'indexed', 'index_times')"
    };
}

/// How many these are.
const TABLES: i64 = 6;

/// As the scripts of the schema leave it.
const EMPTY: &str = "
    CREATE VIRTUAL TABLE message_index USING fts5 (
        body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);
    CREATE TABLE indexed (id INTEGER PRIMARY KEY, pos INTEGER NOT NULL UNIQUE) STRICT;
    CREATE TABLE index_times (run INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT;";

/// Brings the index up to date, and builds it anew where it is of no use.
pub(super) fn open(mut conn: Connection, reopen: &Reopen) -> rusqlite::Result<(Connection, Indexer)> {
    let why = match complaint(&conn)? {
        Some(why) => why,
        None => match Indexer::open(&mut conn) {
            Ok(indexer) => return Ok((conn, indexer)),
            Err(error) if is_damage(&error) => error.to_string(),
            Err(error) => return Err(error),
        },
    };
    match read_log(&conn) {
        Ok(()) => {}
        // A new one would never be finished, and what else there is can still be used.
        Err(error) if is_damage(&error) => {
            tracing::error!(%why, %error, "the full-text index is damaged, and so is the log: restore a backup");
            let indexer = Indexer::open(&mut conn)?;
            return Ok((conn, indexer));
        }
        Err(error) => return Err(error),
    }
    tracing::error!(
        %why,
        "the full-text index is damaged: building it anew from the log (half a minute for a million messages)"
    );
    drop(conn);
    let mut conn = renew(reopen)?;
    let indexer = Indexer::open(&mut conn)?;
    tracing::info!("the full-text index is as good as new");
    Ok((conn, indexer))
}

/// Notes for the next start that the index is damaged.
pub(super) fn note(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('index', x'')", [])?;
    Ok(())
}

/// What is wrong with the index, as far as a short look can tell.
fn complaint(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let is_noted = conn.query_row("SELECT 1 FROM meta WHERE key = 'index'", [], |_| Ok(())).optional()?.is_some();
    if is_noted {
        return Ok(Some("it failed when it was used last".into()));
    }
    let count = concat!("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ", tables!());
    if conn.query_row(count, [], |row| row.get(0)).map(|tables: i64| tables != TABLES)? {
        return Ok(Some("tables are missing".into()));
    }
    if conn.prepare("SELECT 1 FROM rooms WHERE indexed > head")?.exists([])? {
        return Ok(Some("it is ahead of the log".into()));
    }
    match finds_newest(conn) {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some("it does not find its newest message".into())),
        Err(error) if is_passing(&error) => Err(error),
        Err(error) => Ok(Some(error.to_string())),
    }
}

/// Whether the newest message that is in the index is found there.
fn finds_newest(conn: &Connection) -> rusqlite::Result<bool> {
    let newest: Option<(i64, i64)> = conn
        .query_row("SELECT id, pos FROM indexed ORDER BY id DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let word = index::room_mark(newest.map_or(0, |(_, pos)| pos::room(pos)));
    let found = conn
        .query_row(
            "SELECT rowid FROM message_index WHERE message_index MATCH ?1 ORDER BY rowid DESC LIMIT 1",
            [word],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found == newest.map(|(id, _)| id))
}

/// Reads every text once.
fn read_log(conn: &Connection) -> rusqlite::Result<()> {
    let texts = "SELECT (SELECT sum(length(text)) FROM events), (SELECT sum(length(body)) FROM message_state)";
    conn.query_row(texts, [], |_| Ok(()))
}

/// Puts an empty index in the place of the one that is there. After a crash in between, tables are missing at the next start.
fn renew(reopen: &Reopen) -> rusqlite::Result<Connection> {
    let mut conn = reopen()?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute(concat!("DELETE FROM sqlite_schema WHERE tbl_name IN ", tables!()), [])?;
    tx.execute("UPDATE rooms SET indexed = 0", [])?;
    tx.execute("DELETE FROM meta WHERE key = 'index'", [])?;
    tx.commit()?;
    drop(conn);
    // One that has not seen the schema as it was.
    let mut conn = reopen()?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(EMPTY)?;
    tx.commit()?;
    if let Err(error) = conn.execute_batch("VACUUM") {
        tracing::warn!(%error, "cannot rewrite the file without the damaged index, which may hold deleted texts: run VACUUM");
    }
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the schema says of the index, without comments and with one space wherever there is any.
    fn shape(conn: &Connection) -> Vec<(String, String)> {
        let sql = concat!(
            "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND tbl_name IN ",
            tables!(),
            " ORDER BY name"
        );
        let row = |row: &rusqlite::Row<'_>| {
            let sql: String = row.get(1)?;
            let words = sql.lines().flat_map(|line| line.split("--").next().unwrap_or_default().split_whitespace());
            Ok((row.get(0)?, words.collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")))
        };
        conn.prepare(sql).unwrap().query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_new_index_is_as_the_schema_makes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chat.db");
        let mut conn = Connection::open(&path).unwrap();
        super::super::migrations::migrate(&mut conn).unwrap();
        let made = shape(&conn);
        assert_eq!(made.len(), usize::try_from(TABLES).unwrap());
        let config = "SELECT k, v FROM message_index_config ORDER BY k";
        let options = |conn: &Connection| -> Vec<(String, i64)> {
            let mut select = conn.prepare(config).unwrap();
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
        };
        let configured = options(&conn);
        drop(conn);
        let reopen: Reopen = Box::new(move || Connection::open(&path));
        let conn = renew(&reopen).unwrap();
        assert_eq!((shape(&conn), options(&conn)), (made, configured));
        assert_eq!(complaint(&conn), Ok(None));
        note(&conn).unwrap();
        assert!(complaint(&conn).unwrap().is_some());
    }
}
