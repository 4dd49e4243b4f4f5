//! Which timers are waited for: one for each purpose, told from those that came too late by its number.

use super::effect::{TimerId, TimerPurpose};

/// The last one of each purpose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Timer; 6]);

#[derive(Clone, Debug, Default)]
struct Timer {
    number: u64,
    runs: bool,
}

impl Timers {
    /// Another one begins; an older one for the same purpose becomes stale.
    pub(crate) fn start(&mut self, purpose: TimerPurpose) -> TimerId {
        let timer = self.last_mut(purpose);
        timer.number += 1;
        timer.runs = true;
        TimerId { purpose, number: timer.number }
    }

    /// Makes the running one stale.
    pub(crate) fn stop(&mut self, purpose: TimerPurpose) {
        self.last_mut(purpose).runs = false;
    }

    pub(crate) fn runs(&self, purpose: TimerPurpose) -> bool {
        self.0[slot(purpose)].runs
    }

    /// Whether this is the one that is waited for; it is not, from then on.
    pub(crate) fn take(&mut self, id: TimerId) -> bool {
        let timer = self.last_mut(id.purpose);
        let is_current = timer.number == id.number;
        is_current && std::mem::take(&mut timer.runs)
    }

    fn last_mut(&mut self, purpose: TimerPurpose) -> &mut Timer {
        &mut self.0[slot(purpose)]
    }
}

fn slot(purpose: TimerPurpose) -> usize {
    match purpose {
        TimerPurpose::TypingFades => 0,
        TimerPurpose::Countdown => 1,
        TimerPurpose::NoticeFades => 2,
        TimerPurpose::RetrySend => 3,
        TimerPurpose::TellReading => 4,
        TimerPurpose::QuietEnds => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_one_of_a_purpose_counts_and_once() {
        let mut timers = Timers::default();
        let early = timers.start(TimerPurpose::RetrySend);
        let other = timers.start(TimerPurpose::Countdown);
        let late = timers.start(TimerPurpose::RetrySend);
        assert!(!timers.take(early) && timers.runs(TimerPurpose::RetrySend), "a stale one ends nothing");
        assert!(timers.take(late) && !timers.take(late) && !timers.runs(TimerPurpose::RetrySend));
        timers.stop(TimerPurpose::Countdown);
        assert!(!timers.take(other), "it was stopped");
    }
}
