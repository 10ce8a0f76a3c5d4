//! The time of day.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, asked for once in an event at most: most events need none, and each question is a call into the host.
#[derive(Debug, Default)]
pub struct Clock(Cell<Option<i64>>);

impl Clock {
    /// A new event begins.
    pub fn tick(&mut self) {
        self.0.set(None);
    }

    pub fn now(&self) -> i64 {
        self.0.get().unwrap_or_else(|| {
            let now = read();
            self.0.set(Some(now));
            now
        })
    }
}

fn read() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    #[cfg(test)]
    let now = now + test::AHEAD.get();
    now
}

/// The tests' clock can be put forward.
#[cfg(test)]
pub mod test {
    use std::cell::Cell;

    thread_local! {
        pub static AHEAD: Cell<i64> = const { Cell::new(0) };
    }

    pub fn put_forward(milliseconds: i64) {
        AHEAD.set(AHEAD.get() + milliseconds);
    }
}
