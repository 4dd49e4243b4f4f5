//! Time as one number: nanoseconds since the benchmark began. Messages carry it, so it has to be short and monotonic.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static BEGAN: OnceLock<Instant> = OnceLock::new();

/// Nanoseconds since the first call.
pub(crate) fn now() -> u64 {
    // 2^64 ns are 584 years.
    BEGAN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// A duration in the same unit.
pub(crate) fn ns(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
