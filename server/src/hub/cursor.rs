//! How far a connection has got in a room, and how far it may go.

use std::sync::atomic::{AtomicU64, Ordering};

use chat_shared::Seq;

/// A reader's place in one room. Here, and not in the reader, because a courier looks here first.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The room's head when the connection subscribed: whatever the user's membership was up to here is past. And in the lowest
    /// bit, since there is one for each room of each connection, whether the connection has been told that there is more. It
    /// clears that before it looks, so that whatever arrives while it looks tells it again.
    since: AtomicU64,
    /// The last event that the connection has got; only the reader's owner moves it.
    at: AtomicU64,
    /// The last event that the connection may see; `Seq::MAX` while its user is a member.
    until: AtomicU64,
}

/// The lowest bit of [`Cursor::since`].
const MARK: u64 = 1;

impl Cursor {
    /// One that has got everything up to `at`, of a room with this head.
    pub(super) fn new(at: Seq, head: Seq) -> Self {
        Self { since: AtomicU64::new(head << 1), at: AtomicU64::new(at), until: AtomicU64::new(Seq::MAX) }
    }

    /// The last event that the connection has got.
    pub(super) fn at(&self) -> Seq {
        self.at.load(Ordering::Relaxed)
    }

    /// The connection has got everything up to this event. For the reader's owner alone.
    pub(super) fn move_to(&self, seq: Seq) {
        self.at.store(seq, Ordering::Relaxed);
    }

    /// The last event that the connection may see. To be read after the ring, never before.
    pub(super) fn until(&self) -> Seq {
        self.until.load(Ordering::Acquire)
    }

    /// The room's head when the connection subscribed.
    pub(super) fn since(&self) -> Seq {
        self.since.load(Ordering::Relaxed) >> 1
    }

    /// The user left with this event. One from before the subscription, of which the hub hears late, is past.
    pub(super) fn end_at(&self, seq: Seq) {
        if seq > self.since() {
            self.until.fetch_min(seq, Ordering::AcqRel);
        }
    }

    /// Whether the connection has been told that there is more, and has not looked yet.
    pub(super) fn is_marked(&self) -> bool {
        self.since.load(Ordering::Acquire) & MARK != 0
    }

    /// Takes note that the connection is told; says whether it was already.
    pub(super) fn mark(&self) -> bool {
        self.since.fetch_or(MARK, Ordering::AcqRel) & MARK != 0
    }

    /// Takes note that the connection is about to look.
    pub(super) fn clear_mark(&self) {
        // Not a mere store: whoever marked it before us published before us, and we see what it published.
        if self.is_marked() {
            self.since.fetch_and(!MARK, Ordering::AcqRel);
        }
    }

    /// Whether it seems that the connection has not been told. Brings the cursor into the processor's memory.
    pub(super) fn touch(&self) -> bool {
        self.since.load(Ordering::Relaxed) & MARK == 0
    }
}
