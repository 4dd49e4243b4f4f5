//! Whether the database is the one that was here last.
//!
//! A backup that was put back goes on from the past: it would give numbers that clients have seen to other events. So it gets
//! a new epoch, and they load their rooms anew. What was here last is noted beside the database, in the lock file: an id that
//! each start makes and writes to both places, and how many events were announced since the store was made.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chat_shared::Event;
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::pos;
use crate::store::{Observer, Personal};

/// What is noted beside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The id of the last start.
    run: Uuid,
    /// Events that were announced.
    events: u64,
}

impl Note {
    /// Reads the note; `None` where there is none, or not one of ours.
    pub(super) fn read(mut file: &File) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(256).read_to_end(&mut text)?;
        Ok(std::str::from_utf8(&text).ok().and_then(Self::parse))
    }

    fn parse(text: &str) -> Option<Self> {
        let (run, events) = text.trim_end().split_once(' ')?;
        Some(Self { run: run.parse().ok()?, events: events.parse().ok()? })
    }

    /// Writes it over the one before. It is always as long, so that it needs no more room on a disk that is full.
    pub(super) fn write(self, file: &File) -> io::Result<()> {
        overwrite(file, format!("{} {:020}\n", self.run.simple(), self.events).as_bytes())
    }

    /// Whether a database with this id of its last start, and so many events, goes on where the note ends. After a crash it may
    /// have events that were never announced.
    fn is_of(noted: Option<Self>, run: Option<Uuid>, events: u64) -> bool {
        match (noted, run) {
            (Some(noted), Some(run)) => noted.run == run && noted.events <= events,
            // From before there were notes.
            (None, None) => true,
            _ => false,
        }
    }
}

/// Writes at the beginning of a file: with one call of the system, since it is done with every commit.
#[cfg(unix)]
fn overwrite(file: &File, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, 0)
}

/// Writes at the beginning of a file.
#[cfg(not(unix))]
fn overwrite(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    io::Seek::seek(&mut file, SeekFrom::Start(0))?;
    io::Write::write_all(&mut file, bytes)
}

/// Notes a start in the database. Gives what is to be noted beside it, once this is committed, and whether the database goes on
/// from `noted`.
pub(super) fn start(conn: &Connection, noted: Option<Note>) -> rusqlite::Result<(Note, bool)> {
    let run: Option<[u8; 16]> =
        conn.query_row("SELECT value FROM meta WHERE key = 'run'", [], |row| row.get(0)).optional()?;
    // Rooms are never removed, and every event has a number of its room.
    let events = conn.query_row("SELECT ifnull(sum(head), 0) FROM rooms", [], |row| row.get(0)).map(pos::count)?;
    let goes_on = Note::is_of(noted, run.map(Uuid::from_bytes), events);
    let run = Uuid::now_v7();
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('run', ?1)", [run.as_bytes()])?;
    Ok((Note { run, events }, goes_on))
}

/// Notes how many events are announced, before it passes them on.
pub(super) struct Witness {
    file: File,
    run: Uuid,
    events: AtomicU64,
    /// Whether it could not be noted, which is said once.
    failed: AtomicBool,
    observer: Arc<dyn Observer>,
}

impl Witness {
    /// Notes in this file, from this note on.
    pub(super) fn new(file: File, note: Note, observer: Arc<dyn Observer>) -> Self {
        let (run, events) = (note.run, AtomicU64::new(note.events));
        Self { file, run, events, failed: AtomicBool::new(false), observer }
    }
}

impl Observer for Witness {
    fn committed(&self, events: &[Arc<Event>]) {
        let count = events.len() as u64;
        let note = Note { run: self.run, events: self.events.fetch_add(count, Ordering::Relaxed) + count };
        if let Err(error) = note.write(&self.file)
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "cannot write to chat.lock: a backup that is put back may not be noticed");
        }
        self.observer.committed(events);
    }

    fn personal(&self, changes: &[Personal]) {
        self.observer.personal(changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_anything_else_is_none() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Note::read(&file).unwrap(), None);
        for events in [0, 7, u64::MAX, 8] {
            let note = Note { run: Uuid::now_v7(), events };
            note.write(&file).unwrap();
            assert_eq!(Note::read(&file).unwrap(), Some(note));
            assert_eq!(file.metadata().unwrap().len(), 54);
        }
        for text in ["", "x", "0 0 0", "ffffffffffffffffffffffffffffffff -1"] {
            assert_eq!(Note::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_database_that_went_back_or_elsewhere_is_known() {
        let (run, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let noted = Some(Note { run, events: 10 });
        assert!(Note::is_of(noted, Some(run), 10));
        assert!(Note::is_of(noted, Some(run), 11), "a crash between commit and note");
        assert!(!Note::is_of(noted, Some(run), 9), "from before");
        assert!(!Note::is_of(noted, Some(other), 10), "from another start");
        assert!(!Note::is_of(noted, None, 10) && !Note::is_of(None, Some(run), 10));
        assert!(Note::is_of(None, None, 10), "the first start that makes notes");
    }
}
