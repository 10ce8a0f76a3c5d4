//! An instance for each connection: nothing is shared, a fault costs one, and each goes over by itself.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Host, Load, Serve, eventually};
use std::net::TcpListener;

fn each(serve: Serve) -> Host {
    serve.tcp().args(["--workers", "2", "--instances", "per-connection"]).start()
}

#[track_caller]
fn ask(client: &mut Client, question: &str, answer: &str) {
    client.send(question);
    client.expect(answer);
}

fn clients<const N: usize>(host: &Host) -> [Client; N] {
    std::array::from_fn(|_| host.tcp())
}

fn numbers(host: &Host) -> Vec<u64> {
    host.status()["generations"].as_array().unwrap().iter().map(|generation| generation["number"].as_u64().unwrap()).collect()
}

fn faulty(serve: Serve) -> Host {
    each(serve.args(["--memory-limit", "24MiB"]))
}

#[test]
fn nothing_is_shared_and_an_instance_ends_with_its_connection() {
    let host = each(Serve::guest(guests::TELLER).set("name", "one").tls());
    assert_eq!(host.count("instances_up"), 0);
    assert_eq!(host.status()["instances"], "per-connection");
    let [mut a, mut b] = clients(&host);
    let mut c = host.tls();
    for n in 1..=3 {
        ask(&mut a, "n", &n.to_string());
    }
    ask(&mut b, "n", "1");
    ask(&mut c, "n", "1");
    ask(&mut a, "n", "4");
    let status = host.status();
    assert_eq!((&status["instances_up"], &status["connections"]), (&json!(3), &json!(3)));
    assert!(status["memory_bytes"].as_u64().unwrap() >= 3 * 65_536, "{status}");
    let live = &status["generations"][0];
    assert_eq!((&live["instances_up"], &live["connections"], &live["state"]), (&json!(3), &json!(3), &json!("serving")));
    drop(b);
    host.wait_count("instances_up", 2);
    ask(&mut a, "n", "5");
    drop((a, c));
    host.wait_count("instances_up", 0);
    assert_eq!(host.count("memory_bytes"), 0);
    assert_eq!(host.count("connections"), 0);
}

#[test]
fn a_trap_costs_one_connection() {
    let host = each(Serve::guest(guests::TELLER).set("name", "one"));
    let [mut a, mut b, mut c] = clients(&host);
    for client in [&mut a, &mut b, &mut c] {
        ask(client, "n", "1");
    }
    a.send("trap");
    assert!(a.rest().is_err());
    host.wait_count("instances_up", 2);
    assert_eq!(host.count("traps"), 1);
    // The others have their memory still.
    ask(&mut b, "n", "2");
    ask(&mut c, "n", "2");
    // Nothing backs off: whoever traps again and again is alone with it.
    for _ in 0..40 {
        let mut client = host.tcp();
        client.send("trap");
        assert!(client.rest().is_err());
    }
    ask(&mut b, "n", "3");
    assert_eq!(host.count("traps"), 41);
    assert_eq!(host.status()["state"], "listening");
    host.wait_count("instances_up", 2);
}

#[test]
fn a_start_that_fails_is_told_at_once() {
    let failing =
        Serve::guest(guests::FAULTY).tcp().args(["--instances", "per-connection"]).set("in", "start").set("how", "error");
    failing.run().refusal(1, &["the plugin said no"]);
}

