//! Opens a file: for its owner's eyes only, in the version that this build knows, and for the right account.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};

/// How long another client of the account may hold a file: its transactions take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 2_000 });
/// Bytes that the log beside a file keeps once it has been written back.
const LOG_BYTES: i64 = 4 << 20;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error("a newer chat-tui wrote {} (version {found}, this one knows {known})", path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{} belongs to another account", path.display())]
    Foreign { path: PathBuf },
}

impl Unusable {
    /// Whether the file itself is broken, or no database at all.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Database(error) if is_damage(error))
    }
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether another client holds the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What a file is to be.
pub(super) struct Kind {
    /// Its versions, each as what makes it of the one before. The number of a version is `user_version`.
    pub(super) migrations: &'static [&'static str],
    /// Whether a commit survives a power cut, rather than only the end of the program.
    pub(super) is_precious: bool,
}

/// Opens the file, makes it where it is not there, and brings it up to date.
pub(super) fn open(path: &Path, tag: &str, kind: &Kind) -> Result<Connection, Unusable> {
    make_private(path)?;
    let mut db = Connection::open(path)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", if kind.is_precious { "full" } else { "normal" })?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    // What is deleted is not to be found in the file any more.
    db.pragma_update(None, "secure_delete", true)?;
    db.set_prepared_statement_cache_capacity(32);
    migrate(&mut db, path, tag, kind.migrations)?;
    Ok(db)
}

/// Opens a file to read in it, where it is there, in this very version: nothing is made, and nothing of it changes.
pub(super) fn open_to_read(path: &Path, tag: &str, kind: &Kind) -> Result<Option<Connection>, Unusable> {
    if !path.try_exists()? {
        return Ok(None);
    }
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.pragma_update(None, "query_only", true)?;
    let found: u32 = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if usize::try_from(found).ok() != Some(kind.migrations.len()) {
        return Ok(None);
    }
    let owner: Option<String> = db.query_row("SELECT tag FROM owner", (), |row| row.get(0)).optional()?;
    Ok((owner.as_deref() == Some(tag)).then_some(db))
}

fn migrate(db: &mut Connection, path: &Path, tag: &str, migrations: &[&str]) -> Result<(), Unusable> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    // Two clients may start at once: the second finds the work done.
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = change.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if found > known {
        return Err(Unusable::Newer { path: path.to_owned(), found, known });
    }
    change.execute_batch("CREATE TABLE IF NOT EXISTS owner (tag TEXT NOT NULL)")?;
    let owner: Option<String> = change.query_row("SELECT tag FROM owner", (), |row| row.get(0)).optional()?;
    match owner {
        Some(owner) if owner != tag => return Err(Unusable::Foreign { path: path.to_owned() }),
        Some(_) => {}
        None => drop(change.execute("INSERT INTO owner (tag) VALUES (?1)", [tag])?),
    }
    for (_, migration) in (0..).zip(migrations).filter(|(version, _)| *version >= found) {
        change.execute_batch(migration)?;
    }
    if found < known {
        change.pragma_update(None, "user_version", known)?;
    }
    change.commit()?;
    Ok(())
}

/// Makes an empty file that only its owner can read; what SQLite puts beside it takes over the permissions.
fn make_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The file, and what SQLite has put beside it.
fn all_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| beside(path, suffix))
}

/// A path with something at its end.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens a file; one that is damaged is `cleared` away, and opened anew.
pub(super) fn or_again<T>(
    attempt: impl Fn() -> Result<T, Unusable>,
    cleared: impl FnOnce() -> io::Result<()>,
) -> Result<T, Unusable> {
    match attempt() {
        Err(error) if error.is_damage() => {
            cleared()?;
            attempt()
        }
        opened => opened,
    }
}

/// Removes a file. A client that has it open goes on with what nobody else sees.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    for path in all_of(path) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Moves a broken file aside, for whoever wants to look at it.
pub(super) fn set_aside(path: &Path) -> io::Result<()> {
    for path in all_of(path) {
        match fs::rename(&path, beside(&path, ".damaged")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
