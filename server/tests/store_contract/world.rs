//! A store with people in it, for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chat_server::store::sqlite::SqliteStore;
use chat_server::store::{Actor, Draft, Observer, Personal, RoomRef, Store, StoreError, TokenHash, Window};
use chat_server::validate::{Name, name_key};
use chat_shared::api::{RoomKind, RoomSummary, User};
use chat_shared::{Event, Message, RoomId, Seq, Timestamp};
use parking_lot::Mutex;

/// A place where a store can be opened, closed and opened again.
pub(crate) trait Backend: Send + Sync {
    fn open(&self, observer: Arc<dyn Observer>) -> Arc<dyn Store>;
    /// Another place of this kind, an empty one.
    fn another(&self) -> Box<dyn Backend>;
}

pub(crate) struct Sqlite {
    pub(crate) dir: tempfile::TempDir,
}

impl Sqlite {
    pub(crate) fn new() -> Box<Self> {
        Box::new(Self { dir: tempfile::tempdir().unwrap() })
    }
}

impl Backend for Sqlite {
    fn open(&self, observer: Arc<dyn Observer>) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.dir.path().join("data"), observer).unwrap())
    }

    fn another(&self) -> Box<dyn Backend> {
        Self::new()
    }
}

/// Writes down what it hears.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<Arc<Event>>>, Mutex<Vec<Personal>>);

impl Observer for Heard {
    fn committed(&self, events: &[Arc<Event>]) {
        assert!(!events.is_empty());
        self.0.lock().extend_from_slice(events);
    }

    fn personal(&self, changes: &[Personal]) {
        assert!(!changes.is_empty());
        self.1.lock().extend_from_slice(changes);
    }
}

impl Heard {
    pub(crate) fn of(&self, room: RoomId) -> Vec<Arc<Event>> {
        self.0.lock().iter().filter(|event| event.room == room).cloned().collect()
    }

    pub(crate) fn personal(&self) -> Vec<Personal> {
        self.1.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().len()
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) backend: Box<dyn Backend>,
    clock: AtomicI64,
}

pub(crate) fn general() -> RoomRef {
    RoomRef::Name("general".into())
}

pub(crate) fn user_name(name: &str) -> Name {
    Name::of_user(name).unwrap()
}

pub(crate) fn room_name(name: &str) -> Name {
    Name::of_room(name).unwrap()
}

pub(crate) fn token(of: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash[..of.len()].copy_from_slice(of.as_bytes());
    TokenHash(hash)
}

/// A message as somebody would send it.
pub(crate) fn draft(room: RoomRef, body: &str) -> Draft {
    let mentions = mentions(body);
    Draft { room, body: body.into(), reply_to: None, key: None, mentions }
}

pub(crate) fn mentions(body: &str) -> Vec<String> {
    chat_shared::text::mentions(body).into_iter().map(name_key).collect()
}

impl World {
    pub(crate) fn new(backend: Box<dyn Backend>) -> Self {
        let heard = Arc::new(Heard::default());
        Self { store: backend.open(heard.clone()), heard, backend, clock: AtomicI64::new(1_795_341_600_000) }
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopen(mut self) -> Self {
        self.close();
        self.store = self.backend.open(self.heard.clone());
        self
    }

    /// Closes the store, and leaves another, empty one in its place.
    pub(crate) fn close(&mut self) {
        let elsewhere = Sqlite::new().open(self.heard.clone());
        let store = std::mem::replace(&mut self.store, elsewhere);
        assert_eq!(Arc::strong_count(&store), 1, "somebody still uses the store");
    }

    /// The next millisecond.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn actor(&self, user: &User) -> Actor {
        Actor { user: user.clone(), at: self.now() }
    }

    pub(crate) async fn user(&self, name: &str) -> User {
        self.store.register(user_name(name), format!("hash of {name}"), token(name), self.now()).await.unwrap()
    }

    pub(crate) async fn room(&self, maker: &User, name: &str) -> RoomRef {
        let kind = RoomKind::Public;
        let room = self.store.create_room(self.actor(maker), room_name(name), String::new(), kind).await.unwrap();
        RoomRef::Id(room.id)
    }

    pub(crate) async fn join(&self, user: &User, room: &RoomRef) -> RoomSummary {
        self.store.join(self.actor(user), room.clone()).await.unwrap()
    }

    pub(crate) async fn try_post(&self, user: &User, draft: Draft) -> Result<Arc<Event>, StoreError> {
        self.store.post(self.actor(user), draft).await
    }

    /// Posts, and says which number it got.
    pub(crate) async fn post(&self, user: &User, room: &RoomRef, body: &str) -> Seq {
        self.try_post(user, draft(room.clone(), body)).await.unwrap().seq
    }

    pub(crate) async fn edit(
        &self,
        user: &User,
        room: &RoomRef,
        target: Seq,
        body: &str,
    ) -> Result<Option<Arc<Event>>, StoreError> {
        self.store.edit(self.actor(user), room.clone(), target, body.into(), mentions(body)).await
    }

    pub(crate) async fn delete(
        &self,
        user: &User,
        room: &RoomRef,
        target: Seq,
    ) -> Result<Option<Arc<Event>>, StoreError> {
        self.store.delete(self.actor(user), room.clone(), target).await
    }

    pub(crate) async fn react(
        &self,
        user: &User,
        room: &RoomRef,
        target: Seq,
        emoji: &str,
        add: bool,
    ) -> Result<Option<Arc<Event>>, StoreError> {
        self.store.react(self.actor(user), room.clone(), target, emoji.into(), add).await
    }

    pub(crate) async fn page(&self, user: &User, room: &RoomRef, window: Window, limit: usize) -> Vec<Message> {
        self.store.messages(user.id, room.clone(), window, limit).await.unwrap().messages
    }

    /// The numbers of the messages in a window.
    pub(crate) async fn numbers(&self, user: &User, room: &RoomRef, window: Window, limit: usize) -> Vec<Seq> {
        self.page(user, room, window, limit).await.iter().map(|message| message.seq).collect()
    }

    pub(crate) async fn message(&self, user: &User, room: &RoomRef, seq: Seq) -> Message {
        self.page(user, room, Window::Around(seq), 1).await.remove(0)
    }

    pub(crate) async fn summary(&self, user: &User, room: &RoomRef) -> RoomSummary {
        self.store.summary(user.id, room.clone()).await.unwrap()
    }

    /// Unread messages, and mentions among them.
    pub(crate) async fn counts(&self, user: &User, room: &RoomRef) -> (u64, u64) {
        let summary = self.summary(user, room).await;
        (summary.unread, summary.mentions)
    }

    pub(crate) async fn events(&self, user: &User, room: &RoomRef) -> Vec<Event> {
        self.store.events(user.id, room.clone(), 0, 10_000).await.unwrap().events
    }
}