#[test]
fn state_goes_over_connection_by_connection() {
    let host = each(Serve::guest(guests::COUNTER_V1));
    let [mut a, mut b, mut c] = clients(&host);
    ask(&mut a, "\n\n", "v1 all=1 mine=1\nv1 all=2 mine=2\n");
    ask(&mut b, "\n", "v1 all=1 mine=1\n");
    c.send("nothing yet");
    host.wait_count("instances_up", 3);
    let dry = host.try_reload(json!({ "plugin": guests::COUNTER_V2.path(), "dry_run": true })).unwrap();
    assert_eq!((&dry["connections"], &dry["generation"]), (&json!(3), &json!(1)));
    ask(&mut a, "\n", "v1 all=3 mine=3\n");
    let report = host.reload(guests::COUNTER_V2);
    assert_eq!((&report["connections"], &report["from_version"], &report["notes"]), (&json!(3), &json!("1"), &json!([])));
    ask(&mut a, "\n", "v2 all=4 new=1 mine=4\n");
    ask(&mut b, "\n", "v2 all=2 new=1 mine=2\n");
    assert_eq!(host.count("instances_up"), 3);
    assert_eq!(numbers(&host), [2]);
    assert_eq!(host.status()["generations"][0]["connections"], 3);
    ask(&mut host.tcp(), "\n", "v2 all=1 new=1 mine=1\n");
}

#[test]
fn one_that_cannot_go_over_stays() {
    let host = faulty(Serve::guest(guests::FAULTY));
    let [mut a, mut b, mut c] = clients(&host);
    for client in [&mut a, &mut b, &mut c] {
        ask(client, "=kept", "ok");
    }
    ask(&mut a, "!", "poisoned");
    let report = host.try_reload(json!({ "plugin": guests::FAULTY.path() })).unwrap();
    assert_eq!((&report["generation"], &report["connections"]), (&json!(2), &json!(2)));
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.contains("can't go over: 1") && note.contains("`restore`"), "{note}");
    assert_eq!(numbers(&host), [1, 2]);
    for client in [&mut a, &mut b, &mut c] {
        ask(client, "?", "kept");
    }
    drop(a);
    eventually("the first generation's end", || (numbers(&host) == [2]).then_some(()));
    // None of those that are left can be restored by this one: then nothing changes.
    let reason =
        host.reload_fails(json!({ "plugin": guests::FAULTY.path(), "set": { "in": "restore", "how": "trap" } }), "restore");
    assert!(reason.contains("restore"), "{reason}");
    assert_eq!(numbers(&host), [2]);
    ask(&mut b, "?", "kept");
    ask(&mut host.tcp(), "x", "x");
    // A `snapshot` that traps costs that instance its memory, and nobody the connection.
    host.try_reload(json!({ "plugin": guests::FAULTY.path(), "set": { "in": "snapshot", "how": "trap" } })).unwrap();
    host.reload_fails(json!({ "plugin": guests::FAULTY.path(), "set": {} }), "snapshot");
    ask(&mut b, "?", "kept");
    ask(&mut c, "?", "kept");
}

#[test]
fn policies_and_the_way_back() {
    let host = each(Serve::guest(guests::TELLER).set("name", "one"));
    let mut old = host.tcp();
    ask(&mut old, "?", "one");
    let fields = json!({ "set": { "name": "two" }, "policy": "new-connections" });
    let report = host.try_reload(fields).unwrap();
    assert!(report["notes"][0].as_str().unwrap().contains("generation 1 until they end: 1"), "{report}");
    let mut new = host.tcp();
    ask(&mut new, "?", "two");
    ask(&mut old, "?", "one");
    assert_eq!(numbers(&host), [1, 2]);
    // A state for each connection is no state that could be split.
    let said = host.cli(["rollback"]).success();
    assert!(said.contains("generation 3 serves now") && said.contains("2 connections carried over"), "{said}");
    ask(&mut new, "?", "one");
    ask(&mut old, "?", "one");
    host.try_reload(json!({ "set": { "name": "three" }, "policy": "new-connections", "drain_after_ms": 200 })).unwrap();
    let mut newer = host.tcp();
    ask(&mut newer, "?", "three");
    assert!(old.rest().is_err());
    assert!(new.rest().is_err());
    ask(&mut newer, "?", "three");
    eventually("the old generations' end", || (numbers(&host) == [4]).then_some(()));
}

