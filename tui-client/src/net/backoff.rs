//! How long to wait before the next attempt to connect. Pure: the random number is passed in.

use std::time::Duration;

/// Full-jitter exponential backoff: uniformly between 0 and `base * 2^attempts`, at most `cap`, so that the many clients of
/// a server that restarts do not come back in waves.
///
/// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    attempts: u32,
}

/// The longest wait that a server can ask for; a hostile one cannot keep us away for good.
const LONGEST_HINT: Duration = Duration::from_secs(300);

impl Backoff {
    /// Starts with `base`, and never waits longer than `cap` unless the server asks for it.
    #[must_use]
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, attempts: 0 }
    }

    /// The wait before the next attempt. `random` is uniform over all of `u64`. Where the server said when it makes sense to
    /// come back, that is waited for first.
    pub fn next(&mut self, random: u64, hint: Option<Duration>) -> Duration {
        let window = self.base.saturating_mul(1u32.checked_shl(self.attempts).unwrap_or(u32::MAX)).min(self.cap);
        self.attempts = (self.attempts + 1).min(31);
        let micros = u64::try_from(window.as_micros()).unwrap_or(u64::MAX);
        // The upper half of the 128-bit product maps the random number evenly onto 0..=micros.
        let jitter = (u128::from(random) * (u128::from(micros) + 1)) >> 64;
        Duration::from_micros(u64::try_from(jitter).unwrap_or(micros)) + hint.unwrap_or_default().min(LONGEST_HINT)
    }

    /// The connection held: start small again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: Duration = Duration::from_millis(250);
    const CAP: Duration = Duration::from_secs(30);

    #[test]
    fn doubles_up_to_the_cap_and_starts_again() {
        let mut backoff = Backoff::new(BASE, CAP);
        let longest: Vec<u128> = (0..9).map(|_| backoff.next(u64::MAX, None).as_millis()).collect();
        assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        backoff.reset();
        assert_eq!(backoff.next(u64::MAX, None), BASE);
    }

    #[test]
    fn the_servers_wish_comes_first_within_reason() {
        let mut backoff = Backoff::new(BASE, CAP);
        assert_eq!(backoff.next(0, Some(Duration::from_secs(5))), Duration::from_secs(5));
        assert_eq!(backoff.next(0, Some(Duration::MAX)), LONGEST_HINT);
    }

    proptest! {
        #[test]
        fn never_longer_than_the_window(attempts in 0usize..100, random: u64, hint in proptest::option::of(0u64..10_000)) {
            let mut backoff = Backoff::new(BASE, CAP);
            for _ in 0..attempts {
                backoff.next(random, None);
            }
            let hint = hint.map(Duration::from_millis);
            let wait = backoff.next(random, hint);
            let window = BASE * 2u32.pow(u32::try_from(attempts.min(10)).unwrap());
            prop_assert!(wait >= hint.unwrap_or_default());
            prop_assert!(wait <= hint.unwrap_or_default() + window.min(CAP));
        }
    }
}
