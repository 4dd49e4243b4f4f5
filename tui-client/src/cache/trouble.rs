//! Whether to say that a file cannot be written: once, and once more when it can be again. A disk that is nearly full takes one
//! change and not the next: that is one trouble, not many. Pure: the time is handed in.

use std::time::{Duration, Instant};

/// Nothing has failed for so long: then it is over.
const CALM: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 30 });

/// How a file is doing.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// The last failure of the present trouble.
    last: Option<Instant>,
}

impl Trouble {
    /// Something could not be written. Says whether that is news.
    pub(super) fn begins(&mut self, now: Instant) -> bool {
        self.last.replace(now).is_none()
    }

    /// Something was written. Says whether that ends it.
    pub(super) fn ends(&mut self, now: Instant) -> bool {
        self.ends_after(now, CALM)
    }

    fn ends_after(&mut self, now: Instant, calm: Duration) -> bool {
        self.last.take_if(|last| now.saturating_duration_since(*last) >= calm).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_and_so_is_its_end() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let calm = Duration::from_secs(30);
        let mut trouble = Trouble::default();
        assert!(!trouble.ends_after(at(0), calm), "nothing was wrong");
        assert!(trouble.begins(at(1)));
        // A small change fits, a larger one does not.
        assert!(!trouble.ends_after(at(2), calm) && !trouble.begins(at(3)) && !trouble.ends_after(at(32), calm));
        assert!(trouble.ends_after(at(33), calm));
        assert!(!trouble.ends_after(at(99), calm));
        assert!(trouble.begins(at(100)), "another one");
    }
}
