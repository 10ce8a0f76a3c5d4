//! A generation that is tried on a share of the new connections, and takes over or gives way by itself.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Host, Serve, eventually};
use std::path::Path;

fn tellers(options: impl FnOnce(Serve) -> Serve) -> Host {
    options(Serve::guest(guests::TELLER).set("name", "one").tcp()).start()
}

/// A canary that half of all connections get.
fn canary(host: &Host, watch_ms: u64, set: Value) -> Value {
    let mut fields = json!({ "policy": "canary", "share": 50, "share_by": "connection", "watch_ms": watch_ms });
    fields["set"] = set;
    host.try_reload(fields).unwrap()
}

fn ask(client: &mut Client) -> String {
    client.send("?");
    String::from_utf8(client.receive(3)).unwrap()
}

/// Connections, until both generations have some.
fn both(host: &Host) -> (Vec<Client>, Vec<Client>) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    eventually("connections of both generations", || {
        let mut client = host.tcp();
        match ask(&mut client).as_str() {
            "one" => old.push(client),
            "two" => new.push(client),
            other => panic!("{other}"),
        }
        (old.len() >= 3 && new.len() >= 3).then_some(())
    });
    (old, new)
}

fn live(host: &Host) -> Vec<(u64, String)> {
    let status = host.status();
    let row = |live: &Value| (live["number"].as_u64().unwrap(), live["state"].as_str().unwrap().to_owned());
    status["generations"].as_array().unwrap().iter().map(row).collect()
}

const NEVER: u64 = 3_600_000;

#[test]
fn one_that_does_well_takes_over() {
    for mode in ["shared", "2", "per-connection"] {
        let host = tellers(|serve| serve.args(["--workers", "2", "--instances", mode]));
        let report = canary(&host, 1_500, json!({ "name": "two" }));
        assert_eq!((&report["generation"], &report["policy"]), (&json!(2), &json!("canary")));
        let (mut old, mut new) = both(&host);
        let shown = live(&host);
        assert_eq!((shown[0].clone(), shown[1].0), ((1, "serving".to_owned()), 2));
        assert!(shown[1].1.starts_with("canary 50%, "), "{shown:?}");
        assert_eq!(host.count("generation"), 1);
        host.wait_count("generation", 2);
        host.wait_log(&["canary promoted"]);
        // All are with it now, and each is where it was.
        for client in old.iter_mut().chain(&mut new) {
            assert_eq!(ask(client), "two");
        }
        assert_eq!(ask(&mut host.tcp()), "two");
        eventually("one generation", || (live(&host) == [(2, "serving".to_owned())]).then_some(()));
        assert_eq!((host.count("reloads"), host.count("reloads_failed"), host.count("traps")), (1, 0, 0));
        // And back, in one command.
        host.cli(["rollback"]).success();
        assert_eq!(ask(&mut old[0]), "one");
        drop((old, new));
        host.wait_count("connections", 0);
    }
}

#[test]
fn one_that_traps_gives_way() {
    for mode in ["shared", "per-connection"] {
        let host = tellers(|serve| serve.args(["--instances", mode]));
        let mut early = host.tcp();
        assert_eq!(ask(&mut early), "one");
        canary(&host, NEVER, json!({ "name": "two", "how": "trap" }));
        // Idle ones of the canary are taken back.
        let mut idle: Vec<_> = (0..8).map(|_| host.tcp()).collect();
        host.wait_count("connections", 9);
        eventually("somebody to be reset", || {
            let mut client = host.tcp();
            client.send("?");
            client.try_receive(3).is_err().then_some(())
        });
        host.wait_log(&["canary rolled back", "trapped"]);
        host.wait_count("reloads_failed", 1);
        assert_eq!(ask(&mut early), "one");
        for client in &mut idle {
            assert_eq!(ask(client), "one");
        }
        for _ in 0..10 {
            assert_eq!(ask(&mut host.tcp()), "one");
        }
        eventually("one generation", || (live(&host) == [(1, "serving".to_owned())]).then_some(()));
        assert_eq!((host.count("generation"), host.count("reloads")), (1, 0));
    }
}

#[test]
fn one_whose_peers_break_off_gives_way() {
    let host = tellers(|serve| serve);
    canary(&host, NEVER, json!({ "name": "two" }));
    eventually("the canary's end", || {
        let mut client = host.tcp();
        if ask(&mut client) == "two" {
            // Not what it had expected.
            client.reset();
        } else {
            client.finish();
            client.expect_end();
        }
        (host.count("reloads_failed") == 1).then_some(())
    });
    host.wait_log(&["canary rolled back", "ended with an error"]);
    assert_eq!(ask(&mut host.tcp()), "one");
}

