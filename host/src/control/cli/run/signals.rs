//! What the operating system's signals ask of `serve`.

use crate::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// SIGHUP.
    Reload,
    /// SIGTERM, SIGINT.
    Stop,
}

/// From its making on these signals no longer end the process by themselves.
pub(super) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
    /// A reload was asked for while only a stop was waited for.
    reload_due: bool,
}

impl Signals {
    pub(super) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| Error::host(format!("cannot listen for signals: {error}")));
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            reload_due: false,
        })
    }

    /// Waits until somebody wants it to stop.
    pub(super) async fn stop(&mut self) {
        while self.receive().await != Order::Stop {
            self.reload_due = true;
        }
    }

    pub(super) async fn next(&mut self) -> Order {
        if std::mem::take(&mut self.reload_due) { Order::Reload } else { self.receive().await }
    }

    async fn receive(&mut self) -> Order {
        tokio::select! {
            _ = self.terminate.recv() => Order::Stop,
            _ = self.interrupt.recv() => Order::Stop,
            _ = self.hangup.recv() => Order::Reload,
        }
    }
}
