//! An instance's share of its worker's CPU time.

use super::error::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// The time over which a share holds: that much may be used at a stretch.
const PERIOD: Duration = Duration::from_secs(1);

/// A part of one core, in percent: from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuShare(u32);

impl CpuShare {
    /// What `wall` of time earns.
    fn of(self, wall: Duration) -> Duration {
        wall.saturating_mul(self.0) / 100
    }

    /// How long it takes to earn `cpu`.
    fn earns(self, cpu: Duration) -> Duration {
        cpu.saturating_mul(100) / self.0
    }
}

impl FromStr for CpuShare {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let percent = text.strip_suffix('%').and_then(|number| number.parse().ok());
        percent.filter(|percent| (1..=100).contains(percent)).map(Self).ok_or_else(|| {
            Error::configuration(format!("cpu-share '{text}' makes no sense"))
                .hint("write a part of one core, from 1% to 100%: an instance never has more than one")
        })
    }
}

impl fmt::Display for CpuShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// A bucket of CPU time: it fills at the share's rate, up to what one second earns, and is emptied by use.
#[derive(Debug)]
pub struct Bucket {
    share: CpuShare,
    at: Instant,
    /// What may be used.
    credit: Duration,
    /// What was used beyond. One of the two is zero.
    debt: Duration,
}

impl Bucket {
    /// A full one.
    pub fn new(share: CpuShare, now: Instant) -> Self {
        Self { share, at: now, credit: share.of(PERIOD), debt: Duration::ZERO }
    }

    /// So much CPU time was used until `now`.
    pub fn charge(&mut self, now: Instant, used: Duration) {
        self.fill(now);
        self.debt += used.saturating_sub(self.credit);
        self.credit = self.credit.saturating_sub(used);
    }

    /// How long to wait at `now` for what was used too much; none, if nothing was.
    pub fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.fill(now);
        (!self.debt.is_zero()).then(|| self.share.earns(self.debt))
    }

    fn fill(&mut self, now: Instant) {
        let earned = self.share.of(now.saturating_duration_since(self.at));
        // A time so short that it earns nothing isn't lost.
        if earned.is_zero() {
            return;
        }
        self.at = now;
        self.credit = (self.credit + earned.saturating_sub(self.debt)).min(self.share.of(PERIOD));
        self.debt = self.debt.saturating_sub(earned);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_share_is_written_in_percent() {
        for text in ["1%", "50%", "100%"] {
            assert_eq!(text.parse::<CpuShare>().unwrap().to_string(), text);
        }
        for text in ["0%", "101%", "50", "-1%", "0.5%", "%", "half"] {
            assert!(text.parse::<CpuShare>().unwrap_err().advice().unwrap().contains("100%"), "{text}");
        }
    }

    #[test]
    fn a_second_at_a_stretch_then_the_share() {
        let start = Instant::now();
        let mut bucket = Bucket::new("25%".parse().unwrap(), start);
        bucket.charge(start, 250 * MS);
        assert_eq!(bucket.wait(start), None);
        bucket.charge(start, 10 * MS);
        assert_eq!(bucket.wait(start), Some(40 * MS));
        assert_eq!(bucket.wait(start + 39 * MS), Some(MS));
        assert_eq!(bucket.wait(start + 40 * MS), None);
        // Idle time is saved up for a second, no longer.
        let later = start + 3_600_000 * MS;
        bucket.charge(later, 251 * MS);
        assert_eq!(bucket.wait(later), Some(4 * MS));
    }

    #[test]
    fn over_time_it_gets_its_share_however_it_is_cut() {
        let start = Instant::now();
        let mut bucket = Bucket::new("50%".parse().unwrap(), start);
        let (mut now, mut used) = (start, Duration::ZERO);
        while now < start + 100_000 * MS {
            match bucket.wait(now) {
                Some(wait) => now += wait,
                None => {
                    let turn = Duration::from_nanos(700_001);
                    now += turn;
                    used += turn;
                    bucket.charge(now, turn);
                }
            }
        }
        let excess = used.saturating_sub(50_000 * MS);
        assert!((400 * MS..1_100 * MS).contains(&excess), "{excess:?} beyond the half");
    }
}
