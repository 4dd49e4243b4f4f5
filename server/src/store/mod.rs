//! Where everything that lasts is kept, behind one trait: the log of every room, what it adds up to, accounts, cursors.
//!
//! The contract that every store keeps, and that `tests/store_contract.rs` checks:
//!
//! - **Atomic.** Every method is one transaction: all of it happens, or nothing. Event, message state, idempotency
//!   record, counters and mentions change together. The full-text index may follow, as long as nobody sees it: a search
//!   knows of every change that was answered before it began, after a crash too.
//! - **Durable.** A write has reached the disk before its future resolves.
//! - **Ordered.** An event takes its room's next number (1, 2, 3 …, no holes) in the transaction that commits it:
//!   commit order is number order.
//! - **Announced.** After the commit and before the write's future resolves, [`Observer::committed`] is called with the
//!   events of every commit; for one room, in number order. [`Observer::personal`] hears in the same way of what changes for
//!   one user only.
//! - **Authorised.** Whoever acts is checked with [`crate::policy::may`] inside of the same transaction.
//! - **Cancel-safe.** Dropping a future does not undo its write, which may still happen.
//! - **Honest.** [`StoreError::Unavailable`] means that nothing was done (disk full, database locked, queue full).

pub mod sqlite;

use std::sync::Arc;

use chat_shared::api::{
    ChangeSettings, EventsPage, History, MembersPage, MessagesPage, ReadState, RoomKind, RoomListing, RoomSettings,
    RoomSummary, SearchPage, User,
};
use chat_shared::{Epoch, Event, RoomId, Seq, Timestamp, UserId};
use futures_util::future::BoxFuture;

use crate::policy::Denied;
use crate::validate::Name;

/// What a store's methods return.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Why a store did not do what it was asked. Apart from the last three, these are answers, not failures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No such room, as far as this user may know.
    #[error("no such room")]
    RoomNotFound,
    /// The user is not a member of that room.
    #[error("not a member of the room")]
    NotAMember,
    /// The user may not do that.
    #[error("not allowed")]
    Forbidden,
    /// No such user.
    #[error("no such user")]
    UserNotFound,
    /// No such message in that room.
    #[error("no such message")]
    MessageNotFound,
    /// The message was deleted.
    #[error("the message was deleted")]
    MessageDeleted,
    /// The message to answer is not in that room.
    #[error("no such message to answer")]
    InvalidReply,
    /// The user's name, or one too like it, is taken.
    #[error("the name is taken")]
    NameTaken,
    /// The room's name, or one too like it, is taken.
    #[error("the room's name is taken")]
    RoomNameTaken,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The message carries as many different emoji as one may.
    #[error("too many different reactions")]
    TooManyReactions,
    /// It cannot be done now; nothing was done. The words are for the log.
    #[error("the store cannot do it now: {0}")]
    Unavailable(String),
    /// A part of the store is damaged; nothing was done. The words are for the log.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store does not hold what it should. The words are for the log.
    #[error("the store has a defect: {0}")]
    Internal(String),
}

impl From<Denied> for StoreError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::RoomNotFound,
            Denied::NotAMember => Self::NotAMember,
            Denied::Forbidden => Self::Forbidden,
        }
    }
}

/// How a room stands for one user now. It is no event, and nobody else hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personal {
    /// The user.
    pub user: UserId,
    /// The room.
    pub room: RoomId,
    /// What has changed.
    pub now: Now,
}

/// What changes for one user in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// How far they have read it.
    Read(ReadState),
    /// How they want it.
    Settings(RoomSettings),
}

/// Hears of every commit.
///
/// It is called on the store's own thread, between one commit and the next: it must not block, and must not call the store.
pub trait Observer: Send + Sync + 'static {
    /// These events are durable now. Of one room, they are in number order.
    fn committed(&self, events: &[Arc<Event>]);

    /// That is how things stand now, in the order of the commits. It comes after the events of the same commit.
    fn personal(&self, _changes: &[Personal]) {}
}

/// A room as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomRef {
    /// By its id.
    Id(RoomId),
    /// By the key of its name ([`crate::validate::name_key`]).
    Name(String),
}

/// A user as a request names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By their id.
    Id(UserId),
    /// By the key of their name ([`crate::validate::name_key`]).
    Name(String),
}

/// SHA-256 of a bearer token: tokens themselves are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Who acts, and when. `at` comes from outside, so that tests own the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user, as authenticated.
    pub user: User,
    /// The time that the change is stamped with.
    pub at: Timestamp,
}

/// An account with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub user: User,
    /// Its password as a PHC string.
    pub password_hash: String,
}

/// A message to be posted, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where.
    pub room: RoomRef,
    /// The text.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The keys of the names that the text mentions; whoever of them is a member is counted.
    pub mentions: Vec<String>,
}

/// What a session that starts has to know of its user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Their rooms.
    pub memberships: Vec<Membership>,
    /// Those with whom they share a direct conversation, each once.
    pub partners: Vec<UserId>,
}

