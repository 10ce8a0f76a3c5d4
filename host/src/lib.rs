//! sockdock: a socket host for WebAssembly plugins.
//!
//! The floors, top down; imports run downward only (`host/tests/floors.rs` holds it):
//!
//! | floor | folder | what |
//! |---|---|---|
//! | 3 | [`control`] | command line, admin API, telemetry |
//! | 2 | `runtime` | workers, connections, reload, supervision |
//! | 1 | `guest`, `net` | components and their instances; sockets and TLS. Neither knows the other |
//! | 0 | `pure` | errors, limits, the connection state machine, the outbound queue: no I/O |

pub mod control;
mod guest;
mod net;
mod pure;
mod runtime;

pub use guest::{Digest, Inspection};
pub use pure::allow::ConnectRule;
pub use pure::breaker::OnTrap;
pub use pure::error::{Error, Fault, Result};
pub use pure::limits::{Limits, SlowSubscribers};
pub use pure::proxy_protocol::ProxyProtocol;
pub use pure::share::CpuShare;
pub use runtime::{
    Bind, CertificateStatus, Changed, Changes, Client, ClientAuth, ClientRule, Connect, ContainmentStatus, GenerationStatus,
    Host, HostConfig, HostStatus, Instances, Listen, ListenerStatus, Owner, Passphrase, Plugin, Policy, RebindReport,
    ReloadFailure, ReloadOptions, ReloadReport, Server, Spread, Stop, Tls, TlsCertificate, TlsReload, TlsReport, TlsReported,
    TlsSettings, TlsSource, TlsVersion, Trust, TrustSettings,
};
