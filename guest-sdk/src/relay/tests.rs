use super::*;
use crate::testing::{Harness, Limits};
use crate::{Config, Failure, Plugin, SocketError, timers};
use std::time::Duration;

#[derive(Default)]
struct Tunnel;

impl Plugin for Tunnel {
    fn start(&mut self, _: &Config) -> Result<(), Failure> {
        Ok(timers::set(u64::MAX, Duration::ZERO)?)
    }
    fn open(&mut self, socket: Socket) {
        if Relay::of(socket).is_none() {
            Relay::connect(socket, "there:1", ConnectOptions::default()).unwrap();
        }
    }
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        Relay::of(socket).unwrap().pass(bytes);
    }
    fn drain(&mut self, socket: Socket) {
        Relay::of(socket).unwrap().drained();
    }
    fn end(&mut self, socket: Socket) {
        Relay::of(socket).unwrap().ended();
    }
    fn close(&mut self, socket: Socket, info: CloseInfo) {
        Relay::of(socket).into_iter().for_each(|relay| relay.closed(&info));
    }
    fn connect_error(&mut self, socket: Socket, _: SocketError) {
        Relay::of(socket).unwrap().part().terminate().ok();
    }
    fn fired(&mut self, token: u64) {
        match token {
            u64::MAX => Relay::reset_orphans(),
            _ => Relay::of(Socket::from_id(token)).into_iter().for_each(Relay::look),
        }
    }
}

/// A client and its upstream, connected.
fn joined(host: &mut Harness<Tunnel>) -> (Socket, Socket) {
    let client = host.connect();
    let upstream = host.dialled()[0].0;
    host.accept(upstream);
    (client, upstream)
}

#[test]
fn bytes_both_ways_also_before_the_connection_stands() {
    let mut host = Harness::<Tunnel>::new();
    let client = host.connect();
    host.send(client, b"early, ");
    let upstream = host.dialled()[0].0;
    assert_eq!(Relay::of(upstream).unwrap().other(), client);
    host.accept(upstream);
    host.send(client, b"late");
    assert_eq!(host.received(upstream), b"early, late");
    host.send(upstream, b"answer");
    assert_eq!(host.received(client), b"answer");
}

#[test]
fn the_source_is_paused_and_nothing_else() {
    let mut host = Harness::<Tunnel>::new();
    for swap in [false, true] {
        let (client, upstream) = joined(&mut host);
        let (slow, source) = if swap { (upstream, client) } else { (client, upstream) };
        host.read(slow, Some(0));
        let bytes = vec![7; 1 << 20];
        host.send(source, &bytes);
        assert!(slow.queued().unwrap() <= 128 << 10);
        assert!(host.unread(source) > 0);
        host.send(slow, b"still here");
        assert_eq!(host.received(source), b"still here");
        host.read(slow, None);
        assert!(host.received(slow) == bytes);
    }
}

#[test]
fn it_goes_on_without_a_drain_where_the_operator_has_set_the_mark_higher() {
    let limits = Limits { high_water: 1 << 20, write_buffer: 2 << 20, ..Limits::default() };
    let mut host = Harness::<Tunnel>::with(limits, &[]).unwrap();
    let (client, upstream) = joined(&mut host);
    host.read(client, Some(0));
    let bytes = vec![7; 1 << 20];
    host.send(upstream, &bytes);
    assert!(host.unread(upstream) > 0);
    host.advance(Duration::from_secs(1));
    assert!(host.unread(upstream) > 0, "the queue is still full");
    host.read(client, None);
    host.advance(Duration::from_secs(1));
    assert!(host.received(client) == bytes);
}

#[test]
fn a_client_that_sends_much_before_the_connection_stands() {
    let mut host = Harness::<Tunnel>::new();
    let client = host.connect();
    let bytes = vec![7; 3 << 20];
    host.send(client, &bytes);
    let upstream = host.dialled()[0].0;
    assert!(upstream.queued().unwrap() <= 128 << 10);
    host.accept(upstream);
    assert!(host.received(upstream) == bytes);
}

#[test]
fn ends_and_failures_are_passed_on() {
    let mut host = Harness::<Tunnel>::new();
    let (client, upstream) = joined(&mut host);
    host.send(upstream, b"bye");
    host.finish(upstream);
    assert_eq!(host.closed(client).as_deref(), Some(&b"bye"[..]));
    let client = host.connect();
    let asked = host.dialled()[0].0;
    host.refuse(asked, ErrorCode::Refused);
    assert!(host.closed(client).is_some());
}

#[test]
fn a_crash_costs_the_pair_and_no_other() {
    let mut host = Harness::<Tunnel>::new();
    let (client, upstream) = joined(&mut host);
    let (other_client, other_upstream) = joined(&mut host);
    let mut host = host.crash(client);
    host.advance(Duration::ZERO);
    assert!(host.closed(upstream).is_some());
    assert!(host.closed(other_client).is_none());
    host.send(other_client, b"on");
    assert_eq!(host.received(other_upstream), b"on");
}

#[test]
fn a_reload_cuts_off_nobody_who_still_reads_the_rest() {
    let mut host = Harness::<Tunnel>::new();
    let (client, upstream) = joined(&mut host);
    host.read(client, Some(0));
    host.send(upstream, b"the rest");
    upstream.terminate().unwrap();
    // Its `close` ends the client, once that has read.
    host.send(upstream, b"");
    assert!(host.closed(upstream).is_some());
    let Ok(mut host) = host.reload::<Tunnel>() else { panic!("the reload failed") };
    host.advance(Duration::ZERO);
    host.read(client, None);
    assert_eq!(host.closed(client).as_deref(), Some(&b"the rest"[..]));
}

#[test]
fn other_contexts_are_not_taken_for_a_pair() {
    let mut host = Harness::<Tunnel>::with(Limits::default(), &[]).unwrap();
    let (client, _) = joined(&mut host);
    assert!(client.context::<String>().is_err());
    client.set_context(&"text".to_owned()).unwrap();
    assert_eq!(Relay::of(client), None);
}

impl crate::Versioned for String {
    const VERSION: &'static str = "text";
    type Previous = crate::First;
}
