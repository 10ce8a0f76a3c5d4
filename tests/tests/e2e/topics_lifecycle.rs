//! Topics where connections, plugins and generations come and go.

use crate::guests;
use crate::topics::{Peer, board, peers};
use serde_json::json;
use sockdock_tests::eventually;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

#[test]
fn subscriptions_survive_a_reload() {
    let host = board("2").start();
    let mut peers = peers(&host, 4);
    peers[..3].iter_mut().for_each(|peer| peer.subscribes("t"));
    for n in 1..4 {
        host.reload(guests::BOARD);
        assert_eq!(peers[3].asks(&format!("pub t {n}")), "3");
        peers[..3].iter_mut().for_each(|peer| peer.sees(&n.to_string()));
    }
    assert_eq!(host.count("subscriptions"), 3);
}

#[test]
fn a_candidate_stages_its_subscriptions() {
    let host = board("2").start();
    let mut peers = peers(&host, 2);
    peers[0].subscribes("old");
    let reload = |restore: &str, dry_run: bool| {
        host.try_reload(json!({ "plugin": guests::BOARD.path(), "set": { "restore": restore }, "dry_run": dry_run }))
    };
    let mut count = |topic: &str| peers[1].asks(&format!("count {topic}"));
    reload("new -old", true).unwrap();
    assert_eq!((count("new"), count("old")), ("0".into(), "1".into()), "a dry run left something behind");
    assert!(reload("new -old refuse", false).unwrap_err()["reason"].as_str().unwrap().contains("told to refuse"));
    assert_eq!((count("new"), count("old")), ("0".into(), "1".into()), "a rollback left something behind");
    reload("new newer -newer -old", false).unwrap();
    assert_eq!((count("new"), count("newer"), count("old")), ("2".into(), "0".into(), "0".into()));
    assert_eq!(host.count("subscriptions"), 2);
    // What may be called when.
    host.wait_log(&["start: publish not-allowed"]);
    host.wait_log(&["restore: publish not-allowed"]);
    host.wait_log(&["snapshot: subscribe not-allowed unsubscribe not-allowed publish not-allowed"]);
    assert_eq!(peers[0].asks("live"), "1", "somebody was sent something");
}

#[test]
fn what_a_call_that_traps_has_published_is_taken_back() {
    let host = board("2").start();
    let mut peers = peers(&host, 6);
    peers[2..].iter_mut().for_each(|peer| peer.subscribes("t"));
    peers[0].says("trap t never seen");
    peers[0].0.get_mut().expect_reset();
    for _ in 0..20 {
        let mut other = Peer::new(host.tcp());
        other.says("big-trap t 1000000");
        other.0.get_mut().expect_reset();
    }
    host.wait_count("traps", 21);
    assert_eq!(host.count("subscriptions"), 4);
    // Subscriptions are the sockets': the fresh instance needn't renew them.
    assert_eq!(peers[1].asks("pub t seen"), "4");
    for peer in &mut peers[2..] {
        peer.sees("seen");
        peer.sees_nothing_more();
    }
    // An instance that begins anew may publish, to nobody here.
    assert_eq!((host.count("published"), host.count("delivered"), host.count("slow_subscribers")), (21 + 1, 4, 0));
}

#[test]
fn who_would_have_been_closed_by_a_call_that_traps_stays() {
    let host = board("2").unix("s").start();
    // By unix sockets, for which the kernel keeps little: most of it waits in the queues.
    let mut slow: Vec<Peer> = (0..2).map(|_| Peer::new(host.unix("s"))).collect();
    slow.iter_mut().for_each(|peer| peer.subscribes("t"));
    let mut publisher = Peer::new(host.tcp());
    assert_eq!(publisher.asks("big t 900000"), "2");
    eventually("both to have it", || (host.count("delivered") == 2).then_some(()));
    let mut other = Peer::new(host.tcp());
    other.says("big-trap t 900000");
    other.0.get_mut().expect_reset();
    assert_eq!(host.count("slow_subscribers"), 0);
    for peer in &mut slow {
        peer.0.get_mut().receive(900_000);
        peer.sees_nothing_more();
    }
    assert_eq!(publisher.asks("pub t seen"), "2");
    slow.iter_mut().for_each(|peer| peer.sees("seen"));
}

