//! Live delivery inside of one server: which connection reads which room, and how it hears that there is more.
//!
//! Nothing is pushed into a connection. A room keeps a ring of its newest frames; a connection's [`Reader`] holds a
//! cursor for each of its rooms and pulls what it has not sent yet: from the ring while it is close, from the store
//! when it fell behind. Publishing calls a [courier](Outlet), which pulls and sends for the connections that rest, and
//! marks the room dirty for those that are busy. So the memory that a connection costs does not depend on how slow it is,
//! and live delivery, catching up and resuming are one thing.
//!
//! The hub knows neither HTTP nor a wire format: frames are opaque bytes. The store is the truth; the hub only knows of
//! changes sooner.

mod courier;
mod cursor;
mod directory;
mod held;
mod inbox;
mod reader;
mod ring;
mod room;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use chat_shared::{RoomId, Seq, UserId};
use parking_lot::{Mutex, RwLock};

pub use self::inbox::{Topic, Words};
pub use self::reader::{News, Pull, Reader};
pub use self::ring::{Frame, Gap, Text};
pub use self::visit::{Outlet, Visit};

use self::courier::Desk;
use self::directory::Directory;
use self::held::Held;
use self::inbox::{Inbox, Membership};
use self::room::Room;
use crate::store::TokenHash;

/// A change of one room, as the hub hears of it: the encoded event, and what it does to the room's membership.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The room.
    pub room: RoomId,
    /// The encoded event.
    pub frame: Frame,
    /// Who came or went with it.
    pub membership: Option<MembershipChange>,
    /// What it does to the texts of messages.
    pub text: Text,
}

/// Who came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipChange {
    /// This user is a member from this event on.
    Joined(UserId),
    /// This user is a member up to and including this event.
    Left(UserId),
}

/// Too many connections of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyConnections;

/// The directory of rooms and connections. One for each server; cheap to share.
#[derive(Default)]
pub struct Hub {
    /// Every room with a commit or a reader since the start.
    rooms: RwLock<Directory>,
    /// Open connections by user. A mutex: it is touched when a connection opens or closes and when somebody joins or leaves.
    users: Mutex<HashMap<UserId, Vec<Arc<Inbox>>>>,
    connections: AtomicUsize,
    /// One for each courier, who serves the connections of one shard.
    desks: Box<[Desk]>,
    /// Bytes that rooms hold in memory.
    held: Arc<Held>,
    /// Connections so far: they are spread over the couriers in turn.
    connected: AtomicUsize,
}

impl Hub {
    /// An empty hub without couriers: every reader is told of what is new, and comes for it.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// An empty hub with places for so many couriers: each has to be [run](Self::run_courier).
    #[must_use]
    pub fn with_couriers(couriers: usize) -> Arc<Self> {
        Arc::new(Self { desks: std::iter::repeat_with(Desk::default).take(couriers).collect(), ..Self::default() })
    }

    /// How many couriers there are to run.
    #[must_use]
    pub fn couriers(&self) -> usize {
        self.desks.len()
    }

