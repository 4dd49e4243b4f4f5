//! One room as the hub sees it: the ring of its newest frames, and who reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use chat_shared::{RoomId, Seq, UserId};
use parking_lot::{Mutex, RwLock};

use super::inbox::Inbox;
use super::ring::{Frame, Ring};

/// A room. Publishing takes the locks one after the other, never both, so that readers of the ring do not wait while
/// others are being woken.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) id: RoomId,
    /// Written once a commit, read by every connection that it wakes.
    ring: RwLock<Ring>,
    /// Who is woken by a commit.
    subscriptions: Mutex<Vec<Arc<Subscription>>>,
}

/// One connection's interest in one room.
#[derive(Debug)]
pub(super) struct Subscription {
    inbox: Arc<Inbox>,
    /// The room's head when the connection subscribed: whatever the user's membership was up to here is past.
    since: Seq,
    /// Whether the connection has been told that there is more. It clears this before it looks, so that whatever
    /// arrives while it looks tells it again.
    dirty: AtomicBool,
    /// The last event that the connection may see; `Seq::MAX` while its user is a member.
    until: AtomicU64,
}

impl Subscription {
    /// The last event that the connection may see. To be read after the ring, never before.
    pub(super) fn until(&self) -> Seq {
        self.until.load(Ordering::Acquire)
    }

    /// The room's head when the connection subscribed.
    pub(super) fn since(&self) -> Seq {
        self.since
    }

    /// The user left with this event. One from before the subscription, of which the hub hears late, is past.
    pub(super) fn end_at(&self, seq: Seq) {
        if seq > self.since {
            self.until.fetch_min(seq, Ordering::AcqRel);
        }
    }

    fn mark(&self, room: RoomId) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.inbox.mark(room);
        }
    }

    /// Takes note that the connection is about to look.
    pub(super) fn clear_mark(&self) {
        // A swap, not a store: whoever marked it before us published before us, and we see what it published.
        self.dirty.swap(false, Ordering::AcqRel);
    }
}

impl Room {
    pub(super) fn new(id: RoomId) -> Self {
        Self { id, ring: RwLock::default(), subscriptions: Mutex::default() }
    }

    /// The newest number that the hub knows of.
    #[cfg(test)]
    pub(super) fn head(&self) -> Seq {
        self.ring.read().head()
    }

    /// Makes a connection hear of this room; it is told at once where the room is ahead of its cursor.
    pub(super) fn subscribe(&self, inbox: &Arc<Inbox>, cursor: Seq, head: Seq) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription {
            inbox: Arc::clone(inbox),
            since: head,
            dirty: AtomicBool::new(false),
            until: AtomicU64::new(Seq::MAX),
        });
        self.subscriptions.lock().push(Arc::clone(&subscription));
        // After the push: what is published from here on marks it, what was published before raised the head.
        let mut ring = self.ring.write();
        ring.raise_head(head);
        let is_behind = ring.head() > cursor;
        drop(ring);
        if is_behind {
            subscription.mark(self.id);
        }
        subscription
    }

    /// The connection does not want to hear of this room any more.
    pub(super) fn unsubscribe(&self, subscription: &Arc<Subscription>) {
        let mut subscriptions = self.subscriptions.lock();
        if let Some(at) = subscriptions.iter().position(|other| Arc::ptr_eq(other, subscription)) {
            subscriptions.swap_remove(at);
        }
        if subscriptions.is_empty() {
            subscriptions.shrink_to_fit();
            drop(subscriptions);
            self.ring.write().clear();
        }
    }

    /// A user is a member up to and including `seq`.
    pub(super) fn end_subscriptions(&self, user: UserId, seq: Seq) {
        for subscription in self.subscriptions.lock().iter().filter(|s| s.inbox.user == user) {
            subscription.end_at(seq);
        }
    }

    /// Takes in new frames and tells the readers.
    pub(super) fn publish<'a>(&self, frames: impl Iterator<Item = &'a Frame>) {
        let mut ring = self.ring.write();
        for frame in frames {
            ring.push(frame.clone());
        }
        drop(ring);
        // Even where nothing was new to the ring: a reader that subscribed between the commit and this call has
        // raised the head, and the others have not heard of it.
        let subscriptions = self.subscriptions.lock();
        if subscriptions.is_empty() {
            drop(subscriptions);
            // Nobody reads it: keep the head, not the frames.
            self.ring.write().clear();
            return;
        }
        for subscription in subscriptions.iter() {
            subscription.mark(self.id);
        }
    }

    /// Gives a passing frame to all readers but one user's.
    pub(super) fn broadcast(&self, bytes: &Bytes, except: UserId) {
        for subscription in self.subscriptions.lock().iter() {
            if subscription.inbox.user != except && subscription.until() == Seq::MAX {
                subscription.inbox.whisper(bytes);
            }
        }
    }

    /// Appends to `out` the frames after `cursor`, up to `max` of them. `None`: the ring does not reach back so far.
    /// Otherwise whether there are more.
    pub(super) fn read(&self, cursor: Seq, max: usize, out: &mut Vec<Frame>) -> Option<bool> {
        let ring = self.ring.read();
        let before = out.len();
        out.extend(ring.after(cursor)?.take(max).cloned());
        let last = out[before..].last().map_or(cursor, |frame| frame.seq);
        Some(last < ring.head())
    }
}
