//! What was seen so far: how much, how late, and whether anything was wrong.

use crate::histogram::Histogram;

/// Kinds of subscribers, rooms and requests that are told apart in the figures.
pub(crate) const CLASSES: usize = 3;

/// A room, where several are told apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    /// Its number here.
    pub(crate) number: u16,
    /// The class that its deliveries are counted in.
    pub(crate) class: usize,
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Tally {
    /// Messages that reached a subscriber.
    pub(crate) deliveries: u64,
    /// From due to received, by class.
    pub(crate) latency: [Histogram; CLASSES],
    /// Requests that were answered.
    pub(crate) answers: u64,
    /// From due (open loop) or sent (closed loop) to answered, by class.
    pub(crate) answer_time: [Histogram; CLASSES],
    /// Bytes of answers.
    pub(crate) answer_bytes: u64,
    /// Messages that were posted since the beginning, by room. It is never cleared.
    pub(crate) posted: Vec<u64>,
    /// What went wrong first.
    pub(crate) fault: Option<String>,
}

impl Tally {
    /// Begins the measuring; faults stay.
    pub(crate) fn clear(&mut self) {
        self.deliveries = 0;
        self.answers = 0;
        self.answer_bytes = 0;
        self.latency.iter_mut().chain(&mut self.answer_time).for_each(Histogram::clear);
    }

    /// So many messages were posted to this room, and answered.
    pub(crate) fn count_posted(&mut self, room: u16, count: u64) {
        let room = usize::from(room);
        if self.posted.len() <= room {
            self.posted.resize(room + 1, 0);
        }
        self.posted[room] += count;
    }

    pub(crate) fn fault(&mut self, words: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(words);
    }
}
