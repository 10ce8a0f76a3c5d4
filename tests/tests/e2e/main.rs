//! Stories of peers, operators and plugins, told against the real binary. One file per concern.
//!
//! A guest program that no story uses doesn't compile: `guests` has a constant for each.
#![deny(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accept;
mod admin;
mod backpressure;
mod balanced;
mod breaker;
mod build;
mod bytes;
mod canary;
mod chat;
mod cli_errors;
mod clients;
mod config;
mod connect;
mod containment;
mod coredump;
mod dev;
mod ending;
mod evidence;
mod examples;
mod generations;
mod http;
mod isolation;
mod kv;
mod kv_libraries;
mod kv_redis;
mod library;
mod lifecycle;
mod listening;
mod logging;
mod losses;
mod new;
mod oracle;
mod order;
mod outbound;
mod outbound_tls;
mod parity;
mod per_connection;
mod proxy;
mod proxy_tls;
mod readme;
mod readme_commands;
mod readme_consoles;
mod rebind;
mod recycling;
mod redis_client;
mod relimit;
mod reload;
mod reload_clients;
mod reload_failures;
mod reload_interrupted;
mod reload_random;
mod reload_survival;
mod reload_traffic;
mod rollback;
mod share;
mod smtp;
mod socks5;
mod starttls;
mod state;
mod stop;
mod tls;
mod tls_clients;
mod tls_expiry;
mod tls_interop;
mod tls_leaks;
mod tls_matrix;
mod tls_options;
mod tls_rotation;
mod topics;
mod topics_lifecycle;
mod total_memory;
mod unix;
mod wasi;

mod front_page {
    //! The Rust program of README.md.
    include!(concat!(env!("OUT_DIR"), "/front_page.rs"));
}

mod guests {
    //! One constant per program in `tests/guests`.
    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}
