//! Large programs of others through `examples/proxy` and `examples/socks5`, and large transfers both ways at once: nothing is lost,
//! nothing is added, nothing changes. `make interop` installs the programs and runs this.
#![deny(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod iperf;
mod pairs;
mod postgresql;
mod transfers;
