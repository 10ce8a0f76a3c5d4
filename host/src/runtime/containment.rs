//! What a listener's failing, greedy or hungry instances come to: the breaker, what is counted, the memory that they share.

use super::counters::{bump, read};
use super::listener::lock;
use crate::guest::FaultKind;
use crate::pure::account::Account;
use crate::pure::breaker::{Breaker, OnTrap};
use crate::pure::limits::Limits;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How a listener's plugin has failed so far, and what was done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainmentStatus {
    /// `restart`, `refuse` or `stop`.
    pub on_trap: String,
    /// `off` (with `restart`), `closed`, or `open`: there were too many faults.
    pub breaker: String,
    /// Times that the breaker has opened.
    pub breaker_opened: u64,
    /// Traps proper: an `unreachable`, a bad access, an uncaught panic or exception.
    pub trapped: u64,
    /// Used-up budgets of CPU time.
    pub budget_exceeded: u64,
    /// Traps after memory was refused.
    pub out_of_memory: u64,
    /// Calls of `exit`.
    pub exited: u64,
    /// Fresh instances after faults.
    pub restarts: u64,
    /// Fresh instances that couldn't be made, or whose `start` failed.
    pub restarts_failed: u64,
    /// Fresh instances in the place of ones that had grown, served or lived as much as they may.
    pub recycled: u64,
    /// Those that couldn't be put there: the old one went on.
    pub recycles_failed: u64,
    /// Times that an instance had used more than its share of CPU time.
    pub throttled: u64,
    /// Microseconds that events waited for it, of all instances together.
    pub throttled_us: u64,
    /// Memory that counts towards `total-memory`, bytes; none where there is no such limit.
    pub total_memory_bytes: Option<u64>,
    /// Times that memory, or a connection, was refused by `total-memory`.
    pub memory_refused: u64,
}

/// The breaker, and what it goes by.
struct TrapGuard {
    on_trap: OnTrap,
    limit: usize,
    window: Duration,
    breaker: Breaker,
}

impl TrapGuard {
    fn new(limits: &Limits) -> Self {
        let Limits { on_trap, trap_limit: limit, trap_window: window, .. } = *limits;
        Self { on_trap, limit, window, breaker: Breaker::new(limit, window) }
    }
}

/// Shared by a listener's shards; touched when something goes wrong, never per event.
pub(super) struct Containment {
    guard: Mutex<TrapGuard>,
    /// Whether the breaker is open.
    open: watch::Sender<bool>,
    opened: AtomicU64,
    trapped: AtomicU64,
    budget_exceeded: AtomicU64,
    out_of_memory: AtomicU64,
    exited: AtomicU64,
    restarts: AtomicU64,
    restarts_failed: AtomicU64,
    recycled: AtomicU64,
    recycles_failed: AtomicU64,
    throttled: AtomicU64,
    throttled_us: AtomicU64,
    account: Option<Arc<Account>>,
}

