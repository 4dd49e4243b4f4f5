//! What others leave for a connection until it looks: which rooms have more, who came and went, how things stand, passing
//! frames, the end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{OnceLock, Weak};
use std::task::Waker;

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use chat_shared::{RoomId, Seq, UserId};
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::visit::{Outlet, Visit};
use crate::store::TokenHash;

/// Passing frames that wait for a slow connection; more are dropped.
const MAX_WHISPERS: usize = 16;

/// A connection's user came to a room, or went.
#[derive(Clone, Copy, Debug)]
pub(super) enum Membership {
    /// Member from this event on.
    Joined { room: RoomId, seq: Seq },
    /// Member up to and including this event.
    Left { room: RoomId, seq: Seq },
}

/// What a frame of state is about. A later one on the same topic takes the place of one that still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Whether this user is online.
    Presence(UserId),
    /// How far the user has read this room.
    Read(RoomId),
    /// The user's settings of this room.
    Settings(RoomId),
}

/// The latest words that wait, one a topic.
pub type Words = BTreeMap<Topic, Bytes>;

/// Bounded by design: a room is named once however much happens in it, passing frames are dropped, of each topic only the
/// latest word is kept, and memberships change as often as one user's rooms do.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Rooms with more to read.
    pub(super) dirty: Vec<RoomId>,
    pub(super) others: Others,
}

/// What comes more seldom than messages.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// In the order of the commits.
    pub(super) memberships: Vec<Membership>,
    /// How things stand. It may wait, but is not lost: nobody would say it again.
    pub(super) words: Words,
    /// Typing and the like.
    pub(super) whispers: VecDeque<Bytes>,
    /// The connection is to be closed, and why.
    pub(super) closed: Option<ByeReason>,
}

impl Contents {
    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        let Others { memberships, words, whispers, closed } = &self.others;
        self.dirty.is_empty() && memberships.is_empty() && words.is_empty() && whispers.is_empty() && closed.is_none()
    }
}

/// The contents where they wait: of a connection at rest, in little room.
#[derive(Debug, Default)]
struct Waiting {
    dirty: Vec<RoomId>,
    others: Option<Box<Others>>,
}

impl Waiting {
    fn others(&mut self) -> &mut Others {
        self.others.get_or_insert_default()
    }

    fn take(&mut self) -> Contents {
        let Self { dirty, others } = std::mem::take(self);
        Contents { dirty, others: others.map(|others| *others).unwrap_or_default() }
    }
}

/// The shared half of a connection.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) user: UserId,
    pub(super) token: TokenHash,
    /// Which courier serves the connection.
    pub(super) shard: usize,
    /// Where the courier delivers, once the connection is live.
    outlet: OnceLock<Weak<dyn Outlet>>,
    contents: Mutex<Waiting>,
    waker: AtomicWaker,
}

impl Inbox {
    pub(super) fn new(user: UserId, token: TokenHash, shard: usize) -> Self {
        Self { user, token, shard, outlet: OnceLock::new(), contents: Mutex::default(), waker: AtomicWaker::new() }
    }

    /// From here on, couriers may deliver there.
    pub(super) fn open(&self, outlet: Weak<dyn Outlet>) {
        // A connection goes live once.
        let _ = self.outlet.set(outlet);
    }

    /// Whether couriers may deliver.
    pub(super) fn is_open(&self) -> bool {
        self.outlet.get().is_some_and(|outlet| outlet.strong_count() > 0)
    }

    /// Delivers what is new in the visited room where the connection rests; `false` where it has to be told instead.
    pub(super) fn deliver(&self, visit: &mut Visit<'_>) -> bool {
        self.outlet.get().and_then(Weak::upgrade).is_some_and(|outlet| outlet.deliver(visit))
    }

    /// There is more in this room.
    pub(super) fn mark(&self, room: RoomId) {
        self.contents.lock().dirty.push(room);
        self.waker.wake();
    }

    /// The user came or went.
    pub(super) fn change_membership(&self, membership: Membership) {
        self.contents.lock().others().memberships.push(membership);
        self.waker.wake();
    }

    /// How things stand now.
    pub(super) fn say(&self, topic: Topic, bytes: &Bytes) {
        self.contents.lock().others().words.insert(topic, bytes.clone());
        self.waker.wake();
    }

    /// There was no room for these yet. What was said meanwhile is newer.
    pub(super) fn put_back(&self, words: Words) {
        let mut contents = self.contents.lock();
        for (topic, bytes) in words {
            contents.others().words.entry(topic).or_insert(bytes);
        }
    }

    /// A frame that may be lost.
    pub(super) fn whisper(&self, bytes: &Bytes) {
        let mut contents = self.contents.lock();
        let whispers = &mut contents.others().whispers;
        if whispers.len() < MAX_WHISPERS {
            whispers.push_back(bytes.clone());
            drop(contents);
            self.waker.wake();
        }
    }

    /// Close the connection. The first reason counts.
    pub(super) fn close(&self, reason: ByeReason) {
        self.contents.lock().others().closed.get_or_insert(reason);
        self.waker.wake();
    }

    /// Takes the changes of membership only.
    pub(super) fn take_memberships(&self) -> Vec<Membership> {
        let mut contents = self.contents.lock();
        contents.others.as_mut().map(|others| std::mem::take(&mut others.memberships)).unwrap_or_default()
    }

    /// Takes everything; the waker is woken by whatever comes later.
    pub(super) fn take(&self, waker: &Waker) -> Contents {
        // Register first: what arrives after the look wakes us.
        self.waker.register(waker);
        self.contents.lock().take()
    }

    /// Like [`take`](Self::take), for whoever has no room for frames: how things stand is left where it is.
    pub(super) fn take_urgent(&self, waker: &Waker) -> Contents {
        self.waker.register(waker);
        let mut contents = self.contents.lock();
        let mut taken = contents.take();
        if !taken.others.words.is_empty() {
            contents.others().words = std::mem::take(&mut taken.others.words);
        }
        taken
    }
}
