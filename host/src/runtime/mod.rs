//! Floor 2: workers, connections, reload.
//!
//! From the outside in: [`Host`] starts workers and listeners, [`Server`] is a listener in its embedder's hands. A
//! listener has a *shard* per instance, spread over the workers: the instance (in its *seat*), the connections (*sockets*), the
//! timers. Each connection has a *driver*, a task that takes *turns*. A reload is a transaction: its shards *vote*, then commit or roll
//! back (*swap*); or it puts a *generation* with shards of its own beside the old one (*branch*), whose shards *retire*.

mod accept;
mod address;
mod alarm;
mod apply;
mod blocking;
mod branch;
mod canary;
mod changes;
mod client;
mod clock;
mod containment;
mod coredump;
mod counters;
mod dial;
mod driver;
mod ends;
mod entry;
mod evidence;
mod expiry;
mod generation;
mod grants;
mod home;
mod host;
mod hostcalls;
mod judge;
mod listen;
mod listener;
mod meter;
mod nest;
mod options;
mod peers;
mod plugin;
mod prepare;
mod probation;
mod rebind;
mod recycle;
mod relimit;
mod reload;
mod report;
mod retire;
mod roster;
mod rotate;
mod seat;
mod server;
mod shard;
mod shift;
mod sockets;
mod staged;
mod start;
mod statuses;
mod swap;
mod tally;
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
pub(crate) use blocking::blocking;
pub use changes::{Changed, Changes};
pub use client::{Client, Connect};
pub use containment::ContainmentStatus;
pub use host::{Host, HostConfig};
pub use listen::{Instances, Listen};
pub use options::{Policy, ReloadOptions, Spread};
pub use plugin::Plugin;
pub use report::{
    CertificateStatus, GenerationStatus, HostStatus, ListenerStatus, RebindReport, ReloadFailure, ReloadReport, TlsReport,
    TlsReported,
};
pub use rotate::TlsReload;
pub use server::{Server, Stop};
