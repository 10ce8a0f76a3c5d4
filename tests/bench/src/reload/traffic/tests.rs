use super::*;
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream as Peer},
    thread,
};

/// An echo that lives as long as the test's process.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let echo = |mut peer: Peer| {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = peer.read(&mut bytes) {
            peer.write_all(&bytes[..n]).unwrap();
        }
    };
    thread::spawn(move || listener.incoming().flatten().for_each(|peer| drop(thread::spawn(move || echo(peer)))));
    address
}

fn group(address: SocketAddr, connections: usize, rhythm: Rhythm) -> Group {
    Group { connections, address, tls: None, dialect: Dialect::Echo, rhythm }
}

/// Ten thousand that greet at once, or take their leave, wait for each other: that says nothing of a phase.
#[test]
fn greetings_and_farewells_are_in_no_phase() {
    let address = echo();
    let traffic = Traffic::start(vec![group(address, 5, Rhythm::Idle)], 1).unwrap();
    traffic.phase(0);
    let outcome = traffic.finish().unwrap();
    assert_eq!(outcome.losses, Losses { messages: 10, ..Losses::default() });
    assert!(outcome.latency[0].is_empty());
}

#[test]
fn messages_are_in_the_phase_that_they_were_sent_in() {
    let address = echo();
    let traffic = Traffic::start(vec![group(address, 2, Rhythm::Constant(2))], 3).unwrap();
    // Of the middle one alone.
    traffic.phase(1);
    pass(Duration::from_millis(20));
    let outcome = traffic.finish().unwrap();
    assert!(outcome.losses.none());
    let counts: Vec<_> = outcome.latency.iter().map(Histogram::len).collect();
    assert!(counts[1] > 0 && counts[0] == 0 && counts[2] == 0, "{counts:?}");
}
