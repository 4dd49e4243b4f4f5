//! The embedded store: SQLite in one file, one thread that writes, a few connections that read.
//!
//! Read it in this order:
//!
//! - `migrations/`, `pos` and `rows`: what is kept, and how
//! - `open`, `migrations` and `connection`: from a directory to connections
//! - `job`, `writer`, `readers` and `lines`: how changes and reads run, and who waits behind whom; `arrivals`: reads for several
//! - `place` and `log`: who stands where, and how an event gets its number
//! - `accounts`, `rooms`, `members`, `dms`, `settings`, `posts`, `changes`, `cursors`, `pages`, `threads`, `search`: the
//!   methods of the store, each a function of a connection and plain values
//! - `lineage`: whether the database is the one that was here last
//! - `index`, `indexer` and `renewal`: the full-text index, how it follows the log, and a new one where it is damaged

mod accounts;
mod arrivals;
mod changes;
mod connection;
mod cursors;
mod dms;
mod error;
mod index;
mod indexer;
mod job;
mod lineage;
mod lines;
mod log;
mod members;
mod migrations;
mod open;
mod pages;
mod partners;
mod place;
mod pos;
mod posts;
mod readers;
mod renewal;
mod rooms;
mod rows;
mod search;
mod settings;
mod threads;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chat_shared::api::{
    ChangeSettings, EventsPage, History, MembersPage, MessagesPage, ReadState, RoomKind, RoomListing, RoomSettings,
    RoomSummary, SearchPage, User,
};
use chat_shared::{Epoch, Event, RoomId, Seq, Timestamp, UserId};

use self::arrivals::Arrivals;
use self::job::Tx;
use self::lineage::Witness;
pub use self::open::OpenError;
use self::place::Place;
use self::readers::Readers;
use self::writer::Writer;
use super::{
    Account, Actor, Arrival, Draft, Observer, Reply, RoomRef, SearchQuery, Store, StoreError, TokenHash, Who, Window,
};
use crate::policy::Action;
use crate::validate::Name;

/// Connections for reading; as many reads run at a time.
const READERS: usize = 4;

/// A store in a data directory.
///
/// Dropping it commits what was accepted and leaves the database as one file. That takes a moment, and blocks.
pub struct SqliteStore {
    // In the order in which they are closed: who closes the database last removes its log, and only the writer can.
    readers: Readers,
    writer: Writer,
    arrivals: Arrivals,
    epoch: Epoch,
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `dir`, or makes one. `observer` hears of every commit.
    ///
    /// # Errors
    /// Where the directory cannot be used, belongs to another server, or holds what this build cannot read.
    pub fn open(dir: &Path, observer: Arc<dyn Observer>) -> Result<Self, OpenError> {
        let opened = open::open(dir, READERS)?;
        let file = |source| OpenError::File { path: dir.to_owned(), source };
        let witness = Witness::new(opened.lock.try_clone().map_err(file)?, opened.note, observer);
        let writer = Writer::start(opened.writer, opened.reopen, opened.indexer, Arc::new(witness)).map_err(file)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = Readers::new(opened.readers, cores);
        Ok(Self { readers, writer, arrivals: Arrivals::default(), epoch: opened.epoch, _lock: opened.lock })
    }

    fn write<T, F>(&self, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(self.writer.write(work))
    }

    fn read<T, F>(&self, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(self.readers.read(work))
    }
}

