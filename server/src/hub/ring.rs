//! The newest frames of one room, encoded once and shared by all who send them.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use chat_shared::Seq;

use super::held::{Held, MAX_BYTES};

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

/// What a room's memory lacks for a reader that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many events, and of how many bytes together it would have room for them; `None` where it has not.
    pub fits: Option<(usize, usize)>,
    /// How often texts were erased.
    erasures: u64,
}

/// A frame in the ring.
#[derive(Debug)]
struct Kept {
    frame: Frame,
    /// The message that it carries a text of; 0, which no message has, for none.
    text_of: Seq,
}

impl Kept {
    fn new(frame: Frame, text: Text) -> Self {
        Self { frame, text_of: if let Text::Of(message) = text { message } else { 0 } }
    }
}

/// At most so many frames, of [`MAX_BYTES`] together; the newest one always stays.
const MAX_FRAMES: usize = 512;
/// While couriers are on their way, so many: else a burst would send each of thousands of readers to the store for the same
/// events.
const BURST_FRAMES: usize = 4096;
/// … and so many bytes, as long as the rings of all rooms together hold no more than [`BURSTS_BYTES`] beyond their bounds.
const BURST_BYTES: usize = 8 * 1024 * 1024;
const BURSTS_BYTES: usize = 64 * 1024 * 1024;
/// A run of frames without holes that ends at the newest one.
#[derive(Debug, Default)]
pub(super) struct Ring {
    frames: VecDeque<Kept>,
    bytes: usize,
    head: Seq,
    /// Deletions so far.
    erasures: u64,
    /// What all rings hold together.
    held: Arc<Held>,
    /// How much of that is this ring's.
    counted: usize,
    /// Whether anything came since the rings were last emptied.
    is_fresh: bool,
}

