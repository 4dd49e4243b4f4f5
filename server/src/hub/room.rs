//! One room as the hub sees it: the ring of its newest frames, and who reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use chat_shared::{RoomId, Seq, UserId};
use parking_lot::{Mutex, RwLock};

use super::cursor::Cursor;
use super::held::Held;
use super::inbox::Inbox;
use super::ring::{Frame, Gap, Ring, Text};
use super::visit::Visit;

/// Readers that are given a passing frame before others may have a look at the room.
const WHISPERS: usize = 128;

/// A room. Publishing takes the locks one after the other, never both, so that readers of the ring do not wait while
/// others are being woken.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) id: RoomId,
    /// Written once a commit, read by every connection that it wakes.
    ring: RwLock<Ring>,
    /// Who is told of a commit: the readers of each courier.
    shards: Box<[Shard]>,
}

/// The readers that one courier serves.
#[derive(Debug, Default)]
struct Shard {
    subscriptions: Mutex<Vec<Arc<Subscription>>>,
    /// Commits that the courier was called for and has not answered. While there are any, the room is in its hands.
    calls: AtomicUsize,
}

/// One connection's interest in one room.
#[derive(Debug)]
pub(super) struct Subscription {
    inbox: Arc<Inbox>,
    pub(super) cursor: Cursor,
}

impl Subscription {
    /// Brings the reader what is new in its room, or has it come for it.
    pub(super) fn deliver(&self, room: &Room, frames: &mut Vec<Frame>) {
        // Whoever was told and did not look yet is busy.
        if self.cursor.is_marked() {
            return;
        }
        let mut visit = Visit { room: room.id, ring: &room.ring, cursor: &self.cursor, frames };
        if !self.inbox.deliver(&mut visit) {
            self.mark(room.id);
        }
    }

    /// Ends the reader's connection.
    pub(super) fn close(&self, reason: ByeReason) {
        self.inbox.close(reason);
    }

    fn mark(&self, room: RoomId) {
        if !self.cursor.mark() {
            self.inbox.mark(room);
        }
    }

    /// Touches what [`deliver`](Self::deliver) looks at first.
    pub(super) fn touch(&self) -> bool {
        self.cursor.touch() && self.inbox.is_open()
    }
}

impl Room {
    /// `held`: what the rings of all rooms hold together.
    pub(super) fn new(id: RoomId, shards: usize, held: Arc<Held>) -> Self {
        Self {
            id,
            ring: RwLock::new(Ring::new(held)),
            shards: std::iter::repeat_with(Shard::default).take(shards).collect(),
        }
    }

    /// There was an event with this number, whose frame is not at hand.
    pub(super) fn raise_head(&self, head: Seq) {
        self.ring.write().raise_head(head);
    }

    /// The newest number that the hub knows of.
    pub(super) fn head(&self) -> Seq {
        self.ring.read().head()
    }

