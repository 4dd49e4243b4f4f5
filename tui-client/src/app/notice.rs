//! What the program has to say: one notice at a time, each for long enough to be read. The last ones can be read again. Pure.

pub(crate) mod place;

use std::collections::VecDeque;

use chat_shared::Timestamp;

use super::text::truncate;

/// Notices that wait for their turn. Beyond it they are counted, and the count is shown.
const WAITING_MAX: usize = 20;
/// Notices that can be read again, and the cells of each.
const KEPT_MAX: usize = 100;
const KEPT_CELLS: usize = 1_000;

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Error,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    text: String,
    pub(crate) level: Level,
    /// How often the same was said in a row.
    times: u32,
}

impl Notice {
    /// As it is shown.
    pub(crate) fn shown(&self) -> String {
        if self.times > 1 { format!("{} (×{})", self.text, self.times) } else { self.text.clone() }
    }

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How long it stays, in milliseconds: longer for what went wrong, for what is long, and where no other one waits.
    fn stays_ms(&self, is_last: bool) -> u64 {
        if !is_last {
            // What the user has just done is to be answered soon.
            return if self.level == Level::Error { 3_000 } else { 1_500 };
        }
        let reading = u64::try_from(self.text.len()).unwrap_or(0).min(400) * 30;
        reading + if self.level == Level::Error { 5_000 } else { 3_000 }
    }
}

/// A notice that can be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// When it was last said.
    pub(crate) at: Timestamp,
    pub(crate) notice: Notice,
}

/// The notice that is shown, those behind it, and those that were said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    queue: VecDeque<Notice>,
    uncounted: u32,
    /// Oldest first; those that still wait are among them.
    told: VecDeque<Told>,
}

impl Notices {
    pub(crate) fn current(&self) -> Option<&Notice> {
        self.queue.front()
    }

    /// Adds one. Gives the time after which to call [`Self::next`], if no timer runs yet, or the one that runs takes too long.
    pub(crate) fn add(&mut self, level: Level, text: String, at: Timestamp) -> Option<u64> {
        self.keep(level, &text, at);
        if let Some(last) = self.queue.back_mut().filter(|last| last.text == text) {
            last.times += 1;
            return None;
        }
        if self.queue.len() >= WAITING_MAX {
            self.uncounted += 1;
            return None;
        }
        self.queue.push_back(Notice { text, level, times: 1 });
        match self.queue.len() {
            count @ (1 | 2) => Some(self.queue[0].stays_ms(count == 1)),
            _ => None,
        }
    }

    fn keep(&mut self, level: Level, text: &str, at: Timestamp) {
        let text = truncate(text, KEPT_CELLS);
        if let Some(last) = self.told.back_mut().filter(|last| last.notice.text == text) {
            last.at = at;
            last.notice.times = last.notice.times.saturating_add(1);
            return;
        }
        if self.told.len() >= KEPT_MAX {
            self.told.pop_front();
        }
        self.told.push_back(Told { at, notice: Notice { text, level, times: 1 } });
    }

    /// The last notices, the newest first.
    pub(crate) fn told(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter().rev()
    }

    /// All that wait are read in another way.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.uncounted = 0;
    }

    /// What was said concerns nobody any more, nor does what still waits.
    pub(crate) fn forget(&mut self) {
        self.clear();
        self.told.clear();
    }

    /// The user has gone on to something else: what is shown has been seen. Gives the time of the one behind it.
    pub(crate) fn dismiss(&mut self) -> Option<u64> {
        if self.queue.is_empty() { None } else { self.next() }
    }

    /// All of them, for those who need no time for each.
    pub(crate) fn drain(&mut self) -> Vec<Notice> {
        self.uncounted = 0;
        self.queue.drain(..).collect()
    }

    /// The time of the current one is over. Gives the time of the one behind it.
    pub(crate) fn next(&mut self) -> Option<u64> {
        self.queue.pop_front();
        if self.queue.is_empty() && self.uncounted > 0 {
            let text = format!("{} more messages of this kind", std::mem::take(&mut self.uncounted));
            self.queue.push_back(Notice { text, level: Level::Error, times: 1 });
        }
        let is_last = self.queue.len() == 1;
        self.queue.front().map(|notice| notice.stays_ms(is_last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::at;

    #[test]
    fn one_after_the_other_and_none_is_lost() {
        let mut n = Notices::default();
        assert!(n.add(Level::Info, "a".into(), at(1)).is_some());
        assert_eq!(n.add(Level::Error, "b".into(), at(2)), Some(1_500), "it comes soon");
        assert!(n.add(Level::Error, "b".into(), at(2)).is_none());
        assert_eq!(n.current().unwrap().shown(), "a");
        assert!(n.next().is_some_and(|ms| ms > 5_000), "nothing waits behind it");
        assert_eq!(n.current().unwrap().shown(), "b (×2)");
        for i in 0..30 {
            n.add(Level::Info, i.to_string(), at(3));
        }
        let mut last = String::new();
        while n.next().is_some() {
            last = n.current().unwrap().shown();
        }
        assert_eq!(last, "11 more messages of this kind");
    }

    #[test]
    fn the_last_ones_can_be_read_again_and_are_bounded() {
        let mut n = Notices::default();
        n.add(Level::Error, "a".into(), at(1));
        n.add(Level::Error, "a".into(), at(2));
        n.next();
        let told: Vec<_> = n.told().map(|told| (told.at, told.notice.shown(), told.notice.level)).collect();
        assert_eq!(told, [(at(2), "a (×2)".into(), Level::Error)]);
        for i in 0..1_000 {
            n.add(Level::Info, format!("{i} {}", "x".repeat(5_000)), at(i));
        }
        let told: Vec<_> = n.told().collect();
        assert_eq!(told.len(), KEPT_MAX);
        assert!(
            told[0].notice.text.starts_with("999 ") && told[0].notice.text.ends_with('…'),
            "not even their texts grow"
        );
    }
}