impl Containment {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            guard: Mutex::new(TrapGuard::new(limits)),
            open: watch::Sender::new(false),
            opened: AtomicU64::new(0),
            trapped: AtomicU64::new(0),
            budget_exceeded: AtomicU64::new(0),
            out_of_memory: AtomicU64::new(0),
            exited: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            restarts_failed: AtomicU64::new(0),
            recycled: AtomicU64::new(0),
            recycles_failed: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            throttled_us: AtomicU64::new(0),
            account: limits.total_memory.map(|cap| Arc::new(Account::new(cap))),
        }
    }

    /// Goes by these from now on. Other rules for faults begin anew, with a closed breaker.
    pub(super) fn set_limits(&self, limits: &Limits, listener: &str) {
        if let (Some(account), Some(cap)) = (&self.account, limits.total_memory) {
            account.set_cap(cap);
        }
        {
            let mut guard = lock(&self.guard);
            if (guard.on_trap, guard.limit, guard.window) == (limits.on_trap, limits.trap_limit, limits.trap_window) {
                return;
            }
            *guard = TrapGuard::new(limits);
        }
        self.closed(listener);
    }

    /// Where memory is counted, if it is.
    pub(super) fn account(&self) -> Option<Arc<Account>> {
        self.account.clone()
    }

    /// A call has failed.
    pub(super) fn faulted(&self, listener: &str, kind: FaultKind) {
        match kind {
            FaultKind::BudgetExceeded => bump(&self.budget_exceeded),
            FaultKind::OutOfMemory => bump(&self.out_of_memory),
            FaultKind::Exited => bump(&self.exited),
            FaultKind::Trap | FaultKind::Refused | FaultKind::Dead | FaultKind::Host => bump(&self.trapped),
        }
        self.strike(listener, kind);
    }

    /// A fresh instance sits.
    pub(super) fn restarted(&self) {
        bump(&self.restarts);
    }

    /// None could be made.
    pub(super) fn restart_failed(&self, listener: &str, kind: FaultKind) {
        bump(&self.restarts_failed);
        self.strike(listener, kind);
    }

    /// Counts towards the breaker, unless the plugin isn't to blame.
    fn strike(&self, listener: &str, kind: FaultKind) {
        let mut guard = lock(&self.guard);
        if guard.on_trap == OnTrap::Restart || kind == FaultKind::Host || !guard.breaker.fault(Instant::now()) {
            return;
        }
        bump(&self.opened);
        self.open.send_replace(true);
        let TrapGuard { on_trap, limit: faults, window, .. } = *guard;
        let what = match on_trap {
            OnTrap::Stop => "the listener is stopped",
            _ => "new connections are refused until a reload",
        };
        tracing::error!(%listener, faults, ?window, %on_trap, breaker = "open", "the plugin has failed too often: {what}");
    }

    /// Another generation is in place, or a canary is gone.
    pub(super) fn close_breaker(&self, listener: &str) {
        if lock(&self.guard).breaker.close() {
            self.closed(listener);
        }
    }

    fn closed(&self, listener: &str) {
        if self.open.send_replace(false) {
            tracing::info!(%listener, breaker = "closed", "new connections are taken again");
        }
    }

    pub(super) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// Why no new connection can be taken, if so.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        if self.is_open() {
            return Some("the plugin has failed too often (on-trap)");
        }
        self.account.as_ref().filter(|account| account.is_full()).map(|_| "total-memory reached")
    }

    /// Returns when the breaker opens, if the listener is to stop then; else never.
    pub(super) async fn to_be_stopped(&self) {
        let mut open = self.open.subscribe();
        while open.wait_for(|open| *open).await.is_ok() {
            if self.has_stopped() || open.changed().await.is_err() {
                return;
            }
        }
    }

    fn on_trap(&self) -> OnTrap {
        lock(&self.guard).on_trap
    }

    /// Whether it was the breaker that stopped the listener.
    pub(super) fn has_stopped(&self) -> bool {
        self.on_trap() == OnTrap::Stop && self.is_open()
    }

    /// A fresh instance sits, though nothing had failed.
    pub(super) fn recycled(&self) {
        bump(&self.recycled);
    }

    /// None could be put in place.
    pub(super) fn recycle_failed(&self) {
        bump(&self.recycles_failed);
    }

    /// Events wait, because their instance has used more than its share.
    pub(super) fn throttled(&self) {
        bump(&self.throttled);
    }

    /// So long they have waited.
    pub(super) fn waited(&self, time: Duration) {
        self.throttled_us.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(super) fn status(&self) -> ContainmentStatus {
        let on_trap = self.on_trap();
        let breaker = match (on_trap, self.is_open()) {
            (OnTrap::Restart, _) => "off",
            (_, false) => "closed",
            (_, true) => "open",
        };
        ContainmentStatus {
            on_trap: on_trap.to_string(),
            breaker: breaker.to_owned(),
            breaker_opened: read(&self.opened),
            trapped: read(&self.trapped),
            budget_exceeded: read(&self.budget_exceeded),
            out_of_memory: read(&self.out_of_memory),
            exited: read(&self.exited),
            restarts: read(&self.restarts),
            restarts_failed: read(&self.restarts_failed),
            recycled: read(&self.recycled),
            recycles_failed: read(&self.recycles_failed),
            throttled: read(&self.throttled),
            throttled_us: read(&self.throttled_us),
            total_memory_bytes: self.account.as_ref().map(|account| account.used() as u64),
            memory_refused: self.account.as_ref().map_or(0, |account| account.refused()),
        }
    }
}
