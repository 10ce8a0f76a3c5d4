//! Keys that are for a time.

use super::commands::conversation;
use super::{ask, host};
use crate::Kv;
use crate::clock::Clock;
use crate::clock::test::put_forward;
use proptest::prelude::*;
use sockdock_guest::Socket;
use sockdock_guest::testing::Harness;
use std::time::Duration;

/// Both clocks: that of the day, and that of the timers.
fn pass(host: &mut Harness<Kv>, milliseconds: u64) {
    put_forward(milliseconds as i64);
    host.advance(Duration::from_millis(milliseconds));
}

fn stored(host: &mut Harness<Kv>) -> usize {
    host.plugin().saved.store.len()
}

fn number(host: &mut Harness<Kv>, socket: Socket, line: &str) -> i64 {
    let reply = ask(host, socket, line);
    reply.trim_matches([':', '|']).parse().unwrap_or_else(|_| panic!("{line}: {reply}"))
}

#[test]
fn a_timer_removes_what_has_expired() {
    let (mut host, socket) = host();
    ask(&mut host, socket, "SET late 1 PX 60000");
    ask(&mut host, socket, "SET soon 1 PX 1000");
    ask(&mut host, socket, "SET stays 1");
    assert_eq!(stored(&mut host), 3);
    pass(&mut host, 1001);
    // Nobody has asked for it.
    assert_eq!(stored(&mut host), 2);
    pass(&mut host, 60_000);
    assert_eq!(stored(&mut host), 1);
    assert_eq!(ask(&mut host, socket, "GET stays"), "$1|1|");
}

#[test]
fn it_is_gone_even_before_the_timer() {
    let (mut host, socket) = host();
    ask(&mut host, socket, "SET k 1 EX 5");
    put_forward(5001);
    assert_eq!(ask(&mut host, socket, "GET k"), "$-1|");
    assert_eq!(ask(&mut host, socket, "TTL k"), ":-2|");
    assert_eq!(ask(&mut host, socket, "KEYS *"), "*0|");
    assert_eq!(ask(&mut host, socket, "DEL k"), ":0|");
}

#[test]
fn many_expire_in_portions() {
    let (mut host, socket) = host();
    for i in 0..crate::PORTION + 5 {
        host.send(socket, format!("SET k{i} v PX 1000\r\n").as_bytes());
    }
    host.received(socket);
    pass(&mut host, 2000);
    assert_eq!(stored(&mut host), 0);
    assert!(host.plugin().saved.store.next_expiry().is_none());
}

#[test]
fn the_time_left() {
    let (mut host, socket) = host();
    ask(&mut host, socket, "SET k 1 EX 100");
    assert_eq!(ask(&mut host, socket, "TTL k"), ":100|");
    let left = number(&mut host, socket, "PTTL k");
    assert!((90_000..=100_000).contains(&left), "{left}");
    let at = number(&mut host, socket, "PEXPIRETIME k");
    assert!((at - Clock::default().now() - 100_000).abs() < 10_000);
    for (line, reply) in [
        ("EXPIRE k 200 NX", ":0|"),
        ("EXPIRE k 200 GT", ":1|"),
        ("EXPIRE k 300 LT", ":0|"),
        ("TTL k", ":200|"),
        ("PERSIST k", ":1|"),
        ("PERSIST k", ":0|"),
        ("TTL k", ":-1|"),
        ("EXPIRE k 50 XX", ":0|"),
        ("EXPIRE k 50 GT", ":0|"),
        ("EXPIRE k 50 LT", ":1|"),
        ("SET k 2 KEEPTTL", "+OK|"),
        ("TTL k", ":50|"),
        ("INCR k", ":3|"),
        ("APPEND k 0", ":2|"),
        ("TTL k", ":50|"),
        ("GETEX k PERSIST", "$2|30|"),
        ("TTL k", ":-1|"),
        ("GETEX k EX 70", "$2|30|"),
        ("TTL k", ":70|"),
        ("SET k 4", "+OK|"),
        ("TTL k", ":-1|"),
        ("SETEX k 20 5", "+OK|"),
        ("TTL k", ":20|"),
        ("EXPIRE k 0", ":1|"),
        ("EXISTS k", ":0|"),
        ("EXPIRE k 10", ":0|"),
        ("SET k 1 PXAT 1", "+OK|"),
        ("GET k", "$-1|"),
        ("RPUSH l a", ":1|"),
        ("EXPIREAT l 1", ":1|"),
        ("TYPE l", "+none|"),
    ] {
        assert_eq!(ask(&mut host, socket, line), reply, "{line}");
    }
    assert_eq!((stored(&mut host), host.plugin().saved.store.used()), (0, 0));
}

#[test]
fn times_that_are_none() {
    conversation(&[
        ("SET k 1 EX 0", "-ERR invalid expire time in 'set' command|"),
        ("SET k 1 EX -1", "-ERR invalid expire time in 'set' command|"),
        ("SET k 1 EX 9223372036854775807", "-ERR invalid expire time in 'set' command|"),
        ("SET k 1 PX 9223372036854775807", "-ERR invalid expire time in 'set' command|"),
        ("SET k 1 EX x", "-ERR value is not an integer or out of range|"),
        ("SET k 1 EX 1 PX 1", "-ERR syntax error|"),
        ("SET k 1 EX 1 KEEPTTL", "-ERR syntax error|"),
        ("SETEX k 0 1", "-ERR invalid expire time in 'setex' command|"),
        ("PSETEX k x 1", "-ERR value is not an integer or out of range|"),
        ("SET k 1", "+OK|"),
        ("EXPIRE k 9223372036854775807", "-ERR invalid expire time in 'expire' command|"),
        ("EXPIRE k x", "-ERR value is not an integer or out of range|"),
        ("EXPIRE k 1 what", "-ERR Unsupported option what|"),
        ("EXPIRE k 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible|"),
        ("EXPIRE k 1 GT LT", "-ERR GT and LT options at the same time are not compatible|"),
        ("GETEX k EX 0", "-ERR invalid expire time in 'getex' command|"),
        ("GETEX k KEEPTTL", "-ERR syntax error|"),
        ("GETEX none EX 0", "$-1|"),
        ("TTL k", ":-1|"),
    ]);
}

#[test]
fn it_crosses_a_reload() {
    let (mut host, socket) = host();
    ask(&mut host, socket, "SET k 1 EX 10");
    ask(&mut host, socket, "SET other 1");
    let mut host = host.reload::<Kv>().unwrap_or_else(|(reason, _)| panic!("{reason}"));
    assert_eq!(ask(&mut host, socket, "TTL k"), ":10|");
    pass(&mut host, 10_001);
    assert_eq!(stored(&mut host), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn after_any_wait_only_what_is_due_is_gone(times in prop::collection::vec(1u64..100, 1..20), waits in prop::collection::vec(0u64..40, 1..8)) {
        let (mut host, socket) = host();
        for (i, time) in times.iter().enumerate() {
            // Far apart, since the clock of the machine goes on by itself.
            ask(&mut host, socket, &format!("SET k{i} v PX {}", time * 1_000_000 + 500_000));
        }
        let mut now = 0;
        for wait in waits {
            now += wait;
            pass(&mut host, wait * 1_000_000);
            prop_assert_eq!(stored(&mut host), times.iter().filter(|time| **time >= now).count());
        }
    }
}
