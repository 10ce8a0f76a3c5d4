//! `examples/proxy`: every byte in both directions, ends and failures passed on, and swapped while bytes run through it.

use crate::guests;
use sockdock_tests::{Client, Host, Pace, Program, Random, Serve, example_folder, pump};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};

const MIB: usize = 1 << 20;

fn proxy(upstream: &str) -> Host {
    Serve::plugin(example_folder("proxy"))
        .tcp()
        .tls()
        .args(["--allow-half-open", "--allow-connect", upstream])
        .set("upstream", upstream)
        .start()
}

fn echo() -> (Host, Host) {
    let echo = Serve::guest(guests::ECHO_V1).tcp().start();
    let proxy = proxy(&echo.tcp_address().to_string());
    (echo, proxy)
}

#[test]
fn every_byte_in_both_directions() {
    let (echo, proxy) = echo();
    let mut random = Random::new(11);
    let bytes = random.bytes(MIB);
    for pace in [
        Pace { write: 9_000, read: 9_000, read_late: false },
        Pace { write: MIB, read: MIB, read_late: false },
        Pace { write: 50_000, read: 700, read_late: true },
    ] {
        for mut client in [proxy.tcp(), proxy.tls()] {
            let back = pump(&mut client, &bytes, pace, &mut random);
            assert!(back == bytes, "other bytes came back");
            client.finish();
            client.expect_end();
        }
    }
    proxy.wait_count("connections", 0);
    echo.wait_count("connections", 0);
}

#[test]
fn marks_of_the_operators() {
    let echo = Serve::guest(guests::ECHO_V1).tcp().start();
    let upstream = echo.tcp_address().to_string();
    for mark in ["16KiB", "512KiB"] {
        let proxy = Serve::plugin(example_folder("proxy")).tcp().set("upstream", &upstream);
        let proxy = proxy.args(["--allow-half-open", "--allow-connect", &upstream, "--high-water", mark]).start();
        let mut random = Random::new(13);
        let bytes = random.bytes(8 * MIB);
        let back = pump(&mut proxy.tcp(), &bytes, Pace { write: MIB, read: 60_000, read_late: true }, &mut random);
        assert!(back == bytes, "other bytes came back");
    }
}

#[test]
fn a_reload_in_the_stream() {
    let (_echo, proxy) = echo();
    let mut client = proxy.tcp();
    client.echo("before");
    let mut random = Random::new(12);
    let bytes = random.bytes(4 * MIB);
    std::thread::scope(|scope| {
        let pumping = scope.spawn(|| {
            let back = pump(&mut client, &bytes, Pace { write: 30_000, read: 30_000, read_late: false }, &mut random);
            assert!(back == bytes, "other bytes came back");
            client
        });
        let mut reloads = 0;
        while !pumping.is_finished() {
            proxy.try_reload(serde_json::json!({})).unwrap();
            reloads += 1;
        }
        assert!(reloads > 0);
        pumping.join().unwrap().echo("after");
    });
}

/// An upstream of the test's own.
fn upstream() -> (TcpListener, Host) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = proxy(&listener.local_addr().unwrap().to_string());
    (listener, proxy)
}

#[test]
fn ends_are_passed_on_one_direction_at_a_time() {
    let (listener, proxy) = upstream();
    let mut client = proxy.tcp();
    client.send("question");
    client.finish();
    let (mut peer, _) = listener.accept().unwrap();
    let mut question = String::new();
    peer.read_to_string(&mut question).unwrap();
    assert_eq!(question, "question");
    peer.write_all(b"answer").unwrap();
    drop(peer);
    client.expect("answer");
    client.expect_end();
    proxy.wait_count("connections", 0);
}

#[test]
fn failures_are_passed_on_as_resets() {
    let (listener, proxy) = upstream();
    let mut client = proxy.tcp();
    client.send("x");
    let (mut peer, _) = listener.accept().unwrap();
    peer.read_exact(&mut [0]).unwrap();
    client.reset();
    assert!(peer.read(&mut [0]).is_err(), "the upstream saw a clean end");
    drop(peer);
    drop(listener);
    // It may be reset before its connect returns.
    let heard = TcpStream::connect(proxy.tcp_address()).and_then(|mut client| client.read(&mut [0]));
    assert_eq!(heard.unwrap_err().kind(), ErrorKind::ConnectionReset);
    proxy.wait_count("connections", 0);
    proxy.wait_log(&["refused"]);
}

/// Sends until nothing more is taken.
fn stuff(client: &mut Client) -> usize {
    client.set_nonblocking(true);
    let mut sent = 0;
    loop {
        match client.write(&[7; 16 << 10]) {
            Ok(n) => sent += n,
            Err(_) if client.writable(Duration::from_millis(200)) => {}
            Err(_) => break,
        }
        assert!(sent < 64 * MIB, "the proxy takes without end what its upstream doesn't read");
    }
    client.set_nonblocking(false);
    sent
}

#[test]
fn an_upstream_that_does_not_read_stops_its_client_and_no_more() {
    let (listener, proxy) = upstream();
    let before = proxy.memory();
    let mut client = proxy.tcp();
    let (mut peer, _) = listener.accept().unwrap();
    let sent = stuff(&mut client);
    assert!(proxy.memory().saturating_sub(before) < 4 * MIB as u64);
    // The other direction goes on.
    peer.write_all(b"still here").unwrap();
    client.expect("still here");
    client.finish();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), sent);
}

/// How much both sides of a direct connection can send before either reads anything.
fn direct() -> (usize, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one = Client::tcp(listener.local_addr().unwrap());
    let mut other = Client::Tcp(listener.accept().unwrap().0);
    (stuff(&mut one), stuff(&mut other))
}

/// Two who write all they have before they read: it works where the kernel keeps that much, and through the proxy as well, whose
/// queues are above their marks on both sides then.
#[test]
fn both_sides_may_write_everything_before_they_read() {
    let (there, back) = direct();
    let mut random = Random::new(13);
    let (there, back) = (random.bytes(there), random.bytes(back));
    let (listener, proxy) = upstream();
    for mut client in [proxy.tcp(), proxy.tls()] {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_nodelay(true).unwrap();
        peer.set_write_timeout(Some(sockdock_tests::DEADLINE)).unwrap();
        std::thread::scope(|scope| {
            let upstream = scope.spawn(|| peer.write_all(&back).unwrap());
            client.send(&there);
            upstream.join().unwrap();
        });
        // Only now.
        std::thread::scope(|scope| {
            let upstream = scope.spawn(|| {
                let mut got = vec![0; there.len()];
                peer.read_exact(&mut got).unwrap();
                assert!(got == there, "other bytes reached the upstream");
            });
            assert!(client.receive(back.len()) == back, "other bytes came back");
            upstream.join().unwrap();
        });
        client.finish();
        drop(peer);
        client.expect_end();
    }
}

#[test]
fn redis_benchmark_through_it() {
    let kv = Serve::plugin(example_folder("kv")).tcp().start();
    let proxy = proxy(&kv.tcp_address().to_string());
    let port = proxy.tcp_address().port().to_string();
    for pipeline in ["1", "16"] {
        let output = Program::new("redis-benchmark")
            .args(["-p", &port, "-n", "2000", "-c", "20", "-P", pipeline, "-t", "set,get,lpush,lrange_100", "--csv"])
            .run();
        assert!(output.status.success() && !output.stderr.contains("rror"), "{output:?}");
    }
    assert_eq!(proxy.count("traps") + kv.count("traps"), 0);
}
