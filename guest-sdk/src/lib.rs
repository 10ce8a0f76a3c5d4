#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! - [`Plugin`]: the events, all with defaults; [`plugin!`] exports one.
//! - [`Socket`]: what can be done with a connection; [`Outbox`] keeps what a short write left; [`Sink`] gathers small
//!   writes as well; [`Pipeline`] is for protocols of requests and answers; [`Relay`] joins two connections, for proxies.
//! - [`Versioned`]: types that outlive a build: contexts of sockets ([`Socket::context`]) and the plugin's state ([`State`]).
//! - [`timers`], [`outbound`], [`topics`], [`log`], [`Config`].
//! - `testing` (not on Wasm): a host for native tests of a plugin, with a clock of its own.

#[doc(hidden)]
#[allow(missing_docs, unreachable_pub)]
pub mod bindings;
mod config;
mod context;
mod dispatch;
mod host;
pub mod log;
pub mod outbound;
mod outbox;
mod pipeline;
mod plugin;
mod relay;
mod sink;
mod socket;
mod state;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod timers;
pub mod topics;
mod versioned;

pub use bindings::sockdock::plugin::tls::SessionInfo;
pub use bindings::sockdock::plugin::types::{CloseInfo, Endpoint, ErrorCode, SocketError, State};
pub use config::Config;
pub use context::ContextError;
#[doc(hidden)]
pub use dispatch::{Exports, Installed, Instance};
pub use outbox::Outbox;
pub use pipeline::{Pipeline, Progress};
pub use plugin::{Failure, Plugin};
pub use relay::Relay;
pub use sink::Sink;
pub use socket::Socket;
pub use versioned::{First, VersionError, Versioned};