#[test]
fn beyond_the_pool_connections_are_refused() {
    let host = each(Serve::guest(guests::TELLER).args(["--max-instances", "3"]));
    host.wait_log(&["max-instances", "3"]);
    let [mut a, mut b, c] = clients(&host);
    host.wait_count("instances_up", 3);
    let mut beyond = host.tcp();
    assert!(beyond.rest().is_ok_and(|rest| rest.is_empty()), "it should have been closed");
    host.wait_count("refused", 1);
    host.wait_log(&["connection refused", "max-instances"]);
    // A reload needs room for one more.
    let reason = host.reload_fails(json!({ "plugin": guests::TELLER.path() }), "prepare");
    assert!(reason.contains("no room for another instance"), "{reason}");
    ask(&mut a, "n", "1");
    drop(c);
    host.wait_count("instances_up", 2);
    host.try_reload(json!({ "plugin": guests::TELLER.path() })).unwrap();
    ask(&mut b, "n", "1");
    let mut again = None;
    eventually("room for a third", || {
        let mut client = host.tcp();
        client.send("n");
        client.try_receive(1).is_ok_and(|answer| answer == b"1").then(|| again = Some(client))
    });
    drop(again);
}

#[test]
fn under_traffic_nothing_is_lost() {
    let host = each(Serve::guest(guests::ECHO_V1));
    let load = Load::start((60, host.tcp_address()), None);
    eventually("traffic on every connection", || (load.conversing() == 60).then_some(()));
    for round in 0..20 {
        let before = load.echoed();
        let report = host.reload([guests::ECHO_V2, guests::ECHO_V1][round % 2]);
        assert_eq!((&report["connections"], &report["notes"]), (&json!(60), &json!([])), "{report}");
        eventually("traffic", || (load.echoed() > before).then_some(()));
    }
    let tally = load.finish();
    assert_eq!(tally.failures, [""; 0]);
    host.wait_count("connections", 0);
    host.wait_count("instances_up", 0);
    let total: u64 = tally.echoed.iter().sum();
    assert_eq!((host.count("bytes_read"), host.count("bytes_written")), (total, total));
    assert_eq!(host.count("traps"), 0);
    assert_eq!(numbers(&host), [21]);
}

#[test]
fn a_connection_that_an_instance_made_is_its_own() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!("connect {}", upstream.local_addr().unwrap());
    let host = each(Serve::guest(guests::TRACER).set("start", &script).args(["--allow-connect", "127.0.0.1:*"]));
    let client = host.tcp();
    // The trial's `start` may not connect; the connection's did.
    let (peer, _) = upstream.accept().unwrap();
    host.wait_count("connections", 2);
    assert_eq!(host.count("instances_up"), 1);
    drop(client);
    host.wait_count("connections", 1);
    // It goes on until its last socket has closed.
    assert_eq!(host.count("instances_up"), 1);
    drop(peer);
    host.wait_count("instances_up", 0);
    assert_eq!(host.count("connections"), 0);
}

#[test]
fn a_stop_drains_and_then_forces() {
    let mut host = each(Serve::guest(guests::TELLER).set("name", "one"));
    let [mut a, mut b] = clients(&host);
    ask(&mut a, "?", "one");
    ask(&mut b, "?", "one");
    host.signal(rustix::process::Signal::TERM);
    host.wait_log(&["stopping"]);
    ask(&mut a, "?", "one");
    drop(a);
    host.signal(rustix::process::Signal::TERM);
    assert!(b.rest().is_err());
    assert!(host.ended().success());
}

/// A reload doesn't hold a worker up for long: while many connections go over, others of the same worker are answered.
#[test]
fn a_reload_of_many_goes_in_slices() {
    let host = Serve::guest(guests::TELLER)
        .set("name", "one")
        .tcp()
        .args(["--workers", "1", "--instances", "per-connection", "--max-instances", "600"])
        .start();
    let mut many: Vec<_> = (0..500).map(|_| host.tcp()).collect();
    host.wait_count("instances_up", 500);
    let report: Value = host.try_reload(json!({ "set": { "name": "two" } })).unwrap();
    assert_eq!(report["connections"], 500);
    many.iter_mut().for_each(|client| ask(client, "?", "two"));
    assert_eq!(host.count("accepted"), 500);
}
