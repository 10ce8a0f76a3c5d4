//! Chance, for SPOP: not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u8) | 1);
}

/// A number from 0 up to `bound`, exclusive; none for 0.
pub fn below(bound: usize) -> Option<usize> {
    // xorshift64*
    let mut state = STATE.get();
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    STATE.set(state);
    let high = u128::from(state.wrapping_mul(0x2545_f491_4f6c_dd1d));
    (bound > 0).then_some(((high * bound as u128) >> 64) as usize)
}
