//! Imports in `host/src` run downward only; who may know which crate; where `unsafe` may stand.
//!
//! Sources are parsed, not searched: a floor can be named by `crate::`, by `super::super::`, within a nested group,
//! in an expression, a type or a macro's arguments, or by what `lib.rs` re-exports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "floors/check.rs"]
mod check;

use check::{check, reexports};
use std::{fs, path::Path};

/// A floor, and the floors that it may know beside itself.
const FLOORS: [(&str, &[&str]); 5] = [
    ("control", &["runtime", "guest", "net", "pure"]),
    ("runtime", &["guest", "net", "pure"]),
    ("guest", &["pure"]),
    ("net", &["pure"]),
    ("pure", &[]),
];

/// What of the outside belongs to some floors alone; `*` ends a prefix of names.
const OUTSIDE: [(&str, &[&str], &str); 12] = [
    ("wasmtime*", &["guest"], "the engine is guest's"),
    ("rustls*", &["net"], "TLS is net's"),
    ("tokio_rustls", &["net"], "TLS is net's"),
    ("tokio::net", &["control", "runtime", "net"], "a guest has no sockets of its own"),
    ("socket2", &["control", "runtime", "net"], "sockets are net's"),
    ("std::net::Tcp*", &["control", "runtime", "net"], "sockets are net's"),
    ("std::net::UdpSocket", &["control", "runtime", "net"], "sockets are net's"),
    ("std::os::unix::net", &["control", "runtime", "net"], "sockets are net's"),
    ("tokio*", &["control", "runtime", "guest", "net"], "pure does no I/O and doesn't wait"),
    ("std::fs", &["control", "runtime", "guest", "net"], "pure does no I/O"),
    ("std::thread", &["control", "runtime", "guest", "net"], "pure does no I/O and doesn't wait"),
    ("rustix", &["control", "runtime", "guest", "net"], "pure does no I/O"),
];

/// The one file that may say `unsafe`: a cached component is native code, and running it is a promise.
const UNSAFE_HOME: &str = "guest/cache.rs";

#[test]
fn imports_run_downward() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let library = fs::read_to_string(root.join("lib.rs")).unwrap();
    let exports = reexports(&library);
    assert!(exports.contains_key("Error") && exports.contains_key("Host"), "lib.rs wasn't understood: {exports:?}");
    for (floor, _) in FLOORS {
        let folder = root.join(floor);
        assert!(files.iter().any(|file| file.starts_with(&folder)), "floor {floor} has no sources in {}", folder.display());
    }
    let findings: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
            check(name, &fs::read_to_string(file).unwrap(), &exports)
        })
        .collect();
    assert!(findings.is_empty(), "{} breaches of the floors:\n  {}", findings.len(), findings.join("\n  "));
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn breaches_are_found() {
    let exports = reexports("pub use runtime::{api::Host, Server as Listening}; pub use pure::error::Error;");
    let bad = [
        ("pure/a.rs", "use crate::runtime::Host;"),
        ("pure/a.rs", "use crate::{pure::error, guest::{self, x::Y}};"),
        ("pure/a.rs", "use super::super::net;"),
        ("pure/mod.rs", "use super::net::Stream;"),
        ("pure/a/b.rs", "use super::super::super::net::Stream;"),
        ("pure/a.rs", "fn f() { crate::net::listen() }"),
        ("pure/a.rs", "fn f(x: Option<crate::guest::Id>) {}"),
        ("pure/a.rs", "impl crate::runtime::Driver for X {}"),
        ("pure/a.rs", "fn f() { <X as crate::runtime::Driver>::run() }"),
        ("pure/a.rs", "fn f() { println!(\"{}\", crate::net::NAME) }"),
        ("pure/a.rs", "fn f() { select! { x = a => { crate::net::go(x) } } }"),
        ("pure/a.rs", "#[derive(crate::net::Derive)] struct X;"),
        ("pure/a.rs", "mod tests { use super::super::super::runtime::Host; }"),
        ("pure/a.rs", "fn f() { use crate::net::Stream; }"),
        ("pure/a.rs", "use tokio::time::sleep;"),
        ("pure/a.rs", "use ::wasmtime::Store;"),
        ("pure/a.rs", "fn f() -> std::fs::File {}"),
        ("pure/a.rs", "use std::{fs, fmt};"),
        ("pure/a.rs", "extern crate wasmtime;"),
        ("guest/a.rs", "use crate::net::Stream;"),
        ("guest/a.rs", "use crate::Host;"),
        ("guest/a.rs", "fn f() -> crate::Listening {}"),
        ("guest/a.rs", "use crate::*;"),
        ("guest/a.rs", "use crate as all;"),
        ("guest/a.rs", "use super::super::{self as all};"),
        ("guest/a.rs", "use crate::helpers::x;"),
        ("guest/a.rs", "use tokio::{net, time};"),
        ("guest/a.rs", "use tokio as runtime;"),
        ("guest/a.rs", "use std::net::{IpAddr, TcpStream};"),
        ("guest/a.rs", "use rustls::ServerConfig;"),
        ("net/a.rs", "use crate::guest::Instance;"),
        ("net/a.rs", "fn f() { wasmtime_wasi::x() }"),
        ("runtime/a.rs", "use crate::control::cli;"),
        ("runtime/a.rs", "use rustls_pki_types::PemObject;"),
        ("runtime/a.rs", "use wasmtime::Engine;"),
        ("runtime/a.rs", "fn f() { unsafe { x() } }"),
        ("runtime/a.rs", "macro_rules! m { () => { unsafe { x() } } }"),
        ("control/a.rs", "use tokio_rustls::TlsAcceptor;"),
        ("control/a.rs", "#[path = \"../net/x.rs\"] mod x;"),
        ("lib.rs", "pub use wasmtime::Engine;"),
        ("helpers.rs", "pub fn f() {}"),
    ];
    for (name, source) in bad {
        assert!(!check(name, source, &exports).is_empty(), "not found in {name}: {source}");
    }
}

#[test]
fn honest_sources_pass() {
    let exports = reexports("pub use runtime::Host; pub use pure::error::Error;");
    let good = [
        (
            "control/cli/mod.rs",
            "use crate::{Error, Host, runtime::api, guest::Inspection}; use tokio::net::UnixListener; use std::fs;",
        ),
        ("runtime/a.rs", "use crate::{guest::Instance, net::Stream, pure::limits}; use super::api; use tokio::{net, time};"),
        ("guest/a.rs", "use wasmtime::Store; use super::{host, super::pure::error::Error}; use crate::pure::*; use tokio::time;"),
        ("guest/a.rs", "fn f(net: u8, runtime: u8) -> u8 { let x: u8 = net; m!(net: u8, a = runtime); net + runtime }"),
        ("guest/cache.rs", "fn f() { unsafe { x() } }"),
        ("net/a.rs", "use rustls::ServerConfig; use crate::Error; mod tests { use super::*; use super::super::stream; }"),
        ("pure/a.rs", "use std::{fmt, net::IpAddr, time::Duration}; use super::error; fn f() { net::x(); self::y::z() }"),
        (
            "pure/a.rs",
            "//! Unlike [`crate::runtime`], nothing `unsafe` or of `tokio::net` here.\n/// See crate::net::x.\nfn f() {}",
        ),
        ("lib.rs", "pub mod control; mod net; pub use runtime::Host; pub use pure::error::Error;"),
        ("main.rs", "fn main() { sockdock::control::main() }"),
    ];
    for (name, source) in good {
        assert_eq!(check(name, source, &exports), Vec::<String>::new(), "in {name}: {source}");
    }
}
