//! The timers that the interface has started. Pure: the loop sleeps until [`Timers::next`].

use tokio::time::Instant;

use crate::app::effect::TimerId;

/// At most one timer a purpose: a newer one makes older ones stale, so they need not run out.
#[derive(Default)]
pub(super) struct Timers(Vec<(Instant, TimerId)>);

impl Timers {
    pub(super) fn start(&mut self, id: TimerId, at: Instant) {
        self.0.retain(|(_, other)| other.purpose != id.purpose);
        self.0.push((at, id));
    }

    /// When the first of them runs out.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// One that has run out.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<TimerId> {
        let index = self.0.iter().position(|(at, _)| *at <= now)?;
        Some(self.0.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::effect::TimerPurpose;

    #[test]
    fn a_newer_timer_replaces_an_older_one_of_its_purpose() {
        let start = Instant::now();
        let id = |purpose, number| TimerId { purpose, number };
        let mut timers = Timers::default();
        timers.start(id(TimerPurpose::Countdown, 1), start + Duration::from_secs(1));
        timers.start(id(TimerPurpose::NoticeFades, 2), start + Duration::from_secs(3));
        timers.start(id(TimerPurpose::Countdown, 3), start + Duration::from_secs(2));
        assert_eq!(timers.take_due(start + Duration::from_secs(1)), None);
        assert_eq!(timers.next(), Some(start + Duration::from_secs(2)));
        assert_eq!(timers.take_due(start + Duration::from_secs(2)), Some(id(TimerPurpose::Countdown, 3)));
        assert_eq!(timers.take_due(start + Duration::from_secs(9)), Some(id(TimerPurpose::NoticeFades, 2)));
        assert_eq!(timers.next(), None);
    }
}
