//! The thread that advances the epoch while guests run.

use crate::pure::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// The grain of CPU budgets.
const TICK: Duration = Duration::from_millis(10);

/// Ticks without a guest call after which the thread rests: an idle host wakes nobody up.
const IDLE_TICKS: u32 = 100;

/// Owns the thread; dropping it ends the thread.
pub(super) struct Ticker {
    activity: Activity,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread; `tick` is called every 10 ms while there is activity, and for about a second after.
    ///
    /// # Errors
    /// When the machine has no thread to give.
    pub(super) fn start(tick: impl Fn() + Send + 'static) -> Result<Self> {
        let activity = Activity::default();
        let state = activity.0.clone();
        let thread = thread::Builder::new()
            .name("sockdock-ticker".into())
            .spawn(move || run(&state, tick))
            .map_err(|error| Error::host(format!("can't start the thread that bounds the CPU time of plugins: {error}")))?;
        // The thread fills this in itself only once it runs; a `mark` must find it at once.
        let _ = activity.0.thread.set(thread.thread().clone());
        Ok(Self { activity, thread: Some(thread) })
    }

    /// What a guest call reports to.
    pub(super) fn activity(&self) -> Activity {
        self.activity.clone()
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.activity.0.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
    }
}

/// Tells the ticker that guests are running.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<State>);

#[derive(Default)]
struct State {
    stop: AtomicBool,
    /// A guest call began, or a tick passed during one, since the last tick.
    busy: AtomicBool,
    resting: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Activity {
    /// A guest runs. One load, unless it is the first call since the last tick.
    pub(super) fn mark(&self) {
        let state = &*self.0;
        // If this reads a stale `true`, the ticker still ticks for `IDLE_TICKS`, and the first of these marks again.
        if state.busy.load(std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        state.busy.store(true, SeqCst);
        if state.resting.load(SeqCst)
            && let Some(thread) = state.thread.get()
        {
            thread.unpark();
        }
    }
}

fn run(state: &State, tick: impl Fn()) {
    let mut idle = 0;
    while !state.stop.load(SeqCst) {
        if idle < IDLE_TICKS {
            // An `unpark` from an earlier rest may cut this short: a tick more, and it is the CPU clock that decides.
            thread::park_timeout(TICK);
            tick();
            idle = if state.busy.swap(false, SeqCst) { 0 } else { idle + 1 };
        } else {
            // `mark` stores `busy` and then looks at `resting`, here it is the other way round: one of the two sees the other.
            state.resting.store(true, SeqCst);
            if !state.busy.load(SeqCst) && !state.stop.load(SeqCst) {
                thread::park();
            }
            state.resting.store(false, SeqCst);
            idle = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use std::sync::mpsc;

    #[test]
    fn it_rests_without_activity_and_wakes_up_for_it() {
        let (sender, ticks) = mpsc::channel();
        let ticker = Ticker::start(move || sender.send(()).unwrap_or_default()).unwrap();
        let activity = ticker.activity();
        activity.mark();
        let longest_run = IDLE_TICKS as usize + 10;
        // It rests when no tick comes for many times the length of one.
        let run = (0..).take_while(|_| ticks.recv_timeout(TICK * 200).is_ok()).take(longest_run * 10).count();
        assert!((1..=longest_run).contains(&run), "{run} ticks before the rest");
        activity.mark();
        ticks.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(ticker);
        // The thread is gone, and with it the sender.
        while ticks.try_recv().is_ok() {}
        assert_eq!(ticks.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
