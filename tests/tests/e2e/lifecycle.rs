//! `start`, `snapshot`, `restore`: versions of a plugin and what they hand on.

use crate::guests;
use serde_json::json;
use sockdock_tests::{Host, Serve, Tracer};

fn counter() -> Host {
    Serve::guest(guests::COUNTER_V1).tcp().start()
}

#[test]
fn the_next_version_takes_over_state_and_contexts() {
    let host = counter();
    let (mut a, mut b) = (host.tcp(), host.tcp());
    a.send("x\nx\n");
    a.expect("v1 all=1 mine=1\nv1 all=2 mine=2\n");
    b.send("x\n");
    b.expect("v1 all=3 mine=1\n");
    let report = host.reload(guests::COUNTER_V2);
    assert_eq!(report["generation"], 2);
    assert_eq!(report["from_version"], "1");
    assert_eq!(report["connections"], 2);
    assert!(report["snapshot_bytes"].as_u64().unwrap() > 0);
    assert_ne!(report["from_digest"], report["to_digest"]);
    a.send("x\n");
    a.expect("v2 all=4 new=1 mine=3\n");
    b.send("x\n");
    b.expect("v2 all=5 new=2 mine=2\n");
    // And again, from its own version.
    assert_eq!(host.reload(guests::COUNTER_V2)["from_version"], "2");
    a.send("x\n");
    a.expect("v2 all=6 new=3 mine=4\n");
}

#[test]
fn the_report_adds_up() {
    let host = counter();
    let mut client = host.tcp();
    client.send("x\n");
    client.expect("v1 all=1 mine=1\n");
    let before = host.status();
    let report = host.reload(guests::COUNTER_V2);
    let after = host.status();
    assert_eq!(report["listener"], before["name"]);
    assert_eq!(report["from_digest"], before["digest"]);
    assert_eq!(report["to_digest"], after["digest"]);
    assert_eq!(after["digest"].as_str().unwrap().len(), 64);
    assert_eq!(report["generation"], after["generation"]);
    assert_eq!(after["reloads"], 1);
    assert_eq!(report["dry_run"], false);
    let pauses = report["pause_us"].as_array().unwrap();
    assert_eq!(pauses.len(), 1, "one per worker that has an instance");
    assert!(pauses[0].as_u64().unwrap() < 1_000_000);
    assert!(report["compile_us"].is_u64() && report["cached"].is_boolean() && report["notes"].is_array(), "{report}");
}

#[test]
fn a_state_that_cannot_be_read_is_not_thrown_away() {
    let host = counter();
    let mut client = host.tcp();
    client.send("x\n");
    client.expect("v1 all=1 mine=1\n");
    // One that doesn't know the version, one that restores nothing, one without a life cycle.
    let reason = host.reload_fails(json!({ "plugin": guests::COUNTER_REFUSES.path() }), "restore");
    assert!(reason.contains("version `1`"), "{reason}");
    for guest in [guests::ECHO_V1, guests::MINIMAL] {
        let (_, answer) = host.request("POST", "/reload", Some(&json!({ "plugin": guest.path() })));
        assert!(answer["failures"][0]["reason"].is_string(), "{answer}");
    }
    client.send("x\n");
    client.expect("v1 all=2 mine=2\n");
    // Unless the operator says so.
    host.try_reload(json!({ "plugin": guests::MINIMAL.path(), "discard_state": true })).unwrap();
    client.echo("now an echo");
    // From no state to some.
    assert_eq!(host.reload(guests::COUNTER_REFUSES)["from_version"], json!(null));
    client.send("\n");
    client.expect("roman I\n");
}

#[test]
fn a_dry_run_changes_nothing() {
    let host = counter();
    let mut client = host.tcp();
    client.send("x\n");
    client.expect("v1 all=1 mine=1\n");
    let before = host.status();
    let report = host.try_reload(json!({ "plugin": guests::COUNTER_V2.path(), "dry_run": true })).unwrap();
    assert_eq!(report["dry_run"], true);
    assert_ne!(report["from_digest"], report["to_digest"]);
    let failure = host.try_reload(json!({ "plugin": guests::COUNTER_REFUSES.path(), "dry_run": true })).unwrap_err();
    assert_eq!(failure["phase"], "restore");
    let after = host.status();
    assert_eq!(
        (&after["generation"], &after["digest"], &after["reloads"]),
        (&before["generation"], &before["digest"], &json!(0))
    );
    client.send("x\n");
    client.expect("v1 all=2 mine=2\n");
}

#[test]
fn settings_reach_start_in_order() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.set("b", "1").set("a", "2 = two").set("b", ""));
    assert!(tracer.trace()[0].starts_with("start b=1 a=2 = two b= control="), "{:?}", tracer.trace());
    // A reload keeps them, unless it brings its own.
    tracer.reload(guests::TRACER);
    assert_eq!(tracer.trace()[0], tracer.trace()[1]);
}
