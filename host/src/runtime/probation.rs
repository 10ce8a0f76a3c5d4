//! While the plugin fails again and again, newcomers' events wait for their turn, and those who are known to behave go on undisturbed.

use super::entry::Entry;
use super::shard::{Shard, State};
use super::turn::Turn;
use crate::pure::probation::{PACE, Probation};
use crate::pure::socket::SocketId;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::task::Context;
use std::time::{Duration, Instant};

/// How often the log tells of it.
const TELL: Duration = Duration::from_secs(60);

/// One instance's newcomers.
pub(super) struct Newcomers {
    probation: Probation,
    /// Those who wait, in the order in which they came.
    waiting: VecDeque<SocketId>,
    /// Somebody calls them one by one.
    called: bool,
    /// When the log was last told of it.
    told: Option<Instant>,
}

impl Newcomers {
    pub(super) fn new() -> Self {
        Self { probation: Probation::new(Instant::now()), waiting: VecDeque::new(), called: false, told: None }
    }

    /// The plugin has failed.
    pub(super) fn fault(&mut self) {
        self.probation.fault(Instant::now());
    }

    /// What there is to tell of it in `status`.
    pub(super) fn trouble(&mut self) -> Option<&'static str> {
        (!self.probation.admits(Instant::now)).then_some("faults come too fast: new connections wait for their turn")
    }
}

impl State {
    /// A turn of a connection that isn't known to behave. It may have to wait for its events, and proves itself by each that goes well.
    pub(super) fn newcomers_turn(&mut self, shard: &Rc<Shard>, id: SocketId, cx: &mut Context<'_>) -> Turn {
        let admitted = self.admit(shard, id);
        let (calls, faults) = (self.tally.events.get(), self.tally.traps.get());
        let turn = self.steps(shard, id, admitted, cx);
        if self.tally.events.get() != calls && self.tally.traps.get() == faults {
            if let Some(entry) = self.newcomer(id) {
                entry.proofs = entry.proofs.saturating_add(1);
            }
            // It has taken nobody's place.
            self.call_next();
        }
        turn
    }

    /// Whether it may have events now; if not, its driver is woken when it's time to try again.
    fn admit(&mut self, shard: &Rc<Shard>, id: SocketId) -> bool {
        // With an instance of its own, a connection does no harm to others.
        if shard.member.is_some() || self.newcomers.probation.admits(Instant::now) {
            return true;
        }
        if self.newcomer(id).is_some_and(|entry| !std::mem::replace(&mut entry.queued, true)) {
            self.newcomers.waiting.push_back(id);
        }
        if !self.newcomers.called {
            self.newcomers.called = true;
            let now = Instant::now();
            if self.newcomers.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL) {
                self.newcomers.told = Some(now);
                tracing::warn!(
                    listener = %shard.listener.name,
                    "the plugin fails again and again: events of connections that aren't known to behave wait for their turn"
                );
            }
            tokio::task::spawn_local(call(Rc::downgrade(shard)));
        }
        false
    }

    fn newcomer(&mut self, id: SocketId) -> Option<&mut Entry> {
        self.sockets.as_deref_mut()?.entry(id)
    }

    /// Wakes the first of those who wait and are still there.
    fn call_next(&mut self) {
        while let Some(id) = self.newcomers.waiting.pop_front() {
            if let Some(entry) = self.newcomer(id) {
                entry.queued = false;
                entry.waker.wake_by_ref();
                return;
            }
        }
    }
}

/// Calls those who wait, one after the other, until nobody does.
async fn call(shard: Weak<Shard>) {
    loop {
        tokio::time::sleep(PACE).await;
        let Some(shard) = shard.upgrade() else { return };
        let mut state = shard.state.borrow_mut();
        state.call_next();
        if state.newcomers.waiting.is_empty() {
            state.newcomers.called = false;
            return;
        }
    }
}
