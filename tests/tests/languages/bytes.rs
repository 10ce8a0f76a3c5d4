//! What a peer sends comes back exact, however it is cut, however slowly it is read, and whatever carries it.

use crate::plugins::{Language, each_kind, everywhere};
use sockdock_tests::{Pace, Random, Serve, pump, take_back};
use std::{
    io::{ErrorKind, Write as _},
    time::Duration,
};

const MIB: usize = 1 << 20;

in_each_language!(
    a_mebibyte_in_random_pieces,
    a_mebibyte_at_once,
    a_mebibyte_to_a_slow_reader,
    byte_by_byte,
    through_the_smallest_buffers,
    memory_stays_bounded_while_peers_do_not_read,
    many_connections_at_once,
);

#[track_caller]
fn comes_back(serve: Serve, pace: Pace, size: usize) {
    let host = serve.start();
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
    assert_eq!(host.count("traps"), 0);
}

fn a_mebibyte_in_random_pieces(language: Language) {
    comes_back(everywhere(language.echo()), Pace { write: 9_000, read: 9_000, read_late: false }, MIB);
}

fn a_mebibyte_at_once(language: Language) {
    comes_back(everywhere(language.echo()), Pace { write: MIB, read: MIB, read_late: false }, MIB);
}

fn a_mebibyte_to_a_slow_reader(language: Language) {
    comes_back(everywhere(language.echo()), Pace { write: 50_000, read: 700, read_late: true }, MIB);
}

fn byte_by_byte(language: Language) {
    comes_back(everywhere(language.echo()), Pace { write: 1, read: 3, read_late: false }, 4_000);
}

/// The queue is full again and again; an echo never sees a short write even then.
fn through_the_smallest_buffers(language: Language) {
    let small = ["--high-water", "1KiB", "--read-buffer", "4KiB", "--write-buffer", "5KiB"];
    comes_back(everywhere(language.echo()).args(small), Pace { write: 50_000, read: 700, read_late: true }, MIB / 4);
}

fn memory_stays_bounded_while_peers_do_not_read(language: Language) {
    let host = everywhere(language.echo()).start();
    each_kind(&host).into_iter().for_each(|(_, mut client)| client.echo("warm"));
    let before = host.memory();
    let mut random = Random::new(7);
    let piece = random.bytes(16 << 10);
    let mut clients: Vec<_> = each_kind(&host).into_iter().chain(each_kind(&host)).map(|(_, client)| (client, 0)).collect();
    for (client, sent) in &mut clients {
        client.set_nonblocking(true);
        loop {
            match client.write(&piece[*sent % piece.len()..]) {
                Ok(n) => *sent += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock && !client.writable(Duration::from_millis(200)) => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            assert!(*sent < 64 * MIB, "the host reads without end from a peer that doesn't read");
        }
        client.set_nonblocking(false);
    }
    // Python keeps what it has written (see its README); what it was sent is the bound of that.
    let kept = if language == Language::Python { host.count("bytes_read") } else { 0 };
    let grown = host.memory().saturating_sub(before);
    assert!(grown < 8 * MIB as u64 + kept, "{grown} bytes for 8 connections that don't read");
    // Nothing was lost meanwhile.
    for (client, sent) in &mut clients {
        let back = take_back(client, *sent);
        assert!(back.chunks(piece.len()).all(|chunk| *chunk == piece[..chunk.len()]), "other bytes came back");
    }
    assert_eq!(host.count("traps"), 0);
}

fn many_connections_at_once(language: Language) {
    const CONNECTIONS: usize = 200;
    let host = everywhere(language.echo()).start();
    let mut clients: Vec<_> = (0..CONNECTIONS / 4).flat_map(|_| each_kind(&host)).collect();
    for round in 0..3 {
        for (n, (kind, client)) in clients.iter_mut().enumerate() {
            client.send(format!("{kind} {n} in round {round}"));
        }
        // Not in the order in which they sent.
        for (n, (kind, client)) in clients.iter_mut().enumerate().rev() {
            client.expect(format!("{kind} {n} in round {round}"));
        }
    }
    assert_eq!(host.count("connections"), CONNECTIONS as u64);
    drop(clients);
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}