    /// Makes a connection hear of this room; it is told at once where the room is ahead of its cursor.
    pub(super) fn subscribe(&self, inbox: &Arc<Inbox>, cursor: Seq, head: Seq) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription { inbox: Arc::clone(inbox), cursor: Cursor::new(cursor, head) });
        self.shards[inbox.shard].subscriptions.lock().push(Arc::clone(&subscription));
        // After the push: what is published from here on reaches it, what was published before raised the head.
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
        let shard = &self.shards[subscription.inbox.shard];
        let mut subscriptions = shard.subscriptions.lock();
        if let Some(at) = subscriptions.iter().position(|other| Arc::ptr_eq(other, subscription)) {
            subscriptions.swap_remove(at);
            // A courier may be past the place that the last one has now.
            if let Some(moved) = subscriptions.get(at).filter(|_| shard.calls.load(Ordering::Acquire) > 0) {
                moved.mark(self.id);
            }
        }
        if subscriptions.is_empty() {
            subscriptions.shrink_to_fit();
            drop(subscriptions);
            if self.shards.iter().all(|shard| shard.subscriptions.lock().is_empty()) {
                self.forget_frames();
            }
        }
    }

    /// A user is a member up to and including `seq`.
    pub(super) fn end_subscriptions(&self, user: UserId, seq: Seq) {
        self.for_each_reader(|subscription| {
            if subscription.inbox.user == user {
                subscription.cursor.end_at(seq);
            }
        });
    }

    /// Takes in new frames. The readers have yet to be told: [`tell`](Self::tell), or [`call`](Self::call). Where both find
    /// that there are none, the frames are to be [forgotten](Self::forget_frames).
    ///
    /// They are told even where nothing was new to the ring: a reader that subscribed between the commit and this call has
    /// raised the head, and the others have not heard of it.
    pub(super) fn publish<'a>(&self, frames: impl Iterator<Item = (&'a Frame, Text)>) {
        let mut ring = self.ring.write();
        for (frame, text) in frames {
            ring.push(frame.clone(), text);
        }
    }

    /// Tells every reader that there is more; says whether there are any.
    pub(super) fn tell(&self) -> bool {
        let mut is_read = false;
        self.for_each_reader(|subscription| {
            is_read = true;
            subscription.mark(self.id);
        });
        is_read
    }

    /// Calls for the courier of a shard where somebody reads there, and says whether that is so. `hand_over` is called where
    /// the courier has not got the room in its hands already.
    pub(super) fn call(&self, shard: usize, hand_over: impl FnOnce()) -> bool {
        let shard = &self.shards[shard];
        if shard.subscriptions.lock().is_empty() {
            return false;
        }
        if shard.calls.fetch_add(1, Ordering::AcqRel) == 0 {
            hand_over();
        }
        true
    }

    /// Calls that the courier of a shard has not answered.
    pub(super) fn calls(&self, shard: usize) -> usize {
        self.shards[shard].calls.load(Ordering::Acquire)
    }

    /// The courier has been to all readers since it saw so many calls; says how many came since.
    pub(super) fn answer_calls(&self, shard: usize, calls: usize) -> usize {
        self.shards[shard].calls.fetch_sub(calls, Ordering::AcqRel) - calls
    }

    /// Where no courier is on the way, only what is near the head is kept.
    pub(super) fn settle(&self) {
        if (0..self.shards.len()).all(|shard| self.calls(shard) == 0) && self.ring.read().is_burst() {
            self.ring.write().settle();
        }
    }

    /// Adds up to `count` readers of a shard to `out`, from the one at `first` on.
    pub(super) fn readers(&self, shard: usize, first: usize, count: usize, out: &mut Vec<Arc<Subscription>>) {
        out.extend(self.shards[shard].subscriptions.lock().iter().skip(first).take(count).cloned());
    }

    /// Gives a passing frame to all readers but one user's; to some at a time, so that the couriers can go on between. Who
    /// changes place meanwhile may miss it.
    pub(super) fn broadcast(&self, bytes: &Bytes, except: UserId) {
        let mut readers = Vec::new();
        for shard in 0..self.shards.len() {
            for first in (0..).step_by(WHISPERS) {
                self.readers(shard, first, WHISPERS, &mut readers);
                let is_last = readers.len() < WHISPERS;
                for reader in readers.drain(..) {
                    if reader.inbox.user != except && reader.cursor.until() == Seq::MAX {
                        reader.inbox.whisper(bytes);
                    }
                }
                if is_last {
                    break;
                }
            }
        }
    }

    /// Appends to `out` the frames after `cursor`, up to `max` of them. `None`: the ring does not reach back so far.
    /// Otherwise whether there are more.
    pub(super) fn read(&self, cursor: Seq, max: usize, out: &mut Vec<Frame>) -> Option<bool> {
        self.ring.read().read(cursor, max, out)
    }

    /// What is missing in memory after a cursor.
    pub(super) fn gap(&self, cursor: Seq) -> Gap {
        self.ring.read().gap(cursor)
    }

    /// Takes in frames that a reader had to read from the store, so that the others need not.
    pub(super) fn refill(&self, older: &[(Frame, Text)], gap: Gap) {
        self.ring.write().refill(older, gap);
    }

    /// Drops the frames, which have become too many of all rooms together: those of a room in which nothing happened since it
    /// was last asked, or in any case.
    pub(super) fn give_up_frames(&self, in_any_case: bool) {
        self.ring.write().give_up(in_any_case);
    }

    fn for_each_reader(&self, mut act: impl FnMut(&Subscription)) {
        for shard in &self.shards {
            for subscription in shard.subscriptions.lock().iter() {
                act(subscription);
            }
        }
    }

    /// Keeps the head, not the frames: nobody reads them. Whoever subscribes meanwhile is served from the store.
    pub(super) fn forget_frames(&self) {
        self.ring.write().clear();
    }
}
