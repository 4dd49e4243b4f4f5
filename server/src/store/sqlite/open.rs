//! Opening a data directory: the directory, its lock, the database file, its connections, and what can be wrong with them.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chat_shared::{Epoch, RoomId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use uuid::Uuid;

use super::connection::{self, Reopen};
use super::error::is_damage;
use super::indexer::Indexer;
use super::lineage::{self, Note};
use super::migrations::{self, Refused};
use super::renewal;

const DATABASE: &str = "chat.db";
const LOCK: &str = "chat.lock";

/// Why a store cannot be opened, in words for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory is not there, and cannot be made.
    #[error("cannot create the data directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file in the directory cannot be made, read or written.
    #[error("cannot open {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another server uses the directory.
    #[error("another server is using the data directory {}: stop it first, or choose another directory with --data", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A newer build wrote the database.
    #[error(
        "{} has schema version {found}, this build knows versions up to {known}: \
         run the newer chat-server, or restore a backup from before the upgrade", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this build can read.
        known: i64,
    },
    /// Another program's database.
    #[error("{} is not a database of chat-server: choose another directory with --data", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged: restore it from a backup, or move it away to start empty ({detail})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// Anything else that the database says.
    #[error("cannot open {}: {detail}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it says.
        detail: String,
    },
}

/// What an opened data directory consists of.
pub(super) struct Opened {
    pub(super) writer: Connection,
    /// Opens another connection for the writer, where the first one is of no use any more.
    pub(super) reopen: Reopen,
    pub(super) indexer: Indexer,
    pub(super) readers: Vec<Connection>,
    pub(super) epoch: Epoch,
    /// What is noted of this start in `lock`.
    pub(super) note: Note,
    /// Locked for as long as this file is open.
    pub(super) lock: File,
}

/// Opens the data directory, creates what is missing, and brings the schema up to date.
pub(super) fn open(dir: &Path, readers: usize) -> Result<Opened, OpenError> {
    create_dir(dir).map_err(|source| OpenError::Directory { path: dir.to_owned(), source })?;
    let lock = lock(dir)?;
    let path = dir.join(DATABASE);
    private_file(&path)?;
    let refuse = |refused: Refused| explain(refused, &path);
    let sqlite = |error: rusqlite::Error| explain(error.into(), &path);
    let mut writer = connection::to_write(&path).map_err(sqlite)?;
    // Before anything is written to it: switching to WAL changes the file.
    migrations::check(&writer).map_err(refuse)?;
    connection::prepare_to_write(&writer).map_err(sqlite)?;
    migrations::migrate(&mut writer).map_err(refuse)?;
    let file = |source| OpenError::File { path: dir.join(LOCK), source };
    let (epoch, note) = found(&mut writer, Note::read(&lock).map_err(file)?).map_err(sqlite)?;
    note.write(&lock).map_err(file)?;
    let database = path.clone();
    let reopen: Reopen = Box::new(move || {
        let writer = connection::to_write(&database)?;
        connection::prepare_to_write(&writer)?;
        Ok(writer)
    });
    let (writer, indexer) = renewal::open(writer, &reopen).map_err(sqlite)?;
    let readers = (0..readers).map(|_| connection::to_read(&path)).collect::<Result<_, _>>().map_err(sqlite)?;
    Ok(Opened { writer, reopen, indexer, readers, epoch, note, lock })
}

fn explain(refused: Refused, path: &Path) -> OpenError {
    let path = path.to_owned();
    match refused {
        Refused::Newer(found, known) => OpenError::Newer { path, found, known },
        Refused::Foreign => OpenError::Foreign { path },
        Refused::Sqlite(error) if is_damage(&error) => OpenError::Damaged { path, detail: error.to_string() },
        Refused::Sqlite(error) => OpenError::Database { path, detail: error.to_string() },
    }
}

fn create_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path, source }),
    }
}

/// Opens or makes a file that only its owner can read. SQLite gives its own side files the same mode.
fn private_file(path: &Path) -> Result<File, OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| OpenError::File { path: path.to_owned(), source })
}

/// The store's epoch, and the note of this start. A store that is new gets an epoch, and `general`; one that does not go on from
/// what was here last gets another epoch.
fn found(conn: &mut Connection, noted: Option<Note>) -> rusqlite::Result<(Epoch, Note)> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stored: Option<[u8; 16]> =
        tx.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0)).optional()?;
    let (note, goes_on) = lineage::start(&tx, noted)?;
    let epoch = match stored {
        Some(epoch) if goes_on => Epoch(Uuid::from_bytes(epoch)),
        _ => Epoch(Uuid::now_v7()),
    };
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('epoch', ?1)", [epoch.0.as_bytes()])?;
    if stored.is_none() {
        tx.execute(
            "INSERT INTO rooms (uid, name, name_key, kind, created_at) VALUES (?1, 'general', 'general', 0, ?2)",
            (RoomId(Uuid::now_v7()).0.as_bytes(), Timestamp::now().as_ms()),
        )?;
    } else if !goes_on {
        tracing::warn!(
            "the database is not the one that was here last (a backup?): it gets a new epoch, clients load anew"
        );
    }
    tx.commit()?;
    Ok((epoch, note))
}
