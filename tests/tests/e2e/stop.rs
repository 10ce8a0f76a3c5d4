//! How a host ends.

use crate::guests;
use rustix::process::Signal;
use sockdock_tests::{Client, Host, Secure, Serve, eventually};
use std::{net::TcpStream, sync::atomic::Ordering::Relaxed};

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

/// Clients that come and go without a pause while the host stops: each that the kernel let in is served.
#[test]
fn nobody_who_got_in_is_lost() {
    for tls in [false, true] {
        let serve = Serve::guest(guests::ECHO_V1).args(["--backlog", "512", "--instances", "2"]);
        let mut host = if tls { serve.tls() } else { serve.tcp() }.start();
        let address = if tls { host.tls_address() } else { host.tcp_address() };
        let config = tls.then(|| host.certificates().client());
        let served = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // A second is what a SYN that was dropped takes to come again, to nobody.
                    while let Ok(stream) = TcpStream::connect(address) {
                        let mut client = match &config {
                            None => Client::Tcp(stream),
                            Some(config) => Client::Tls(Box::new(Secure::handshake(stream, config.clone()).unwrap())),
                        };
                        client.echo("served");
                        served.fetch_add(1, Relaxed);
                    }
                });
            }
            eventually("some to be served", || (served.load(Relaxed) > 200).then_some(()));
            host.signal(Signal::TERM);
        });
        assert!(host.ended().success());
    }
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

/// A peer that never finishes its handshake is reset as others are, and doesn't hold a stop up.
#[test]
fn stop_by_force_ends_handshakes() {
    let mut host = Serve::guest(guests::ECHO_V1).tcp().tls().args(["--handshake-timeout", "1h"]).start();
    let mut silent = sockdock_tests::Client::tcp(host.tls_address());
    host.wait_count("connections", 1);
    host.cli(["stop", "--force"]).success();
    assert_eq!(silent.expect_reset(), b"");
    assert!(host.ended().success());
}
