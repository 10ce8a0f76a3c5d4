//! A histogram of latencies with a bounded relative error, as HdrHistogram's: buckets double, each with equal steps.

use std::time::Duration;

/// Steps per doubling: 64, so that a value is known to 1/64, about 1.6 %.
const STEP_BITS: u32 = 6;
const STEPS: u64 = 1 << STEP_BITS;
/// Up to 2^36 ns, about 69 s; what is longer counts as that.
const DOUBLINGS: u64 = 36 - STEP_BITS as u64;

/// Counts of durations, in nanoseconds.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; ((DOUBLINGS + 1) * STEPS) as usize], total: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: Duration) {
        let slot = slot(value.as_nanos().min(u128::from(u64::MAX)) as u64).min(self.counts.len() - 1);
        self.counts[slot] += 1;
        self.total += 1;
    }

    /// Adds all values of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    /// How many values.
    pub fn len(&self) -> u64 {
        self.total
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The value that a share (0 to 1) of all values does not exceed; zero without values.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = ((self.total as f64 * share).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (slot, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(highest(slot));
            }
        }
        Duration::ZERO
    }
}

fn slot(nanoseconds: u64) -> usize {
    if nanoseconds < STEPS {
        return nanoseconds as usize;
    }
    let doubling = u64::from(nanoseconds.ilog2() - STEP_BITS);
    ((doubling + 1) * STEPS + ((nanoseconds >> doubling) - STEPS)) as usize
}

/// The largest value that falls into a slot.
fn highest(slot: usize) -> u64 {
    let slot = slot as u64;
    if slot < STEPS {
        return slot;
    }
    let doubling = slot / STEPS - 1;
    ((slot % STEPS + STEPS + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_off_by_a_64th_at_most() {
        let mut histogram = Histogram::default();
        for microseconds in 1..=10_000 {
            histogram.record(Duration::from_micros(microseconds));
        }
        for (share, expected) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.999, 9_990.0), (1.0, 10_000.0)] {
            let found = histogram.quantile(share).as_secs_f64() * 1e6;
            assert!(found >= expected && found <= expected * (1.0 + 1.0 / 64.0), "{share}: {found} µs, not {expected}");
        }
    }

    #[test]
    fn slots_follow_each_other_without_gaps() {
        for value in (0..20_000u64).chain((20..36).map(|bits| (1 << bits) - 1)).chain((20..36).map(|bits| 1 << bits)) {
            let at = slot(value);
            assert!(value <= highest(at), "{value} lies above its slot");
            assert!(at == 0 || value > highest(at - 1), "{value} belongs into an earlier slot");
        }
    }

    #[test]
    fn what_is_merged_counts() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        one.record(Duration::from_millis(1));
        other.record(Duration::from_millis(100));
        other.record(Duration::from_secs(1 << 20));
        one.merge(&other);
        assert_eq!(one.len(), 3);
        assert!(one.quantile(0.3) < Duration::from_millis(2));
        assert!(one.quantile(0.5) >= Duration::from_millis(100));
        assert!(one.quantile(1.0) > Duration::from_secs(60));
    }
}
