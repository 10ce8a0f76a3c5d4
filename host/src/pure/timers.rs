//! A plugin's timers, by token. Sans-I/O: the caller brings the clock.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// Timers of one instance.
#[derive(Debug, Default)]
pub struct Timers {
    due: HashMap<u64, Instant>,
    order: BTreeSet<(Instant, u64)>,
}

impl Timers {
    /// Arms, or re-arms, the timer of `token`. False if that would be one more than `limit`.
    pub fn set(&mut self, token: u64, at: Instant, limit: usize) -> bool {
        if self.due.len() >= limit && !self.due.contains_key(&token) {
            return false;
        }
        if let Some(before) = self.due.insert(token, at) {
            self.order.remove(&(before, token));
        }
        self.order.insert((at, token));
        true
    }

    /// Disarms the timer of `token`, if it is armed.
    pub fn clear(&mut self, token: u64) {
        if let Some(at) = self.due.remove(&token) {
            self.order.remove(&(at, token));
        }
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Disarms and returns the earliest that is due at `now`.
    pub fn pop(&mut self, now: Instant) -> Option<u64> {
        let (at, token) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.clear(token);
        Some(token)
    }

    /// How many are armed.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Disarms all.
    pub fn clear_all(&mut self) {
        self.due.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn fire_in_order_and_once() {
        let (mut timers, start) = (Timers::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(timers.set(1, at(30), 9) && timers.set(2, at(10), 9) && timers.set(3, at(20), 9));
        assert!(timers.set(1, at(5), 9), "re-armed earlier");
        timers.clear(3);
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.pop(at(4)), None);
        assert_eq!((timers.pop(at(50)), timers.pop(at(50)), timers.pop(at(50))), (Some(1), Some(2), None));
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn the_limit_counts_tokens_not_calls() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        assert!(timers.set(1, now, 1) && timers.set(1, now, 1));
        assert!(!timers.set(2, now, 1));
    }
}
