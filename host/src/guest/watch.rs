//! Watches the ticker.

use super::ticker::{State, Tick, spawn};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it looks, and how many looks in a row without a beat are too many: looks rather than time, because a process that was
/// stopped for a while has missed both.
const LOOK: Duration = Duration::from_millis(250);
const PATIENCE: u32 = 4;

/// Goes on until the ticker is to end, and ends it.
pub(super) fn run(state: &Arc<State>, tick: &Tick, mut ticker: JoinHandle<()>) {
    let (mut seen, mut misses) = (0, 0);
    while !state.stop.load(SeqCst) {
        if state.resting.load(SeqCst) {
            // A `mark` wakes both.
            thread::park();
            misses = 0;
            continue;
        }
        thread::park_timeout(LOOK);
        let beats = state.beats.load(SeqCst);
        let dead = ticker.is_finished();
        misses = if beats == seen { misses + 1 } else { 0 };
        seen = beats;
        if state.stop.load(SeqCst) || (!dead && (misses < PATIENCE || state.resting.load(SeqCst))) {
            continue;
        }
        let what = if dead { "has died" } else { "hasn't ticked for a second" };
        match spawn(state, tick) {
            Ok(next) => {
                tracing::error!("the thread that bounds the CPU time of plugins {what}: another one takes its place");
                // One that hangs ends when it comes back, and nobody waits for it.
                ticker = next;
                misses = 0;
            }
            Err(error) => {
                tracing::error!("the thread that bounds the CPU time of plugins {what}, and no other can be started: {error}");
                // Coarse ticks are better than none.
                tick();
            }
        }
    }
    ticker.thread().unpark();
    let _ = ticker.join();
}
