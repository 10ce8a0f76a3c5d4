//! Holds an instance to its share of its worker's CPU time. Where there is no share to keep, none of this is there.

use super::shard::{Shard, State};
use crate::guest::thread_cpu_time;
use crate::pure::limits::Limits;
use crate::pure::share::Bucket;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a turn may take before others of the worker get theirs.
const SLICE: Duration = Duration::from_millis(2);

/// The least that a pause lasts, so that an instance near its share isn't stopped and started all the time.
const LEAST: Duration = Duration::from_millis(5);

/// How often the log tells of pauses.
const TELL: Duration = Duration::from_secs(60);

/// One instance's.
pub(super) struct Meter {
    bucket: Bucket,
    /// It has used more than its share: its events wait.
    pub(super) paused: bool,
    told: Option<Instant>,
}

impl Meter {
    pub(super) fn new(limits: &Limits) -> Option<Box<Self>> {
        let bucket = Bucket::new(limits.cpu_share?, Instant::now());
        Some(Box::new(Self { bucket, paused: false, told: None }))
    }
}

/// A turn that is measured.
pub(super) struct Reading {
    cpu: Duration,
}

/// When a turn has to end for others' sake.
#[derive(Clone, Copy)]
pub(super) struct Slice(Option<Instant>);

impl Slice {
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

impl State {
    /// A turn begins.
    pub(super) fn measure(&self) -> Option<Reading> {
        self.meter.as_ref().map(|_| Reading { cpu: thread_cpu_time() })
    }

    /// How long the turn may take.
    pub(super) fn slice(&self) -> Slice {
        Slice(self.meter.as_ref().map(|_| Instant::now() + SLICE))
    }

    /// The turn is over. Above its share, the instance pauses.
    pub(super) fn charge(&mut self, shard: &Rc<Shard>, began: Option<Reading>) {
        let (Some(meter), Some(began)) = (&mut self.meter, began) else { return };
        let now = Instant::now();
        meter.bucket.charge(now, thread_cpu_time().saturating_sub(began.cpu));
        if meter.paused {
            return;
        }
        let Some(wait) = meter.bucket.wait(now) else { return };
        meter.paused = true;
        shard.listener.containment.throttled();
        if meter.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL) {
            meter.told = Some(now);
            let share = shard.listener.limits().cpu_share.map(tracing::field::display);
            tracing::warn!(listener = %shard.listener.name, cpu_share = share, ?wait, "the plugin uses more than its share of CPU time: its events wait");
        }
        tokio::task::spawn_local(resume(Rc::downgrade(shard), now, wait));
    }
}

/// Lets the instance go on when it may.
async fn resume(shard: std::rc::Weak<Shard>, since: Instant, mut wait: Duration) {
    loop {
        tokio::time::sleep(wait.max(LEAST)).await;
        let Some(shard) = shard.upgrade() else { return };
        let mut state = shard.state.borrow_mut();
        let now = Instant::now();
        // What was flushed meanwhile counts, too.
        match state.meter.as_mut().and_then(|meter| meter.bucket.wait(now)).filter(|_| !state.closed) {
            Some(more) => wait = more,
            None => {
                if let Some(meter) = &mut state.meter {
                    meter.paused = false;
                }
                shard.listener.containment.waited(now.saturating_duration_since(since));
                state.wake_waiting();
                return;
            }
        }
    }
}
