//! Reloads and traps.

use super::{ask, host, request, with};
use crate::Kv;
use proptest::prelude::*;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};

fn reload(host: Harness<Kv>) -> Harness<Kv> {
    host.reload::<Kv>().unwrap_or_else(|(reason, _)| panic!("the reload failed: {reason}"))
}

#[test]
fn data_crosses_a_reload() {
    let (mut host, socket) = host();
    ask(&mut host, socket, "MSET a 1 b \"\\x00\\xff\"");
    ask(&mut host, socket, "CLIENT SETNAME me");
    let mut host = reload(host);
    assert_eq!(ask(&mut host, socket, "GET a"), "$1|1|");
    assert_eq!(ask(&mut host, socket, "DBSIZE"), ":2|");
    assert_eq!(ask(&mut host, socket, "CLIENT GETNAME"), "$2|me|");
    assert!(host.plugin().saved.store.used() > 0);
}

#[test]
fn a_half_read_request_crosses_a_reload() {
    let stream = [request(&[b"SET", b"k", b"a\r\nb"]), b"GET k\r\nECHO 'x y'\r\n".to_vec()].concat();
    for cut in 1..stream.len() {
        let (mut host, socket) = host();
        host.send(socket, &stream[..cut]);
        let mut host = reload(reload(host));
        host.send(socket, &stream[cut..]);
        assert_eq!(host.received(socket), b"+OK\r\n$4\r\na\r\nb\r\n$3\r\nx y\r\n", "cut at {cut}");
        assert_eq!(host.plugin().clients, 0);
    }
}

#[test]
fn a_half_sent_reply_crosses_a_reload() {
    let limits = Limits { write_buffer: 4096, high_water: 1024, read_buffer: 1024, ..Limits::default() };
    let (mut host, socket) = with(limits, &[]);
    host.read(socket, Some(0));
    host.send(socket, &[request(&[b"ECHO", &[b'x'; 20_000]]), b"PING\r\n".to_vec()].concat());
    let mut host = reload(host);
    host.read(socket, None);
    assert!(host.received(socket) == [b"$20000\r\n", &[b'x'; 20_000][..], b"\r\n+PONG\r\n"].concat());
}

#[test]
fn after_a_trap_only_what_was_midway_is_cut_off() {
    let (mut host, midway) = host();
    let (idle, trapping) = (host.connect(), host.connect());
    ask(&mut host, idle, "CLIENT SETNAME me");
    host.send(midway, b"*2\r\n$4\r\nECHO\r\n$9\r\nFLUSH");
    let mut host = host.crash(trapping);
    // The rest of the value must not be taken for a request.
    host.send(midway, b"ALL\r\nFLUSHALL\r\n");
    assert_eq!(host.closed(midway), Some(vec![]));
    assert_eq!(ask(&mut host, idle, "CLIENT GETNAME"), "$2|me|");
}

#[test]
fn after_a_trap_what_was_midway_is_cut_off_without_another_byte() {
    let (mut host, midway) = host();
    let trapping = host.connect();
    host.send(midway, b"*2\r\n$4");
    let mut host = host.crash(trapping);
    host.advance(std::time::Duration::ZERO);
    assert!(host.closed(midway).is_some());
    assert!(Socket::live().is_empty());
}

#[test]
fn a_finished_request_leaves_no_mark() {
    let (mut host, socket) = host();
    let trapping = host.connect();
    host.send(socket, b"PI");
    host.send(socket, b"NG\r\n");
    let mut host = host.crash(trapping);
    host.received(socket);
    assert_eq!(ask(&mut host, socket, "PING"), "+PONG|");
}

#[test]
fn cleared_memory_is_freed_by_a_timer() {
    let (mut host, socket) = host();
    for i in 0..100 {
        ask(&mut host, socket, &format!("SET k{i} v"));
    }
    ask(&mut host, socket, "FLUSHALL");
    host.advance(std::time::Duration::from_millis(1));
    assert!(!host.plugin().saved.store.sweep(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn reloads_at_any_byte_change_no_reply(cuts in prop::collection::vec(1usize..60, 1..30), window in 50usize..500) {
        let limits = || Limits { write_buffer: 300, high_water: 100, read_buffer: 200, ..Limits::default() };
        let stream: Vec<u8> = (0..30).flat_map(|i| {
            let (key, value) = (format!("k{}", i % 7), vec![b'a' + i % 26; usize::from(i) * 9]);
            [request(&[b"SET", key.as_bytes(), &value]), request(&[b"GET", key.as_bytes()]), b"INCR n\r\n".to_vec()].concat()
        }).collect();
        let (mut quiet, socket) = with(limits(), &[]);
        quiet.send(socket, &stream);
        let expected = quiet.received(socket);

        let (mut host, socket) = with(limits(), &[]);
        let (mut rest, mut received) = (&stream[..], Vec::new());
        for cut in cuts.iter().cycle() {
            let (piece, behind) = rest.split_at(rest.len().min(*cut));
            host.read(socket, Some(window));
            host.send(socket, piece);
            host = reload(host);
            received.extend(host.received(socket));
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        host.read(socket, None);
        received.extend(host.received(socket));
        prop_assert_eq!(received, expected);
    }
}
