//! What one generation does on one shard: how many events, how they ended, how long they took.

use super::counters::Count;
use std::time::{Duration, Instant};

/// One event of so many is timed: two looks at the clock for each would be felt, by a 64-byte echo.
const SAMPLED: u64 = 16;

/// The first ones are timed all, so that something is known of a generation with little to do.
const FIRST: u64 = 64;

/// Steps per doubling: a time is told to within a quarter.
const STEPS: usize = 4;

/// Times from 0 to 2⁴⁰ ns, eighteen minutes.
const BUCKETS: usize = 40 * STEPS;

/// Written by one worker; others may read.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) events: Count,
    pub(super) traps: Count,
    /// Connections that have ended in good order or not, as the plugin was told.
    pub(super) closes: Count,
    /// Those of them that ended with an error.
    pub(super) close_errors: Count,
    times: Box<[Count]>,
    /// Nanoseconds of all that were timed.
    timed_ns: Count,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            events: Count::default(),
            traps: Count::default(),
            closes: Count::default(),
            close_errors: Count::default(),
            times: (0..BUCKETS).map(|_| Count::default()).collect(),
            timed_ns: Count::default(),
        }
    }
}

impl Tally {
    /// An event begins; some if it is one of those that are timed.
    pub(super) fn begin(&self) -> Option<Instant> {
        let so_far = self.events.get();
        (so_far.is_multiple_of(SAMPLED) || so_far < FIRST).then(Instant::now)
    }

    /// An event is over.
    pub(super) fn end(&self, began: Option<Instant>) {
        self.events.add(1);
        if let Some(time) = began.map(|began| began.elapsed())
            && let Some(bucket) = self.times.get(bucket(time))
        {
            bucket.add(1);
            self.timed_ns.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

/// The sum of tallies at a moment, or of what came since another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) events: u64,
    pub(super) traps: u64,
    pub(super) closes: u64,
    pub(super) close_errors: u64,
    times: Vec<u64>,
    timed_ns: u64,
}

impl Default for Sum {
    fn default() -> Self {
        Self { events: 0, traps: 0, closes: 0, close_errors: 0, times: vec![0; BUCKETS], timed_ns: 0 }
    }
}

impl Sum {
    pub(super) fn add(&mut self, tally: &Tally) {
        self.events += tally.events.get();
        self.traps += tally.traps.get();
        self.closes += tally.closes.get();
        self.close_errors += tally.close_errors.get();
        self.times.iter_mut().zip(&tally.times).for_each(|(sum, count)| *sum += count.get());
        self.timed_ns = self.timed_ns.saturating_add(tally.timed_ns.get());
    }

    /// What came since an earlier sum of the same tallies.
    pub(super) fn since(mut self, earlier: &Self) -> Self {
        self.events = self.events.saturating_sub(earlier.events);
        self.traps = self.traps.saturating_sub(earlier.traps);
        self.closes = self.closes.saturating_sub(earlier.closes);
        self.close_errors = self.close_errors.saturating_sub(earlier.close_errors);
        self.times.iter_mut().zip(&earlier.times).for_each(|(now, then)| *now = now.saturating_sub(*then));
        self.timed_ns = self.timed_ns.saturating_sub(earlier.timed_ns);
        self
    }

    /// How many events were timed.
    pub(super) fn timed(&self) -> u64 {
        self.times.iter().sum()
    }

    #[cfg(test)]
    pub(super) fn timed_so(&mut self, events: u64, time: Duration) {
        if let Some(times) = self.times.get_mut(bucket(time)) {
            *times += events;
        }
    }

    /// What an event took on average, in nanoseconds; none without events.
    pub(super) fn mean_ns(&self) -> Option<u64> {
        self.timed_ns.checked_div(self.timed())
    }

    /// The time within which 99 of 100 events were handled, to within a quarter; none without events.
    pub(super) fn p99(&self) -> Option<Duration> {
        let total = self.timed();
        let wanted = total - total / 100;
        let mut seen = 0;
        let bucket = self.times.iter().position(|count| {
            seen += count;
            total > 0 && seen >= wanted
        });
        bucket.map(|bucket| Duration::from_nanos(upper_end(bucket)))
    }
}

/// Logarithmic, with [`STEPS`] equal steps in each doubling.
fn bucket(time: Duration) -> usize {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let doublings = nanos.max(STEPS as u64).ilog2() as usize;
    let step = (nanos.max(STEPS as u64) >> (doublings - STEPS.ilog2() as usize)) as usize % STEPS;
    (doublings * STEPS + step).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> u64 {
    let (doublings, step) = (bucket / STEPS, bucket % STEPS);
    ((STEPS + step + 1) as u64) << doublings >> STEPS.ilog2()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_time_is_told_to_within_a_quarter() {
        for nanos in [4, 5, 100, 999, 1_000, 65_535, 65_536, 1_000_000, 123_456_789, 60_000_000_000] {
            let end = upper_end(bucket(Duration::from_nanos(nanos)));
            assert!(end > nanos && end <= nanos + nanos / 4 + 1, "{nanos} is told as {end}");
        }
        assert_eq!(bucket(Duration::ZERO), bucket(Duration::from_nanos(4)));
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn ninety_nine_of_a_hundred() {
        let tally = Tally::default();
        let record = |micros, times| tally.times[bucket(Duration::from_micros(micros))].add(times);
        let p99 = || {
            let mut sum = Sum::default();
            sum.add(&tally);
            sum.p99()
        };
        assert_eq!(p99(), None);
        record(10, 990);
        record(10_000, 10);
        assert!(p99().unwrap() < Duration::from_micros(13));
        record(10_000, 10);
        assert!(p99().unwrap() > Duration::from_micros(9_999));
    }

    #[test]
    fn one_event_of_many_is_timed_and_all_are_counted() {
        let tally = Tally::default();
        let timed = (0..100).filter(|_| {
            let began = tally.begin();
            tally.end(began);
            began.is_some()
        });
        assert_eq!(timed.count(), 67);
        let mut sum = Sum::default();
        sum.add(&tally);
        assert_eq!((sum.events, sum.times.iter().sum::<u64>()), (100, 67));
    }
}
