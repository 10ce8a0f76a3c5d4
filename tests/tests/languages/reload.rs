//! From each language to each other, under live connections: nobody is disconnected, no byte is lost, repeated or out of
//! order.

use crate::plugins::{Language, each_kind, everywhere};
use Language::{C, JavaScript, Python, Rust};
use serde_json::json;
use sockdock_tests::{Host, Load, Random, Serve, eventually, take_back};
use std::{
    io::{ErrorKind, Write as _},
    time::Duration,
};

/// A way from Rust back to Rust that takes each of the twelve steps from one language to another once.
const TOUR: [Language; 12] = [C, Rust, JavaScript, Rust, Python, C, JavaScript, C, Python, JavaScript, Python, Rust];

/// Connections over TCP, and as many over TLS.
const CONNECTIONS: usize = 25;

/// Bytes that all connections together echo between two reloads.
const BETWEEN: u64 = 2 << 20;

#[track_caller]
fn reload(host: &Host, language: Language) {
    let report = host.try_reload(json!({ "plugin": language.echo() }));
    report.unwrap_or_else(|failure| panic!("the reload to {language:?} failed: {failure}"));
}

#[test]
fn the_tour_takes_each_step_once() {
    let from = std::iter::once(Rust).chain(TOUR);
    let steps: Vec<_> = from.zip(TOUR).collect();
    for old in Language::ALL {
        for new in Language::ALL {
            let expected = usize::from(old != new);
            assert_eq!(steps.iter().filter(|step| **step == (old, new)).count(), expected, "{old:?} to {new:?}");
        }
    }
}

#[track_caller]
fn under_traffic(instances: &str) {
    // All are compiled before the traffic begins, so that each reload comes soon after the one before.
    TOUR.iter().for_each(|language| drop(language.echo()));
    let host = Serve::plugin(Rust.echo()).tcp().tls().args(["--workers", "2", "--instances", instances]).start();
    let load =
        Load::start((CONNECTIONS, host.tcp_address()), Some((CONNECTIONS, host.tls_address(), host.certificates().client())));
    eventually("traffic on every connection", || (load.conversing() == 2 * CONNECTIONS as u64).then_some(()));
    for language in TOUR {
        reload(&host, language);
        let before = load.echoed();
        eventually("traffic in the new language", || (load.echoed() > before + BETWEEN).then_some(()));
    }
    let tally = load.finish();
    assert_eq!(tally.failures, [""; 0]);
    assert_eq!(tally.echoed.len(), 2 * CONNECTIONS);
    host.wait_count("connections", 0);
    let status = host.status();
    assert_eq!(status["reloads"], TOUR.len());
    assert_eq!(status["reloads_failed"], 0);
    assert_eq!(status["traps"], 0);
    assert_eq!(status["accepted"], 2 * CONNECTIONS);
    let total: u64 = tally.echoed.iter().sum();
    assert_eq!(status["bytes_read"], total);
    assert_eq!(status["bytes_written"], total);
}

#[test]
fn a_tour_under_traffic() {
    under_traffic("shared");
}

#[test]
fn a_tour_of_two_instances_under_traffic() {
    under_traffic("2");
}

#[test]
fn a_conversation_with_each_language_in_turn() {
    let host = everywhere(Rust.echo()).start();
    let mut clients = each_kind(&host);
    for (step, language) in TOUR.into_iter().enumerate() {
        for (kind, client) in &mut clients {
            client.echo(format!("before step {step} over {kind}"));
        }
        reload(&host, language);
        for (kind, client) in &mut clients {
            client.echo(format!("{language:?} over {kind}"));
        }
    }
    assert_eq!(host.count("connections"), 4);
    assert_eq!(host.count("accepted"), 4);
    for (_, client) in &mut clients {
        client.finish();
        client.expect_end();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}

/// What one language wrote and the peer hasn't read, and what the peer sent and nobody has read, are handed on.
#[test]
fn queues_are_handed_on() {
    let host = everywhere(Rust.echo()).start();
    let piece = Random::new(11).bytes(16 << 10);
    let mut clients = each_kind(&host).map(|(_, client)| (client, 0));
    for language in TOUR {
        for (client, sent) in &mut clients {
            client.set_nonblocking(true);
            loop {
                match client.write(&piece[*sent % piece.len()..]) {
                    Ok(n) => *sent += n,
                    Err(error) if error.kind() == ErrorKind::WouldBlock && !client.writable(Duration::from_millis(50)) => break,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
                }
            }
            client.set_nonblocking(false);
        }
        reload(&host, language);
        for (client, sent) in &mut clients {
            let back = take_back(client, *sent);
            assert!(back.chunks(piece.len()).all(|chunk| *chunk == piece[..chunk.len()]), "other bytes came back");
            *sent = 0;
        }
    }
    assert_eq!(host.count("connections"), 4);
    assert_eq!(host.count("traps"), 0);
}
