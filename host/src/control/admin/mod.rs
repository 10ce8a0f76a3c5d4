//! The admin API: HTTP/1.1 with JSON on a unix socket that only its owner (and root) can use.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /status` | – | 200, [`HostStatus`](crate::HostStatus) |
//! | `POST /reload` | [`ReloadRequest`] | 200 or 409 (the old generation goes on), [`ReloadReply`] |
//! | `POST /rollback` | [`RollbackRequest`] | 200 or 409 (all stays as it is), [`ReloadReply`] |
//! | `POST /promote` | [`PromoteRequest`] | the same |
//! | `POST /stop` | [`StopRequest`] | 200 once stopped, [`StopReply`] |
//!
//! Anything else is answered with 4xx and `{"error": …, "hint": …}`; an unknown JSON field is an error. An empty body
//! stands for `{}`. A client that goes away doesn't abort what it has asked for; one that doesn't send a whole request within
//! 10 s is disconnected.
//!
//! ```no_run
//! use sockdock::{Host, HostConfig, Listen, Plugin, control::admin};
//!
//! # async fn example() -> sockdock::Result<()> {
//! let host = Host::new(HostConfig::default())?;
//! host.listen(Listen::tcp("127.0.0.1:7000"), Plugin::from_file("echo.wasm")?).await?;
//! let admin = admin::serve(host.clone(), "/run/echo/admin.sock").await?;
//! host.run().await;
//! admin.close().await;
//! # Ok(())
//! # }
//! ```

mod client;
mod connections;
mod pairs;
pub(crate) mod path;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod wire;

pub use client::Client;
pub(crate) use server::serve_claimed;
pub use server::{Admin, serve};
pub(crate) use socket::Claim;
pub(crate) use wire::ErrorReply;
pub use wire::{PromoteRequest, ReloadReply, ReloadRequest, RollbackRequest, StopReply, StopRequest};
