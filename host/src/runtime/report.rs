//! What a reload and a status query report; the JSON shape of the admin API.

use super::containment::ContainmentStatus;
use crate::pure::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A reload that was committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// The listener's name.
    pub listener: String,
    /// The generation that serves now (the first is 1), or is tried (`canary`).
    pub generation: u64,
    /// How it came: `migrate`, `new-connections` or `canary`.
    pub policy: String,
    /// SHA-256 of the component that served before, hex.
    pub from_digest: String,
    /// SHA-256 of the component that serves now, hex.
    pub to_digest: String,
    /// The old snapshot's version, where there was a snapshot.
    pub from_version: Option<String>,
    /// Connections carried over.
    pub connections: u64,
    /// Per worker: microseconds from the last event of the old generation to the first possible one of the new.
    pub pause_us: Vec<u64>,
    /// Per worker: microseconds of the pause that `snapshot` took, in the old instance.
    #[serde(default)]
    pub snapshot_us: Vec<u64>,
    /// Per worker: microseconds of the pause that `restore` took, in the new one.
    #[serde(default)]
    pub restore_us: Vec<u64>,
    /// Bytes of snapshot carried over, all workers together.
    pub snapshot_bytes: u64,
    /// Microseconds to compile the component, or to read it from the cache.
    pub compile_us: u64,
    /// Whether it came from the cache.
    pub cached: bool,
    /// Microseconds to make an instance and to run its `start`, before the pause; one per worker. Empty where no instance was replaced.
    #[serde(default)]
    pub start_us: Vec<u64>,
    /// True if nothing was changed, because a dry run was asked for.
    pub dry_run: bool,
    /// What else the operator should know, a line each.
    pub notes: Vec<String>,
}

/// A reload of TLS that was done, or a dry run that passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsReport {
    /// The listener's name.
    pub listener: String,
    /// Nothing was changed.
    pub dry_run: bool,
    /// The certificates in use; none for a listener without TLS.
    pub certificates: Vec<TlsReported>,
}

/// A listener that has other addresses now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebindReport {
    /// The listener's name.
    pub listener: String,
    /// All its addresses, as `tcp://127.0.0.1:7000`.
    pub addresses: Vec<String>,
}

/// A certificate that a reload has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsReported {
    /// The file that it came from.
    pub source: String,
    /// The plugin's name for it, for one that is not the listener's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// SHA-256 of the certificate, in hex.
    pub sha256: String,
    /// Whether it is another one than before.
    pub changed: bool,
}

/// A reload that left the old generation serving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReloadFailure {
    /// The listener's name.
    pub listener: String,
    /// `prepare`, `quiesce`, `snapshot`, `restore` or `commit`; `tls` for a reload of certificates.
    pub phase: String,
    /// Why, for people.
    pub reason: String,
    /// What to do about it, if known.
    pub hint: Option<String>,
    /// The generation that goes on serving.
    pub generation: u64,
    /// What was lost all the same (a trap in `snapshot` costs the old instance its memory), a line each.
    pub lost: Vec<String>,
}

impl ReloadFailure {
    /// Of a listener whose generation `generation` goes on; 0: of one that isn't there yet.
    pub(crate) fn of(listener: &str, phase: &str, error: &Error, generation: u64) -> Self {
        Self {
            listener: listener.to_owned(),
            phase: phase.to_owned(),
            reason: error.message().to_owned(),
            hint: error.advice().map(str::to_owned),
            generation,
            lost: Vec::new(),
        }
    }
}

impl fmt::Display for ReloadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, phase, reason, hint, generation, lost } = self;
        match generation {
            0 => write!(f, "{listener}: it can't be started: {reason}")?,
            _ => write!(f, "{listener}: the reload failed in `{phase}`, and generation {generation} goes on: {reason}")?,
        }
        hint.iter().try_for_each(|hint| write!(f, "\n  {hint}"))?;
        lost.iter().try_for_each(|lost| write!(f, "\n  lost: {lost}"))
    }
}

impl std::error::Error for ReloadFailure {}

