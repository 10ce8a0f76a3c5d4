//! Floor 0: values and state machines. Neither tokio nor wasmtime is known here.

pub mod account;
pub mod allow;
pub mod breaker;
pub mod connection;
pub mod error;
pub mod limits;
pub mod outbound;
pub mod probation;
pub mod proxy_protocol;
pub mod share;
#[cfg(test)]
mod simulation;
pub mod socket;
pub mod subscriptions;
pub mod timers;
pub mod x509;
