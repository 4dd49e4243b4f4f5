//! What the rings of all rooms hold together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that a ring may hold; more only while couriers are on their way.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// What the rings of all rooms may hold together within their bounds. Beyond, those in which nothing has happened lately are
/// emptied: there may be tens of thousands of rooms.
const KEPT_BYTES: usize = 128 * 1024 * 1024;

/// Bytes that the rings of all rooms hold together.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Within the bound of each ring.
    kept: AtomicUsize,
    /// Beyond it, while couriers are on their way.
    bursts: AtomicUsize,
}

impl Held {
    /// Bytes beyond the bounds.
    pub(super) fn bursts(&self) -> usize {
        self.bursts.load(Ordering::Relaxed)
    }

    /// Bytes within them.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// Whether rings have to be emptied.
    pub(super) fn is_too_much(&self) -> bool {
        self.kept.load(Ordering::Relaxed) > KEPT_BYTES
    }

    /// Whether so little is left that it will not have to be done again soon.
    pub(super) fn is_little(&self) -> bool {
        self.kept.load(Ordering::Relaxed) <= KEPT_BYTES / 2
    }

    /// A ring held so much, and holds so much now.
    pub(super) fn count(&self, before: usize, now: usize) {
        let count = |total: &AtomicUsize, part: fn(usize) -> usize| {
            let (before, now) = (part(before), part(now));
            if before != now {
                // Wraps round where it is less: the sum is right at any time.
                total.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
            }
        };
        count(&self.kept, |bytes| bytes.min(MAX_BYTES));
        count(&self.bursts, |bytes| bytes.saturating_sub(MAX_BYTES));
    }
}
