//! What a listener has of memory, all its instances and queues together, and the most that it may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What a ledger takes from the account at a time, so that events seldom touch what threads share.
const QUANTUM: usize = 16 << 10;

/// With less than this left a new connection is refused: it could hardly be served. One page of linear memory.
const ENOUGH: usize = 64 << 10;

/// Bytes in use, and their cap; shared by all threads, without a lock.
#[derive(Debug)]
pub struct Account {
    cap: AtomicUsize,
    used: AtomicUsize,
    refused: AtomicU64,
}

impl Account {
    /// Nothing used of `cap` bytes.
    pub fn new(cap: usize) -> Self {
        Self { cap: AtomicUsize::new(cap), used: AtomicUsize::new(0), refused: AtomicU64::new(0) }
    }

    /// The most that may be used, bytes.
    pub fn cap(&self) -> usize {
        self.cap.load(Relaxed)
    }

    /// From now on so much may be used; what is in use beyond stays.
    pub fn set_cap(&self, cap: usize) {
        self.cap.store(cap, Relaxed);
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Times that memory was refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Whether next to nothing is left. Asked for a new connection: a yes is counted.
    pub fn is_full(&self) -> bool {
        let full = self.cap().saturating_sub(self.used()) < ENOUGH;
        if full {
            self.refuse();
        }
        full
    }

    /// Takes `bytes`, if there is room; counted, if not.
    pub fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.cap());
        let taken = self.used.fetch_update(Relaxed, Relaxed, fits).is_ok();
        if !taken {
            self.refuse();
        }
        taken
    }

    /// Takes `bytes` beyond the cap, if need be.
    fn take_anyway(&self, bytes: usize) {
        self.used.fetch_add(bytes, Relaxed);
    }

    /// Gives back what was taken.
    pub fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Relaxed);
    }

    fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }
}

/// Bytes held in an account for as long as this lives.
#[derive(Debug)]
pub struct Held<T> {
    value: T,
    bytes: usize,
    account: Arc<Account>,
}

impl<T> Held<T> {
    /// `value`, which takes `bytes`; none if there is no room.
    pub fn new(account: &Arc<Account>, bytes: usize, value: T) -> Option<Self> {
        account.take(bytes).then(|| Self { value, bytes, account: account.clone() })
    }
}

impl<T: AsRef<[u8]>> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        self.value.as_ref()
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        self.account.give(self.bytes);
    }
}

/// One thread's part of an account: it counts bytes one by one, and goes to the account for many at a time. Without an account it
/// counts alone.
#[derive(Debug)]
pub struct Ledger {
    used: usize,
    /// Above `high` or below `low` the account has to know.
    high: usize,
    low: usize,
    /// What the account has given. `high`, where there is one.
    held: usize,
    account: Option<Arc<Account>>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { used: 0, high: usize::MAX, low: 0, held: 0, account: None }
    }
}

impl Ledger {
    /// Nothing taken yet.
    pub fn new(account: Option<Arc<Account>>) -> Self {
        let high = if account.is_some() { 0 } else { usize::MAX };
        Self { high, account, ..Self::default() }
    }

    /// The account, if there is one.
    pub fn account(&self) -> Option<&Arc<Account>> {
        self.account.as_ref()
    }

    /// Whether there is room for `bytes` more; a no is counted.
    pub fn room(&mut self, bytes: usize) -> bool {
        self.used.saturating_add(bytes) <= self.high || self.more(bytes)
    }

    /// So many bytes more, whether there is room or not: ask [`Self::room`] before.
    pub fn take(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes);
        if self.used > self.high {
            self.overdraw();
        }
    }

    /// So many bytes fewer.
    pub fn give(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
        if self.used < self.low {
            self.shrink();
        }
    }

    #[cold]
    fn more(&mut self, bytes: usize) -> bool {
        let Some(account) = &self.account else { return true };
        let exact = self.used.saturating_add(bytes).saturating_sub(self.held);
        let ample = exact.saturating_add(QUANTUM - 1) / QUANTUM * QUANTUM;
        // Near the cap the exact number may still fit.
        let room = account.cap().saturating_sub(account.used());
        let wanted = if ample <= room { ample } else { exact };
        let taken = account.take(wanted);
        if taken {
            self.hold(self.held + wanted);
        }
        taken
    }

    #[cold]
    fn overdraw(&mut self) {
        if let Some(account) = &self.account {
            account.take_anyway(self.used - self.held);
            self.hold(self.used);
        }
    }

    #[cold]
    fn shrink(&mut self) {
        if let Some(account) = &self.account {
            let keep = self.used.saturating_add(QUANTUM).min(self.held);
            account.give(self.held - keep);
            self.hold(keep);
        }
    }

    fn hold(&mut self, held: usize) {
        (self.held, self.high) = (held, held);
        // Some slack, or a queue that is filled and emptied with each event would go to the account each time.
        self.low = held.saturating_sub(4 * QUANTUM);
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(account) = &self.account {
            account.give(self.held);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_an_account_there_is_always_room() {
        let mut ledger = Ledger::default();
        assert!(ledger.room(usize::MAX));
        ledger.take(usize::MAX);
        ledger.give(1);
        assert!(Ledger::new(None).room(1));
    }

    #[test]
    fn what_is_held_lives_and_goes_with_its_bytes() {
        let account = Arc::new(Account::new(100));
        let held = Held::new(&account, 60, *b"x").unwrap();
        assert!(Held::new(&account, 41, *b"y").is_none());
        assert_eq!((account.used(), account.refused(), held.as_ref()), (60, 1, b"x".as_slice()));
        drop(held);
        assert!(account.take(100) && account.is_full() && !Account::new(ENOUGH).is_full());
        assert_eq!(account.refused(), 2);
    }

    #[test]
    fn a_small_queue_that_comes_and_goes_leaves_the_account_alone() {
        let account = Arc::new(Account::new(1 << 20));
        let mut ledger = Ledger::new(Some(account.clone()));
        assert!(ledger.room(64));
        let held = account.used();
        for _ in 0..1_000 {
            assert!(ledger.room(64));
            ledger.take(64);
            assert_eq!(account.used(), held);
            ledger.give(64);
        }
    }

    proptest! {
        #[test]
        fn an_account_covers_what_its_ledgers_use(steps in prop::collection::vec((0usize..3, 0usize..60_000, any::<bool>()), 1..200)) {
            let account = Arc::new(Account::new(300_000));
            let mut ledgers: Vec<_> = (0..3).map(|_| Ledger::new(Some(account.clone()))).collect();
            let mut used = [0usize; 3];
            for (which, bytes, take) in steps {
                if !take {
                    let bytes = bytes.min(used[which]);
                    ledgers[which].give(bytes);
                    used[which] -= bytes;
                } else if ledgers[which].room(bytes) {
                    ledgers[which].take(bytes);
                    used[which] += bytes;
                }
                let all: usize = used.iter().sum();
                prop_assert!(account.used() >= all && account.used() <= account.cap());
                prop_assert!(account.used() <= all + 3 * 5 * QUANTUM);
            }
            ledgers[0].take(1_000_000);
            prop_assert!(account.used() >= 1_000_000 && !ledgers[1].room(1_000_000));
            drop(ledgers);
            prop_assert_eq!(account.used(), 0);
        }
    }
}