/// Bytes that the kernel has can't be taken back: who was sent them is reset, as after a `write`.
#[test]
fn what_was_sent_before_the_trap_costs_its_subscriber() {
    let host = board("2").start();
    let mut peers = peers(&host, 4);
    peers[..2].iter_mut().for_each(|peer| peer.subscribes("t"));
    peers[2].says("flush-trap t too late");
    // One is on the instance that fell; the other never hears of it.
    let alive = peers[..2].iter_mut().filter_map(|peer| {
        // The reset may have come already.
        peer.0.get_mut().write_all(b"live\n").ok()?;
        let mut lines = String::new();
        while !lines.contains("= ") {
            peer.0.read_line(&mut lines).ok()?;
        }
        Some(lines)
    });
    assert_eq!(alive.collect::<Vec<_>>(), ["= 2\n"]);
    host.wait_count("connections", 2);
}

#[test]
fn who_is_closing_is_sent_nothing_more() {
    let host = board("2").start();
    let mut peers = peers(&host, 5);
    peers[..3].iter_mut().for_each(|peer| peer.subscribes("t"));
    assert_eq!(peers[3].asks("count t"), "3");
    peers[0].says("end");
    peers[1].says("shutdown");
    // Neither gets the answer, which can't be sent any more.
    assert_eq!(peers[0].0.get_mut().rest().unwrap(), b"");
    assert_eq!(peers[1].0.get_mut().rest().unwrap(), b"");
    assert_eq!(peers[3].asks("count t"), "1");
    assert_eq!(peers[3].asks("pub t last"), "1");
    peers[2].sees("last");
    peers[1].says("sub t");
    eventually("nothing to be subscribed", || (peers[3].asks("count t") == "1").then_some(()));
    assert_eq!(host.count("subscriptions"), 1);
}

#[test]
fn the_same_by_tls() {
    let host = board("2").tls().start();
    let mut plain = peers(&host, 2);
    let mut secret: Vec<Peer> = (0..4).map(|_| Peer::new(host.tls())).collect();
    secret.iter_mut().for_each(|peer| peer.subscribes("t"));
    plain[0].subscribes("t");
    for (size, text) in [(600_000, "whole"), (1_000, "and small"), (300, "again")] {
        // Far more than TLS takes at once.
        assert_eq!(plain[1].asks(&format!("big t {size}")), "5");
        assert_eq!(secret[0].line_after(&format!("others t {text}"), size), "= 4");
        let line = "x".repeat(size) + text;
        secret[1..].iter_mut().chain(&mut plain[..1]).for_each(|peer| assert!(peer.line() == line, "another line came"));
    }
}

impl Peer {
    /// Reads so many bytes without a line's end, then gives a command; the line that answers it.
    fn line_after(&mut self, command: &str, bytes: usize) -> String {
        let mut before = vec![0; bytes];
        std::io::Read::read_exact(&mut self.0, &mut before).unwrap();
        assert!(before.iter().all(|byte| *byte == b'x'));
        self.says(command);
        self.line()
    }
}

#[test]
fn a_connection_that_does_not_stand_yet_can_be_subscribed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let host = board("2").args(["--allow-connect", &target]).start();
    let mut peers = peers(&host, 2);
    assert_eq!(peers[0].asks(&format!("dial t {target}")), "1");
    let (stream, _) = listener.accept().unwrap();
    let mut upstream = BufReader::new(stream);
    let mut line = String::new();
    upstream.read_line(&mut line).unwrap();
    assert_eq!(line, "early\n");
    assert_eq!(peers[1].asks("pub t late"), "1");
    line.clear();
    upstream.read_line(&mut line).unwrap();
    assert_eq!(line, "late\n");
    // One that never stands takes its subscription with it.
    drop((listener, upstream));
    host.wait_count("subscriptions", 0);
    assert_eq!(peers[0].asks(&format!("dial t {target}")), "1");
    host.wait_count("subscriptions", 0);
}

/// Members come and go: with each connection, and with each generation.
#[test]
fn instances_of_one_connection_each_and_of_several_generations() {
    let host = board("per-connection").start();
    let mut all = peers(&host, 4);
    all.iter_mut().for_each(|peer| peer.subscribes("tea"));
    assert_eq!(host.count("subscriptions"), 4);
    let reload = |policy: &str| {
        let fields = serde_json::json!({ "plugin": crate::guests::BOARD.path(), "policy": policy });
        host.try_reload(fields).unwrap()
    };
    reload("new-connections");
    all.extend(peers(&host, 2));
    all[5].subscribes("tea");
    // From the new generation to both, and from the old one to both.
    assert_eq!(all[4].asks("pub tea news"), "5");
    all[0].sees("news");
    assert_eq!(all[0].asks("others tea word"), "4");
    for to in [1, 2, 3, 5] {
        all[to].sees("news");
        all[to].sees("word");
    }
    reload("migrate");
    all.truncate(2);
    host.wait_count("subscriptions", 2);
    host.wait_count("instances_up", 2);
}
