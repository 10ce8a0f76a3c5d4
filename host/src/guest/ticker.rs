//! The thread that advances the epoch while guests run, and the one that sees to it that it does.
//!
//! Without ticks an endless loop in a guest would keep its worker for good. So a watchman looks at the ticker's beats; where
//! they stay out it puts a new ticker in its place. Both rest while no guest runs: an idle host wakes nobody up.

use super::watch;
use crate::pure::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// The grain of CPU budgets.
const TICK: Duration = Duration::from_millis(10);

/// Ticks without a guest call after which the thread rests: an idle host wakes nobody up.
const IDLE_TICKS: u32 = 100;

pub(super) type Tick = Arc<dyn Fn() + Send + Sync>;

/// Owns the threads; dropping it ends them.
pub(super) struct Ticker {
    activity: Activity,
    watchman: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the threads; `tick` is called every 10 ms while there is activity, and for about a second after.
    ///
    /// # Errors
    /// When the machine has no threads to give.
    pub(super) fn start(tick: impl Fn() + Send + Sync + 'static) -> Result<Self> {
        let activity = Activity::default();
        let (state, tick) = (activity.0.clone(), Arc::new(tick));
        let no_thread = |error| Error::host(format!("can't start the threads that bound the CPU time of plugins: {error}"));
        let first = spawn(&state, &(tick.clone() as Tick)).map_err(no_thread)?;
        let watchman = thread::Builder::new()
            .name("sockdock-watch".into())
            .spawn(move || watch::run(&state, &(tick as Tick), first))
            .map_err(no_thread)?;
        // The thread could fill this in itself only once it runs; a `mark` must find it at once.
        activity.0.rouse(Some(watchman.thread().clone()));
        Ok(Self { activity, watchman: Some(watchman) })
    }

    /// What a guest call reports to.
    pub(super) fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// How often the ticker was replaced because it didn't tick.
    pub(super) fn replaced(&self) -> u64 {
        self.activity.0.incarnation.load(Relaxed).saturating_sub(1)
    }

    /// Has the ticker's thread die at its next tick.
    #[cfg(test)]
    pub(super) fn poison(&self) {
        self.activity.0.poisoned.store(true, SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.activity.0.stop.store(true, SeqCst);
        self.activity.0.rouse(None);
        if let Some(watchman) = self.watchman.take() {
            // It ends the ticker first. A thread that panicked has nothing left to end.
            let _ = watchman.join();
        }
    }
}

/// Tells the ticker that guests are running.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) stop: AtomicBool,
    /// A guest call began, or a tick passed during one, since the last tick.
    busy: AtomicBool,
    pub(super) resting: AtomicBool,
    /// Ticks so far.
    pub(super) beats: AtomicU64,
    /// Which ticker it is whose turn it is, from 1 on: an earlier one that wakes up late ends.
    incarnation: AtomicU64,
    /// The ticker and the watchman, to be woken from their rest.
    sleepers: Mutex<Sleepers>,
    #[cfg(test)]
    poisoned: AtomicBool,
}

#[derive(Default)]
struct Sleepers {
    ticker: Option<Thread>,
    watchman: Option<Thread>,
}

impl State {
    /// Wakes both; `watchman` makes itself known.
    fn rouse(&self, watchman: Option<Thread>) {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        if watchman.is_some() {
            sleepers.watchman = watchman;
        }
        [&sleepers.ticker, &sleepers.watchman].into_iter().flatten().for_each(Thread::unpark);
    }
}

impl Activity {
    /// A guest runs. One load, unless it is the first call since the last tick.
    pub(super) fn mark(&self) {
        let state = &*self.0;
        // If this reads a stale `true`, the ticker still ticks for `IDLE_TICKS`, and the first of these marks again.
        if state.busy.load(Relaxed) {
            return;
        }
        state.busy.store(true, SeqCst);
        if state.resting.load(SeqCst) {
            state.rouse(None);
        }
    }
}

/// Starts a ticker in the place of the one before.
pub(super) fn spawn(state: &Arc<State>, tick: &Tick) -> std::io::Result<JoinHandle<()>> {
    let number = state.incarnation.fetch_add(1, SeqCst) + 1;
    let (own, tick) = (state.clone(), tick.clone());
    let thread = thread::Builder::new().name("sockdock-ticker".into()).spawn(move || run(&own, number, &*tick))?;
    state.sleepers.lock().unwrap_or_else(PoisonError::into_inner).ticker = Some(thread.thread().clone());
    Ok(thread)
}

fn run(state: &State, number: u64, tick: &dyn Fn()) {
    let mut idle = 0;
    while !state.stop.load(SeqCst) && state.incarnation.load(SeqCst) == number {
        if idle < IDLE_TICKS {
            // An `unpark` from an earlier rest may cut this short: a tick more, and it is the CPU clock that decides.
            thread::park_timeout(TICK);
            #[cfg(test)]
            assert!(!state.poisoned.swap(false, SeqCst), "poisoned by a test");
            tick();
            state.beats.fetch_add(1, Relaxed);
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

    const PATIENCE: Duration = Duration::from_secs(60);

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
        assert_eq!(ticker.replaced(), 0, "a rest is no failure");
        drop(ticker);
        // The thread is gone, and with it the sender.
        while ticks.try_recv().is_ok() {}
        assert_eq!(ticks.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }

    #[test]
    fn one_that_died_is_replaced() {
        let (sender, ticks) = mpsc::channel();
        let ticker = Ticker::start(move || sender.send(()).unwrap_or_default()).unwrap();
        for deaths in 1..=2 {
            ticker.poison();
            while ticker.replaced() < deaths {
                ticker.activity().mark();
                thread::yield_now();
            }
            while ticks.try_recv().is_ok() {}
            ticks.recv_timeout(PATIENCE).unwrap();
        }
        drop(ticker);
        while ticks.try_recv().is_ok() {}
        assert_eq!(ticks.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }

    #[test]
    fn one_that_hangs_is_replaced_and_ends_when_it_comes_back() {
        let (sender, ticks) = mpsc::channel();
        let (release, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(Some(gate));
        // The first tick of all hangs.
        let ticker = Ticker::start(move || {
            let first = gate.lock().unwrap().take();
            if let Some(gate) = first {
                gate.recv().unwrap_or_default();
            }
            sender.send(thread::current().id()).unwrap_or_default();
        })
        .unwrap();
        let second = loop {
            ticker.activity().mark();
            if let Ok(id) = ticks.recv_timeout(TICK) {
                break id;
            }
        };
        assert_eq!(ticker.replaced(), 1);
        release.send(()).unwrap();
        // The tick that hung is over now; its thread makes no other.
        let first = loop {
            ticker.activity().mark();
            let id = ticks.recv_timeout(PATIENCE).unwrap();
            if id != second {
                break id;
            }
        };
        for _ in 0..20 {
            ticker.activity().mark();
            assert_ne!(ticks.recv_timeout(PATIENCE).unwrap(), first);
        }
    }
}