impl Store for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn ping(&self) -> Reply<'_, ()> {
        Box::pin(async {
            self.readers.read(|conn| Ok(conn.query_row("SELECT 1 FROM meta", [], |_| Ok(()))?)).await?;
            self.writer.probe().await
        })
    }

    fn register(&self, name: Name, password_hash: String, token: TokenHash, at: Timestamp) -> Reply<'_, User> {
        self.write(move |tx| accounts::register(tx, &name, &password_hash, token, at))
    }

    fn account(&self, name_key: String) -> Reply<'_, Option<Account>> {
        self.read(move |conn| accounts::account(conn, &name_key))
    }

    fn add_token(&self, user: UserId, token: TokenHash, at: Timestamp) -> Reply<'_, ()> {
        self.write(move |tx| accounts::add_token(tx, user, token, at))
    }

    fn token_owner(&self, token: TokenHash) -> Reply<'_, Option<User>> {
        self.read(move |conn| accounts::token_owner(conn, token))
    }

    fn revoke_token(&self, token: TokenHash) -> Reply<'_, ()> {
        self.write(move |tx| accounts::revoke_token(tx, token))
    }

    fn rooms(&self, user: UserId) -> Reply<'_, Vec<RoomListing>> {
        self.read(move |conn| rooms::list(conn, user))
    }

    fn summaries(&self, user: UserId) -> Reply<'_, Vec<RoomSummary>> {
        self.read(move |conn| cursors::summaries(conn, user))
    }

    fn summary(&self, user: UserId, room: RoomRef) -> Reply<'_, RoomSummary> {
        self.read(move |conn| cursors::summary(conn, &Place::checked(conn, user, &room, Action::Read)?))
    }

    fn create_room(&self, actor: Actor, name: Name, topic: String, kind: RoomKind) -> Reply<'_, RoomSummary> {
        self.write(move |tx| rooms::create(tx, &actor, &name, &topic, kind))
    }

    fn change_room(
        &self,
        actor: Actor,
        room: RoomRef,
        name: Option<Name>,
        topic: Option<String>,
    ) -> Reply<'_, RoomSummary> {
        self.write(move |tx| rooms::change(tx, &actor, &room, name.as_ref(), topic.as_deref()))
    }

    fn join(&self, actor: Actor, room: RoomRef) -> Reply<'_, RoomSummary> {
        self.write(move |tx| members::join(tx, &actor, &room))
    }

    fn leave(&self, actor: Actor, room: RoomRef) -> Reply<'_, ()> {
        self.write(move |tx| members::leave(tx, &actor, &room))
    }

    fn members(&self, user: UserId, room: RoomRef, after: Option<String>, limit: usize) -> Reply<'_, MembersPage> {
        self.read(move |conn| members::list(conn, user, &room, after.as_deref(), limit))
    }

    fn open_dm(&self, actor: Actor, people: Vec<Who>) -> Reply<'_, (RoomSummary, bool)> {
        self.write(move |tx| dms::open(tx, &actor, &people))
    }

    fn dm_partners(&self, user: UserId) -> Reply<'_, Vec<UserId>> {
        self.read(move |conn| partners::all(conn, user))
    }

    fn change_settings(
        &self,
        user: UserId,
        room: RoomRef,
        change: ChangeSettings,
    ) -> Reply<'_, (RoomId, RoomSettings)> {
        self.write(move |tx| settings::change(tx, user, &room, change))
    }

    fn post(&self, actor: Actor, draft: Draft) -> Reply<'_, Arc<Event>> {
        self.write(move |tx| posts::post(tx, &actor, &draft))
    }

    fn edit(
        &self,
        actor: Actor,
        room: RoomRef,
        target: Seq,
        body: String,
        mentions: Vec<String>,
    ) -> Reply<'_, Option<Arc<Event>>> {
        self.write(move |tx| changes::edit(tx, &actor, &room, target, &body, &mentions))
    }

    fn delete(&self, actor: Actor, room: RoomRef, target: Seq) -> Reply<'_, Option<Arc<Event>>> {
        self.write(move |tx| changes::delete(tx, &actor, &room, target))
    }

    fn react(
        &self,
        actor: Actor,
        room: RoomRef,
        target: Seq,
        emoji: String,
        add: bool,
    ) -> Reply<'_, Option<Arc<Event>>> {
        self.write(move |tx| changes::react(tx, &actor, &room, target, &emoji, add))
    }

    fn mark_read(&self, user: UserId, room: RoomRef, seq: Seq) -> Reply<'_, (RoomId, ReadState)> {
        Box::pin(async move {
            loop {
                let room = room.clone();
                let step = self.writer.write(move |tx| cursors::mark_read(tx, user, &room, seq)).await?;
                if let (done, true) = step {
                    return Ok(done);
                }
            }
        })
    }

    fn mark_unread(&self, user: UserId, room: RoomRef, seq: Seq) -> Reply<'_, (RoomId, ReadState)> {
        self.write(move |tx| cursors::mark_unread(tx, user, &room, seq))
    }

    fn messages(&self, user: UserId, room: RoomRef, window: Window, limit: usize) -> Reply<'_, MessagesPage> {
        self.read(move |conn| pages::messages(conn, user, &room, window, limit, false))
    }

    fn messages_and_events(
        &self,
        user: UserId,
        room: RoomRef,
        window: Window,
        limit: usize,
    ) -> Reply<'_, MessagesPage> {
        self.read(move |conn| pages::messages(conn, user, &room, window, limit, true))
    }

    fn history(&self, user: UserId, room: RoomRef, seq: Seq, limit: usize) -> Reply<'_, History> {
        self.read(move |conn| threads::history(conn, user, &room, seq, limit))
    }

    fn thread(&self, user: UserId, room: RoomRef, seq: Seq, window: Window, limit: usize) -> Reply<'_, MessagesPage> {
        self.read(move |conn| threads::thread(conn, user, &room, seq, window, limit))
    }

    fn events(&self, user: UserId, room: RoomRef, after: Seq, limit: usize) -> Reply<'_, EventsPage> {
        self.read(move |conn| pages::events(conn, user, &room, after, limit))
    }

    fn search(&self, user: UserId, query: SearchQuery) -> Reply<'_, SearchPage> {
        Box::pin(async move {
            self.writer.catch_up().await?;
            let found = self.readers.read_long(user, move |conn| search::search(conn, user, &query)).await;
            if let Err(StoreError::Damaged(_)) = &found {
                self.writer.give_up_index().await?;
            }
            found
        })
    }

    fn arrival(&self, user: UserId) -> Reply<'_, Arrival> {
        Box::pin(self.arrivals.of(user, &self.readers))
    }

    fn log(&self, room: RoomId, after: Seq, limit: usize, max_bytes: usize) -> Reply<'_, Vec<Event>> {
        self.read(move |conn| pages::log(conn, room, after, limit, max_bytes))
    }

    fn writable_room(&self, user: UserId, room: RoomRef) -> Reply<'_, RoomId> {
        self.read(move |conn| Ok(Place::checked(conn, user, &room, Action::Write)?.room.uid))
    }
}
