//! The schema and its history: `PRAGMA user_version` counts how many of the scripts below a file has seen.

use rusqlite::{Connection, TransactionBehavior};

/// Every step from an empty file to the present schema. Released ones never change; new ones are appended.
const SCRIPTS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
];

/// Marks a file as ours: "chat" in ASCII.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"chat");

/// Why a file is not brought up to date.
#[derive(Debug)]
pub(super) enum Refused {
    /// It was written by a newer build: (its version, the newest version known here).
    Newer(i64, i64),
    /// It is somebody else's database.
    Foreign,
    /// SQLite could not.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings the schema up to date, each step in a transaction together with its number.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), Refused> {
    let version = check(conn)?;
    for (number, script) in (1_i64..).zip(SCRIPTS).filter(|&(number, _)| number > version) {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(script)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
    }
    Ok(())
}

/// Whether the file is ours and not newer than we are; and its version, 0 where it is empty. Changes nothing.
pub(super) fn check(conn: &Connection) -> Result<i64, Refused> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_empty = (application, version, tables) == (0, 0, 0);
    if !is_empty && (application != APPLICATION_ID || version < 1) {
        return Err(Refused::Foreign);
    }
    let known = i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX);
    if version > known { Err(Refused::Newer(version, known)) } else { Ok(version) }
}
