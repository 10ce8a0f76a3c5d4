//! Topics: what one socket's event publishes reaches the sockets of all instances, whole, once and in order.

use crate::guests;
use sockdock_tests::{Client, Host, Serve, eventually};
use std::io::{BufRead as _, BufReader};

pub(crate) fn board(instances: &str) -> Serve {
    Serve::guest(guests::BOARD).tcp().args(["--instances", instances, "--workers", "3"])
}

/// A peer that gives commands and reads lines.
pub(crate) struct Peer(pub(crate) BufReader<Client>);

impl Peer {
    pub(crate) fn new(client: Client) -> Self {
        Self(BufReader::new(client))
    }

    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("a line") > 0, "the end came instead of a line");
        line.trim_end_matches('\n').to_owned()
    }

    /// Gives a command without waiting for its answer.
    #[track_caller]
    pub(crate) fn says(&mut self, command: &str) {
        self.0.get_mut().send(format!("{command}\n"));
    }

    /// Gives a command; its answer, which nothing comes before.
    #[track_caller]
    pub(crate) fn asks(&mut self, command: &str) -> String {
        self.says(command);
        let line = self.line();
        line.strip_prefix("= ").unwrap_or_else(|| panic!("{command}: {line:?} came first")).to_owned()
    }

    #[track_caller]
    pub(crate) fn subscribes(&mut self, topic: &str) {
        assert_eq!(self.asks(&format!("sub {topic}")), "ok");
    }

    #[track_caller]
    pub(crate) fn sees(&mut self, wanted: &str) {
        assert_eq!(self.line(), wanted);
    }

    /// Nothing more has come so far: what is published for it alone is the next that comes.
    #[track_caller]
    pub(crate) fn sees_nothing_more(&mut self) {
        assert!(self.asks("live").parse::<usize>().is_ok());
    }
}

/// So many peers. With several instances each has its share: the host gives a connection to the one that has the fewest.
#[track_caller]
pub(crate) fn peers(host: &Host, count: usize) -> Vec<Peer> {
    (0..count)
        .map(|_| {
            let mut peer = Peer::new(host.tcp());
            // Answered: it stands, and is counted.
            peer.sees_nothing_more();
            peer
        })
        .collect()
}

#[test]
fn a_message_reaches_the_subscribers_of_all_instances() {
    for instances in ["shared", "3", "per-core"] {
        let host = board(instances).start();
        let mut peers = peers(&host, 6);
        if instances != "shared" {
            assert_eq!(peers.iter_mut().map(|peer| peer.asks("live")).collect::<Vec<_>>(), ["2"; 6], "spread evenly");
        }
        peers[..5].iter_mut().for_each(|peer| peer.subscribes("news"));
        assert_eq!(peers[5].asks("pub news hello"), "5");
        peers[..5].iter_mut().for_each(|peer| peer.sees("hello"));
        // Not to oneself, where that is wished.
        assert_eq!(peers[0].asks("others news from 0"), "4");
        peers[1..5].iter_mut().for_each(|peer| peer.sees("from 0"));
        assert_eq!(peers[1].asks("unsub news"), "ok");
        assert_eq!(peers[5].asks("pub news less"), "4");
        assert_eq!(peers[5].asks("pub other nobody"), "0");
        for at in [0, 2, 3, 4] {
            peers[at].sees("less");
        }
        peers.iter_mut().for_each(Peer::sees_nothing_more);
        assert_eq!(host.count("subscriptions"), 4);
        assert_eq!(host.count("published"), 4);
        eventually("all to be delivered", || (host.count("delivered") == 5 + 4 + 4).then_some(()));
        assert_eq!(host.count("slow_subscribers") + host.count("traps"), 0);
        // A subscription goes with its socket.
        drop(peers);
        host.wait_count("subscriptions", 0);
    }
}

#[test]
fn messages_of_one_publisher_keep_their_order() {
    let host = board("3").start();
    let mut peers = peers(&host, 4);
    peers[..3].iter_mut().for_each(|peer| peer.subscribes("t"));
    for _ in 0..20 {
        peers[3].says("many t 200");
        assert_eq!(peers[3].line(), format!("= {}", ["3"; 200].join(" ")));
    }
    for peer in &mut peers[..3] {
        for _ in 0..20 {
            (0..200).for_each(|n| peer.sees(&n.to_string()));
        }
    }
    // And stand among the writes of the same call where they were published.
    peers[0].says("between t now");
    for line in ["before", "now", "after", "= 3"] {
        peers[0].sees(line);
    }
}

#[test]
fn who_cannot_take_a_message_is_closed() {
    for instances in ["shared", "2"] {
        let host = board(instances).start();
        let mut peers = peers(&host, 4);
        // Two that don't read, one on each instance where there are two.
        peers[1..3].iter_mut().for_each(|peer| peer.subscribes("t"));
        peers[3].subscribes("closes");
        let mut sent = 0;
        while host.count("slow_subscribers") < 2 {
            peers[0].says("big t 1000000");
            peers[0].line();
            sent += 1;
            assert!(sent < 100, "they are never found to be slow");
        }
        for _ in 0..2 {
            peers[3].sees("error limit-exceeded");
            let close = peers[3].line();
            let unsent = close.strip_prefix("close limit-exceeded ").unwrap_or_else(|| panic!("{close}"));
            assert!(unsent.parse::<usize>().unwrap() > 0);
        }
        host.wait_count("subscriptions", 1);
        assert_eq!(peers[0].asks("pub t anybody?"), "0");
        for mut slow in peers.drain(1..3) {
            let mut last = Vec::new();
            let end = std::io::Read::read_to_end(&mut slow.0, &mut last);
            assert!(end.is_err(), "the connection ended as if all were well");
        }
        assert_eq!(host.count("traps"), 0);
    }
}

