//! The whole plugin, in the SDK's imitated host.

mod back_pressure;
mod commands;
mod expiry;
mod hand_over;
mod kinds;
mod streams;
mod upgrade;

use crate::Kv;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};

fn host() -> (Harness<Kv>, Socket) {
    let mut host = Harness::<Kv>::new();
    let socket = host.connect();
    (host, socket)
}

fn with(limits: Limits, config: &[(&str, &str)]) -> (Harness<Kv>, Socket) {
    let mut host = Harness::<Kv>::with(limits, config).unwrap();
    let socket = host.connect();
    (host, socket)
}

/// A request as clients send it.
fn request(args: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        bytes.extend(format!("${}\r\n", arg.len()).into_bytes());
        bytes.extend_from_slice(arg);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Sends a line and answers the reply, with `|` for each end of line.
fn ask(host: &mut Harness<Kv>, socket: Socket, line: &str) -> String {
    host.send(socket, format!("{line}\r\n").as_bytes());
    String::from_utf8_lossy(&host.received(socket)).replace("\r\n", "|")
}
