//! The harness of the end-to-end tests: it starts the real binary with real plugins, and speaks
//! to it as peers and operators do, from outside the process.
//!
//! It waits for states and never for times; it fails by panicking, with what it waited for and
//! the host's log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod admin;
mod authority;
mod certificates;
mod client;
mod contract;
mod document;
mod guests;
mod host;
mod lines;
mod load;
mod markdown;
mod paths;
mod program;
mod project;
mod pump;
mod random;
mod secure;
mod serve;
mod terminal;
mod tracer;
mod wait;

pub use authority::{Authority, Key};
pub use certificates::{Anybody, Certificates, trusting};
pub use client::{Client, reset_on_drop};
pub use contract::Contract;
pub use document::Document;
pub use guests::Guest;
pub use host::{Address, Host};
pub use lines::Lines;
pub use load::{Load, Tally};
pub use markdown::Block;
pub use paths::{example_folder, repository, sockdock};
pub use program::{Output, Program};
pub use project::Project;
pub use pump::{Pace, pump, take_back};
pub use random::Random;
pub use secure::Secure;
pub use serve::Serve;
pub use terminal::Terminal;
pub use tracer::{Subject, Tracer};
pub use wait::{DEADLINE, eventually};
