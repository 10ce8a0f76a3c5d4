//! When things happen to a connection by themselves: its idle periods, and the limits on its end.

use crate::pure::connection::Connection;
use crate::pure::limits::Limits;
use std::time::{Duration, Instant};

/// A connection's times; empty, and so without memory, while nothing is timed: most idle connections.
#[derive(Default)]
pub(super) struct Clock(Option<Box<Times>>);

#[derive(Default)]
struct Times {
    /// The plugin's idle period.
    period: Option<Duration>,
    /// `timeout` has fired for this idle period.
    fired: bool,
    /// When bytes last moved; only where an idle period is set.
    active: Option<Instant>,
    /// Since when the peer is waited for, to read or to finish.
    closing: Option<Instant>,
    lingering: Option<Instant>,
}

impl Clock {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut clock = Self::default();
        if limits.idle_timeout.is_some() {
            clock.set_period(None, limits);
        }
        clock
    }

    /// An idle period that hasn't been timed so far begins now.
    pub(super) fn relimit(&mut self, limits: &Limits) {
        if limits.idle_timeout.is_some() && self.0.as_ref().is_none_or(|times| times.active.is_none()) {
            let times = self.0.get_or_insert_default();
            times.active = Some(Instant::now());
        }
    }

    /// The connection stands: idle periods begin now.
    pub(super) fn begin(&mut self, limits: &Limits) {
        if let Some(times) = &self.0 {
            self.set_period(times.period, limits);
        }
    }

    /// Bytes moved. Answers whether that begins an idle period for which no alarm is set.
    pub(super) fn active(&mut self) -> bool {
        let Some(times) = &mut self.0 else { return false };
        if times.active.is_none() {
            return false;
        }
        times.active = Some(Instant::now());
        std::mem::take(&mut times.fired)
    }

    /// `set-timeout`.
    pub(super) fn set_period(&mut self, period: Option<Duration>, limits: &Limits) {
        let times = self.0.get_or_insert_default();
        times.period = period;
        times.fired = false;
        let timed = period.is_some() || limits.idle_timeout.is_some();
        times.active = timed.then(Instant::now);
    }

    /// When [`Self::expire`] is to be called next.
    pub(super) fn deadline(&mut self, machine: &Connection, limits: &Limits) -> Option<Instant> {
        let ends = machine.is_closing() || machine.is_lingering();
        let times = if ends { self.0.get_or_insert_default() } else { self.0.as_mut()? };
        since(&mut times.closing, machine.is_closing());
        since(&mut times.lingering, machine.is_lingering());
        let plugin = times.active.zip(times.period.filter(|_| !times.fired)).map(|(at, period)| at + period);
        let idle = times.active.zip(limits.idle_timeout).map(|(at, period)| at + period);
        let closing = times.closing.map(|at| at + limits.close_timeout);
        let lingering = times.lingering.map(|at| at + limits.linger_timeout);
        [plugin, idle, closing, lingering].into_iter().flatten().min()
    }

    /// Tells the state machine what is over at `now`.
    pub(super) fn expire(&mut self, now: Instant, machine: &mut Connection, limits: &Limits) {
        let Some(times) = &mut self.0 else { return };
        let over = |since: Option<Instant>, period: Option<Duration>| {
            since.zip(period).is_some_and(|(since, period)| now.saturating_duration_since(since) >= period)
        };
        if over(times.active, times.period) && !times.fired {
            times.fired = true;
            machine.idle();
        }
        if over(times.active, limits.idle_timeout) {
            machine.give_up("idle for longer than the listener's idle-timeout");
        }
        if over(times.closing, Some(limits.close_timeout)) {
            machine.give_up("the peer didn't read what was left to send within the listener's close-timeout");
        }
        if over(times.lingering, Some(limits.linger_timeout)) {
            machine.linger_over();
        }
    }
}

/// Notes when a state began, forgets it when it's over.
fn since(at: &mut Option<Instant>, holds: bool) {
    match holds {
        true => *at = at.or_else(|| Some(Instant::now())),
        false => *at = None,
    }
}
