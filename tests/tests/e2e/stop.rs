//! How a host ends.

use crate::guests;
use rustix::process::Signal;
use sockdock_tests::{Host, Serve, eventually};
use std::net::TcpStream;

fn echo() -> Host {
    Serve::guest(guests::ECHO_V1).tcp().start()
}

/// Stops it while a connection is open: no new one is taken, the open one is served until its peer leaves.
#[track_caller]
fn drains(mut host: Host, stop: impl FnOnce(&Host) -> Option<std::thread::JoinHandle<()>>) {
    let mut client = host.tcp();
    client.echo("before");
    let command = stop(&host);
    eventually("the listener to be gone", || TcpStream::connect(host.tcp_address()).is_err().then_some(()));
    client.echo("meanwhile");
    assert!(host.runs());
    client.finish();
    client.expect_end();
    assert!(host.ended().success());
    if let Some(thread) = command {
        thread.join().unwrap();
    }
}

#[test]
fn sigterm_drains() {
    drains(echo(), |host| (host.signal(Signal::TERM), None).1);
}

#[test]
fn sigint_drains() {
    drains(echo(), |host| (host.signal(Signal::INT), None).1);
}

#[test]
fn stop_drains() {
    drains(echo(), |host| {
        let admin = host.admin_socket().to_owned();
        Some(std::thread::spawn(move || {
            sockdock_tests::Program::sockdock(["stop", "--admin"]).arg(admin).run().success();
        }))
    });
}

#[test]
fn a_host_without_connections_stops_at_once() {
    let mut host = echo();
    host.cli(["stop"]).success();
    assert!(host.ended().success());
}

#[test]
fn stop_by_force_closes_connections() {
    let mut host = echo();
    let mut client = host.tcp();
    client.echo("before");
    host.cli(["stop", "--force"]).success();
    // Reset or ended: it doesn't wait.
    assert!(client.rest().unwrap_or_default().is_empty());
    assert!(host.ended().success());
}

#[test]
fn an_unknown_listener_is_not_stopped() {
    let host = echo();
    host.cli(["stop", "--listener", "nobody"]).refusal(1, &["nobody", "echo"]);
    host.tcp().echo("still here");
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut host = echo();
    let mut client = host.tcp();
    client.echo("before");
    host.signal(Signal::TERM);
    eventually("the listener to be gone", || TcpStream::connect(host.tcp_address()).is_err().then_some(()));
    host.signal(Signal::TERM);
    host.ended();
    assert!(client.rest().unwrap_or_default().is_empty());
}

/// A peer that never finishes its handshake has no connection yet to be reset, and must not hold a stop up.
#[test]
fn stop_by_force_ends_handshakes() {
    let mut host = Serve::guest(guests::ECHO_V1).tcp().tls().args(["--handshake-timeout", "1h"]).start();
    let mut silent = sockdock_tests::Client::tcp(host.tls_address());
    host.wait_count("connections", 1);
    host.cli(["stop", "--force"]).success();
    silent.expect_end();
    assert!(host.ended().success());
}