/// What a user is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The room.
    pub room: RoomId,
    /// Its newest event.
    pub head: Seq,
    /// Its oldest event that is still kept; `head + 1` where none is.
    pub oldest: Seq,
    /// How the user wants it.
    pub settings: RoomSettings,
    /// Up to where they have read it: to the cursor, or to just before their mark.
    pub read: Seq,
}

/// Which part of a room's messages to read. Deleted messages are included: their numbers stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The newest ones.
    Latest,
    /// The newest ones with a smaller number.
    Before(Seq),
    /// The oldest ones with a larger number.
    After(Seq),
    /// Half of them up to and including this number, half of them after it; what one side lacks is not given to the other.
    Around(Seq),
}

/// A full-text search. Only rooms that the user is a member of are searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// Words; all of them have to be there. Quotes make phrases. It is never a syntax error.
    pub text: String,
    /// Only in this room.
    pub room: Option<RoomRef>,
    /// Only by the user with this name key.
    pub from: Option<String>,
    /// Only older than this.
    pub before: Option<Timestamp>,
    /// How many at most.
    pub limit: usize,
}

/// The store. See the module for what all of its methods promise.
pub trait Store: Send + Sync + 'static {
    /// The store's identity.
    fn epoch(&self) -> Epoch;

    /// Whether it can read and write now (for `/readyz`).
    fn ping(&self) -> Reply<'_, ()>;

    // --- accounts and tokens

    /// Makes an account and a first token for it, and its membership of `general`. The first account of a store is its administrator.
    /// Errors: `NameTaken`.
    fn register(&self, name: Name, password_hash: String, token: TokenHash, at: Timestamp) -> Reply<'_, User>;

    /// The account with this name key.
    fn account(&self, name_key: String) -> Reply<'_, Option<Account>>;

    /// Gives an account another token.
    fn add_token(&self, user: UserId, token: TokenHash, at: Timestamp) -> Reply<'_, ()>;

    /// Whose token this is; `None` for unknown and revoked ones.
    fn token_owner(&self, token: TokenHash) -> Reply<'_, Option<User>>;

    /// Revokes a token; one that is unknown is none.
    fn revoke_token(&self, token: TokenHash) -> Reply<'_, ()>;

    // --- rooms

    /// All rooms that the user may know of, by name key. Direct conversations are not among them.
    fn rooms(&self, user: UserId) -> Reply<'_, Vec<RoomListing>>;

    /// The user's rooms with cursor and counts, by name key; direct conversations come last.
    fn summaries(&self, user: UserId) -> Reply<'_, Vec<RoomSummary>>;

    /// One of the user's rooms with cursor and counts. Errors: `RoomNotFound`, `NotAMember`.
    fn summary(&self, user: UserId, room: RoomRef) -> Reply<'_, RoomSummary>;

    /// Makes a room and its maker's membership (the room's first event). Errors: `RoomNameTaken`.
    fn create_room(&self, actor: Actor, name: Name, topic: String, kind: RoomKind) -> Reply<'_, RoomSummary>;

    /// Changes name or topic; no event where nothing changes. Errors: `RoomNotFound`, `NotAMember`, `Forbidden`, `RoomNameTaken`.
    fn change_room(
        &self,
        actor: Actor,
        room: RoomRef,
        name: Option<Name>,
        topic: Option<String>,
    ) -> Reply<'_, RoomSummary>;

    /// Joins; no event where the user is a member already. The read cursor of a new member stands at the join.
    /// Errors: `RoomNotFound`.
    fn join(&self, actor: Actor, room: RoomRef) -> Reply<'_, RoomSummary>;

    /// Leaves. Errors: `RoomNotFound`, `NotAMember`; `Forbidden` for direct conversations.
    fn leave(&self, actor: Actor, room: RoomRef) -> Reply<'_, ()>;

    /// Members by name key, from after `after` (a name key) on. Errors: `RoomNotFound`, `NotAMember`.
    fn members(&self, user: UserId, room: RoomRef, after: Option<String>, limit: usize) -> Reply<'_, MembersPage>;

    // --- direct conversations and settings

    /// The one room of the actor and these people; says whether it was made now. Its first events are everyone's coming, all
    /// by the actor; its members never change. Errors: `UserNotFound`.
    fn open_dm(&self, actor: Actor, people: Vec<Who>) -> Reply<'_, (RoomSummary, bool)>;

    /// Everyone with whom the user shares a direct conversation, each once; never the user.
    fn dm_partners(&self, user: UserId) -> Reply<'_, Vec<UserId>>;

    /// Changes how the user wants a room, and makes way for it among their favourites, of which no two have the same place.
    /// Says which room it was, and how they want it now. Settings last as long as the membership. Errors: `RoomNotFound`, `NotAMember`.
    fn change_settings(&self, user: UserId, room: RoomRef, change: ChangeSettings)
    -> Reply<'_, (RoomId, RoomSettings)>;

    // --- messages

    /// Posts. With a key that this user has used before: the first event again where room, text and reply are the
    /// same, whatever became since of the message, the room and the membership; else `KeyReused`; nothing is posted,
    /// nothing announced.
    /// Keys are kept as long as the event is.
    /// Errors: `RoomNotFound`, `NotAMember`, `InvalidReply`, `KeyReused`.
    fn post(&self, actor: Actor, draft: Draft) -> Reply<'_, Arc<Event>>;

    /// Gives a message a new text; where it is the same text, no event and `None`. `mentions` as in [`Draft`].
    /// Errors: `RoomNotFound`, `NotAMember`, `MessageNotFound`, `MessageDeleted`, `Forbidden`.
    fn edit(
        &self,
        actor: Actor,
        room: RoomRef,
        target: Seq,
        body: String,
        mentions: Vec<String>,
    ) -> Reply<'_, Option<Arc<Event>>>;

    /// Deletes a message: its text vanishes from the log, the index and the state; reactions and mentions go too. One
    /// that is deleted already: no event and `None`. Errors: `RoomNotFound`, `NotAMember`, `MessageNotFound`, `Forbidden`.
    fn delete(&self, actor: Actor, room: RoomRef, target: Seq) -> Reply<'_, Option<Arc<Event>>>;

    /// Puts the user's emoji on a message, or takes it back (`add: false`); where that changes nothing, no event and `None`.
    /// Errors: `RoomNotFound`, `NotAMember`, `MessageNotFound`, `MessageDeleted`, `TooManyReactions`.
    fn react(
        &self,
        actor: Actor,
        room: RoomRef,
        target: Seq,
        emoji: String,
        add: bool,
    ) -> Reply<'_, Option<Arc<Event>>>;

    /// Moves the user's read cursor forward to `seq` (at most to the head; never back). Their mark ends, unless `seq` is
    /// before the cursor: such a request is older than the mark. Says which room it was.
    /// Errors: `RoomNotFound`, `NotAMember`.
    fn mark_read(&self, user: UserId, room: RoomRef, seq: Seq) -> Reply<'_, (RoomId, ReadState)>;

    /// Everything from `seq` on shall be unread for the user, and everything before it read. Where `seq` is not after the
    /// read cursor, it becomes the user's mark: the cursor stays, the counts begin with the mark. Of the room's newest events,
    /// a mark reaches back over [`chat_shared::limit::UNREAD_EVENTS`] at most. Says which room it was.
    /// Errors: `RoomNotFound`, `NotAMember`.
    fn mark_unread(&self, user: UserId, room: RoomRef, seq: Seq) -> Reply<'_, (RoomId, ReadState)>;

    /// A page of messages as they stand now, oldest first, consistent with the `head` it carries.
    /// Errors: `RoomNotFound`, `NotAMember`.
    fn messages(&self, user: UserId, room: RoomRef, window: Window, limit: usize) -> Reply<'_, MessagesPage>;

    /// The same, with what else happened to the room (who came and went, other names and topics) from where the page begins to
    /// where it ends; towards a side with no more messages, to the end of the log. Of more than
    /// [`chat_shared::limit::PAGE_MAX`] such events, the newest. Pages that join each other repeat and miss none of the others.
    fn messages_and_events(&self, user: UserId, room: RoomRef, window: Window, limit: usize)
    -> Reply<'_, MessagesPage>;

    /// The texts that a message has had, the newest `limit` of them, oldest first. Of a deleted one nothing is told.
    /// Errors: `RoomNotFound`, `NotAMember`, `MessageNotFound`, `MessageDeleted`.
    fn history(&self, user: UserId, room: RoomRef, seq: Seq, limit: usize) -> Reply<'_, History>;

    /// A page of the conversation that a message is part of, as it stands now: the message that began it, and all that
    /// answers it or one of its answers. Oldest first. Errors: `RoomNotFound`, `NotAMember`, `MessageNotFound`.
    fn thread(&self, user: UserId, room: RoomRef, seq: Seq, window: Window, limit: usize) -> Reply<'_, MessagesPage>;

    /// The events after `after`, in order. Errors: `RoomNotFound`, `NotAMember`.
    fn events(&self, user: UserId, room: RoomRef, after: Seq, limit: usize) -> Reply<'_, EventsPage>;

    /// Searches. Errors: `RoomNotFound`, `NotAMember` (where a room is named).
    fn search(&self, user: UserId, query: SearchQuery) -> Reply<'_, SearchPage>;

    // --- sessions

    /// The user's rooms, their heads and who is in the direct ones, read in one snapshot.
    fn arrival(&self, user: UserId) -> Reply<'_, Arrival>;

    /// The events after `after`, in order, for readers whose right was established when they subscribed: at most
    /// `limit` events and, after the first one, about `max_bytes` of text.
    fn log(&self, room: RoomId, after: Seq, limit: usize, max_bytes: usize) -> Reply<'_, Vec<Event>>;

    /// The room's id, where the user may write to it. Errors: `RoomNotFound`, `NotAMember`.
    fn writable_room(&self, user: UserId, room: RoomRef) -> Reply<'_, RoomId>;
}
