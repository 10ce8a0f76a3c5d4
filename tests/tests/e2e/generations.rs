//! A new generation beside the old one: for new connections, while the others stay where they are.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Guest, Host, Load, Serve, Tracer, eventually};
use std::io::Write as _;

fn branch(host: &Host, guest: Guest) -> Value {
    host.try_reload(json!({ "plugin": guest.path(), "policy": "new-connections" })).unwrap()
}

fn generations(host: &Host) -> Vec<Value> {
    host.status()["generations"].as_array().unwrap().clone()
}

fn numbers(host: &Host) -> Vec<u64> {
    generations(host).iter().map(|generation| generation["number"].as_u64().unwrap()).collect()
}

/// Which build answers, told by the greeting that `teller` is given as a setting.
#[track_caller]
fn says(client: &mut Client, wanted: &str) {
    client.send("?");
    client.expect(wanted);
}

fn teller(name: &str, policy: &str) -> Value {
    json!({ "plugin": guests::TELLER.path(), "set": { "name": name }, "policy": policy })
}

#[test]
fn the_old_ones_stay_and_the_new_ones_get_the_new_code() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().tls().args(["--workers", "2", "--instances", "2"]).start();
    let mut old: Vec<_> = (0..4).map(|n| if n % 2 == 0 { host.tcp() } else { host.tls() }).collect();
    old.iter_mut().for_each(|client| says(client, "one"));
    let report = host.try_reload(teller("two", "new-connections")).unwrap();
    assert_eq!(
        (&report["generation"], &report["policy"], &report["connections"]),
        (&json!(2), &json!("new-connections"), &json!(0))
    );
    assert!(report["notes"][0].as_str().unwrap().contains("generation 1 until they end: 4"), "{report}");
    let mut new: Vec<_> = (0..3).map(|_| host.tcp()).collect();
    new.iter_mut().for_each(|client| says(client, "two"));
    old.iter_mut().for_each(|client| says(client, "one"));
    let status = host.status();
    let live = status["generations"].as_array().unwrap();
    let row = |n: usize| ["number", "connections", "events", "traps", "state"].map(|field| live[n][field].clone());
    assert_eq!(row(0), [json!(1), json!(4), json!(14), json!(0), json!("draining")]);
    assert_eq!(row(1), [json!(2), json!(3), json!(6), json!(0), json!("serving")]);
    assert!(
        live.iter().all(|generation| generation["handler_p99_us"].is_u64() && generation["age_seconds"].is_u64()),
        "{status}"
    );
    assert_eq!((&status["generation"], &status["connections"], &status["instances_up"]), (&json!(2), &json!(7), &json!(4)));
    // `open` and `data` of each, and two handshakes.
    assert_eq!(status["events"], 20);
    let shown = host.cli(["status"]).success();
    assert!(shown.contains("GENERATION") && shown.contains("draining") && shown.contains("serving"), "{shown}");
    // With its last connection a generation ends, and what it has counted stays counted.
    drop(old);
    eventually("the old generation's end", || (numbers(&host) == [2]).then_some(()));
    host.wait_count("instances_up", 2);
    assert!(host.count("events") >= 24, "{}", host.status());
    assert_eq!(host.count("bytes_read"), 11);
    new.iter_mut().for_each(|client| says(client, "two"));
    says(&mut host.tcp(), "two");
}

#[test]
fn after_drain_after_what_is_left_is_reset() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let mut old = host.tcp();
    says(&mut old, "one");
    let mut fields = teller("two", "new-connections");
    fields["drain_after_ms"] = json!(300);
    host.try_reload(fields).unwrap();
    says(&mut old, "one");
    let mut new = host.tcp();
    says(&mut new, "two");
    // A reset, as by a forced stop.
    assert!(old.rest().is_err());
    eventually("the old generation's end", || (numbers(&host) == [2]).then_some(()));
    host.wait_log(&["drain-after"]);
    says(&mut new, "two");
}

