//! Where a listener listens.

use super::listener::lock;
use crate::net::{Bind, Bound, SocketOptions, Tls};
use crate::pure::error::Result;
use arc_swap::ArcSwap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::task::AbortHandle;

/// One of a listener's addresses.
pub(super) struct Address {
    pub(super) bound: Bound,
    /// As it was asked for.
    pub(super) asked: Bind,
    /// Its accept loop, while there is one.
    accepting: Mutex<Option<AbortHandle>>,
    /// What a reload of TLS replaces; accepting reads it without a lock.
    tls: Option<ArcSwap<Tls>>,
}

impl Address {
    /// Binds and listens. May look a name up: not on a worker.
    ///
    /// # Errors
    /// When the address can't be had.
    pub(super) fn open(asked: Bind, tls: Option<Tls>, options: &SocketOptions) -> Result<Self> {
        let bound = Bound::new(&asked, options)?;
        Ok(Self { bound, asked, accepting: Mutex::default(), tls: tls.map(ArcSwap::from_pointee) })
    }

    /// Its accept loop runs.
    pub(super) fn accepts(&self, task: AbortHandle) {
        *lock(&self.accepting) = Some(task);
    }

    /// Ends its accept loop.
    pub(super) fn stop_accepting(&self) {
        if let Some(task) = lock(&self.accepting).take() {
            task.abort();
        }
    }

    /// Whether it speaks TLS.
    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// How handshakes that begin now are done; none: it speaks no TLS.
    pub(super) fn tls(&self) -> Option<Tls> {
        self.tls.as_ref().map(|tls| Tls::clone(&tls.load()))
    }

    /// Handshakes that begin from now on are done so. An address without TLS gets none.
    pub(super) fn set_tls(&self, tls: Tls) {
        if let Some(old) = &self.tls {
            old.store(Arc::new(tls));
        }
    }

    /// As the ready lines and `status` show it.
    pub(super) fn url(&self) -> String {
        self.bound.url(self.tls.is_some())
    }
}

/// What a listener's addresses are called.
#[derive(Clone, Debug, Default)]
pub(super) struct Announced {
    pub(super) urls: Vec<String>,
    /// The first one, if it is TCP.
    pub(super) tcp: Option<SocketAddr>,
}

impl Announced {
    pub(super) fn new(addresses: &[Arc<Address>], target: Option<String>) -> Self {
        Self {
            urls: addresses.iter().map(|address| address.url()).chain(target).collect(),
            tcp: addresses.first().and_then(|address| address.bound.tcp_address()),
        }
    }
}
