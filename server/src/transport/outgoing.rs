//! The frames of one connection that wait for its peer.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// Frames, and bytes, that wait in a sink before it says that it is full.
const MAX_WAITING_FRAMES: usize = 64;
const MAX_WAITING_BYTES: usize = 64 * 1024;
/// Frames in one vectored write.
pub(super) const MAX_SLICES: usize = 64;

/// Frames on their way out, shared with every other connection that sends them. None of them is empty.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Mostly there is one only, which needs no memory of its own; empty where nothing waits.
    pub(super) first: Bytes,
    pub(super) others: VecDeque<Bytes>,
    pub(super) bytes: usize,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.others.len() + 1 >= MAX_WAITING_FRAMES || self.bytes >= MAX_WAITING_BYTES
    }

    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        if self.is_empty() {
            self.first = frame;
        } else if !frame.is_empty() {
            self.others.push_back(frame);
        }
    }

    pub(super) fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while written > 0 && written >= self.first.len() {
            written -= self.first.len();
            self.first = self.others.pop_front().unwrap_or_default();
        }
        self.first.advance(written);
        if self.others.is_empty() && self.others.capacity() > 0 {
            self.others = VecDeque::new();
        }
    }
}