#[test]
fn a_migration_takes_the_connections_of_all_generations_along() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let mut clients = Vec::new();
    let steps = [("one", "two", "new-connections"), ("two", "three", "new-connections"), ("three", "four", "migrate")];
    for (now, name, policy) in steps {
        clients.push(host.tcp());
        says(clients.last_mut().unwrap(), now);
        let mut fields = teller(name, policy);
        if policy != "migrate" {
            fields["drain_after_ms"] = json!(1_500);
        }
        let report = host.try_reload(fields).unwrap();
        assert_eq!(report["connections"], if policy == "migrate" { 3 } else { 0 });
    }
    clients.iter_mut().for_each(|client| says(client, "four"));
    assert_eq!(numbers(&host), [4]);
    assert_eq!(generations(&host)[0]["connections"], 3);
    // They aren't old any more: no time is up for them.
    #[expect(clippy::disallowed_methods, reason = "what is looked for is that nothing happens when the time is over")]
    std::thread::sleep(std::time::Duration::from_millis(1_700));
    clients.iter_mut().for_each(|client| says(client, "four"));
    // What an older generation left over ends with its connections; the one that serves stays.
    assert_eq!(host.count("instances_up"), 3);
    clients.clear();
    host.wait_count("instances_up", 1);
    says(&mut host.tcp(), "four");
}

#[test]
fn so_many_generations_and_no_more() {
    let host = Serve::guest(guests::TELLER).set("name", "1").tcp().args(["--max-generations", "3"]).start();
    let mut clients = Vec::new();
    for number in 2..=3 {
        clients.push(host.tcp());
        says(clients.last_mut().unwrap(), &(number - 1).to_string());
        host.try_reload(teller(&number.to_string(), "new-connections")).unwrap();
    }
    let reason = host.reload_fails(teller("4", "new-connections"), "prepare");
    assert!(reason.contains("3 generations are live already (max-generations)"), "{reason}");
    assert_eq!(numbers(&host), [1, 2, 3]);
    // Room again.
    clients.remove(0);
    eventually("the first generation's end", || (numbers(&host) == [2, 3]).then_some(()));
    host.try_reload(teller("4", "new-connections")).unwrap();
    says(&mut clients[0], "2");
    says(&mut host.tcp(), "4");
}

#[test]
fn state_is_not_split_unless_that_is_asked_for() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().start();
    let mut old = host.tcp();
    old.send("\n");
    old.expect("v1 all=1 mine=1\n");
    let fields = |split: bool| json!({ "plugin": guests::COUNTER_V1.path(), "policy": "new-connections", "split_state": split });
    let reason = host.reload_fails(fields(false), "snapshot");
    assert!(reason.contains("has state"), "{reason}");
    assert_eq!(numbers(&host), [1]);
    let report = host.try_reload(fields(true)).unwrap();
    assert!(report["notes"][0].as_str().unwrap().contains("state was split"), "{report}");
    let mut new = host.tcp();
    for n in 1..4 {
        new.send("\n");
        new.expect(format!("v1 all={n} mine={n}\n"));
    }
    old.send("\n");
    old.expect("v1 all=2 mine=2\n");
}

