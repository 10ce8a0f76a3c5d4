//! Unix sockets: their names, their files.

use crate::guests;
use rustix::process::Signal;
use sockdock_tests::{Address, Serve, Tracer};
use std::os::unix::net::UnixListener;

#[test]
fn an_endpoint_is_a_path() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.unix("subjects.sock"));
    let mut subject = tracer.subject(tracer.unix("subjects.sock"));
    let id = subject.id;
    assert_eq!(tracer.value(&format!("local {id}")), format!("{}:0", tracer.path("subjects.sock").display()));
    assert_eq!(tracer.value(&format!("remote {id}")), ":0");
    // What is for TCP alone.
    assert_eq!(tracer.ask(&format!("no-delay {id} on; keep-alive {id} 1000")), "err unsupported; err unsupported");
    subject.peer.send("hello");
    tracer.wait(&format!("data {id} 5"));
    subject.peer.finish();
    subject.peer.expect_end();
    assert_eq!(tracer.closed(id)[1..], ["data 5 hello", "end", "close none unsent=0"]);
}

#[test]
fn the_file_goes_with_the_host() {
    let mut host = Serve::guest(guests::ECHO_V1).unix("plain.sock").start();
    assert_eq!(host.addresses(), [Address::Unix(host.path("plain.sock"))]);
    host.unix("plain.sock").echo("hello");
    host.wait_count("connections", 0);
    host.signal(Signal::TERM);
    assert!(host.ended().success());
    assert!(!host.path("plain.sock").exists());
    assert!(!host.admin_socket().exists());
}

#[test]
fn a_file_left_behind_is_replaced() {
    let serve = Serve::guest(guests::ECHO_V1).unix("plain.sock");
    // Its owner is gone: what a killed process leaves.
    drop(UnixListener::bind(serve.path("plain.sock")).unwrap());
    let host = serve.start();
    host.unix("plain.sock").echo("hello");
}

#[test]
fn a_live_socket_is_not_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain.sock");
    let serve = Serve::guest(guests::ECHO_V1).arg("--listen").arg(format!("unix:{}", path.display()));
    let _owner = UnixListener::bind(&path).unwrap();
    serve.run().refusal(1, &["plain.sock", "in use"]);
    assert!(path.exists());
}

#[test]
fn another_kind_of_file_is_not_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let serve = Serve::guest(guests::ECHO_V1).arg("--listen").arg(format!("unix:{}", path.display()));
    std::fs::write(&path, "mine").unwrap();
    serve.run().refusal(1, &["notes.txt"]);
    assert_eq!(std::fs::read(path).unwrap(), b"mine");
}
