//! The events of a connection: which, in what order, with what arguments, and `close` exactly once.

use crate::guests;
use sockdock_tests::{Client, Tracer};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
};

fn tracer() -> Tracer {
    Tracer::start(guests::TRACER, |serve| serve)
}

#[test]
fn a_plain_connection() {
    let tracer = tracer();
    let mut subject = tracer.connect();
    subject.peer.send("hello");
    tracer.wait(&format!("data {}", subject.id));
    subject.peer.finish();
    subject.peer.expect_end();
    let from = format!("open from 127.0.0.1:{}", subject.peer.port());
    assert_eq!(tracer.closed(subject.id), [from.as_str(), "data 5 hello", "end", "close none unsent=0"]);
}

#[test]
fn a_connection_without_a_byte() {
    let tracer = tracer();
    let subject = tracer.connect();
    drop(subject.peer);
    assert_eq!(tracer.closed(subject.id)[1..], ["end", "close none unsent=0"]);
}

#[test]
fn a_tls_connection() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.tls());
    let mut subject = tracer.subject(tracer.tls());
    subject.peer.send("hello");
    tracer.wait(&format!("data {}", subject.id));
    let session = tracer.value(&format!("session {}", subject.id));
    assert!(session.starts_with("TLSv1.3 TLS_") && session.contains("localhost"), "{session}");
    assert_eq!(tracer.value(&format!("certificates {}", subject.id)), "0");
    subject.peer.finish();
    subject.peer.expect_end();
    let from = format!("open from 127.0.0.1:{}", subject.peer.port());
    assert_eq!(tracer.closed(subject.id), ["handshake verified", &from, "data 5 hello", "end", "close none unsent=0"]);
}

#[test]
fn a_stream_comes_in_order() {
    let tracer = tracer();
    let mut subject = tracer.connect();
    let sent: String = (0..500).map(|n| format!("{n},")).collect();
    for piece in sent.as_bytes().chunks(7) {
        subject.peer.send(piece);
    }
    subject.peer.finish();
    let events = tracer.closed(subject.id);
    let sizes = events.iter().filter_map(|event| event.strip_prefix("data ")?.split(' ').next()?.parse::<usize>().ok());
    assert_eq!(sizes.sum::<usize>(), sent.len());
    assert_eq!(events.iter().filter(|event| event.starts_with("close")).count(), 1);
    assert!(events.last().unwrap().starts_with("close"));
}

#[test]
fn what_a_plugin_can_know_of_a_socket() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--name", "front"]));
    let mut subject = tracer.connect();
    let id = subject.id;
    subject.peer.send("12345");
    tracer.wait(&format!("data {id}"));
    tracer.tell(&format!("write {id} abc; flush {id}"));
    subject.peer.expect("abc");
    assert_eq!(tracer.value(&format!("local {id}")), tracer.tcp_address().to_string());
    assert_eq!(tracer.value(&format!("remote {id}")), format!("127.0.0.1:{}", subject.peer.port()));
    assert_eq!(tracer.value(&format!("listener {id}")), "front");
    assert_eq!(tracer.value(&format!("read {id}")), "5");
    assert_eq!(tracer.value(&format!("written {id}")), "3");
    assert_eq!(tracer.value(&format!("queued {id}")), "0");
    assert_eq!(tracer.value(&format!("session {id}")), "-");
    tracer.tell(&format!("no-delay {id} off; no-delay {id} on; keep-alive {id} 30000; keep-alive {id} none"));
}

/// Every function that names a socket.
const OF_A_SOCKET: &[&str] = &[
    "write $ x",
    "flush $",
    "end $",
    "shutdown $",
    "terminate $",
    "pause $",
    "resume $",
    "auto-pause $ on",
    "queued $",
    "timeout $ 10",
    "no-delay $ on",
    "keep-alive $ 10",
    "local $",
    "remote $",
    "listener $",
    "read $",
    "written $",
    "context $",
    "set-context $ x",
    "session $",
    "certificates $",
];

#[test]
fn a_socket_that_is_gone_answers_closed() {
    let tracer = tracer();
    let subject = tracer.connect();
    drop(subject.peer);
    tracer.closed(subject.id);
    for id in [subject.id, 0, u64::MAX] {
        for command in OF_A_SOCKET {
            let command = command.replace('$', &id.to_string());
            assert_eq!(tracer.ask(&command), "err closed", "{command}");
        }
    }
}

#[test]
fn another_instances_socket_answers_closed() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--workers", "2", "--instances", "2"]));
    // Every connection to the control socket asks the instance that it came to.
    let own = tracer.value("live");
    let mut others: Vec<_> = (0..4).map(|_| tracer.unix("control.sock")).collect();
    let foreign = others.iter_mut().find_map(|other| {
        let live = ask(other, "live");
        let id = live.trim().trim_start_matches("ok ").split(' ').next().unwrap().to_owned();
        (!own.split(' ').any(|known| known == id)).then_some(id)
    });
    let foreign = [foreign.expect("connections spread over both instances")];
    for id in &foreign {
        for command in OF_A_SOCKET {
            let command = command.replace('$', id);
            assert_eq!(tracer.ask(&command), "err closed", "{command}");
        }
    }
    assert_eq!(tracer.count("connections"), 5);
}

fn ask(control: &mut Client, command: &str) -> String {
    control.send(format!("{command}\n"));
    let mut answer = String::new();
    BufReader::new(control).read_line(&mut answer).expect("an answer");
    answer
}

#[test]
fn ids_are_never_used_again() {
    let tracer = tracer();
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let subject = tracer.connect();
        drop(subject.peer);
        tracer.closed(subject.id);
        assert!(seen.insert(subject.id), "{} came twice", subject.id);
    }
}

#[test]
fn live_lists_what_is_open() {
    let tracer = tracer();
    let control = tracer.value("live");
    let (a, b) = (tracer.connect(), tracer.connect());
    assert_eq!(tracer.value("live"), format!("{control} {} {}", a.id, b.id));
    drop(a.peer);
    tracer.closed(a.id);
    assert_eq!(tracer.value("live"), format!("{control} {}", b.id));
}

#[test]
fn events_inside_events_do_not_overlap() {
    let tracer = tracer();
    // Ending a second socket inside the first one's event takes effect after it.
    let (mut a, b) = (tracer.connect(), tracer.connect());
    tracer.tell(&format!("on data terminate {}; write $ done", b.id));
    a.peer.send("x");
    a.peer.expect("done");
    tracer.closed(b.id);
    let trace = tracer.trace();
    let at = |start: &str| trace.iter().position(|event| event.starts_with(start)).unwrap_or_else(|| panic!("{start}"));
    assert!(at(&format!("data {}", a.id)) < at("did data"));
    assert!(at("did data") < at(&format!("close {}", b.id)));
}
