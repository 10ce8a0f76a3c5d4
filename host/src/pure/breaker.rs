//! The breaker: so many faults of a plugin within a time, and the listener doesn't just go on.

use super::error::{Error, Result};
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// What becomes of a listener whose plugin fails more often than its limit allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTrap {
    /// It goes on, with fresh instances that come ever more slowly.
    #[default]
    Restart,
    /// It takes no new connections until a reload; those that it has go on.
    Refuse,
    /// It is stopped: its connections have the drain timeout to end.
    Stop,
}

impl FromStr for OnTrap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "restart" => Ok(Self::Restart),
            "refuse" => Ok(Self::Refuse),
            "stop" => Ok(Self::Stop),
            _ => Err(Error::configuration(format!("on-trap '{text}' makes no sense")).hint("use restart, refuse or stop")),
        }
    }
}

impl fmt::Display for OnTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restart => "restart",
            Self::Refuse => "refuse",
            Self::Stop => "stop",
        })
    }
}

/// Counts faults within a sliding window of time; open once there were too many, until it is closed by hand.
#[derive(Debug)]
pub struct Breaker {
    limit: usize,
    window: Duration,
    /// The latest, no more than `limit` of them.
    faults: VecDeque<Instant>,
    open: bool,
}

impl Breaker {
    /// A closed one that `limit` faults within `window` open.
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { limit: limit.max(1), window, faults: VecDeque::new(), open: false }
    }

    /// A fault at `now`. Answers whether this one opens it.
    pub fn fault(&mut self, now: Instant) -> bool {
        if self.open {
            return false;
        }
        if self.faults.len() == self.limit {
            self.faults.pop_front();
        }
        self.faults.push_back(now);
        let first = self.faults.front().copied().unwrap_or(now);
        self.open = self.faults.len() == self.limit && now.saturating_duration_since(first) <= self.window;
        self.open
    }

    /// Closes it and forgets what was. Answers whether it was open.
    pub fn close(&mut self) -> bool {
        self.faults.clear();
        std::mem::take(&mut self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_once_at_its_limit_and_stays_open() {
        let (mut breaker, start) = (Breaker::new(3, Duration::from_secs(10)), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!breaker.fault(at(0)) && !breaker.fault(at(9)) && !breaker.open);
        // The first is too long ago.
        assert!(!breaker.fault(at(11)));
        assert!(breaker.fault(at(12)) && breaker.open);
        assert!(!breaker.fault(at(12)) && breaker.open);
        assert!(!breaker.fault(at(9_999)) && breaker.open);
    }

    #[test]
    fn closed_by_hand_it_begins_anew() {
        let (mut breaker, now) = (Breaker::new(2, Duration::from_secs(1)), Instant::now());
        assert!(!breaker.close());
        assert!(!breaker.fault(now) && breaker.fault(now));
        assert!(breaker.close() && !breaker.open);
        assert!(!breaker.fault(now) && breaker.fault(now));
        assert!(Breaker::new(1, Duration::ZERO).fault(now));
    }
}