#[test]
fn one_that_is_slow_gives_way() {
    let host = tellers(|serve| serve);
    canary(&host, 3_000, json!({ "name": "two", "how": "slow", "spin": "40000" }));
    let (mut old, mut new) = both(&host);
    eventually("the canary's end", || {
        for client in old.iter_mut().chain(&mut new) {
            ask(client);
        }
        (host.count("reloads_failed") + host.count("reloads") == 1).then_some(())
    });
    host.wait_log(&["canary rolled back", "99 of 100"]);
    for client in &mut new {
        assert_eq!(ask(client), "one");
    }
}

#[test]
fn one_that_nobody_meets_gives_way() {
    let host = tellers(|serve| serve);
    canary(&host, 100, json!({ "name": "two" }));
    host.wait_log(&["canary rolled back", "no event"]);
    assert_eq!(ask(&mut host.tcp()), "one");
}

#[test]
fn by_command() {
    let host = tellers(|serve| serve);
    host.cli(["promote"]).refusal(1, &["no canary"]);
    let begin = |name: &str| {
        let set = format!("name={name}");
        let flags = ["--policy", "canary", "--share", "50%", "--share-by", "connection", "--watch", "1h", "--set", &set];
        host.cli([&["reload"][..], &flags].concat()).success()
    };
    let said = begin("two");
    assert!(said.contains("generation 2 is tried now") && said.contains("50% of the new connections"), "{said}");
    let (mut old, mut new) = both(&host);
    // One at a time.
    let reason = host.reload_fails(json!({ "plugin": guests::ECHO_V1.path() }), "prepare");
    assert!(reason.contains("a canary is under way"), "{reason}");
    host.cli([Path::new("reload"), &guests::ECHO_V1.path()]).refusal(1, &["sockdock promote", "sockdock rollback"]);
    let said = host.cli(["rollback"]).success();
    assert!(said.contains("generation 2 gives way to generation 1"), "{said}");
    for client in old.iter_mut().chain(&mut new) {
        assert_eq!(ask(client), "one");
    }
    // Numbers aren't given twice.
    assert!(begin("two").contains("generation 3 is tried now"));
    let (more_old, more_new) = both(&host);
    let said = host.cli(["promote"]).success();
    assert!(said.contains("generation 3 serves now") && said.contains("generation 1 gives way to generation 3"), "{said}");
    for mut client in old.into_iter().chain(new).chain(more_old).chain(more_new) {
        assert_eq!(ask(&mut client), "two");
    }
    assert_eq!(host.count("generation"), 3);
    // A plain reload reads what was promoted.
    host.cli(["reload"]).success();
    assert_eq!(ask(&mut host.tcp()), "two");
}

#[test]
fn a_peer_stays_with_what_it_met() {
    let host = tellers(|serve| serve);
    let fields = json!({ "policy": "canary", "share": 50, "watch_ms": NEVER, "set": { "name": "two" } });
    host.try_reload(fields).unwrap();
    let first = ask(&mut host.tcp());
    for _ in 0..20 {
        assert_eq!(ask(&mut host.tcp()), first);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().start();
    for (fields, phase, word) in [
        (json!({ "policy": "canary" }), "snapshot", "has state"),
        (json!({ "policy": "canary", "share": 0 }), "prepare", "0%"),
        (json!({ "policy": "canary", "share": 100 }), "prepare", "100%"),
        (json!({ "share": 10 }), "prepare", "share"),
        (json!({ "policy": "new-connections", "watch_ms": 10 }), "prepare", "watch"),
    ] {
        assert!(host.reload_fails(fields, phase).contains(word));
    }
    let report = host.try_reload(json!({ "policy": "canary", "split_state": true, "dry_run": true })).unwrap();
    assert_eq!((&report["generation"], live(&host).len()), (&json!(1), 1));
}

#[test]
fn with_state_the_loser_hands_its_own_on() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().start();
    let mut old = host.tcp();
    old.send("\n");
    old.expect("v1 all=1 mine=1\n");
    let fields = json!({
        "plugin": guests::COUNTER_V2.path(), "policy": "canary", "share": 50, "share_by": "connection", "watch_ms": NEVER, "split_state": true
    });
    host.try_reload(fields).unwrap();
    let (code, answer) = host.request("POST", "/promote", None);
    assert_eq!((code, &answer["reports"][0]["connections"]), (200, &json!(1)), "{answer}");
    old.send("\n");
    old.expect("v2 all=2 new=1 mine=2\n");
}

#[test]
fn a_stop_ends_it() {
    let mut host = tellers(|serve| serve);
    canary(&host, 400, json!({ "name": "two" }));
    let (old, new) = both(&host);
    host.signal(rustix::process::Signal::TERM);
    host.wait_log(&["stopping"]);
    drop((old, new));
    assert!(host.ended().success());
}
