use super::Socks;
use sockdock_guest::testing::{Harness, Limits};
use sockdock_guest::{ErrorCode, Socket};
use std::time::Duration;

const GREETING: &[u8] = b"\x05\x01\0";
const REQUEST: &[u8] = b"\x05\x01\0\x03\x09localhost\0\x50";

/// A client that has been told that it is connected, and the other side.
fn joined(host: &mut Harness<Socks>) -> (Socket, Socket) {
    let client = host.connect();
    host.send(client, GREETING);
    host.send(client, REQUEST);
    let (upstream, address) = host.dialled().remove(0);
    assert_eq!((address.as_str(), host.received(client)), ("localhost:80", b"\x05\0".to_vec()));
    host.accept(upstream);
    assert_eq!(host.received(client), b"\x05\0\0\x01\x7f\0\0\x01\x1b\x58");
    (client, upstream)
}

#[test]
fn a_connection() {
    let mut host = Harness::<Socks>::new();
    let (client, upstream) = joined(&mut host);
    host.send(client, b"question");
    assert_eq!(host.received(upstream), b"question");
    host.send(upstream, b"answer");
    host.finish(upstream);
    assert_eq!(host.closed(client).as_deref(), Some(&b"answer"[..]));
}

#[test]
fn all_at_once_or_byte_by_byte_with_a_reload_in_between() {
    let all = [GREETING, REQUEST, b"data"].concat();
    for at_once in [true, false] {
        let mut host = Harness::<Socks>::new();
        let client = host.connect();
        if at_once {
            host.send(client, &all);
        } else {
            for byte in &all {
                host.send(client, &[*byte]);
                host = host.reload().unwrap_or_else(|(why, _)| panic!("{why}"));
            }
        }
        let upstream = host.dialled()[0].0;
        host.accept(upstream);
        assert_eq!(host.received(upstream), b"data");
        assert!(host.received(client).starts_with(b"\x05\0\x05\0\0\x01"));
    }
}

#[test]
fn passwords() {
    let host = || Harness::<Socks>::with(Limits::default(), &[("user", "ann:secret"), ("user", "ben:a:b")]).unwrap();
    for good in [&b"\x01\x03ann\x06secret"[..], b"\x01\x03ben\x03a:b"] {
        let mut host = host();
        let client = host.connect();
        host.send(client, b"\x05\x02\0\x02");
        assert_eq!(host.received(client), b"\x05\x02");
        host.send(client, good);
        assert_eq!(host.received(client), b"\x01\0");
        host.send(client, REQUEST);
        assert_eq!(host.dialled().len(), 1);
    }
    for bad in
        [&b"\x01\x03ann\x06Secret"[..], b"\x01\x03ann\x05secre", b"\x01\x03ann\0", b"\x01\0\x06secret", b"\x01\x03ben\x06secret"]
    {
        let mut host = host();
        let client = host.connect();
        host.send(client, &[b"\x05\x01\x02", bad, REQUEST].concat());
        assert_eq!(host.closed(client).as_deref(), Some(&b"\x05\x02\x01\x01"[..]));
        assert!(host.dialled().is_empty());
    }
}

#[test]
fn a_method_that_is_not_offered() {
    for (config, offered) in [(&[][..], &b"\x05\x01\x02"[..]), (&[("user", "ann:secret")], b"\x05\x01\0"), (&[], b"\x05\0")] {
        let mut host = Harness::<Socks>::with(Limits::default(), config).unwrap();
        let client = host.connect();
        host.send(client, &[offered, REQUEST].concat());
        assert_eq!(host.closed(client).as_deref(), Some(&b"\x05\xff"[..]));
    }
}

#[test]
fn settings_that_make_no_sense() {
    for user in ["ann", ":secret", "ann:"] {
        let why = Harness::<Socks>::with(Limits::default(), &[("user", user)]).err().unwrap();
        assert!(why.contains("NAME:PASSWORD") && !why.contains("secret"), "{why}");
    }
}

#[test]
fn each_failure_has_its_reply() {
    for (code, reply) in [
        (ErrorCode::Refused, 5),
        (ErrorCode::NameResolution, 4),
        (ErrorCode::Unreachable, 4),
        (ErrorCode::NotAllowed, 2),
        (ErrorCode::TimedOut, 6),
        (ErrorCode::Io, 1),
    ] {
        let mut host = Harness::<Socks>::new();
        let client = host.connect();
        host.send(client, &[GREETING, REQUEST, b"data"].concat());
        let upstream = host.dialled()[0].0;
        host.refuse(upstream, code);
        let expected = [b"\x05\0\x05", &[reply][..], b"\0\x01\0\0\0\0\0\0"].concat();
        assert_eq!(host.closed(client), Some(expected), "{code:?}");
    }
}

#[test]
fn what_is_no_socks_is_turned_away_without_a_word() {
    for nonsense in [&b"GET / HTTP/1.1\r\n"[..], b"\x04\x01\0\x50\x7f\0\0\x01\0"] {
        let mut host = Harness::<Socks>::new();
        let client = host.connect();
        host.send(client, nonsense);
        assert_eq!(host.closed(client).as_deref(), Some(&b""[..]));
    }
}

#[test]
fn who_takes_too_long_is_cut_off_and_who_is_joined_is_not() {
    let mut host = Harness::<Socks>::new();
    let (client, _) = joined(&mut host);
    let slow = host.connect();
    host.send(slow, &[5]);
    let mut host = host.reload::<Socks>().unwrap_or_else(|(why, _)| panic!("{why}"));
    host.advance(Duration::from_secs(11));
    assert!(host.closed(slow).is_some() && host.closed(client).is_none());
}

#[test]
fn a_crash_costs_the_pair() {
    let mut host = Harness::<Socks>::new();
    let (client, upstream) = joined(&mut host);
    let mut host = host.crash(client);
    host.advance(Duration::ZERO);
    assert!(host.closed(upstream).is_some());
}
