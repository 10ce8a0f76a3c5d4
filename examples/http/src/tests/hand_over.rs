//! Reloads and traps.

use super::{CHUNKED, answer, host, json, post, with};
use crate::Http;
use sockdock_guest::testing::{Harness, Limits};
use std::time::Duration;

fn reload(host: Harness<Http>) -> Harness<Http> {
    host.reload::<Http>().unwrap_or_else(|(reason, _)| panic!("the reload failed: {reason}"))
}

#[test]
fn a_half_request_crosses_a_reload_at_every_byte() {
    let requests = format!("{}{CHUNKED}2;x\r\n[1\r\n1\r\n]\r\n0\r\nA: b\r\n\r\n", post("[0]"));
    for cut in 1..requests.len() {
        let (mut host, socket) = host();
        host.send(socket, &requests.as_bytes()[..cut]);
        let mut host = reload(reload(host));
        host.send(socket, &requests.as_bytes()[cut..]);
        assert_eq!(answer(&mut host, socket), (json("[0]") + &json("[1]"), false), "cut at {cut}");
        assert_eq!(host.plugin().used, 0);
    }
}

#[test]
fn its_time_limit_crosses_too() {
    let (mut host, socket) = host();
    host.send(socket, b"GET /");
    host.advance(Duration::from_secs(20));
    let mut host = reload(host);
    host.advance(Duration::from_secs(11));
    assert!(answer(&mut host, socket).0.starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_half_answer_crosses_a_reload() {
    let (mut host, socket) = with(Limits { write_buffer: 4096, high_water: 1024, ..Limits::default() }, &[]);
    host.read(socket, Some(0));
    let text = format!("\"{}\"", "z".repeat(20_000));
    host.send(socket, post(&text).as_bytes());
    let mut host = reload(host);
    host.read(socket, None);
    assert_eq!(answer(&mut host, socket), (json(&text), false));
}

#[test]
fn after_a_trap_only_what_was_midway_is_cut_off() {
    let (mut host, midway) = host();
    let (idle, trapping, silent) = (host.connect(), host.connect(), host.connect());
    let request = post("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let (half, rest) = request.split_at(request.len() - 27);
    host.send(midway, half.as_bytes());
    host.send(silent, b"GET");
    host.send(idle, post("1").as_bytes());
    host.received(idle);
    let mut host = host.crash(trapping);
    // The rest of the body must not be taken for a request.
    assert!(rest.starts_with("GET"));
    host.send(midway, rest.as_bytes());
    assert_eq!(answer(&mut host, midway), (String::new(), true));
    host.advance(Duration::ZERO);
    assert_eq!(answer(&mut host, silent), (String::new(), true));
    host.send(idle, post("2").as_bytes());
    assert_eq!(answer(&mut host, idle), (json("2"), false));
}
