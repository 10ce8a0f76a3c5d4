//! Short writes and `drain`: a plugin that has more to send than the queue takes.

use crate::plugins::{Language, each_kind, everywhere};
use sockdock_tests::Serve;
use std::io::Read as _;

in_each_language!(
    eight_mebibytes_to_a_slow_reader,
    through_the_smallest_buffers,
    several_at_once,
    a_peer_that_goes_away_in_between,
);

const LENGTH: usize = 8 << 20;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[track_caller]
fn sends(serve: Serve, length: usize) {
    let host = serve.start();
    for (kind, mut client) in each_kind(&host) {
        client.send(format!("{length}\n"));
        let mut got = Vec::with_capacity(length);
        let mut piece = vec![0; 30_000];
        loop {
            match client.read(&mut piece).expect("read") {
                0 => break,
                n => got.extend_from_slice(&piece[..n]),
            }
        }
        assert!(got == pattern(length), "{kind}: {} bytes, or others than asked for", got.len());
        client.finish();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("bytes_written"), 4 * length as u64);
    assert_eq!(host.count("traps"), 0);
}

fn eight_mebibytes_to_a_slow_reader(language: Language) {
    sends(everywhere(language.probe()), LENGTH);
}

fn through_the_smallest_buffers(language: Language) {
    let small = ["--high-water", "1KiB", "--read-buffer", "4KiB", "--write-buffer", "5KiB"];
    sends(everywhere(language.probe()).args(small), LENGTH / 16);
}

fn several_at_once(language: Language) {
    let host = everywhere(language.probe()).start();
    let mut clients = each_kind(&host).map(|(_, client)| client);
    for (n, client) in clients.iter_mut().enumerate() {
        client.send(format!("{}\n", LENGTH / 4 + n));
    }
    for (n, client) in clients.iter_mut().enumerate().rev() {
        assert!(client.receive(LENGTH / 4 + n) == pattern(LENGTH / 4 + n));
        client.expect_end();
    }
    assert_eq!(host.count("traps"), 0);
}

fn a_peer_that_goes_away_in_between(language: Language) {
    let host = everywhere(language.probe()).start();
    for (_, mut client) in each_kind(&host) {
        client.send(format!("{}\n", 4 * LENGTH));
        client.receive(10_000);
        client.reset();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}
