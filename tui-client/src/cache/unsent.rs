//! The file that must not be lost: drafts, messages that the server has not confirmed, and what it has not heard of reading.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use chat_shared::RoomId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::open::{self, Kind, Unusable};
use super::owners::{self, Life};
use super::places::Extent;
use super::rows::{id, json, parsed, room};
use crate::app::kept::{Draft, NewerDraft, Said, Waiting};

const KIND: Kind = Kind {
    migrations: &[
        "
        CREATE TABLE draft (room BLOB PRIMARY KEY, draft TEXT NOT NULL) WITHOUT ROWID;
        -- `client` is the one that sends it. Ordered by when it was written, and the key, which counts up.
        CREATE TABLE outgoing (
            key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, client TEXT NOT NULL, message TEXT NOT NULL
        ) WITHOUT ROWID;
    ",
        "
        -- The last word of a client on what is read of a room.
        CREATE TABLE reading (
            room BLOB NOT NULL, client TEXT NOT NULL, said TEXT NOT NULL, PRIMARY KEY (room, client)
        ) WITHOUT ROWID;
    ",
    ],
    is_precious: true,
};

/// The open file.
pub(super) struct Unsent {
    db: Connection,
    life: Life,
    /// The drafts as they stood there when we wrote or read them last.
    known: HashMap<RoomId, String>,
}

/// What was in it.
pub(super) struct Written {
    pub(super) drafts: Vec<(RoomId, Draft)>,
    pub(super) outgoing: Vec<Waiting>,
    pub(super) said: Vec<(RoomId, Said)>,
}

/// What is to be written: the newest state of each thing, `None` where it is gone.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) drafts: HashMap<RoomId, Option<Box<Draft>>>,
    pub(super) outgoing: HashMap<String, Option<Box<Waiting>>>,
    pub(super) said: HashMap<RoomId, Option<Box<Said>>>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty() && self.outgoing.is_empty() && self.said.is_empty()
    }

    /// Puts a draft that would have been overwritten beside the one that is to be written.
    pub(super) fn join(&mut self, newer: NewerDraft) {
        if let Some(ours) = self.drafts.remove(&newer.room).flatten() {
            // One that cannot be read, because another build wrote it differently, is nothing to stand beside.
            let both = newer.now.map_or_else(|| (*ours).clone(), |theirs| ours.clone().beside(theirs));
            self.drafts.insert(newer.room, Some(Box::new(both)));
        }
    }
}

impl Unsent {
    /// Opens the file, and takes over the messages and words of clients that are gone, or only the words.
    pub(super) fn open(path: &Path, tag: &str, extent: Extent) -> Result<Self, Unusable> {
        let mut db = open::open(path, tag, &KIND)?;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        owners::sweep(path)?;
        let life = Life::begin(path)?;
        take_over(&change, path, life.name(), extent)?;
        let known = drafts(&change)?;
        change.commit()?;
        Ok(Self { db, life, known })
    }

    /// All drafts, and what is ours to send: messages, oldest first, and words.
    pub(super) fn read(&self) -> rusqlite::Result<Written> {
        let mut outgoing = self.db.prepare("SELECT message FROM outgoing WHERE client = ?1 ORDER BY at_ms, key")?;
        let outgoing = outgoing.query_map([self.life.name()], |row| Ok(parsed(&row.get::<_, String>(0)?)))?;
        let mut said = self.db.prepare("SELECT room, said FROM reading WHERE client = ?1")?;
        let said =
            said.query_map([self.life.name()], |row| Ok((room(row.get(0)?), parsed(&row.get::<_, String>(1)?))))?;
        let said = said.filter_map(|row| row.map(|(room, said)| Some((room, said?))).transpose());
        Ok(Written {
            drafts: self.known.iter().filter_map(|(room, text)| Some((*room, parsed(text)?))).collect(),
            outgoing: outgoing.filter_map(Result::transpose).collect::<Result<_, _>>()?,
            said: said.collect::<Result<_, _>>()?,
        })
    }

