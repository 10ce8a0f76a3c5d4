//! Handshakes that fail, stop half-way or crawl: thousands leave descriptors and memory where they were.

use crate::guests;
use rustls::{ClientConnection, pki_types::ServerName};
use sockdock_tests::{Client, Host, Serve, eventually};
use std::{env, io::Write as _};

/// Connections at a time.
const BATCH: usize = 100;
/// What an allocator may keep of a crowd that has gone. A kilobyte and a half for each of the smallest number would be more.
const SLACK: u64 = 4 << 20;

/// How many of each kind; `make interop` asks for more.
fn peers() -> usize {
    env::var("SOCKDOCK_TEST_PEERS").map_or(1_000, |number| number.parse().expect("a number of peers"))
}

/// What a client says first.
fn client_hello(host: &Host) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut hello = Vec::new();
    ClientConnection::new(host.certificates().client(), name).unwrap().write_tls(&mut hello).unwrap();
    hello
}

/// Until all the handshakes that were begun have failed, and their connections are gone.
fn until_over(host: &Host, failed: u64) {
    host.wait_count("handshakes_failed", failed);
    host.wait_count("connections", 0);
}

/// Noise in place of a handshake.
fn failing(host: &Host, failed: u64, _hello: &[u8]) {
    let mut crowd: Vec<Client> = (0..BATCH).map(|_| Client::tcp(host.tls_address())).collect();
    for (number, client) in crowd.iter_mut().enumerate() {
        // The host may have seen enough before all is sent.
        let noise: &[u8] = if number % 2 == 0 { b"GET / HTTP/1.1\r\n\r\n" } else { &[0xff; 1000] };
        client.write_all(noise).ok();
    }
    until_over(host, failed);
}

/// Half a handshake, then our end; the other half of the connection stays open.
fn half_open(host: &Host, failed: u64, hello: &[u8]) {
    let mut crowd: Vec<Client> = (0..BATCH).map(|_| Client::tcp(host.tls_address())).collect();
    for client in &mut crowd {
        client.write_all(&hello[..hello.len() / 2]).unwrap();
        client.finish();
    }
    until_over(host, failed);
}

/// A good handshake, byte by byte; others aren't kept waiting meanwhile.
fn crawling(host: &Host, failed: u64, hello: &[u8]) {
    let mut crowd: Vec<Client> = (0..BATCH).map(|_| Client::tcp(host.tls_address())).collect();
    let mut bytes = hello.chunks(1);
    crowd.iter_mut().for_each(|client| client.send(&hello[..1]));
    bytes.next();
    host.tls().echo("meanwhile");
    eventually("the end of slow handshakes", || {
        if let Some(byte) = bytes.next() {
            crowd.iter_mut().for_each(|client| drop(client.write_all(byte)));
        }
        (host.count("handshakes_failed") == failed).then_some(())
    });
    until_over(host, failed);
}

#[test]
fn nothing_is_left_of_bad_handshakes() {
    let host = Serve::guest(guests::ECHO_V1).tls().args(["--handshake-timeout", "300ms"]).start();
    let hello = client_hello(&host);
    let mut failed = 0;
    let mut round = |kind: fn(&Host, u64, &[u8])| {
        failed += BATCH as u64;
        kind(&host, failed, &hello);
    };
    let kinds = [failing, half_open, crawling];
    // What the first crowd makes the host keep ready isn't lost.
    kinds.into_iter().for_each(&mut round);
    let (descriptors, memory) = (host.open_descriptors(), host.memory());
    for kind in kinds {
        (0..peers().div_ceil(BATCH)).for_each(|_| round(kind));
        host.tls().echo("a good one");
        host.wait_count("connections", 0);
    }
    eventually("the descriptors as before", || (host.open_descriptors() <= descriptors).then_some(()));
    eventually("the memory as before", || (host.memory() <= memory + SLACK).then_some(()));
}
