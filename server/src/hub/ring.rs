//! The newest frames of one room, encoded once and shared by all who send them.

use std::collections::VecDeque;

use bytes::Bytes;
use chat_shared::Seq;

/// One encoded event. Cloning it shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The event's number.
    pub seq: Seq,
    /// The event as a transport sends it.
    pub bytes: Bytes,
}

/// What an event has to do with the text of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// Nothing.
    #[default]
    None,
    /// Its frame carries a text of this message.
    Of(Seq),
    /// This message was deleted: what carries a text of it is not to be handed out any more.
    Erased(Seq),
}

/// A frame in the ring.
#[derive(Debug)]
struct Kept {
    frame: Frame,
    /// The message that it carries a text of; 0, which no message has, for none.
    text_of: Seq,
}

/// At most so many frames …
const MAX_FRAMES: usize = 512;
/// … of so many bytes together; the newest one always stays.
const MAX_BYTES: usize = 256 * 1024;

/// A run of frames without holes that ends at the newest one.
#[derive(Debug, Default)]
pub(super) struct Ring {
    frames: VecDeque<Kept>,
    bytes: usize,
    head: Seq,
}

impl Ring {
    /// The newest number that we know of.
    pub(super) fn head(&self) -> Seq {
        self.head
    }

    /// Learns of a head without its frames (they are in the store).
    pub(super) fn raise_head(&mut self, head: Seq) {
        if head > self.head {
            self.clear();
            self.head = head;
        }
    }

    /// Takes in the next frame. One that is not newer than the head is ignored; after a hole, the ring starts anew. After a
    /// deletion it begins behind the last frame with the deleted text: readers that are further behind are served from the
    /// store, where it is gone.
    pub(super) fn push(&mut self, frame: Frame, text: Text) {
        if let Text::Erased(message) = text {
            self.erase(message);
        }
        if frame.seq <= self.head {
            return;
        }
        if frame.seq != self.head + 1 {
            self.clear();
        }
        self.head = frame.seq;
        self.bytes += frame.bytes.len();
        let text_of = if let Text::Of(message) = text { message } else { 0 };
        self.frames.push_back(Kept { frame, text_of });
        while self.frames.len() > MAX_FRAMES || (self.bytes > MAX_BYTES && self.frames.len() > 1) {
            self.drop_oldest();
        }
    }

    fn erase(&mut self, message: Seq) {
        let last = self.frames.iter().rposition(|kept| kept.text_of == message);
        for _ in 0..last.map_or(0, |last| last + 1) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(old) = self.frames.pop_front() {
            self.bytes -= old.frame.bytes.len();
        }
    }

    /// Drops the frames, keeps the head.
    pub(super) fn clear(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    /// The frames after `cursor`, oldest first; `None` where the ring does not reach back so far.
    pub(super) fn after(&self, cursor: Seq) -> Option<impl Iterator<Item = &Frame>> {
        let behind = usize::try_from(self.head.saturating_sub(cursor)).unwrap_or(usize::MAX);
        let skip = self.frames.len().checked_sub(behind)?;
        Some(self.frames.range(skip..).map(|kept| &kept.frame))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(seq: Seq, size: usize) -> Frame {
        Frame { seq, bytes: Bytes::from(vec![b'x'; size]) }
    }

    fn seqs_after(ring: &Ring, cursor: Seq) -> Option<Vec<Seq>> {
        ring.after(cursor).map(|frames| frames.map(|frame| frame.seq).collect())
    }

    #[test]
    fn gives_what_follows_the_cursor_or_says_that_it_cannot() {
        let mut ring = Ring::default();
        ring.raise_head(10);
        assert_eq!(seqs_after(&ring, 10), Some(vec![]));
        assert_eq!(seqs_after(&ring, 9), None);
        for seq in [11, 12, 12, 11] {
            ring.push(frame(seq, 1), Text::None);
        }
        assert_eq!(seqs_after(&ring, 10), Some(vec![11, 12]));
        assert_eq!(seqs_after(&ring, 11), Some(vec![12]));
        assert_eq!(seqs_after(&ring, 9), None);
        assert_eq!(seqs_after(&ring, 99), Some(vec![]));
    }

    #[test]
    fn a_hole_is_left_to_the_store() {
        let mut ring = Ring::default();
        ring.push(frame(1, 1), Text::None);
        ring.push(frame(3, 1), Text::None);
        assert_eq!(seqs_after(&ring, 1), None);
        assert_eq!(seqs_after(&ring, 2), Some(vec![3]));
    }

    #[test]
    fn is_bounded_by_count_and_by_bytes() {
        let mut ring = Ring::default();
        for seq in 1..=2 * MAX_FRAMES as u64 {
            ring.push(frame(seq, 1), Text::None);
        }
        assert_eq!(ring.frames.len(), MAX_FRAMES);
        for seq in 1..=10 {
            ring.push(frame(2 * MAX_FRAMES as u64 + seq, MAX_BYTES / 2), Text::None);
        }
        assert_eq!(ring.frames.len(), 2);
        ring.push(frame(ring.head() + 1, 2 * MAX_BYTES), Text::None);
        assert_eq!(ring.frames.len(), 1);
    }

    #[test]
    fn what_carries_a_deleted_text_is_not_handed_out_again() {
        let mut ring = Ring::default();
        for (seq, text) in [(1, Text::Of(1)), (2, Text::Of(2)), (3, Text::Of(1)), (4, Text::Of(4)), (5, Text::None)] {
            ring.push(frame(seq, 10), text);
        }
        ring.push(frame(6, 10), Text::Erased(4));
        assert_eq!(seqs_after(&ring, 3), None);
        assert_eq!(seqs_after(&ring, 4), Some(vec![5, 6]));
        // Nothing of it is there: nothing is lost.
        ring.push(frame(7, 10), Text::Erased(1));
        assert_eq!((seqs_after(&ring, 4), ring.bytes), (Some(vec![5, 6, 7]), 30));
        // The news of it may come twice, or late.
        ring.push(frame(8, 10), Text::Of(8));
        ring.push(frame(7, 10), Text::Erased(8));
        assert_eq!((seqs_after(&ring, 7), ring.head()), (None, 8));
    }

    proptest! {
        #[test]
        fn is_never_wrong_whatever_arrives(seqs in prop::collection::vec(1u64..40, 0..60), cursor in 0u64..45) {
            let mut ring = Ring::default();
            for seq in seqs {
                let before = ring.head();
                ring.push(frame(seq, 1), Text::None);
                prop_assert_eq!(ring.head(), before.max(seq));
            }
            if let Some(found) = seqs_after(&ring, cursor) {
                prop_assert_eq!(found, (cursor + 1..=ring.head()).collect::<Vec<_>>());
            }
        }
    }
}
