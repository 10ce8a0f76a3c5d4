//! One version of a listener's plugin.

use super::plugin::Plugin;
use super::sockets::Sockets;
use crate::guest::{Component, Settings};
use std::sync::Arc;

/// A component that serves, served or may come to serve a listener. Every instance of it holds one.
pub(super) struct Generation {
    /// 1 for the first.
    pub(super) number: u64,
    pub(super) component: Component<Sockets>,
    pub(super) plugin: Plugin,
    pub(super) settings: Settings,
}

impl Generation {
    /// The digest in hex, short, for log lines.
    pub(super) fn short_digest(&self) -> String {
        self.component.digest().to_string().chars().take(12).collect()
    }
}

/// As the runtime passes it around.
pub(super) type SharedGeneration = Arc<Generation>;
