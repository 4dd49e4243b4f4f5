//! The file that must not be lost: drafts, and messages that the server has not confirmed.

use std::collections::HashMap;
use std::path::Path;

use chat_shared::RoomId;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::open::{self, Kind, Unusable};
use super::owners::{self, Life};
use super::rows::{id, json, parsed, room};
use crate::app::kept::{Draft, Waiting};

const KIND: Kind = Kind {
    migrations: &["
        CREATE TABLE draft (room BLOB PRIMARY KEY, draft TEXT NOT NULL) WITHOUT ROWID;
        -- `client` is the one that sends it. Ordered by when it was written, and the key, which counts up.
        CREATE TABLE outgoing (
            key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, client TEXT NOT NULL, message TEXT NOT NULL
        ) WITHOUT ROWID;
    "],
    is_precious: true,
};

/// The open file.
pub(super) struct Unsent {
    db: Connection,
    life: Life,
}

/// What was in it.
pub(super) struct Written {
    pub(super) drafts: Vec<(RoomId, Draft)>,
    pub(super) outgoing: Vec<Waiting>,
}

/// What is to be written: the newest state of each thing, `None` where it is gone.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) drafts: HashMap<RoomId, Option<Box<Draft>>>,
    pub(super) outgoing: HashMap<String, Option<Box<Waiting>>>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty() && self.outgoing.is_empty()
    }
}

impl Unsent {
    /// Opens the file, and takes over the messages of clients that are gone.
    pub(super) fn open(path: &Path, tag: &str) -> Result<Self, Unusable> {
        let mut db = open::open(path, tag, &KIND)?;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        owners::sweep(path)?;
        let life = Life::begin(path)?;
        take_over(&change, path, life.name())?;
        change.commit()?;
        Ok(Self { db, life })
    }

    /// All drafts, and the messages that are ours to send, oldest first.
    pub(super) fn read(&self) -> rusqlite::Result<Written> {
        let mut drafts = self.db.prepare("SELECT room, draft FROM draft")?;
        let drafts = drafts.query_map((), |row| Ok((room(row.get(0)?), parsed(&row.get::<_, String>(1)?))))?;
        let drafts = drafts.filter_map(|row| row.map(|(room, draft)| Some((room, draft?))).transpose());
        let mut outgoing = self.db.prepare("SELECT message FROM outgoing WHERE client = ?1 ORDER BY at_ms, key")?;
        let outgoing = outgoing.query_map([self.life.name()], |row| Ok(parsed(&row.get::<_, String>(0)?)))?;
        Ok(Written {
            drafts: drafts.collect::<Result<_, _>>()?,
            outgoing: outgoing.filter_map(Result::transpose).collect::<Result<_, _>>()?,
        })
    }

    /// Writes all of it, or nothing.
    pub(super) fn write(&mut self, changes: &Changes) -> rusqlite::Result<()> {
        let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (room, draft) in &changes.drafts {
            match draft {
                Some(draft) => change.execute(
                    "INSERT INTO draft (room, draft) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET draft = excluded.draft",
                    params![id(*room), json(draft)?],
                )?,
                None => change.execute("DELETE FROM draft WHERE room = ?1", [id(*room)])?,
            };
        }
        for (key, message) in &changes.outgoing {
            match message {
                Some(message) => change.execute(
                    "INSERT INTO outgoing (key, at_ms, client, message) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET message = excluded.message",
                    params![key, message.at.as_ms(), self.life.name(), json(message)?],
                )?,
                None => change.execute("DELETE FROM outgoing WHERE key = ?1", [key])?,
            };
        }
        change.commit()
    }
}

fn take_over(change: &Transaction<'_>, path: &Path, me: &str) -> rusqlite::Result<()> {
    let mut clients = change.prepare("SELECT DISTINCT client FROM outgoing")?;
    let clients = clients.query_map((), |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    for client in clients.iter().filter(|client| !owners::is_alive(path, client)) {
        change.execute("UPDATE outgoing SET client = ?1 WHERE client = ?2", [me, client])?;
    }
    Ok(())
}
