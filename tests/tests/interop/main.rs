//! Large programs of others through `examples/proxy` and `examples/socks5`, and large transfers both ways at once: nothing is lost,
//! nothing is added, nothing changes. TLS servers of others, which a plugin connects to. `make interop` installs the programs and runs this.
#![deny(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod iperf;
mod pairs;
mod postgresql;
mod servers;
mod transfers;

#[allow(dead_code, reason = "the others are for other suites")]
mod guests {
    //! One constant per program in `tests/guests`.
    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}