/// The host at a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostStatus {
    /// The host's version.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// Seconds since the host was made.
    pub uptime_seconds: u64,
    /// Times that the thread that bounds CPU time had died or hung, and was replaced.
    #[serde(default)]
    pub tickers_replaced: u64,
    /// One per listener, in order of their start.
    pub listeners: Vec<ListenerStatus>,
}

/// One listener at a moment. Counters run from the listener's start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListenerStatus {
    /// Its name.
    pub name: String,
    /// Where it listens, as `tcp://127.0.0.1:7000`, `tls://127.0.0.1:7443`, `unix:/run/x.sock`, `tls+unix:/run/x.sock`.
    pub addresses: Vec<String>,
    /// The file that the plugin came from, if any.
    pub plugin: Option<String>,
    /// The generation that serves.
    pub generation: u64,
    /// SHA-256 of its component, hex.
    pub digest: String,
    /// `shared`, `per-core` or a number.
    pub instances: String,
    /// Instances alive at this moment.
    pub instances_up: u64,
    /// Open connections.
    pub connections: u64,
    /// Accepted ever.
    pub accepted: u64,
    /// Bytes received.
    pub bytes_read: u64,
    /// Bytes sent.
    pub bytes_written: u64,
    /// Guest calls for sockets and timers.
    pub events: u64,
    /// Traps and used-up budgets.
    pub traps: u64,
    /// Committed reloads.
    pub reloads: u64,
    /// Reloads that were rolled back or refused.
    pub reloads_failed: u64,
    /// Reloads of TLS that put what they read in place; those that failed are among `reloads_failed`.
    pub tls_reloads: u64,
    /// TLS handshakes that failed or timed out.
    pub handshakes_failed: u64,
    /// `accept` calls that failed.
    pub accept_errors: u64,
    /// Connections refused by a limit.
    pub refused: u64,
    /// Subscriptions to topics.
    pub subscriptions: u64,
    /// Messages published on topics.
    pub published: u64,
    /// Published messages taken into sockets' queues, counted once per socket.
    pub delivered: u64,
    /// Times that a subscriber had no room for a message: it was closed, or went without it.
    pub slow_subscribers: u64,
    /// Linear memory of all instances, bytes.
    pub memory_bytes: u64,
    /// Faults by kind, the breaker, what was throttled or refused.
    #[serde(default)]
    pub containment: ContainmentStatus,
    /// Those that are live, the oldest first.
    pub generations: Vec<GenerationStatus>,
    /// `listening`, `draining`, or `failing: …` while restarts back off, or new connections wait because of faults.
    pub state: String,
    /// The certificates that it shows, and those that its plugin may show.
    pub certificates: Vec<CertificateStatus>,
}

/// A certificate in use, as long as it is good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateStatus {
    /// The file that it came from.
    pub source: String,
    /// The plugin's name for it, for one that is not the listener's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// Whose it is, as `CN=example.com, O=Example`; empty where its names are in an extension alone.
    pub subject: String,
    /// The last second at which it is good: `2027-01-31T23:59:59Z`.
    pub not_after: String,
    /// Seconds from now to then; below zero once it has expired.
    pub expires_in_seconds: i64,
}

/// One of a listener's live generations at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationStatus {
    /// Its number; the first is 1.
    pub number: u64,
    /// SHA-256 of its component, hex.
    pub digest: String,
    /// The file that the component came from, if any.
    pub plugin: Option<String>,
    /// Seconds since it began to serve.
    pub age_seconds: u64,
    /// Its instances alive at this moment.
    pub instances_up: u64,
    /// Its open connections.
    pub connections: u64,
    /// Guest calls for sockets and timers.
    pub events: u64,
    /// Traps and used-up budgets.
    pub traps: u64,
    /// Connections that ended with an error.
    pub close_errors: u64,
    /// What a handler took on average, of those events that were timed (one of sixteen), nanoseconds; none without events.
    #[serde(default)]
    pub handler_mean_ns: Option<u64>,
    /// Microseconds within which 99 of 100 events were handled, from a sample, to within a quarter. None before the first event.
    pub handler_p99_us: Option<u64>,
    /// `serving`, `draining`, or `canary 10%`; with the seconds that are left.
    pub state: String,
}
