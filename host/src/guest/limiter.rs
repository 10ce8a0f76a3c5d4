//! The cap on an instance's memory.

use wasmtime::{ResourceLimiter, Result};

/// Counts the linear memory of an instance, all its memories together, and refuses growth above the cap.
pub(super) struct MemoryCap {
    cap: usize,
    used: usize,
    /// What was granted last: taken back if the growth fails after all.
    granted: usize,
    refused: bool,
}

impl MemoryCap {
    /// None used of `cap` bytes.
    pub(super) fn new(cap: usize) -> Self {
        Self { cap, used: 0, granted: 0, refused: false }
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The cap, bytes.
    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    /// Forgets about earlier refusals: a plugin may live through one.
    pub(super) fn begin(&mut self) {
        self.refused = false;
    }

    /// Whether memory has been refused since [`Self::begin`].
    pub(super) fn refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let granted = self.used.checked_add(more).is_some_and(|used| used <= self.cap);
        self.granted = if granted { more } else { 0 };
        self.used += self.granted;
        self.refused |= !granted;
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        // Called for refusals as well, for which nothing was granted.
        self.used -= std::mem::take(&mut self.granted);
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> Result<bool> {
        // The pool bounds tables.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn memories_share_the_cap_and_failed_growth_is_given_back() {
        let mut cap = MemoryCap::new(100);
        assert!(cap.memory_growing(0, 60, None).unwrap());
        assert!(cap.memory_growing(0, 30, None).unwrap());
        assert!(!cap.memory_growing(30, 50, None).unwrap());
        assert!(cap.refused());
        cap.memory_grow_failed(wasmtime::Error::msg("refused")).unwrap();
        assert_eq!(cap.used(), 90);
        assert!(cap.memory_growing(30, 40, None).unwrap());
        cap.memory_grow_failed(wasmtime::Error::msg("the pool's slot is smaller")).unwrap();
        assert_eq!(cap.used(), 90);
        cap.begin();
        assert!(!cap.refused());
    }
}
