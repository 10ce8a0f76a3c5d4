//! What a peer sends comes back exact, however it is cut, however slowly it is read, and whatever carries it.

use crate::guests;
use sockdock_tests::{Client, Host, Pace, Random, Serve, pump, take_back};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::Duration,
};

const MIB: usize = 1 << 20;

fn echo() -> Host {
    Serve::guest(guests::ECHO_V1).tcp().unix("plain.sock").tls().tls_unix("secret.sock").start()
}

/// One connection of each kind.
fn each_kind(host: &Host) -> [(&'static str, Client); 4] {
    [("tcp", host.tcp()), ("unix", host.unix("plain.sock")), ("tls", host.tls()), ("tls+unix", host.tls_unix("secret.sock"))]
}

#[track_caller]
fn comes_back(pace: Pace, size: usize) {
    let host = echo();
    let mut random = Random::new(size as u64);
    let bytes = random.bytes(size);
    for (kind, mut client) in each_kind(&host) {
        let back = pump(&mut client, &bytes, pace, &mut random);
        assert!(back == bytes, "{kind}: other bytes came back");
        client.finish();
        client.expect_end();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("bytes_read"), 4 * size as u64);
    assert_eq!(host.count("bytes_written"), 4 * size as u64);
    assert_eq!(host.count("accepted"), 4);
}

#[test]
fn a_mebibyte_in_random_pieces() {
    comes_back(Pace { write: 9_000, read: 9_000, read_late: false }, MIB);
}

#[test]
fn a_mebibyte_at_once() {
    comes_back(Pace { write: MIB, read: MIB, read_late: false }, MIB);
}

#[test]
fn a_mebibyte_to_a_slow_reader() {
    comes_back(Pace { write: 50_000, read: 700, read_late: true }, MIB);
}

#[test]
fn byte_by_byte() {
    comes_back(Pace { write: 1, read: 3, read_late: false }, 4_000);
}

/// Sends until the host takes no more; gives what was sent.
fn stuff(client: &mut Client, random: &mut Random) -> Vec<u8> {
    let mut sent = Vec::new();
    let piece = random.bytes(16 << 10);
    client.set_nonblocking(true);
    loop {
        match client.write(&piece) {
            Ok(n) => sent.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock && !client.writable(Duration::from_millis(200)) => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        assert!(sent.len() < 64 * MIB, "the host reads without end from a peer that doesn't read");
    }
    client.set_nonblocking(false);
    sent
}

#[test]
fn memory_stays_bounded_while_peers_do_not_read() {
    let host = echo();
    each_kind(&host).into_iter().for_each(|(_, mut client)| client.echo("warm"));
    let before = host.memory();
    let mut random = Random::new(7);
    let mut clients: Vec<_> = each_kind(&host).into_iter().chain(each_kind(&host)).map(|(_, client)| client).collect();
    let sent: Vec<_> = clients.iter_mut().map(|client| stuff(client, &mut random)).collect();
    let grown = host.memory().saturating_sub(before);
    assert!(grown < 8 * MIB as u64, "{grown} bytes for 8 connections that don't read");
    // Nothing was lost meanwhile.
    for (client, sent) in clients.iter_mut().zip(sent) {
        assert!(take_back(client, sent.len()) == sent, "other bytes came back");
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn twelve_mebibytes_to_a_slow_reader() {
    const LENGTH: usize = 12 * MIB;
    let host = Serve::guest(guests::WRITER).tcp().tls().start();
    for mut client in [host.tcp(), host.tls()] {
        client.send(format!("{LENGTH}\n"));
        assert!(client.readable(Duration::from_secs(20)));
        // The host has as much as it may take, and the rest is still to be made.
        let held = host.memory();
        let mut got = Vec::with_capacity(LENGTH);
        let mut piece = vec![0; 30_000];
        loop {
            match client.read(&mut piece).expect("read") {
                0 => break,
                n => got.extend_from_slice(&piece[..n]),
            }
        }
        assert!(got == pattern(LENGTH), "{} bytes, or others than asked for", got.len());
        assert!(host.memory() < held + 8 * MIB as u64, "memory grew with what was sent");
        client.finish();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}