    /// Delivers what is published to the connections of one courier (counted from 0), for ever.
    pub async fn run_courier(&self, courier: usize) {
        self.desks[courier].work(courier).await;
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Registers a connection: from here on, changes of the user's membership reach it. Next, the caller reads the user's
    /// memberships from the store, and [`Reader::subscribe`]s to them. It unregisters when the reader is dropped.
    ///
    /// # Errors
    /// Where the user has `limit` connections already (0: no limit).
    pub fn connect(
        self: &Arc<Self>,
        user: UserId,
        token: TokenHash,
        limit: usize,
    ) -> Result<Reader, TooManyConnections> {
        let shard = self.connected.fetch_add(1, Ordering::Relaxed) % self.shards();
        let inbox = Arc::new(Inbox::new(user, token, shard));
        let mut users = self.users.lock();
        // Most have one.
        let open = users.entry(user).or_insert_with(|| Vec::with_capacity(1));
        if limit != 0 && open.len() >= limit {
            return Err(TooManyConnections);
        }
        open.push(Arc::clone(&inbox));
        drop(users);
        self.connections.fetch_add(1, Ordering::Relaxed);
        Ok(Reader::new(Arc::clone(self), inbox))
    }

    /// Takes in what was committed: for one room, in number order (what comes twice or late is ignored; after a hole,
    /// readers are served from the store).
    pub fn publish(&self, publications: &[Publication]) {
        for of_one_room in publications.chunk_by(|a, b| a.room == b.room) {
            let room = self.room(of_one_room[0].room);
            // Who leaves must be cut off before the frames that follow can be read, and who joins must hear of the
            // room before it is marked dirty: so membership goes first.
            for publication in of_one_room {
                if let Some(change) = publication.membership {
                    self.change_membership(&room, change, publication.frame.seq);
                }
            }
            room.publish(of_one_room.iter().map(|publication| (&publication.frame, publication.text)));
            let mut is_read = false;
            if self.desks.is_empty() {
                is_read = room.tell();
                room.settle();
            }
            for (shard, desk) in self.desks.iter().enumerate() {
                is_read |= room.call(shard, || desk.call(&room));
            }
            if !is_read {
                room.forget_frames();
            }
        }
        self.bound();
    }

    /// Where rings hold too much together, empties some of them, first those of rooms in which nothing happened for long: their
    /// readers are served from the store.
    fn bound(&self) {
        if !self.held.is_too_much() {
            return;
        }
        let directory = self.rooms.read();
        directory.rooms().for_each(|room| room.give_up_frames(false));
        directory.rooms().take_while(|_| !self.held.is_little()).for_each(|room| room.give_up_frames(true));
    }

    /// Sends a passing frame to everyone who reads the room, but not to `except`. Whoever is slow does not get it.
    pub fn broadcast(&self, room: RoomId, bytes: &Bytes, except: UserId) {
        let room = self.rooms.read().find(room).cloned();
        if let Some(room) = room {
            room.broadcast(bytes, except);
        }
    }

    /// Tells all connections of a user how things stand. Whoever is slow hears it late, and then only the latest of each topic.
    pub fn tell_user(&self, user: UserId, topic: Topic, bytes: &Bytes) {
        for inbox in self.inboxes_of(user) {
            inbox.say(topic, bytes);
        }
    }

    /// Closes every connection that was opened with this token.
    pub fn close_token(&self, user: UserId, token: TokenHash) {
        for inbox in self.inboxes_of(user).iter().filter(|inbox| inbox.token == token) {
            inbox.close(ByeReason::Unauthorized);
        }
    }

    fn inboxes_of(&self, user: UserId) -> Vec<Arc<Inbox>> {
        self.users.lock().get(&user).cloned().unwrap_or_default()
    }

    fn change_membership(&self, room: &Room, change: MembershipChange, seq: Seq) {
        let (user, membership) = match change {
            MembershipChange::Joined(user) => (user, Membership::Joined { room: room.id, seq }),
            MembershipChange::Left(user) => (user, Membership::Left { room: room.id, seq }),
        };
        for inbox in self.inboxes_of(user) {
            inbox.change_membership(membership);
        }
        if let MembershipChange::Left(user) = change {
            room.end_subscriptions(user, seq);
        }
    }

    fn room(&self, id: RoomId) -> Arc<Room> {
        if let Some(room) = self.rooms.read().find(id) {
            return Arc::clone(room);
        }
        self.rooms.write().enter(id, || Room::new(id, self.shards(), Arc::clone(&self.held)))
    }

    fn shards(&self) -> usize {
        self.desks.len().max(1)
    }

    fn disconnect(&self, inbox: &Arc<Inbox>) {
        let mut users = self.users.lock();
        if let Some(open) = users.get_mut(&inbox.user) {
            open.retain(|other| !Arc::ptr_eq(other, inbox));
            if open.is_empty() {
                users.remove(&inbox.user);
            }
        }
        drop(users);
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod courier_tests;
#[cfg(test)]
mod tests;
