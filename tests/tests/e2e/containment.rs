//! A plugin that fails costs the connection whose event failed and nothing else: in every handler, in every way.

use crate::guests;
use sockdock_tests::{Client, Host, Serve};
use std::io::Read as _;

const CULPRIT: &str = "culprit.sock";

/// Serves a plugin that fails in this handler for connections to the culprits' socket.
fn serve(handler: &str, how: &str) -> Host {
    let serve = Serve::guest(guests::FAULTY).tcp().args(["--memory-limit", "24MiB"]);
    let path = serve.path(CULPRIT);
    let serve = if handler == "handshake" { serve.tls_unix(CULPRIT) } else { serve.unix(CULPRIT) };
    serve.set("in", handler).set("how", how).set("culprit", path.display().to_string()).start()
}

/// Connects a culprit and brings its event about. Gives the connection, if it still stands.
fn provoke(host: &Host, handler: &str) -> Option<Client> {
    if handler == "handshake" {
        return Some(host.tls_unix(CULPRIT));
    }
    let mut culprit = host.unix(CULPRIT);
    match handler {
        "data" => culprit.send("x"),
        "drain" => drop(culprit.receive(600 << 10)),
        "end" | "close" => culprit.finish(),
        "error" => {
            // A unix socket is reset when it is closed with something unread.
            culprit.send("x");
            assert!(culprit.readable(sockdock_tests::DEADLINE));
            return None;
        }
        _ => {}
    }
    Some(culprit)
}

#[track_caller]
fn costs_its_own_connection(handler: &str, how: &str) {
    let host = serve(handler, how);
    let mut innocent = host.tcp();
    innocent.send("=my context");
    innocent.expect("ok");
    let before = host.status();
    let culprit = provoke(&host, handler);
    host.wait_count("traps", 1);
    match (handler, culprit) {
        // A timer belongs to no connection, so none goes.
        ("fired", Some(mut culprit)) => culprit.echo("still here"),
        (_, Some(mut culprit)) => {
            // It ends, one way or the other; what came before is read first.
            let mut rest = Vec::new();
            culprit.read_to_end(&mut rest).ok();
            host.wait_count("connections", 1);
        }
        (_, None) => host.wait_count("connections", 1),
    }
    innocent.echo("untouched");
    innocent.send("?");
    innocent.expect("my context");
    let mut newcomer = host.tcp();
    newcomer.echo("newcomers too");
    let after = host.status();
    assert_eq!(after["instances_up"], before["instances_up"]);
    assert_eq!(after["generation"], before["generation"]);
    assert_eq!(after["traps"], 1);
    host.wait_log(&["faulty", handler]);
}

macro_rules! every_way {
    ($($handler:ident)*) => {$(
        mod $handler {
            #[test]
            fn traps() {
                super::costs_its_own_connection(stringify!($handler), "trap");
            }

            #[test]
            fn loops() {
                super::costs_its_own_connection(stringify!($handler), "loop");
            }

            #[test]
            fn eats_memory() {
                super::costs_its_own_connection(stringify!($handler), "memory");
            }

            #[test]
            fn exhausts_the_stack() {
                super::costs_its_own_connection(stringify!($handler), "stack");
            }
        }
    )*};
}

every_way! { open data drain end timeout handshake error close fired }
