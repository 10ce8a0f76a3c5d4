mod routing;

use super::Proxy;
use sockdock_guest::testing::{Harness, Limits, log};
use sockdock_guest::{ErrorCode, Socket};

fn host() -> Harness<Proxy> {
    Harness::with(Limits::default(), &[("upstream", "10.0.0.7:5432")]).unwrap()
}

/// A client and its upstream, connected.
fn joined(host: &mut Harness<Proxy>) -> (Socket, Socket) {
    let client = host.connect();
    let dialled = host.dialled();
    assert_eq!(dialled.len(), 1);
    assert_eq!(dialled[0].1, "10.0.0.7:5432");
    host.accept(dialled[0].0);
    (client, dialled[0].0)
}

#[test]
fn an_upstream_is_needed() {
    assert!(Harness::<Proxy>::with(Limits::default(), &[]).err().unwrap().contains("upstream"));
}

#[test]
fn bytes_go_both_ways() {
    let mut host = host();
    let client = host.connect();
    host.send(client, b"early, ");
    let upstream = host.dialled()[0].0;
    host.accept(upstream);
    host.send(client, b"late");
    assert_eq!(host.received(upstream), b"early, late");
    host.send(upstream, b"answer");
    assert_eq!(host.received(client), b"answer");
}

#[test]
fn a_side_that_does_not_read_stops_the_other() {
    let mut host = host();
    let (client, upstream) = joined(&mut host);
    host.read(client, Some(0));
    let bytes = vec![7; 1 << 20];
    host.send(upstream, &bytes);
    assert!(client.queued().unwrap() <= 128 << 10);
    assert!(host.unread(upstream) > 0);
    // The other direction goes on.
    host.send(client, b"still here");
    assert_eq!(host.received(upstream), b"still here");
    host.read(client, None);
    assert!(host.received(client) == bytes);
}

#[test]
fn it_ends_as_its_sides_end() {
    let mut host = host();
    let (client, upstream) = joined(&mut host);
    host.send(upstream, b"bye");
    host.finish(upstream);
    assert_eq!(host.closed(client).as_deref(), Some(&b"bye"[..]));
}

#[test]
fn an_upstream_that_refuses_costs_its_client_alone() {
    let mut host = host();
    let (client, _) = joined(&mut host);
    let other = host.connect();
    let asked = host.dialled()[0].0;
    host.refuse(asked, ErrorCode::Refused);
    assert!(host.closed(other).is_some() && host.closed(client).is_none());
    assert!(log()[0].1.contains("refused by the test"));
}

#[test]
fn a_reload_needs_no_state() {
    let mut host = host();
    let (client, upstream) = joined(&mut host);
    let waiting = host.connect();
    let Ok(mut host) = host.reload::<Proxy>() else { panic!("the reload failed") };
    host.send(client, b"after");
    assert_eq!(host.received(upstream), b"after");
    let asked = host.dialled()[0].0;
    host.accept(asked);
    host.send(asked, b"hello");
    assert_eq!(host.received(waiting), b"hello");
}
