//! Floor 2: workers, connections, reload.
//!
//! From the outside in: [`Host`] starts workers and listeners, [`Server`] is a listener in its embedder's hands. A
//! listener has a *shard* per instance, spread over the workers: the instance (in its *seat*), the connections (*sockets*), the
//! timers. Each connection has a *driver*, a task that takes *turns*. A reload is a transaction over the shards: they
//! *vote*, then commit or roll back.

mod accept;
mod alarm;
mod client;
mod clock;
mod counters;
mod dial;
mod driver;
mod ends;
mod entry;
mod expiry;
mod generation;
mod grants;
mod host;
mod hostcalls;
mod listen;
mod listener;
mod peers;
mod plugin;
mod prepare;
mod reload;
mod report;
mod rotate;
mod seat;
mod server;
mod shard;
mod sockets;
mod staged;
mod start;
mod threads;
mod topics;
mod turn;
mod upgrade;
mod vote;
mod worker;

pub use crate::net::{
    Bind, ClientAuth, ClientRule, Owner, Passphrase, Tls, TlsCertificate, TlsSettings, TlsSource, TlsVersion, Trust,
    TrustSettings,
};
pub use client::{Client, Connect};
pub use host::{Host, HostConfig};
pub use listen::{Instances, Listen};
pub use plugin::Plugin;
pub use reload::ReloadOptions;
pub use report::{CertificateStatus, HostStatus, ListenerStatus, ReloadFailure, ReloadReport, TlsReport, TlsReported};
pub use rotate::TlsReload;
pub use server::{Server, Stop};
