//! A million events leave an instance no larger than a hundred thousand before them did.
//!
//! `SOCKDOCK_CONFORMANCE_EVENTS` is the number of events, if a million take too long.

use crate::plugins::Plugin;
use crate::world::{tracer, tracer_with};
use sockdock_tests::{Client, Host, Serve, eventually};
use std::{
    io::{Read as _, Write as _},
    thread,
};

stories!(of_an_echo, of_events_that_write_nothing, of_connections, what_is_eaten_stays);

/// Each event carries as much.
const PIECE: usize = 64;

/// Wasm's memory grows by pages of 64 KiB and never shrinks, and a collector takes what it needs between two rounds. Three bytes an event, all
/// the same, are more than this.
const SLACK: u64 = 2 << 20;

fn events() -> usize {
    std::env::var("SOCKDOCK_CONFORMANCE_EVENTS")
        .ok()
        .map_or(1_000_000, |count| count.parse().expect("SOCKDOCK_CONFORMANCE_EVENTS: a number"))
}

/// Cuts what comes into pieces, so that as many events come as quickly as a peer can send.
fn in_pieces(serve: Serve) -> Serve {
    serve.args(["--read-buffer", &format!("{PIECE}B"), "--memory-limit", "1GiB"])
}

/// Has so many events come; reads `back` bytes for each.
fn send(client: &mut Client, events: usize, back: usize) {
    let reader = socket2::SockRef::from(&*client).try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut reader, mut left, mut buffer) = (reader, events * back, vec![0; 1 << 16]);
            while left > 0 {
                let most = left.min(buffer.len());
                left -= match reader.read(&mut buffer[..most]).expect("read") {
                    0 => panic!("the host ended with {left} bytes to come"),
                    n => n,
                };
            }
        });
        let piece = vec![b'x'; PIECE * 1_000];
        let mut left = events * PIECE;
        while left > 0 {
            client.write_all(&piece[..left.min(piece.len())]).expect("send");
            left -= left.min(piece.len());
        }
    });
}

/// Until a collector has seen its heap fill up for the first time.
const WARM_UP: usize = 100_000;

/// How much the instance has grown through so many events, after the first ones.
#[track_caller]
fn growth(host: &Host, mut round: impl FnMut(usize)) -> u64 {
    let all = events();
    let mut read = 0;
    let mut go = |events: usize| {
        round(events);
        read += (events * PIECE) as u64;
        eventually("all to be delivered", || (host.count("bytes_read") >= read).then_some(()));
        host.count("memory_bytes")
    };
    let before = go(WARM_UP);
    let after = go(all);
    assert_eq!(host.count("traps"), 0);
    after.saturating_sub(before)
}

fn of_an_echo(plugin: &Plugin) {
    let host = in_pieces(Serve::plugin(&plugin.path).tcp().set("mode", "echo")).start();
    let mut client = host.tcp();
    let grown = growth(&host, |events| send(&mut client, events, PIECE));
    let kept = if plugin.keeps_what_it_writes() { 2 * (events() * PIECE) as u64 } else { 0 };
    assert!(grown <= SLACK + kept, "{grown} bytes for {} events", events());
}

fn of_events_that_write_nothing(plugin: &Plugin) {
    let tracer = tracer_with(plugin, in_pieces);
    let mut subject = tracer.connect();
    // The trace would grow.
    tracer.tell("on data forget");
    let before = tracer.count("bytes_read");
    let mut sent = before;
    let grown = growth(&tracer, |events| {
        send(&mut subject.peer, events, 0);
        sent += (events * PIECE) as u64;
        eventually("all to be delivered", || (tracer.count("bytes_read") >= sent).then_some(()));
    });
    assert!(grown <= SLACK, "{grown} bytes for {} events", events());
}

/// What an instance keeps of a connection goes with it.
fn of_connections(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let all = events() / 500;
    let round = |connections: usize| {
        for _ in 0..connections {
            let mut client = tracer.tcp();
            client.send("hello");
            client.finish();
            client.expect_end();
        }
        tracer.wait_count("connections", 1);
        tracer.tell("forget");
        tracer.count("memory_bytes")
    };
    let before = round(all);
    let after = round(all);
    // As much again would be twice as much.
    assert!(after.saturating_sub(before) <= SLACK / 2, "{before} bytes, then {after}");
}

fn what_is_eaten_stays(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let before = tracer.count("memory_bytes");
    for _ in 0..3 {
        tracer.tell("eat 5000000");
    }
    let after = tracer.count("memory_bytes");
    assert!(after >= before + 14_000_000, "{before} bytes, then {after}");
}
