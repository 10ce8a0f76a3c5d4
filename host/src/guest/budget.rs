//! The CPU time of one call.
//!
//! The epoch tells that a call has been running across a tick, not how much CPU it had: an innocent call that was
//! preempted crosses ticks too. So the first tick only notes the thread's CPU clock, and later ones compare against
//! it. A call that ends between two ticks reads no clock at all.

use super::ticker::Activity;
use rustix::time::{ClockId, clock_gettime};
use std::{fmt, time::Duration};
use wasmtime::{Result, UpdateDeadline};

/// The CPU time of the call under way.
pub(super) struct CpuBudget {
    activity: Activity,
    budget: Duration,
    since: Option<Duration>,
}

impl CpuBudget {
    /// Nothing under way; `activity` wakes the ticker.
    pub(super) fn new(activity: Activity) -> Self {
        Self { activity, budget: Duration::ZERO, since: None }
    }

    /// A call begins that may use `budget` of CPU time (and up to two ticks more).
    pub(super) fn begin(&mut self, budget: Duration) {
        self.budget = budget;
        self.since = None;
        self.activity.mark();
    }

    /// A tick has passed while the call runs.
    ///
    /// # Errors
    /// [`BudgetExceeded`], which ends the call.
    pub(super) fn tick(&mut self) -> Result<UpdateDeadline> {
        // As long as something runs the ticker mustn't rest.
        self.activity.mark();
        let now = thread_cpu_time();
        match self.since {
            Some(since) if now.saturating_sub(since) >= self.budget => Err(BudgetExceeded(self.budget).into()),
            Some(_) => Ok(UpdateDeadline::Continue(1)),
            None => {
                self.since = Some(now);
                Ok(UpdateDeadline::Continue(1))
            }
        }
    }
}

/// The call had its budget of CPU time and hadn't returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct BudgetExceeded(pub(super) Duration);

impl fmt::Display for BudgetExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "used up its CPU budget of {:?}", self.0)
    }
}

impl std::error::Error for BudgetExceeded {}

/// CPU time that the calling thread has had. A system call: some 200 ns.
pub fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn only_cpu_time_counts() {
        let mut budget = CpuBudget::new(Activity::default());
        budget.begin(Duration::from_millis(20));
        budget.tick().unwrap();
        let started = thread_cpu_time();
        // Ticks without CPU time in between, as when the thread is preempted: as many as you like.
        (0..1_000).for_each(|_| {
            if thread_cpu_time() - started < Duration::from_millis(10) {
                budget.tick().unwrap();
            }
        });
        while thread_cpu_time() - started < Duration::from_millis(25) {
            std::hint::black_box(started);
        }
        assert!(budget.tick().err().unwrap().is::<BudgetExceeded>());
        budget.begin(Duration::from_millis(20));
        budget.tick().unwrap();
    }
}
