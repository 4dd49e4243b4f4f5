//! SQLite's connections, as this store wants them: one that writes, others that read.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Statements that a connection keeps prepared; there are fewer in this store.
const STATEMENTS: usize = 128;
/// How long to wait for a lock that another process holds (a backup tool, say).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a connection for the writer.
pub(super) type Reopen = Box<dyn Fn() -> rusqlite::Result<Connection> + Send>;

/// One that will write. Nothing is written yet, not even how: that is [`prepare_to_write`]'s business.
pub(super) fn to_write(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Says how it writes, which is kept in the file.
pub(super) fn prepare_to_write(conn: &Connection) -> rusqlite::Result<()> {
    // The answer is the mode that it has now; where WAL is impossible, better to know at once.
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some(format!("write-ahead logging does not work on this file system (journal mode is {mode})")),
        ));
    }
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "cache_size", -32_768)?;
    // 16 MiB of log between two checkpoints: each of them costs two more fsyncs.
    conn.pragma_update(None, "wal_autocheckpoint", 4_096)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // Deleted text is overwritten with zeros.
    conn.pragma_update(None, "secure_delete", true)
}

/// One that only reads.
pub(super) fn to_read(path: &Path) -> rusqlite::Result<Connection> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "query_only", true)?;
    // Small: there are several readers, and behind them is the system's own cache.
    conn.pragma_update(None, "cache_size", -2_048)?;
    Ok(conn)
}

/// A connection with what all of them need. No memory mapping: there, a failing disk is a signal that kills the process
/// and not an error that can be answered.
fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on the values that are bound. Without this, SQLite plans many statements anew at every use,
    // which was half of the writer's time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    Ok(conn)
}
