//! Puts a fresh instance of the same generation in the place of one that has grown, served or lived as much as it may: the cure for
//! plugins that leak. It goes the way of a reload, so that no connection notices.

use super::blocking::blocking;
use super::prepare::candidate;
use super::seat::Seat;
use super::shard::{Shard, State};
use super::vote::{Ballot, Vote, quiesce};
use crate::pure::limits::Limits;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The least that an instance lives: bounds what it costs where one has too much from its beginning.
const LEAST: Duration = Duration::from_millis(100);

/// First and longest wait after a try that failed.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How much an instance may come to.
struct Rules {
    memory: Option<usize>,
    events: Option<u64>,
    age: Option<Duration>,
}

/// Looks after the instance that sits at a shard.
pub(super) struct Recycler {
    rules: Rules,
    seated: Instant,
    events: u64,
    /// A successor is on its way.
    asked: bool,
    /// Tries that failed since the last that didn't.
    failed: u32,
    not_before: Instant,
}

impl Recycler {
    /// None where instances are not recycled.
    pub(super) fn new(limits: &Limits) -> Option<Box<Self>> {
        let rules = Rules { memory: limits.recycle_memory, events: limits.recycle_events, age: limits.recycle_after };
        let now = Instant::now();
        let some = rules.memory.is_some() || rules.events.is_some() || rules.age.is_some();
        some.then(|| Box::new(Self { rules, seated: now, events: 0, asked: false, failed: 0, not_before: now + LEAST }))
    }

    /// Other rules, or none, for the instance that sits there.
    pub(super) fn relimit(this: &mut Option<Box<Self>>, limits: &Limits) {
        match (this.as_mut(), Self::new(limits)) {
            (Some(old), Some(new)) => old.rules = new.rules,
            (_, new) => *this = new,
        }
    }

    /// A fresh instance sits.
    pub(super) fn seated(&mut self) {
        self.seated = Instant::now();
        self.not_before = self.seated + LEAST;
        self.events = 0;
    }

    /// After a call: which rule asks for a successor, and how long it has to wait for it.
    fn due(&mut self, memory: usize) -> Option<(&'static str, Duration)> {
        self.events += 1;
        if self.asked {
            return None;
        }
        let grown = self.rules.memory.is_some_and(|most| memory >= most);
        let served = self.rules.events.is_some_and(|most| self.events >= most);
        let old = self.rules.age.is_some_and(|most| self.seated.elapsed() >= most);
        let why = match (grown, served, old) {
            (true, ..) => "recycle-memory",
            (_, true, _) => "recycle-events",
            (.., true) => "recycle-after",
            _ => return None,
        };
        Some((why, self.not_before.saturating_duration_since(Instant::now())))
    }

    fn failed(&mut self) {
        let wait = (BACK_OFF.0 * 2u32.saturating_pow(self.failed.min(16))).min(BACK_OFF.1);
        self.failed = self.failed.saturating_add(1);
        self.not_before = Instant::now() + wait;
    }
}

impl State {
    /// After a call that went well: asks for a successor when it is time.
    pub(super) fn consider_recycling(&mut self, shard: &Rc<Shard>) {
        let (Some(recycler), Seat::Up(instance)) = (&mut self.recycler, &self.seat) else { return };
        if let Some((why, wait)) = recycler.due(instance.memory_bytes()) {
            recycler.asked = true;
            let (shard, seated) = (Rc::downgrade(shard), recycler.seated);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                recycle(shard, seated, why).await;
            });
        }
    }
}

/// Makes the successor of the instance that was `seated` then off the worker, and swaps it in between two events.
async fn recycle(shard: Weak<Shard>, seated: Instant, why: &'static str) {
    let Some((listener, generation)) =
        shard.upgrade().map(|shard| (shard.listener.clone(), shard.state.borrow().generation.clone()))
    else {
        return;
    };
    let (name, limits, same) = (listener.name.clone(), Arc::clone(&listener.limits()), generation.clone());
    let made = blocking(move || candidate(&same, &name, &limits)).await;
    // A reload that is under way has its turn first; then, or after a fault, another instance sits there.
    let _one_at_a_time = listener.transaction.lock().await;
    let Some(shard) = shard.upgrade() else { return };
    let stands = {
        let state = shard.state.borrow();
        let same = state.recycler.as_ref().is_some_and(|recycler| recycler.seated == seated);
        same && !state.closed && !state.held && state.seat.is_up() && state.generation.number == generation.number
    };
    let before = shard.state.borrow().memory;
    let failure = match made {
        Ok(candidate) if stands => {
            match quiesce(&shard, candidate, Ballot { sole: true, dry_run: false, discard_state: false }) {
                Vote::Yes(outcome) => {
                    let (pause, snapshot_bytes) = (outcome.pause, outcome.snapshot_bytes);
                    tracing::debug!(listener = %listener.name, why, before, ?pause, snapshot_bytes, "instance recycled");
                    None
                }
                Vote::No(refusal) => Some(refusal.error),
            }
        }
        Ok(candidate) => {
            listener.dispose(candidate.instance);
            None
        }
        Err(error) => stands.then_some(error),
    };
    let mut state = shard.state.borrow_mut();
    let Some(recycler) = &mut state.recycler else { return };
    recycler.asked = false;
    match failure {
        None if stands => {
            recycler.failed = 0;
            listener.containment.recycled();
        }
        None => {}
        Some(error) => {
            recycler.failed();
            listener.containment.recycle_failed();
            tracing::warn!(listener = %listener.name, why, "the instance can't be recycled, and goes on: {}", error.message());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn recycler(limits: Limits) -> Recycler {
        let mut recycler = *Recycler::new(&limits).unwrap();
        recycler.not_before = Instant::now();
        recycler
    }

    fn why(due: Option<(&'static str, Duration)>) -> Option<&'static str> {
        due.map(|(why, _)| why)
    }

    #[test]
    fn off_unless_asked_for() {
        assert!(Recycler::new(&Limits::default()).is_none());
    }

    #[test]
    fn by_events() {
        let mut recycler = recycler(Limits { recycle_events: Some(3), ..Limits::default() });
        let due: Vec<_> = (0..4).map(|_| why(recycler.due(0))).collect();
        assert_eq!(due, [None, None, Some("recycle-events"), Some("recycle-events")]);
        recycler.asked = true;
        assert_eq!(recycler.due(0), None, "one at a time");
        recycler.asked = false;
        recycler.seated();
        assert_eq!(recycler.due(0), None, "it counts from the beginning");
    }

    #[test]
    fn by_memory_and_not_faster_than_it_can_help() {
        let mut recycler = recycler(Limits { recycle_memory: Some(100), ..Limits::default() });
        assert_eq!((recycler.due(99), recycler.due(100)), (None, Some(("recycle-memory", Duration::ZERO))));
        recycler.seated();
        let (_, wait) = recycler.due(100).unwrap();
        assert!(wait > LEAST / 2, "it has only just begun, and waits {wait:?}");
        recycler.failed();
        recycler.failed();
        let (_, wait) = recycler.due(100).unwrap();
        assert!(wait > BACK_OFF.0, "two tries have failed a moment ago, and the next waits {wait:?}");
    }

    #[test]
    fn by_age() {
        let mut recycler = recycler(Limits { recycle_after: Some(Duration::from_secs(3600)), ..Limits::default() });
        assert_eq!(recycler.due(0), None);
        recycler.rules.age = Some(Duration::ZERO);
        assert_eq!(why(recycler.due(0)), Some("recycle-after"));
    }
}
