use super::{CHUNKED, answer, host, json, post, refused, with};
use sockdock_guest::testing::Limits;
use std::time::Duration;

#[test]
fn heads() {
    let path = "x".repeat(8 << 10);
    refused(format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
    // Also when the line never ends.
    refused(format!("GET /{path}"), 414);
    refused(format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "y".repeat(16 << 10)), 431);
    refused(format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "y".repeat(16 << 10)), 431);
    refused(format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100)), 431);
    refused(format!("{CHUNKED}0\r\n{}", "A: b\r\n".repeat(3000)), 431);
    refused(format!("{CHUNKED}1;{}\r\n", "x".repeat(300)), 400);
}

#[test]
fn bodies() {
    refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413);
    refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 413);
    refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n", 413);
    let (mut host, socket) = with(Limits::default(), &[("max-body", "5")]);
    host.send(socket, post("[1,2]").as_bytes());
    assert_eq!(answer(&mut host, socket).0, json("[1,2]"));
    host.send(socket, format!("{CHUNKED}4\r\n[1,2\r\n2\r\n2]\r\n").as_bytes());
    let (answer, closed) = answer(&mut host, socket);
    assert!(answer.starts_with("HTTP/1.1 413 ") && closed);
}

#[test]
fn the_largest_body_comes_back() {
    let (mut host, socket) = host();
    let text = format!("\"{}\"", "z".repeat((1 << 20) - 2));
    host.send(socket, post(&text).as_bytes());
    assert!(answer(&mut host, socket).0 == json(&text));
    assert_eq!(host.plugin().used, 0);
}

#[test]
fn a_request_has_a_time_limit_however_it_trickles() {
    let (mut host, socket) = host();
    for byte in b"GET / HTTP/1.1\r\nHost: long name".chunks(1) {
        if host.closed(socket).is_some_and(|said| said.starts_with(b"HTTP/1.1 408 ")) {
            return;
        }
        host.send(socket, byte);
        host.advance(Duration::from_secs(3));
    }
    panic!("it went on for ever");
}

#[test]
fn the_time_limit_is_each_request_s_own() {
    let (mut host, socket) = host();
    let (head, body) = (post("[1]"), "[1]");
    let cut = head.len() - body.len();
    host.send(socket, &head.as_bytes()[..cut]);
    // Always in the middle of a request, and never for long.
    for _ in 0..20 {
        host.advance(Duration::from_secs(20));
        host.send(socket, [body, &head[..cut]].concat().as_bytes());
        assert_eq!(answer(&mut host, socket), (json("[1]"), false));
    }
    host.advance(Duration::from_secs(30));
    assert!(answer(&mut host, socket).0.starts_with("HTTP/1.1 408 "));
}

#[test]
fn an_idle_connection_is_ended_without_a_word() {
    let (mut host, socket) = with(Limits::default(), &[("idle-timeout", "5")]);
    host.send(socket, b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    host.received(socket);
    host.advance(Duration::from_secs(4));
    assert!(host.closed(socket).is_none());
    host.advance(Duration::from_secs(2));
    assert_eq!(host.closed(socket), Some(vec![]));
}

fn narrow() -> Limits {
    Limits { write_buffer: 4096, high_water: 1024, read_buffer: 1024, ..Limits::default() }
}

#[test]
fn answers_wait_for_the_reader_and_none_is_lost() {
    let (mut host, socket) = with(narrow(), &[]);
    host.read(socket, Some(0));
    let requests = 5000;
    host.send(socket, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(requests).as_bytes());
    assert!(host.plugin().used < 30_000, "{} bytes are held", host.plugin().used);
    let (mut received, mut rounds) = (Vec::new(), 0);
    while host.unread(socket) > 0 || host.plugin().used > 0 {
        host.read(socket, Some(10_000));
        received.extend(host.received(socket));
        // The peer is slow, and not to blame for the half request that waits behind the answers.
        host.advance(Duration::from_secs(5));
        assert!(host.plugin().used < 30_000, "{} bytes are held", host.plugin().used);
        rounds += 1;
        assert!(rounds < 10_000, "it stands still");
    }
    host.read(socket, None);
    received.extend(host.received(socket));
    let received = String::from_utf8(received).unwrap();
    assert_eq!(received.matches("HTTP/1.1 200 OK\r\n").count(), requests);
    assert_eq!(received.matches("HTTP/1.1 ").count(), requests);
}

#[test]
fn who_reads_nothing_is_cut_off() {
    let (mut host, socket) = with(narrow(), &[("idle-timeout", "5")]);
    host.read(socket, Some(0));
    host.send(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100).as_bytes());
    host.advance(Duration::from_secs(6));
    assert!(host.closed(socket).is_some());
    assert_eq!(host.plugin().used, 0);
}

#[test]
fn clients_together_have_a_limit() {
    let (mut host, first) = with(Limits::default(), &[("max-memory", "100000")]);
    let second = host.connect();
    let half = &post(&"1".repeat(60_000))[..50_000];
    host.send(first, half.as_bytes());
    host.send(second, half.as_bytes());
    let (refusal, closed) = answer(&mut host, second);
    assert!(refusal.starts_with("HTTP/1.1 503 ") && closed, "{refusal}");
    assert_eq!(answer(&mut host, first), (String::new(), false));
}
