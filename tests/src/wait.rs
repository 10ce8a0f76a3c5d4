//! Waiting for a state, with a deadline that says what was missing.

use std::time::{Duration, Instant};

/// How long a state may take that should come at once: long, since the machine may be busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks `probe` until it answers; panics with `what` and the deadline if it never does.
#[track_caller]
pub fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
        #[expect(clippy::disallowed_methods, reason = "the pause between two looks at a state that nothing announces")]
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
