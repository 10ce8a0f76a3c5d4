//! What bounds one instance.

use crate::pure::account::Account;
use crate::pure::limits::Limits;
use std::{sync::Arc, time::Duration};

/// Bounds on one plugin's instances, and the name that its log lines carry.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The plugin's name.
    pub name: Arc<str>,
    /// Linear memory of all the instance's memories together, bytes.
    pub memory: usize,
    /// Bytes of names and options that one host call may copy out of the guest.
    pub event_fuel: usize,
    /// Bytes of a snapshot.
    pub snapshot: usize,
    /// CPU time of one event.
    pub event_budget: Duration,
    /// CPU time of instantiation and `start` together.
    pub start_budget: Duration,
    /// CPU time of `snapshot`, and of `restore`.
    pub state_budget: Duration,
    /// Bytes of one log message.
    pub log_message: usize,
    /// Log messages per second.
    pub log_rate: u32,
    /// Where the memory of all the listener's instances is counted, if it is.
    pub account: Option<Arc<Account>>,
}

impl Settings {
    /// The part of `limits` that concerns an instance of the plugin called `name`.
    pub fn new(name: impl Into<Arc<str>>, limits: &Limits) -> Self {
        Self {
            name: name.into(),
            memory: limits.memory,
            event_fuel: limits.event_fuel,
            snapshot: limits.snapshot,
            event_budget: limits.event_budget,
            start_budget: limits.start_budget,
            state_budget: limits.reload_deadline,
            log_message: limits.log_message,
            log_rate: limits.log_rate,
            account: None,
        }
    }

    /// Whether an instance is bounded by both alike.
    pub fn bound_like(&self, other: &Self) -> bool {
        let bounds = |of: &Self| {
            (
                (of.memory, of.event_fuel, of.snapshot, of.log_message, of.log_rate),
                (of.event_budget, of.start_budget, of.state_budget),
            )
        };
        bounds(self) == bounds(other)
    }

    /// Counts the instances' memory there, too, and no more of it than it has room for.
    #[must_use]
    pub fn account(mut self, account: Option<Arc<Account>>) -> Self {
        self.account = account;
        self
    }
}
