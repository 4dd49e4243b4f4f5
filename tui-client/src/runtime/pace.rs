//! When to draw. After a quiet while a few frames are drawn at once, each as soon as there is something to show; while much
//! happens, one every 16 ms. What the user has done is shown without waiting for that. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// The time between two frames while much happens: what a screen of 60 Hz shows.
const WINDOW: Duration = Duration::from_millis(16);
/// Frames that a quiet while allows for. A message brings two or three: itself, that it is read, a title.
const SAVED_MAX: u32 = 4;
/// A frame that took longer is for a slow terminal: that gets no more than one in a window.
const SLOW: Duration = Duration::from_millis(4);

/// Remembers the last frames.
pub(super) struct Pace {
    /// When the last one was done, and how long it took.
    last: Option<(Instant, Duration)>,
    /// Windows that were not used, up to the last frame.
    saved: Duration,
}

/// When the next frame is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
}

impl Default for Pace {
    fn default() -> Self {
        Self { last: None, saved: WINDOW * SAVED_MAX }
    }
}

impl Pace {
    /// `is_awaited`: it shows what the user has just done.
    pub(super) fn due(&self, now: Instant, is_awaited: bool) -> Due {
        let Some((last, took)) = self.last else { return Due::Now };
        let at = if is_awaited {
            // Whoever keeps a key pressed leaves half of the time to everything else.
            last + took.min(WINDOW)
        } else if took > SLOW {
            last + WINDOW
        } else {
            last + WINDOW.saturating_sub(self.saved)
        };
        if at > now { Due::At(at) } else { Due::Now }
    }

    /// A frame was begun and is done. Measured from its end: a slow terminal gets fewer frames, and the keys stay quick.
    pub(super) fn drawn(&mut self, began: Instant, done: Instant) {
        if let Some((last, _)) = self.last {
            let saved = self.saved + began.saturating_duration_since(last);
            self.saved = saved.min(WINDOW * SAVED_MAX);
        }
        self.saved = self.saved.saturating_sub(WINDOW);
        self.last = Some((done, done.saturating_duration_since(began)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Draws whenever it may, for so long, in steps of a millisecond; gives the number of frames.
    fn frames(pace: &mut Pace, from: Instant, ms: u32, takes: Duration) -> u32 {
        let mut count = 0;
        for at in (0..ms).map(|n| from + MS * n) {
            if pace.due(at, false) == Due::Now {
                pace.drawn(at, at + takes);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn the_first_frames_after_a_quiet_while_are_drawn_at_once() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        frames(&mut pace, began, 1_000, MS / 2);
        let later = began + MS * 2_000;
        assert_eq!(frames(&mut pace, later, 4, MS / 2), 4);
        assert!(matches!(pace.due(later + MS * 4, false), Due::At(_)));
    }

    #[test]
    fn a_flood_gets_a_frame_every_16_ms() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        let count = frames(&mut pace, began, 1_600, MS / 2);
        assert!((95..=106).contains(&count), "{count}");
    }

    #[test]
    fn what_the_user_did_does_not_wait_for_the_window() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        frames(&mut pace, began, 1_000, MS);
        let now = began + MS * 1_000;
        pace.drawn(now, now + MS);
        assert_eq!(pace.due(now + MS, true), Due::At(now + MS * 2));
        assert_eq!(pace.due(now + MS * 2, true), Due::Now);
        assert!(matches!(pace.due(now + MS * 2, false), Due::At(_)));
        // Nor where a frame has taken long for once, because others had the core.
        pace.drawn(now + MS * 2, now + MS * 8);
        assert_eq!(pace.due(now + MS * 8, true), Due::At(now + MS * 14));
        assert_eq!(pace.due(now + MS * 14, false), Due::At(now + MS * 24));
    }

    #[test]
    fn a_slow_terminal_gets_one_frame_in_a_window() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        pace.drawn(began, began + MS * 30);
        assert_eq!(pace.due(began + MS * 31, true), Due::At(began + MS * 46));
        assert_eq!(pace.due(began + MS * 46, false), Due::Now);
    }
}
