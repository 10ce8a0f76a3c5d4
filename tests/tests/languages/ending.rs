//! How connections end.

use crate::plugins::{Language, each_kind, everywhere};
use sockdock_tests::{Client, Pace, Random, pump};
use std::time::Duration;

in_each_language!(
    a_half_close_is_answered_in_full,
    a_half_open_connection_lives_on,
    the_host_waits_until_the_peer_has_read,
    resets_harm_nobody_else,
);

fn a_half_close_is_answered_in_full(language: Language) {
    let host = everywhere(language.echo()).start();
    let bytes = Random::new(3).bytes(30_000);
    for (kind, mut client) in each_kind(&host) {
        client.send(&bytes);
        client.finish();
        assert!(client.rest().unwrap() == bytes, "{kind}");
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}

fn a_half_open_connection_lives_on(language: Language) {
    let host = everywhere(language.echo()).arg("--allow-half-open").start();
    // TLS ends both ways at once.
    let mut clients = [host.tcp(), host.unix("plain.sock")];
    for client in &mut clients {
        client.send("before the end");
        client.finish();
        client.expect("before the end");
    }
    // An echo has nothing more to say, and the operator wanted it so: nobody closes.
    assert!(!clients[0].readable(Duration::from_millis(200)));
    assert_eq!(host.count("connections"), 2);
    clients.into_iter().for_each(Client::reset);
    assert_eq!(host.count("traps"), 0);
}

fn the_host_waits_until_the_peer_has_read(language: Language) {
    let host = everywhere(language.echo()).start();
    let mut random = Random::new(5);
    let bytes = random.bytes(3 << 20);
    for (kind, mut client) in each_kind(&host) {
        let pace = Pace { write: bytes.len(), read: 4_000, read_late: true };
        assert!(pump(&mut client, &bytes, pace, &mut random) == bytes, "{kind}");
        client.send("and the last");
        client.finish();
        assert_eq!(client.rest().unwrap(), b"and the last", "{kind}");
    }
    host.wait_count("connections", 0);
}

fn resets_harm_nobody_else(language: Language) {
    let host = everywhere(language.echo()).start();
    let mut innocent = each_kind(&host);
    // Enough for the reset to arrive in the middle of a handler's `write`.
    let much = Random::new(9).bytes(100_000);
    for round in 0..10 {
        for (kind, mut client) in each_kind(&host) {
            match round % 3 {
                0 => {}
                1 => client.send(&much),
                _ => client.echo("read once"),
            }
            client.reset();
            let (_, other) = innocent.iter_mut().find(|(name, _)| *name == kind).unwrap();
            other.echo(format!("unharmed {round}"));
        }
    }
    host.wait_count("connections", 4);
    assert_eq!(host.count("traps"), 0);
}
