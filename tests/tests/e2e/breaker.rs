//! What follows when a plugin keeps failing: `--on-trap`.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Host, Serve, eventually};
use std::{io::Read as _, net::TcpStream};

const CULPRIT: &str = "culprit.sock";

/// Serves a plugin that fails in `data` for the culprits' socket, and is an echo for others.
fn serve(how: &str, args: &[&str]) -> Host {
    let serve = Serve::guest(guests::FAULTY).tcp().unix(CULPRIT).args(["--memory-limit", "24MiB"]).args(args);
    let path = serve.path(CULPRIT);
    serve.set("in", "data").set("how", how).set("culprit", path.display().to_string()).start()
}

/// Has it fail once more.
#[track_caller]
fn fail(host: &Host, traps: u64) {
    let mut culprit = host.unix(CULPRIT);
    culprit.send("x");
    host.wait_count("traps", traps);
    let mut rest = Vec::new();
    culprit.read_to_end(&mut rest).ok();
}

fn contained(host: &Host) -> Value {
    host.status()["containment"].clone()
}

#[test]
fn refuse_takes_no_new_connections_until_a_reload() {
    let host = serve("trap", &["--on-trap", "refuse", "--trap-limit", "3"]);
    let mut innocent = host.tcp();
    innocent.echo("before");
    assert_eq!(contained(&host)["breaker"], "closed");
    (1..=2).for_each(|traps| fail(&host, traps));
    host.tcp().echo("two are not too many");
    fail(&host, 3);
    let after = contained(&host);
    assert_eq!((&after["breaker"], &after["breaker_opened"], &after["restarts"]), (&json!("open"), &json!(1), &json!(3)));
    assert!(host.status()["state"].as_str().unwrap().starts_with("breaker open"));
    host.wait_log(&["failed too often", "breaker", "open", "faulty"]);
    // Who is there is served on; who comes is turned away at once.
    innocent.echo("meanwhile");
    let refused = host.count("refused");
    let mut newcomer = host.tcp();
    newcomer.rest().ok();
    assert_eq!(host.count("refused"), refused + 1);
    assert!(host.cli(["status"]).success().contains("1 breaker opening"));
    // A dry run and a failed reload change nothing about it.
    host.try_reload(json!({ "dry_run": true })).unwrap();
    host.try_reload(json!({ "plugin": "/nowhere.wasm" })).unwrap_err();
    assert_eq!(contained(&host)["breaker"], "open");
    host.reload(guests::FAULTY);
    assert_eq!(contained(&host)["breaker"], "closed");
    host.tcp().echo("welcome again");
    innocent.echo("still there");
    // It counts from nothing again.
    (4..=5).for_each(|traps| fail(&host, traps));
    host.tcp().echo("and again");
    fail(&host, 6);
    assert_eq!(contained(&host)["breaker_opened"], 2);
}

#[test]
fn stop_ends_the_process_with_an_error() {
    let mut host = serve("trap", &["--on-trap", "stop", "--trap-limit", "2"]);
    let mut innocent = host.tcp();
    innocent.echo("before");
    fail(&host, 1);
    host.unix(CULPRIT).send("x");
    eventually("the listener to be gone", || TcpStream::connect(host.tcp_address()).is_err().then_some(()));
    // As at any stop, those that are there have time to end.
    innocent.echo("meanwhile");
    innocent.finish();
    innocent.expect_end();
    assert_eq!(host.ended().code(), Some(1));
    let log = host.whole_log();
    assert!(log.iter().any(|line| line.starts_with("error: listener 'faulty' was stopped")), "{log:#?}");
}

#[test]
fn a_stop_that_was_asked_for_is_no_failure() {
    let mut host = serve("trap", &["--on-trap", "stop", "--trap-limit", "2"]);
    fail(&host, 1);
    host.cli(["stop"]).success();
    assert_eq!(host.ended().code(), Some(0));
}

#[test]
fn restart_goes_on() {
    let host = serve("trap", &["--trap-limit", "2"]);
    (1..=4).for_each(|traps| fail(&host, traps));
    let after = contained(&host);
    assert_eq!((&after["on_trap"], &after["breaker"], &after["breaker_opened"]), (&json!("restart"), &json!("off"), &json!(0)));
    host.tcp().echo("as ever");
}

#[test]
fn faults_are_counted_by_kind() {
    for (how, kind) in [("trap", "trapped"), ("loop", "budget_exceeded"), ("memory", "out_of_memory")] {
        let host = serve(how, &[]);
        fail(&host, 1);
        host.tcp().echo("a fresh instance");
        let after = contained(&host);
        for each in ["trapped", "budget_exceeded", "out_of_memory", "exited"] {
            assert_eq!(after[each], u64::from(each == kind), "{how}: {after}");
        }
        assert_eq!((&after["restarts"], &after["restarts_failed"]), (&json!(1), &json!(0)));
    }
}
