//! When to draw: the first frame after a quiet while at once, the next ones at most every 16 ms. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// The least time between two frames: what a screen of 60 Hz shows.
const WINDOW: Duration = Duration::from_millis(16);

/// Remembers the last frame.
#[derive(Default)]
pub(super) struct Pace {
    last: Option<Instant>,
}

/// When the next frame is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
}

impl Pace {
    pub(super) fn due(&self, now: Instant) -> Due {
        match self.last.map(|last| last + WINDOW) {
            Some(at) if at > now => Due::At(at),
            _ => Due::Now,
        }
    }

    pub(super) fn drawn(&mut self, now: Instant) {
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_is_at_once_and_the_next_waits_for_the_window() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.due(start), Due::Now);
        pace.drawn(start);
        assert_eq!(pace.due(start + Duration::from_millis(3)), Due::At(start + WINDOW));
        assert_eq!(pace.due(start + WINDOW), Due::Now);
    }
}
