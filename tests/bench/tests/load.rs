//! The load generator is what every figure rests on, so it is tested against servers that misbehave.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests may")]

use anyhow::Result;
use sockdock_bench::{
    load::{Clients, Exchange, Load, Tally},
    native::{self, Behaviour},
};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroUsize,
    thread,
    time::Duration,
};

/// Serves each connection on a thread; `answer` gets its stream and what came.
fn server(answer: impl Fn(&mut TcpStream, &[u8]) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                let mut buffer = [0; 1 << 16];
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    answer(&mut stream, &buffer[..n]);
                }
            });
        }
    });
    address
}

fn native(behaviour: Behaviour) -> SocketAddr {
    let listener = native::listen().unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || native::serve(&listener, NonZeroUsize::new(2).unwrap(), &behaviour));
    address
}

fn run(address: SocketAddr, connections: usize, exchange: Exchange) -> Result<Tally> {
    Clients::connect(Load { address, connections, exchange, reconnect: false, tls: None })?.run(Duration::from_millis(300))
}

fn assert_clean(tally: &Tally, at_least: u64) {
    assert_eq!((tally.corrupted, tally.lost), (0, 0));
    assert!(tally.units >= at_least, "{} units", tally.units);
    assert_eq!(tally.latency.len(), tally.units);
}

#[test]
fn the_native_server_answers_all() {
    for (connections, bytes) in [(1, 64), (50, 64), (8, 16 << 10), (2, 3 << 20)] {
        assert_clean(&run(native(Behaviour::Echo), connections, Exchange::Echo(bytes)).unwrap(), connections as u64);
    }
    assert_clean(&run(native(Behaviour::FiveWrites), 10, Exchange::Hello).unwrap(), 10);
}

#[test]
fn once_is_one_exchange_each() {
    let load =
        Load { address: native(Behaviour::Echo), connections: 20, exchange: Exchange::Echo(64), reconnect: false, tls: None };
    let mut clients = Clients::connect(load).unwrap();
    for _ in 0..3 {
        assert_eq!(clients.once().unwrap().units, 20);
    }
    clients.idle(Duration::from_millis(20)).unwrap();
}

#[test]
fn a_unit_may_be_a_whole_connection() {
    let load =
        Load { address: native(Behaviour::Echo), connections: 4, exchange: Exchange::Echo(64), reconnect: true, tls: None };
    let tally = Clients::connect(load).unwrap().run(Duration::from_millis(300)).unwrap();
    assert_clean(&tally, 4);
}

#[test]
fn a_slowed_server_shows() {
    const DELAY: Duration = Duration::from_millis(20);
    let slowed = server(|stream, bytes| {
        #[expect(clippy::disallowed_methods, reason = "being slow is what this server is for")]
        thread::sleep(DELAY);
        stream.write_all(bytes).unwrap();
    });
    let tally = run(slowed, 4, Exchange::Echo(64)).unwrap();
    assert_clean(&tally, 4);
    assert!(tally.latency.quantile(0.01) >= DELAY, "{:?}", tally.latency.quantile(0.01));
    let most = 4.0 * tally.elapsed.as_secs_f64() / DELAY.as_secs_f64();
    assert!(tally.units as f64 <= most, "{} units, {most} were possible", tally.units);

    let tally = run(native(Behaviour::Echo), 4, Exchange::Echo(64)).unwrap();
    assert!(tally.latency.quantile(0.5) < DELAY / 2, "{:?}", tally.latency.quantile(0.5));
}

#[test]
fn a_server_that_is_slow_now_and_then_shows_in_the_tail() {
    const DELAY: Duration = Duration::from_millis(20);
    // The first byte is random: about one answer in 32 is late.
    let stalls = server(|stream, bytes| {
        if bytes[0] < 8 {
            #[expect(clippy::disallowed_methods, reason = "being slow is what this server is for")]
            thread::sleep(DELAY);
        }
        stream.write_all(bytes).unwrap();
    });
    let tally = run(stalls, 1, Exchange::Echo(64)).unwrap();
    assert!(tally.latency.quantile(0.5) < DELAY / 2, "{:?}", tally.latency.quantile(0.5));
    assert!(tally.latency.quantile(0.999) >= DELAY, "{:?}", tally.latency.quantile(0.999));
}

#[test]
fn every_corrupted_answer_counts() {
    let corrupts = server(|stream, bytes| {
        let mut bytes = bytes.to_vec();
        // The last byte, in every answer whose first is even.
        if bytes[0] % 2 == 0 {
            *bytes.last_mut().unwrap() ^= 1;
        }
        stream.write_all(&bytes).unwrap();
    });
    let tally = run(corrupts, 1, Exchange::Echo(64)).unwrap();
    assert!(tally.units > 20 && tally.lost == 0, "{tally:?}");
    assert!(tally.corrupted > tally.units / 4 && tally.corrupted < tally.units * 3 / 4, "{tally:?}");
}

#[test]
fn an_answer_of_another_request_is_corrupted() {
    let stale = server({
        let last = std::sync::Arc::new(std::sync::Mutex::new(vec![0; 64]));
        move |stream, bytes| {
            let answer = std::mem::replace(&mut *last.lock().unwrap(), bytes.to_vec());
            stream.write_all(&answer).unwrap();
        }
    });
    let tally = run(stale, 1, Exchange::Echo(64)).unwrap();
    assert!(tally.units > 0);
    assert_eq!(tally.corrupted, tally.units);
}

#[test]
fn bytes_too_many_are_corrupted() {
    let chatty = server(|stream, bytes| {
        stream.write_all(&[bytes, b"!"].concat()).unwrap();
    });
    let tally = run(chatty, 1, Exchange::Echo(64)).unwrap();
    assert!(tally.units > 0 && tally.corrupted > 0, "{tally:?}");
}

#[test]
fn a_connection_that_ends_early_is_lost() {
    let ends = server(|stream, bytes| {
        stream.write_all(&bytes[..bytes.len() / 2]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let tally = run(ends, 3, Exchange::Echo(64)).unwrap();
    assert_eq!((tally.units, tally.lost), (0, 3));
}

#[test]
fn an_idle_connection_that_speaks_is_noticed() {
    let speaks = server(|stream, bytes| {
        stream.write_all(bytes).unwrap();
        stream.write_all(b"?").unwrap();
    });
    let load = Load { address: speaks, connections: 1, exchange: Exchange::Echo(64), reconnect: false, tls: None };
    let mut clients = Clients::connect(load).unwrap();
    let tally = clients.once().unwrap();
    assert!(tally.corrupted == 1 || clients.idle(Duration::from_secs(5)).is_err());
}
