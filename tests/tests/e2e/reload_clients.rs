//! Reloads of a plugin on a connection that the host has made, `sockdock connect`, and on those that it makes itself.

use crate::guests;
use rustix::process::Signal;
use serde_json::{Value, json};
use sockdock_tests::{DEADLINE, Host, Random, Serve, Tracer};
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

fn fields(phase: &str, how: &str) -> Value {
    json!({ "plugin": guests::FAULTY.path(), "set": { "in": phase, "how": how, "milliseconds": "300" } })
}

#[track_caller]
fn accept(listener: &TcpListener) -> TcpStream {
    let (peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.set_nodelay(true).unwrap();
    peer
}

/// A client that fails as the settings say, and the server's side of its connection.
fn client(settings: &[(&str, &str)]) -> (Host, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let serve = Serve::connect(guests::FAULTY, listener.local_addr().unwrap().to_string()).args(["--memory-limit", "24MiB"]);
    let host = settings.iter().fold(serve, |serve, (key, value)| serve.set(key, value)).start();
    let mut peer = accept(&listener);
    says(&mut peer, "=kept", "ok");
    (host, peer)
}

#[track_caller]
fn says(peer: &mut TcpStream, bytes: &str, answer: &str) {
    peer.write_all(bytes.as_bytes()).unwrap();
    let mut back = vec![0; answer.len()];
    peer.read_exact(&mut back).unwrap();
    assert_eq!(String::from_utf8_lossy(&back), answer);
}

#[track_caller]
fn untouched(peer: &mut TcpStream) {
    says(peer, "untouched", "untouched");
    says(peer, "?", "kept");
}

/// Without `loop`, whose budget of CPU time `reload_failures` has on its own.
const WAYS: [&str; 4] = ["trap", "memory", "stack", "error"];

#[test]
fn a_failure_leaves_the_old_one_on_its_connection() {
    let (mut host, mut peer) = client(&[]);
    for how in WAYS {
        host.reload_fails(fields("start", how), "prepare");
        untouched(&mut peer);
        host.reload_fails(fields("restore", how), "restore");
        untouched(&mut peer);
    }
    host.reload_fails(json!({ "plugin": guests::WRONG_WORLD.path() }), "prepare");
    untouched(&mut peer);
    host.try_reload(fields("", "")).unwrap();
    untouched(&mut peer);
    drop(peer);
    assert!(host.ended().success());
}

#[test]
fn a_snapshot_that_fails_costs_no_connection() {
    for how in WAYS {
        let (host, mut peer) = client(&[("in", "snapshot"), ("how", how)]);
        host.reload_fails(fields("", ""), "snapshot");
        untouched(&mut peer);
        assert_eq!(host.count("connections"), 1);
    }
}

#[test]
fn sigterm_in_the_middle() {
    let (mut host, mut peer) = client(&[]);
    std::thread::scope(|scope| {
        scope.spawn(|| host.try_reload(fields("restore", "busy")));
        host.wait_log(&["in the middle of restore"]);
        host.signal(Signal::TERM);
        host.wait_log(&["stopping"]);
        untouched(&mut peer);
    });
    drop(peer);
    assert!(host.ended().success());
}

/// Connections that the plugin has asked for: one that stands, one on its way, and what was written on both.
#[test]
fn connections_of_the_plugins_own_are_carried_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--allow-connect", "127.0.0.1:*"]));
    let id: u64 = tracer.value(&format!("connect {address} context=mine")).parse().unwrap();
    tracer.tell(&format!("write {id} early"));
    let mut peer = accept(&listener);
    tracer.wait(&format!("open {id}"));
    // Another is asked for in the very call before the reload, and opens in either generation, once.
    let next: u64 = tracer.value(&format!("connect {address}")).parse().unwrap();
    let mut random = Random::new(7);
    for round in 0..20 {
        tracer.reload(guests::TRACER);
        let bytes: String = random.bytes(16).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        peer.write_all(bytes.as_bytes()).unwrap();
        tracer.wait(&format!("data {id} 16 {bytes}"));
        tracer.tell(&format!("write {id} {round:02}"));
    }
    assert_eq!(tracer.value(&format!("context {id}")), "mine");
    tracer.wait(&format!("open {next}"));
    assert_eq!(tracer.events(next).iter().filter(|event| event.starts_with("open")).count(), 1);
    let expected: String = std::iter::once("early".to_owned()).chain((0..20).map(|round| format!("{round:02}"))).collect();
    let mut got = vec![0; expected.len()];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(String::from_utf8_lossy(&got), expected);
    drop(peer);
    assert_eq!(tracer.closed(id).iter().filter(|event| event.starts_with("close")).count(), 1);
}
