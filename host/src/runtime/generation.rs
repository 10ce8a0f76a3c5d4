//! One version of a listener's plugin.

use super::listener::lock;
use super::plugin::Plugin;
use super::sockets::Sockets;
use super::tally::{Sum, Tally};
use crate::guest::{Component, Settings};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

/// A component that serves, served or may come to serve a listener. Every instance of it holds one.
pub(super) struct Generation {
    /// 1 for the first.
    pub(super) number: u64,
    pub(super) component: Component<Sockets>,
    pub(super) plugin: Plugin,
    pub(super) settings: Settings,
    /// Instances that have one connection each.
    pub(super) instances: AtomicU64,
    /// Their connections, those included that they have made.
    pub(super) connections: Arc<AtomicU64>,
    /// One per shard that it has served.
    tallies: Mutex<Vec<Arc<Tally>>>,
}

impl Generation {
    pub(super) fn new(number: u64, component: Component<Sockets>, plugin: Plugin, settings: Settings) -> Self {
        Self {
            number,
            component,
            plugin,
            settings,
            instances: AtomicU64::new(0),
            connections: Arc::default(),
            tallies: Mutex::default(),
        }
    }

    /// The same component and configuration, under another number, within other bounds and without a past.
    pub(super) fn renewed(&self, number: u64, settings: Settings) -> Self {
        Self::new(number, self.component.clone(), self.plugin.clone(), settings)
    }

    /// The digest in hex, short, for log lines.
    pub(super) fn short_digest(&self) -> String {
        self.component.digest().to_string().chars().take(12).collect()
    }

    /// For a shard that it begins to serve.
    pub(super) fn tally(&self) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        lock(&self.tallies).push(tally.clone());
        tally
    }

    /// What it has done so far.
    pub(super) fn sum(&self) -> Sum {
        let mut sum = Sum::default();
        lock(&self.tallies).iter().for_each(|tally| sum.add(tally));
        sum
    }
}

/// As the runtime passes it around.
pub(super) type SharedGeneration = Arc<Generation>;