    /// Writes all of it, or nothing. A draft that another client has written since we looked is not overwritten: gives those.
    pub(super) fn write(&mut self, changes: &Changes) -> rusqlite::Result<Vec<NewerDraft>> {
        let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut looked = Vec::new();
        let mut newer = Vec::new();
        for (room, draft) in &changes.drafts {
            let ours = draft.as_ref().map(json).transpose()?;
            let mut found = change.prepare_cached("SELECT draft FROM draft WHERE room = ?1")?;
            let found: Option<String> = found.query_row([id(*room)], |row| row.get(0)).optional()?;
            let known = self.known.get(room);
            // What is gone there is nothing that could be lost.
            if found.is_some() && found.as_ref() != known && found != ours {
                if ours.is_none() {
                    // Ours is gone, and theirs is not ours to remove: it is seen when somebody comes to look.
                    looked.push((*room, None));
                    continue;
                }
                newer.push(since(*room, known, found.as_ref()));
                looked.push((*room, found));
                continue;
            }
            match &ours {
                Some(ours) => change.execute(
                    "INSERT INTO draft (room, draft) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET draft = excluded.draft",
                    params![id(*room), ours],
                )?,
                None => change.execute("DELETE FROM draft WHERE room = ?1", [id(*room)])?,
            };
            looked.push((*room, ours));
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
        for (room, said) in &changes.said {
            let client = self.life.name();
            match said {
                Some(said) => change.execute(
                    "INSERT OR REPLACE INTO reading (room, client, said) VALUES (?1, ?2, ?3)",
                    params![id(*room), client, json(said)?],
                )?,
                None => {
                    change.execute("DELETE FROM reading WHERE room = ?1 AND client = ?2", params![id(*room), client])?
                }
            };
        }
        change.commit()?;
        for (room, draft) in looked {
            match draft {
                Some(draft) => drop(self.known.insert(room, draft)),
                None => drop(self.known.remove(&room)),
            }
        }
        Ok(newer)
    }

    /// The drafts that other clients have changed since we looked.
    pub(super) fn newer_drafts(&mut self) -> rusqlite::Result<Vec<NewerDraft>> {
        let now = drafts(&self.db)?;
        let known = std::mem::replace(&mut self.known, now);
        let rooms: BTreeSet<RoomId> = known.keys().chain(self.known.keys()).copied().collect();
        let draft = |room| (known.get(&room), self.known.get(&room));
        let changed = rooms.into_iter().map(|room| (room, draft(room))).filter(|(_, (before, now))| before != now);
        Ok(changed.map(|(room, (before, now))| since(room, before, now)).collect())
    }
}

/// All drafts, as they are on disk.
fn drafts(db: &Connection) -> rusqlite::Result<HashMap<RoomId, String>> {
    let mut drafts = db.prepare_cached("SELECT room, draft FROM draft")?;
    drafts.query_map((), |row| Ok((room(row.get(0)?), row.get(1)?)))?.collect()
}

fn since(room: RoomId, before: Option<&String>, now: Option<&String>) -> NewerDraft {
    let draft = |text: Option<&String>| text.and_then(|text| parsed(text));
    NewerDraft { room, before: draft(before), now: draft(now) }
}

fn take_over(change: &Transaction<'_>, path: &Path, me: &str, extent: Extent) -> rusqlite::Result<()> {
    let mut clients = change.prepare("SELECT client FROM outgoing UNION SELECT client FROM reading ORDER BY client")?;
    let clients = clients.query_map((), |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    for client in clients.iter().filter(|client| !owners::is_alive(path, client)) {
        if extent == Extent::Everything {
            change.execute("UPDATE outgoing SET client = ?1 WHERE client = ?2", [me, client])?;
        }
        // Names of clients count up: of two that had a word on one room, that of the one that started later stays.
        change.execute("UPDATE OR REPLACE reading SET client = ?1 WHERE client = ?2", [me, client])?;
    }
    Ok(())
}
