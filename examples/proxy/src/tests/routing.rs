//! Clients that speak TLS, to servers that the proxy chooses by the name they ask for.

use crate::Proxy;
use crate::hello::tests::{hello, records};
use sockdock_guest::testing::{Harness, Limits};
use std::time::Duration;

const ROUTES: &[(&str, &str)] = &[("route.a.example", "10.0.0.1:443"), ("route.*.b.example", "10.0.0.2:443")];

fn host(more: &[(&str, &str)]) -> Harness<Proxy> {
    Harness::with(Limits::default(), &[ROUTES, more].concat()).unwrap()
}

#[test]
fn the_name_chooses_and_no_byte_is_lost() {
    for (name, upstream) in [("a.example", "10.0.0.1:443"), ("x.b.example", "10.0.0.2:443")] {
        let mut host = host(&[]);
        let client = host.connect();
        let bytes = [hello(Some(name)), b"and more".to_vec()].concat();
        host.send(client, &bytes);
        let (socket, address) = host.dialled().remove(0);
        assert_eq!(address, upstream);
        host.accept(socket);
        host.send(client, b" and more");
        assert!(host.received(socket) == [&bytes[..], b" and more"].concat());
        host.send(socket, b"hello too");
        assert_eq!(host.received(client), b"hello too");
    }
}

#[test]
fn byte_by_byte_with_a_reload_after_each() {
    let mut host = host(&[]);
    let client = host.connect();
    let bytes = hello(Some("a.example"));
    for byte in &bytes {
        assert!(host.dialled().is_empty());
        host.send(client, &[*byte]);
        host = host.reload().unwrap_or_else(|(why, _)| panic!("{why}"));
    }
    let upstream = host.dialled()[0].0;
    host.accept(upstream);
    assert!(host.received(upstream) == bytes);
}

#[test]
fn who_has_no_route_is_told() {
    for (name, alert) in [(None, 109), (Some("b.example"), 112), (Some("other"), 112)] {
        let mut without = host(&[]);
        let client = without.connect();
        without.send(client, &hello(name));
        assert_eq!(without.closed(client), Some(vec![21, 3, 3, 0, 2, 2, alert]));
        assert!(without.dialled().is_empty());
        // Unless there is an upstream for all the others.
        let mut with = host(&[("upstream", "10.0.0.9:443")]);
        let client = with.connect();
        with.send(client, &hello(name));
        assert_eq!(with.dialled()[0].1, "10.0.0.9:443");
    }
}

#[test]
fn what_is_no_hello_is_told_too() {
    for (bytes, alert) in
        [(b"GET / HTTP/1.1\r\n\r\n".to_vec(), 10), (records(&[1, 0xff, 0, 0], 9), 47), (vec![22, 3, 1, 0xff, 0xff], 22)]
    {
        let mut host = host(&[("upstream", "10.0.0.9:443")]);
        let client = host.connect();
        host.send(client, &bytes);
        assert_eq!(host.closed(client), Some(vec![21, 3, 3, 0, 2, 2, alert]));
        assert!(host.dialled().is_empty());
    }
}

#[test]
fn the_bytes_of_a_hello_are_no_pair() {
    let mut host = host(&[]);
    let victim = host.connect();
    host.send(victim, &hello(Some("a.example")));
    let attacker = host.connect();
    host.send(attacker, &[b"\x07relay-1", &victim.id().to_le_bytes()[..]].concat());
    assert!(host.closed(attacker).is_some());
    let attacker = host.connect();
    let hello = hello(Some("a.example"));
    host.send(attacker, &hello[..9]);
    host.send(attacker, &[b"\x07relay-1", &victim.id().to_le_bytes()[..]].concat());
    assert_eq!(host.received(victim), b"");
}

#[test]
fn who_says_nothing_is_cut_off() {
    let mut host = host(&[]);
    let (silent, gone, joined) = (host.connect(), host.connect(), host.connect());
    host.send(joined, &hello(Some("a.example")));
    host.send(gone, &hello(Some("a.example"))[..20]);
    host.finish(gone);
    assert!(host.closed(gone).is_some());
    host.advance(Duration::from_secs(11));
    assert!(host.closed(silent).is_some() && host.closed(joined).is_none());
}
