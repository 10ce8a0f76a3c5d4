use super::*;
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream as Peer},
    thread,
};

/// An echo that lives as long as the test's process, and what it has echoed so far, bytes.
fn echo() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let echoed = Arc::new(AtomicUsize::new(0));
    let count = echoed.clone();
    let echo = move |mut peer: Peer, count: &AtomicUsize| {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = peer.read(&mut bytes) {
            peer.write_all(&bytes[..n]).unwrap();
            count.fetch_add(n, Relaxed);
        }
    };
    thread::spawn(move || {
        for peer in listener.incoming().flatten() {
            let count = count.clone();
            thread::spawn(move || echo(peer, &count));
        }
    });
    (address, echoed)
}

fn group(address: SocketAddr, connections: usize, rhythm: Rhythm) -> Group {
    Group { connections, address, tls: None, dialect: Dialect::Echo, rhythm }
}

/// Ten thousand that greet at once, or take their leave, wait for each other: that says nothing of a phase.
#[test]
fn greetings_and_farewells_are_in_no_phase() {
    let (address, _) = echo();
    let traffic = Traffic::start(vec![group(address, 5, Rhythm::Idle)], 1).unwrap();
    traffic.phase(0);
    let outcome = traffic.finish().unwrap();
    assert_eq!(outcome.losses, Losses { messages: 10, ..Losses::default() });
    assert!(outcome.latency[0].is_empty());
}

#[test]
fn messages_are_in_the_phase_that_they_were_sent_in() {
    let (address, echoed) = echo();
    let traffic = Traffic::start(vec![group(address, 2, Rhythm::Constant(2))], 3).unwrap();
    // Of the middle one alone.
    traffic.phase(1);
    let enough = echoed.load(Relaxed) + (64 << 10);
    while echoed.load(Relaxed) < enough {
        thread::yield_now();
    }
    let outcome = traffic.finish().unwrap();
    assert!(outcome.losses.none());
    let counts: Vec<_> = outcome.latency.iter().map(Histogram::len).collect();
    assert!(counts[1] > 0 && counts[0] == 0 && counts[2] == 0, "{counts:?}");
}
