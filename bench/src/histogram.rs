//! Durations, counted in buckets that are 1/64 wide relative to their value: exact enough, and adding one costs a nanosecond or two.

/// Buckets of one power of two, as a power of two.
const PRECISION: u32 = 6;
const BUCKETS: usize = (64 - PRECISION as usize + 1) << PRECISION;

/// A histogram of nanoseconds.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], count: 0 }
    }
}

fn bucket(value: u64) -> usize {
    let shift = (64 - value.leading_zeros()).saturating_sub(PRECISION + 1);
    ((shift as usize) << PRECISION) + (value >> shift) as usize
}

/// The largest value of a bucket.
fn upper(bucket: usize) -> u64 {
    let shift = (bucket >> PRECISION).saturating_sub(1);
    let value = (bucket - (shift << PRECISION)) as u64;
    (value << shift) + ((1u64 << shift) - 1)
}

impl Histogram {
    /// Counts a value.
    pub(crate) fn add(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.count += 1;
    }

    /// Counts all that another one has counted.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.count = 0;
    }

    /// The value that `share` (0 to 1) of all values do not exceed; 0 where there are none.
    pub(crate) fn at(&self, share: f64) -> u64 {
        let rank = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper(index);
            }
        }
        0
    }

    /// The same in milliseconds.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        self.at(share) as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_within_two_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.at(0.5), 0);
        for value in 1..=100_000u64 {
            histogram.add(value * 1_000);
        }
        for share in [0.01, 0.5, 0.9, 0.99, 1.0] {
            let (found, exact) = (histogram.at(share) as f64, share * 1e8);
            assert!(found >= exact && found <= exact * 1.02, "{share}: {found}");
        }
        assert_eq!(histogram.count, 100_000);
        let once = histogram.clone();
        histogram.add_all(&once);
        assert_eq!((histogram.count, histogram.at(0.99)), (200_000, once.at(0.99)));
    }

    #[test]
    fn every_value_has_a_bucket_that_holds_it() {
        for value in [0, 1, 63, 64, 127, 128, 129, 1 << 40, u64::MAX] {
            let found = upper(bucket(value));
            assert!(found >= value && found - value <= value / 64, "{value}: {found}");
        }
    }
}
