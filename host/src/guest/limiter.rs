//! The cap on an instance's memory.

use crate::pure::account::Account;
use std::sync::Arc;
use wasmtime::{ResourceLimiter, Result};

/// Counts the linear memory of an instance, all its memories together, and refuses growth above the cap.
pub(super) struct MemoryCap {
    cap: usize,
    used: usize,
    /// What was granted last: taken back if the growth fails after all.
    granted: usize,
    refused: Option<Refusal>,
    /// Shared with the listener's other instances.
    account: Option<Arc<Account>>,
}

/// Whose cap it was that memory was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The instance's.
    Own,
    /// All instances' together.
    Total,
}

impl MemoryCap {
    /// None used of `cap` bytes.
    pub(super) fn new(cap: usize, account: Option<Arc<Account>>) -> Self {
        Self { cap, used: 0, granted: 0, refused: None, account }
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The cap that this refusal was for, bytes.
    pub(super) fn cap(&self, refusal: Refusal) -> usize {
        match (refusal, &self.account) {
            (Refusal::Total, Some(account)) => account.cap(),
            _ => self.cap,
        }
    }

    /// The instance is about to go: others may have its memory.
    pub(super) fn leave(&mut self) {
        if let Some(account) = self.account.take() {
            account.give(self.used);
        }
    }

    /// Forgets about earlier refusals: a plugin may live through one.
    pub(super) fn begin(&mut self) {
        self.refused = None;
    }

    /// Whether memory has been refused since [`Self::begin`], and by whose cap.
    pub(super) fn refused(&self) -> Option<Refusal> {
        self.refused
    }
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let refusal = if self.used.checked_add(more).is_none_or(|used| used > self.cap) {
            Some(Refusal::Own)
        } else {
            self.account.as_ref().filter(|account| !account.take(more)).map(|_| Refusal::Total)
        };
        self.granted = if refusal.is_none() { more } else { 0 };
        self.used += self.granted;
        self.refused = refusal.or(self.refused);
        Ok(refusal.is_none())
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        // Called for refusals as well, for which nothing was granted.
        let granted = std::mem::take(&mut self.granted);
        self.used -= granted;
        if let Some(account) = &self.account {
            account.give(granted);
        }
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> Result<bool> {
        // The pool bounds tables.
        Ok(true)
    }
}

impl Drop for MemoryCap {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn memories_share_the_cap_and_failed_growth_is_given_back() {
        let mut cap = MemoryCap::new(100, None);
        assert!(cap.memory_growing(0, 60, None).unwrap());
        assert!(cap.memory_growing(0, 30, None).unwrap());
        assert!(!cap.memory_growing(30, 50, None).unwrap());
        assert_eq!(cap.refused(), Some(Refusal::Own));
        cap.memory_grow_failed(wasmtime::Error::msg("refused")).unwrap();
        assert_eq!(cap.used(), 90);
        assert!(cap.memory_growing(30, 40, None).unwrap());
        cap.memory_grow_failed(wasmtime::Error::msg("the pool's slot is smaller")).unwrap();
        assert_eq!(cap.used(), 90);
        cap.begin();
        assert_eq!(cap.refused(), None);
    }

    #[test]
    fn instances_share_an_account() {
        let account = Arc::new(Account::new(100));
        let mut one = MemoryCap::new(80, Some(account.clone()));
        let mut other = MemoryCap::new(80, Some(account.clone()));
        assert!(one.memory_growing(0, 60, None).unwrap());
        assert!(!other.memory_growing(0, 50, None).unwrap());
        assert_eq!((other.refused(), other.cap(Refusal::Total), account.refused()), (Some(Refusal::Total), 100, 1));
        other.memory_grow_failed(wasmtime::Error::msg("refused")).unwrap();
        assert!(other.memory_growing(0, 40, None).unwrap());
        other.memory_grow_failed(wasmtime::Error::msg("the pool's slot is smaller")).unwrap();
        assert_eq!(account.used(), 60);
        // Own refusals are none of the account's.
        assert!(!one.memory_growing(60, 90, None).unwrap());
        assert_eq!((one.refused(), account.refused()), (Some(Refusal::Own), 1));
        one.leave();
        assert_eq!(account.used(), 0);
        drop((one, other));
        assert_eq!(account.used(), 0);
    }
}