#[test]
fn who_cannot_take_a_message_goes_without_it() {
    let host = board("2").unix("s").args(["--slow-subscribers", "skip"]).start();
    // By unix sockets, for which the kernel keeps little.
    let mut peers: Vec<Peer> = (0..3).map(|_| Peer::new(host.unix("s"))).collect();
    peers.iter_mut().for_each(Peer::sees_nothing_more);
    peers[1..3].iter_mut().for_each(|peer| peer.subscribes("t"));
    let mut sent = 0;
    while host.count("slow_subscribers") < 4 {
        peers[0].says("big t 1000000");
        peers[0].line();
        sent += 1;
    }
    // What was taken is there as a whole, and nothing else.
    let taken = 2 * sent - usize::try_from(host.count("slow_subscribers")).unwrap();
    let mut whole = 0;
    for peer in &mut peers[1..3] {
        peer.says("live");
        let mut all = Vec::new();
        // The answer stands behind the last message.
        peer.0.read_until(b'\n', &mut all).unwrap();
        let length = all.iter().take_while(|byte| **byte == b'x').count();
        assert_eq!(length % 1_000_000, 0, "a part of a message");
        whole += length / 1_000_000;
    }
    assert_eq!(whole, taken);
    // And who has caught up is sent the next.
    assert_eq!(peers[0].asks("pub t welcome back"), "2");
    peers[1..3].iter_mut().for_each(|peer| peer.sees("welcome back"));
}

/// 1 MiB to 200 who don't read: one copy, in all their queues.
#[test]
fn a_message_is_there_once_however_many_it_is_for() {
    const READERS: usize = 200;
    const SIZE: usize = 1 << 20;
    // By unix sockets, for which the kernel keeps little.
    let host = board("2").unix("s").start();
    let mut readers: Vec<Peer> = (0..READERS).map(|_| Peer::new(host.unix("s"))).collect();
    readers.iter_mut().for_each(|peer| peer.subscribes("t"));
    let mut publisher = Peer::new(host.tcp());
    // So that the instance's memory has grown before.
    assert_eq!(publisher.asks(&format!("big nobody {SIZE}")), "0");
    let before = host.memory();
    assert_eq!(publisher.asks(&format!("big t {SIZE}")), "200");
    eventually("all to have it", || (host.count("delivered") == READERS as u64).then_some(()));
    let grown = host.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert_eq!(host.count("slow_subscribers"), 0);
    for peer in &mut readers {
        assert!(peer.0.get_mut().receive(SIZE).iter().all(|byte| *byte == b'x'));
        peer.sees_nothing_more();
    }
}

#[test]
fn limits_are_kept() {
    let flags = ["--max-topics", "2", "--max-subscriptions", "3", "--topic-name-limit", "10B"];
    let host = board("2").args(flags).start();
    let mut peers = peers(&host, 2);
    let (mut one, mut two) = (peers.remove(0), peers.remove(0));
    for (command, answer) in [
        ("sub elevenbytes", "limit-exceeded"),
        ("pub elevenbytes x", "limit-exceeded"),
        ("sub ", "invalid-argument"),
        ("pub ", "invalid-argument"),
        ("sub a", "ok"),
        ("sub ten-bytes.", "ok"),
        ("sub a", "ok"),
        ("sub c", "limit-exceeded"),
        ("unsub c", "ok"),
        // More than any queue can hold.
        ("big a 1048577", "limit-exceeded"),
    ] {
        assert_eq!(one.asks(command), answer, "{command}");
    }
    two.subscribes("a");
    assert_eq!(two.asks("sub b"), "limit-exceeded", "the listener's limit");
    assert_eq!(one.asks("unsub a"), "ok");
    two.subscribes("b");
    assert_eq!(one.asks("pub b all is well"), "1");
    two.sees("all is well");
    assert_eq!(host.count("subscriptions"), 3);
}

#[test]
fn an_instance_that_is_busy_is_not_waited_for() {
    let host = board("2").args(["--topic-backlog", "1MiB", "--event-budget", "60s"]).start();
    let mut peers = peers(&host, 2);
    let (mut publisher, mut busy) = (peers.remove(0), peers.remove(0));
    busy.subscribes("t");
    busy.says("busy 3000");
    busy.sees("busy");
    assert_eq!(publisher.asks("big t 600000"), "1");
    assert_eq!(publisher.asks("big t 600000"), "limit-exceeded");
    assert_eq!(publisher.asks("pub t  and more"), "1", "there is room for that");
    assert_eq!(busy.line(), "= done");
    assert_eq!(busy.line(), "x".repeat(600_000) + " and more");
    assert_eq!(publisher.asks("pub t again"), "1");
    busy.sees("again");
}