#[test]
fn a_candidate_that_fails_changes_nothing() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let mut client = host.tcp();
    client.echo("one");
    let fails = |set: Value, phase| {
        let fields = json!({ "plugin": guests::FAULTY.path(), "policy": "new-connections", "set": set });
        host.reload_fails(fields, phase)
    };
    assert!(fails(json!({ "in": "start", "how": "error" }), "prepare").contains("the plugin said no"));
    assert_eq!(numbers(&host), [1]);
    // What would have no effect is refused.
    for (fields, word) in [
        (json!({ "drain_after_ms": 5 }), "drain-after"),
        (json!({ "split_state": true }), "split-state"),
        (json!({ "policy": "new-connections", "discard_state": true }), "discard-state"),
    ] {
        assert!(host.reload_fails(fields, "prepare").contains(word));
    }
    let (code, answer) = host.request("POST", "/reload", Some(&json!({ "policy": "sometimes" })));
    assert_eq!((code, answer["error"].as_str().unwrap()), (400, "policy 'sometimes' makes no sense"));
    // A dry run prepares, and leaves no generation behind.
    let report =
        host.try_reload(json!({ "plugin": guests::ECHO_V2.path(), "policy": "new-connections", "dry_run": true })).unwrap();
    assert_eq!((&report["dry_run"], &report["generation"]), (&json!(true), &json!(1)));
    assert_eq!(numbers(&host), [1]);
    assert_eq!(host.count("instances_up"), 1);
    client.echo("still one");
    host.tcp().echo("and new ones, too");
}

#[test]
fn a_trap_is_its_own_generations() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let mut old = host.tcp();
    let mut bystander = host.tcp();
    says(&mut old, "one");
    says(&mut bystander, "one");
    host.try_reload(teller("two", "new-connections")).unwrap();
    let mut new = host.tcp();
    says(&mut new, "two");
    old.send("trap");
    assert!(old.rest().is_err());
    says(&mut bystander, "one");
    says(&mut new, "two");
    let traps: Vec<_> = generations(&host).iter().map(|generation| generation["traps"].as_u64().unwrap()).collect();
    assert_eq!(traps, [1, 0]);
    assert_eq!(host.count("traps"), 1);
}

#[test]
fn a_connection_that_the_plugin_made_keeps_its_generation_alive() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--allow-connect", "127.0.0.1:*"]));
    let upstream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = upstream.local_addr().unwrap();
    let id = tracer.value(&format!("connect {address}"));
    let (peer, _) = upstream.accept().unwrap();
    tracer.wait(&format!("open {id}"));
    let fields = json!({ "plugin": guests::ECHO_V1.path(), "policy": "new-connections", "split_state": true });
    tracer.try_reload(fields).unwrap();
    assert_eq!(numbers(&tracer), [1, 2]);
    // The control connection is the old generation's, too, and so is what comes over the outbound one.
    (&peer).write_all(b"four").unwrap();
    tracer.wait(&format!("data {id} 4"));
    tracer.tcp().echo("the new generation");
}

#[test]
fn a_stop_takes_all_generations_along() {
    let mut host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let mut old = host.tcp();
    says(&mut old, "one");
    host.try_reload(teller("two", "new-connections")).unwrap();
    let mut new = host.tcp();
    says(&mut new, "two");
    host.signal(rustix::process::Signal::TERM);
    host.wait_log(&["stopping"]);
    // It drains: both go on.
    says(&mut old, "one");
    says(&mut new, "two");
    drop((old, new));
    assert!(host.ended().success());
}

#[test]
fn under_traffic_nothing_is_lost() {
    let host = Serve::guest(guests::ECHO_V1).tcp().args(["--workers", "2", "--instances", "2"]).start();
    let load = Load::start((20, host.tcp_address()), None);
    eventually("traffic on every connection", || (load.conversing() == 20).then_some(()));
    for round in 0..20 {
        let before = load.echoed();
        // A branch, then all over to a third: the older ones come along.
        branch(&host, [guests::ECHO_V2, guests::ECHO_V1][round % 2]);
        host.tcp().echo("a newcomer");
        let report = host.reload([guests::ECHO_V1, guests::ECHO_V2][round % 2]);
        assert!(report["connections"].as_u64().unwrap() >= 20, "{report}");
        eventually("traffic", || (load.echoed() > before).then_some(()));
    }
    let tally = load.finish();
    assert_eq!(tally.failures, [""; 0]);
    host.wait_count("connections", 0);
    host.wait_count("instances_up", 2);
    assert_eq!(numbers(&host), [41]);
    assert_eq!(host.count("traps"), 0);
}
