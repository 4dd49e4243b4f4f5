//! What others leave for a connection until it looks: which rooms have more, who came and went, passing frames, the end.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use chat_shared::{RoomId, Seq, UserId};
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::courier::Outlet;
use super::room::Room;
use crate::store::TokenHash;

/// Passing frames that wait for a slow connection; more are dropped.
const MAX_WHISPERS: usize = 16;

/// A connection's user came to a room, or went.
#[derive(Clone, Debug)]
pub(super) enum Membership {
    /// Member from this event on.
    Joined { room: Arc<Room>, seq: Seq },
    /// Member up to and including this event.
    Left { room: RoomId, seq: Seq },
}

/// Bounded by design: a room is named once however much happens in it, passing frames are dropped, and memberships
/// change as often as one user's rooms do.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Rooms with more to read.
    pub(super) dirty: Vec<RoomId>,
    /// In the order of the commits.
    pub(super) memberships: Vec<Membership>,
    /// Typing and the like.
    pub(super) whispers: VecDeque<Bytes>,
    /// The connection is to be closed, and why.
    pub(super) closed: Option<ByeReason>,
}

impl Contents {
    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.dirty.is_empty() && self.memberships.is_empty() && self.whispers.is_empty() && self.closed.is_none()
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
    contents: Mutex<Contents>,
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

    /// Delivers what is new in a room where the connection rests; `false` where it has to be told instead.
    pub(super) fn deliver(&self, room: RoomId) -> bool {
        self.outlet.get().and_then(Weak::upgrade).is_some_and(|outlet| outlet.deliver(room))
    }

    /// There is more in this room.
    pub(super) fn mark(&self, room: RoomId) {
        self.contents.lock().dirty.push(room);
        self.waker.wake();
    }

    /// The user came or went.
    pub(super) fn change_membership(&self, membership: Membership) {
        self.contents.lock().memberships.push(membership);
        self.waker.wake();
    }

    /// A frame that may be lost.
    pub(super) fn whisper(&self, bytes: &Bytes) {
        let mut contents = self.contents.lock();
        if contents.whispers.len() < MAX_WHISPERS {
            contents.whispers.push_back(bytes.clone());
            drop(contents);
            self.waker.wake();
        }
    }

    /// Close the connection. The first reason counts.
    pub(super) fn close(&self, reason: ByeReason) {
        self.contents.lock().closed.get_or_insert(reason);
        self.waker.wake();
    }

    /// Takes the changes of membership only.
    pub(super) fn take_memberships(&self) -> Vec<Membership> {
        std::mem::take(&mut self.contents.lock().memberships)
    }

    /// Takes everything; the waker is woken by whatever comes later.
    pub(super) fn take(&self, waker: &Waker) -> Contents {
        // Register first: what arrives after the look wakes us.
        self.waker.register(waker);
        std::mem::take(&mut *self.contents.lock())
    }
}
