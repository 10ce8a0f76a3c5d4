//! Timers, each named by a token of the plugin's choice; [`Plugin::fired`](crate::Plugin::fired) is their event.
//!
//! They pass to the next generation on a reload; a panic cancels them, with the instance.

use crate::{ErrorCode, host};
use std::time::Duration;

/// Arms the timer of this token, once; if it is armed, the new time replaces the old one. Whole milliseconds, rounded
/// up; 49 days at most.
///
/// Errors: `LimitExceeded`, more timers than the listener allows (default 65,536); `NotAllowed` in `snapshot`.
pub fn set(token: u64, delay: Duration) -> Result<(), ErrorCode> {
    host::timers::set_timer(token, milliseconds(delay))
}

/// Disarms the timer of this token: it won't fire. Nothing happens if it isn't armed.
pub fn clear(token: u64) {
    host::timers::clear_timer(token);
}

/// Rounded up, so that nothing comes early.
pub(crate) fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_rounded_up_and_saturate() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(7)), 7);
        assert_eq!(milliseconds(Duration::MAX), u32::MAX);
    }
}
