//! `wasi:clocks/monotonic-clock`. Its subscriptions compare clocks and need no runtime's timer: whether one is over is only
//! ever asked, not awaited.

use super::Ours;
use std::sync::LazyLock;
use std::task::Poll;
use std::time::{Duration, Instant};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// Where the clock's count begins; the same for all instances, so that a time may stand in a snapshot.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl monotonic_clock::Host for Ours<'_> {
    fn now(&mut self) -> Result<monotonic_clock::Instant> {
        Ok(nanoseconds(ORIGIN.elapsed()))
    }

    fn resolution(&mut self) -> Result<monotonic_clock::Duration> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: monotonic_clock::Instant) -> Result<Resource<DynPollable>> {
        self.deadline(ORIGIN.checked_add(Duration::from_nanos(when)))
    }

    fn subscribe_duration(&mut self, when: monotonic_clock::Duration) -> Result<Resource<DynPollable>> {
        self.deadline(Instant::now().checked_add(Duration::from_nanos(when)))
    }
}

impl Ours<'_> {
    fn deadline(&mut self, when: Option<Instant>) -> Result<Resource<DynPollable>> {
        let deadline = self.0.push(Deadline(when))?;
        subscribe(self.0, deadline)
    }
}

/// A point in time; none: so far off that the clock can't name it.
struct Deadline(Option<Instant>);

#[async_trait]
impl Pollable for Deadline {
    async fn ready(&mut self) {
        // No waker is kept, because nobody waits.
        let over = || self.0.is_some_and(|when| Instant::now() >= when);
        std::future::poll_fn(|_| if over() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
