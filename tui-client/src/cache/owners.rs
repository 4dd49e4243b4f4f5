//! Which clients of an account are alive: each holds a lock on a file of its own, which the system lets go however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::open::beside;

/// Between the name of the database and that of a client.
const INFIX: &str = ".client-";

/// This client's sign of life.
pub(super) struct Life {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Life {
    /// Begins to live. Call it, like everything here, inside of a transaction that only one client can have at a time.
    pub(super) fn begin(database: &Path) -> io::Result<Self> {
        let name = Uuid::now_v7().simple().to_string();
        let path = of(database, &name);
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        lock.lock()?;
        Ok(Self { name, path, _lock: lock })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Where it stays, the next client that starts removes it.
        let _ = fs::remove_file(&self.path);
    }
}

fn of(database: &Path, name: &str) -> PathBuf {
    beside(database, &format!("{INFIX}{name}"))
}

/// Whether this client is certainly still there. Where nobody can tell it is not: its messages have keys.
pub(super) fn is_alive(database: &Path, name: &str) -> bool {
    let file = File::open(of(database, name));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes the signs of clients that are gone.
pub(super) fn sweep(database: &Path) -> io::Result<()> {
    let (Some(folder), Some(stem)) = (database.parent(), database.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let prefix = format!("{stem}{INFIX}");
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file_name = entry.file_name();
        if let Some(name) = file_name.to_str().and_then(|name| name.strip_prefix(&prefix))
            && !is_alive(database, name)
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
