//! The calls into the host: the real ones on Wasm, elsewhere those of [`crate::testing`], so that plugins and this
//! crate can be tested natively.

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::sockdock::plugin::{
    logging, outbound, sockets, timers, tls, topics,
};
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::calls::{logging, outbound, sockets, timers, tls, topics};
