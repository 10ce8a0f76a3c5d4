//! How many faults newcomers may bring about, so that peers who make a plugin fail again and again don't take its time away from others.

use std::time::{Duration, Instant};

/// Turns that go well after which a connection is no newcomer any more.
pub const PROVEN: u8 = 16;

/// Faults at once that hold nobody up.
const BURST: i32 = 16;

/// A fault more is allowed each time. 20 ms: a fault and a fresh instance take some hundred microseconds, so one or two percent of a
/// worker's time.
pub const PACE: Duration = Duration::from_millis(20);

/// The most that faults beyond what is allowed are held against newcomers: a second.
const DEBT: i32 = -50;

/// Faults that are still allowed at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Probation {
    left: i32,
    /// When one was last added.
    since: Instant,
}

impl Probation {
    /// Nothing has happened so far.
    pub fn new(now: Instant) -> Self {
        Self { left: BURST, since: now }
    }

    /// Whether a newcomer may have an event. `now` is asked for only after a fault.
    pub fn admits(&mut self, now: impl FnOnce() -> Instant) -> bool {
        if self.left < BURST {
            self.refill(now());
        }
        self.left > 0
    }

    /// The plugin has failed, by whomever.
    pub fn fault(&mut self, now: Instant) {
        self.refill(now);
        self.left = (self.left - 1).max(DEBT);
    }

    fn refill(&mut self, now: Instant) {
        if self.left >= BURST {
            self.since = now;
            return;
        }
        let periods = now.saturating_duration_since(self.since).as_nanos() / PACE.as_nanos();
        let more = i32::try_from(periods).unwrap_or(i32::MAX);
        self.left = self.left.saturating_add(more).min(BURST);
        self.since += PACE * u32::try_from(more).unwrap_or(u32::MAX).min(u32::from(u16::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_faults_hold_nobody_up_and_more_come_at_a_pace() {
        let start = Instant::now();
        let mut probation = Probation::new(start);
        for _ in 0..BURST {
            assert!(probation.admits(|| start));
            probation.fault(start);
        }
        assert!(!probation.admits(|| start + PACE / 2));
        assert!(probation.admits(|| start + PACE));
        probation.fault(start + PACE);
        assert!(!probation.admits(|| start + PACE));
        assert!(probation.admits(|| start + 2 * PACE), "the pace is kept from where it was");
    }

    #[test]
    fn what_the_others_bring_about_counts_and_is_forgotten_in_the_end() {
        let start = Instant::now();
        let mut probation = Probation::new(start);
        for _ in 0..1_000 {
            probation.fault(start);
        }
        assert!(!probation.admits(|| start + 40 * PACE));
        assert!(probation.admits(|| start + 51 * PACE));
        // After a long rest all is as in the beginning.
        let later = start + Duration::from_secs(3_600);
        for _ in 0..BURST {
            assert!(probation.admits(|| later));
            probation.fault(later);
        }
        assert!(!probation.admits(|| later));
    }

    #[test]
    fn without_faults_nobody_looks_at_the_clock() {
        let mut probation = Probation::new(Instant::now());
        assert!(probation.admits(|| unreachable!("the clock")));
    }
}