impl Ring {
    /// A ring that counts with others what it holds.
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self { held, ..Self::default() }
    }

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
        self.frames.push_back(Kept::new(frame, text));
        self.is_fresh = true;
        if self.exceeds(MAX_FRAMES, MAX_BYTES) {
            self.bound(BURST_FRAMES, BURST_BYTES);
            if self.held.bursts() > BURSTS_BYTES {
                self.settle();
            }
        } else {
            self.count();
        }
    }

    /// What is missing between a cursor and the oldest frame.
    pub(super) fn gap(&self, cursor: Seq) -> Gap {
        let behind = usize::try_from(self.head.saturating_sub(cursor)).unwrap_or(usize::MAX);
        let fits = (behind <= MAX_FRAMES).then(|| behind.saturating_sub(self.frames.len()));
        Gap { fits: fits.map(|events| (events, MAX_BYTES.saturating_sub(self.bytes))), erasures: self.erasures }
    }

    /// Takes in older frames (the oldest first), as far as they end where the ring begins and as there is room; and only if
    /// no text was erased since `gap` was told, when they were not yet read: they may hold it.
    pub(super) fn refill(&mut self, older: &[(Frame, Text)], gap: Gap) {
        if gap.erasures != self.erasures {
            return;
        }
        let mut next = self.head.saturating_sub(self.frames.len() as Seq);
        let newest = next;
        for (frame, text) in older.iter().rev().skip_while(|(frame, _)| frame.seq > newest) {
            let is_full = self.frames.len() >= MAX_FRAMES || self.bytes + frame.bytes.len() > MAX_BYTES;
            if is_full || frame.seq != next {
                break;
            }
            self.bytes += frame.bytes.len();
            self.frames.push_front(Kept::new(frame.clone(), *text));
            next = next.saturating_sub(1);
            self.is_fresh = true;
        }
        self.count();
    }

    /// Drops the frames where nothing came since this was last asked, or in any case.
    pub(super) fn give_up(&mut self, in_any_case: bool) {
        if in_any_case || !std::mem::take(&mut self.is_fresh) {
            self.clear();
        }
    }

    /// Whether it holds more than it may while no courier is on the way.
    pub(super) fn is_burst(&self) -> bool {
        self.exceeds(MAX_FRAMES, MAX_BYTES)
    }

    /// The couriers are back: only what is near the head is kept.
    pub(super) fn settle(&mut self) {
        self.bound(MAX_FRAMES, MAX_BYTES);
        self.frames.shrink_to(MAX_FRAMES);
    }

    fn exceeds(&self, frames: usize, bytes: usize) -> bool {
        self.frames.len() > frames || (self.bytes > bytes && self.frames.len() > 1)
    }

    fn bound(&mut self, frames: usize, bytes: usize) {
        while self.exceeds(frames, bytes) {
            self.drop_oldest();
        }
        self.count();
    }

    fn count(&mut self) {
        self.held.count(self.counted, self.bytes);
        self.counted = self.bytes;
    }

    fn erase(&mut self, message: Seq) {
        self.erasures += 1;
        let last = self.frames.iter().rposition(|kept| kept.text_of == message);
        for _ in 0..last.map_or(0, |last| last + 1) {
            self.drop_oldest();
        }
        self.count();
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
        self.count();
    }

    /// Appends to `out` the frames after `cursor`, up to `max` of them. `None`: the ring does not reach back so far. Otherwise
    /// whether there are more.
    pub(super) fn read(&self, cursor: Seq, max: usize, out: &mut Vec<Frame>) -> Option<bool> {
        let before = out.len();
        out.extend(self.after(cursor)?.take(max).cloned());
        let last = out[before..].last().map_or(cursor, |frame| frame.seq);
        Some(last < self.head)
    }

    /// The frames after `cursor`, oldest first; `None` where the ring does not reach back so far.
    fn after(&self, cursor: Seq) -> Option<impl Iterator<Item = &Frame>> {
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
    fn is_bounded_by_count_and_by_bytes_and_a_little_later_in_a_burst() {
        let mut ring = Ring::default();
        for seq in 1..=2 * BURST_FRAMES as u64 {
            ring.push(frame(seq, 1), Text::None);
        }
        assert_eq!((ring.frames.len(), ring.is_burst()), (BURST_FRAMES, true));
        ring.settle();
        assert_eq!((ring.frames.len(), ring.is_burst()), (MAX_FRAMES, false));
        for _ in 0..10 {
            ring.push(frame(ring.head() + 1, MAX_BYTES / 2), Text::None);
        }
        ring.settle();
        assert_eq!(ring.frames.len(), 2);
        ring.push(frame(ring.head() + 1, 2 * BURST_BYTES), Text::None);
        assert_eq!((ring.frames.len(), ring.is_burst()), (1, false));
    }

    #[test]
    fn the_bursts_of_all_rooms_together_are_bounded() {
        let shared = Arc::new(Held::default());
        let mut rings: Vec<_> = (0..30).map(|_| Ring::new(Arc::clone(&shared))).collect();
        let held = |rings: &[Ring]| rings.iter().map(|ring| ring.bytes.saturating_sub(MAX_BYTES)).sum::<usize>();
        for seq in 1..=70 {
            for ring in &mut rings {
                ring.push(frame(seq, MAX_BYTES / 2), Text::None);
                assert!(ring.frames.len() >= 2.min(seq as usize), "what is near the head stays");
            }
            assert_eq!(held(&rings), shared.bursts());
            let all: usize = rings.iter().map(|ring| ring.bytes).sum();
            assert_eq!(all - held(&rings), shared.kept());
            assert!(held(&rings) <= BURSTS_BYTES + MAX_BYTES);
        }
        assert!(held(&rings) > BURSTS_BYTES / 2);
        for (number, ring) in rings.iter_mut().enumerate() {
            if number % 2 == 0 { ring.settle() } else { ring.clear() }
        }
        assert_eq!(shared.bursts(), 0);
        rings.iter_mut().for_each(Ring::clear);
        assert_eq!(shared.kept(), 0);
    }

    #[test]
    fn what_was_read_before_a_deletion_is_not_taken_in_after_it() {
        let mut ring = Ring::default();
        ring.raise_head(3);
        let read = [(frame(1, 1), Text::Of(1)), (frame(2, 1), Text::Of(2)), (frame(3, 1), Text::Of(1))];
        let before = ring.gap(0);
        ring.refill(&read, before);
        assert_eq!(seqs_after(&ring, 0), Some(vec![1, 2, 3]));
        ring.push(frame(4, 1), Text::Erased(2));
        assert_eq!((seqs_after(&ring, 1), seqs_after(&ring, 2)), (None, Some(vec![3, 4])));
        ring.refill(&read, before);
        assert_eq!(seqs_after(&ring, 1), None);
        ring.refill(&[(frame(2, 1), Text::None)], ring.gap(1));
        assert_eq!(seqs_after(&ring, 1), Some(vec![2, 3, 4]));
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

    #[test]
    fn what_one_had_to_read_from_the_store_is_there_for_the_others() {
        let of_store = |seqs: std::ops::RangeInclusive<Seq>| -> Vec<_> {
            seqs.map(|seq| (frame(seq, 10), Text::Of(seq))).collect()
        };
        let mut ring = Ring::default();
        ring.raise_head(10);
        let gap = ring.gap(8);
        assert_eq!((gap.fits, ring.gap(10).fits), (Some((2, MAX_BYTES)), Some((0, MAX_BYTES))));
        // Neither what does not reach the ring, nor what is beyond the head: of that, the hub has not heard.
        ring.refill(&of_store(5..=8), gap);
        assert_eq!(seqs_after(&ring, 8), None);
        ring.refill(&of_store(8..=12), gap);
        assert_eq!(seqs_after(&ring, 7), Some(vec![8, 9, 10]));
        ring.push(frame(11, 10), Text::Of(11));
        ring.refill(&of_store(6..=9), gap);
        assert_eq!((seqs_after(&ring, 5), seqs_after(&ring, 4)), (Some((6..=11).collect()), None));
        assert_eq!(ring.bytes, 60);
        // As much as there is room for, and the newest of it.
        ring.refill(&[(frame(4, 10), Text::None), (frame(5, MAX_BYTES - 60), Text::None)], gap);
        assert_eq!((seqs_after(&ring, 4).map(|seqs| seqs.len()), seqs_after(&ring, 3)), (Some(7), None));
        assert!(!ring.is_burst());
        ring.raise_head(MAX_FRAMES as Seq + 1);
        assert_eq!((ring.gap(1).fits, ring.gap(0).fits), (Some((MAX_FRAMES, MAX_BYTES)), None));
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
