//! Floor 1: components and their instances; nothing here knows of sockets or the network.
//!
//! [`Engine`] compiles (or takes from its cache) a [`Component`]; [`Instance`] is one running copy of it,
//! called once per event; [`Host`] is what it may ask for meanwhile; [`GuestFault`] is how a call fails.

mod bindings;
mod budget;
mod cache;
mod check;
mod component;
mod contract;
mod core;
mod engine;
mod fault;
mod functions;
mod host;
mod inspect;
mod instance;
mod limiter;
mod log;
mod nobody;
mod pool;
mod settings;
mod signature;
mod store;
mod ticker;
mod wasi;
mod watch;

#[cfg(test)]
mod tests;

pub use budget::thread_cpu_time;
pub use component::{Component, Digest, LoadStats};
pub use engine::{Engine, EngineConfig};
pub use fault::{FaultKind, GuestFault};
pub use host::{Host, Slot};
pub use inspect::Inspection;
pub use instance::Instance;
pub use settings::Settings;
