//! Back to what served before: component, settings and, where the earlier build takes it, state.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Host, Serve};
use std::path::Path;

fn roll_back(host: &Host, fields: Value) -> Result<Value, Value> {
    let (code, answer) = host.request("POST", "/rollback", Some(&fields));
    match code {
        200 => Ok(answer["reports"][0].clone()),
        409 => Err(answer["failures"][0].clone()),
        _ => panic!("{code} {answer}"),
    }
}

#[test]
fn component_and_settings_come_back_under_live_connections() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let digest = host.status()["digest"].clone();
    let mut client = host.tcp();
    let mut says = |wanted: &str| {
        client.send("?");
        client.expect(wanted);
    };
    says("one");
    host.cli([Path::new("reload"), &guests::TELLER.path(), Path::new("--set"), Path::new("name=two")]).success();
    says("two");
    let said = host.cli(["rollback"]).success();
    assert!(said.contains("generation 3 serves now") && said.contains("those of generation 1"), "{said}");
    says("one");
    assert_eq!(host.status()["digest"], digest);
    // A second one takes the first back.
    let report = roll_back(&host, json!({ "listener": "teller" })).unwrap();
    assert_eq!((&report["generation"], &report["connections"]), (&json!(4), &json!(1)));
    says("two");
    // A plain reload reads what it has gone back to.
    host.cli(["rollback"]).success();
    host.cli(["reload"]).success();
    says("one");
}

#[test]
fn the_file_may_be_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.wasm");
    std::fs::copy(guests::ECHO_V1.path(), &file).unwrap();
    let host = Serve::plugin(&file).tcp().start();
    let mut client = host.tcp();
    client.echo("one");
    host.reload(guests::COUNTER_V1);
    std::fs::remove_file(&file).unwrap();
    // The counter has state that an echo can't take over.
    let failure = roll_back(&host, json!({})).unwrap_err();
    assert_eq!((&failure["phase"], &failure["generation"]), (&json!("restore"), &json!(2)));
    assert!(failure["hint"].as_str().unwrap().contains("--discard-state"), "{failure}");
    client.send("\n");
    client.expect("v1 all=1 mine=1\n");
    host.cli(["rollback"]).refusal(1, &["restore", "--discard-state"]);
    let report = roll_back(&host, json!({ "discard_state": true })).unwrap();
    assert_eq!(report["generation"], 3);
    client.echo("an echo again");
    assert_eq!(host.count("accepted"), 1);
}

#[test]
fn state_goes_back_where_the_earlier_build_takes_it() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().start();
    let mut client = host.tcp();
    client.send("\n");
    client.expect("v1 all=1 mine=1\n");
    host.reload(guests::COUNTER_V1);
    client.send("\n");
    client.expect("v1 all=2 mine=2\n");
    let report = roll_back(&host, json!({})).unwrap();
    assert_eq!(report["from_version"], "1");
    client.send("\n");
    client.expect("v1 all=3 mine=3\n");
    // A newer state is more than the earlier build knows: it says no, and the newer one goes on.
    host.reload(guests::COUNTER_V2);
    client.send("\n");
    client.expect("v2 all=4 new=1 mine=4\n");
    assert_eq!(roll_back(&host, json!({})).unwrap_err()["phase"], "restore");
    client.send("\n");
    client.expect("v2 all=5 new=2 mine=5\n");
}

#[test]
fn it_takes_the_connections_of_all_generations() {
    let host = Serve::guest(guests::TELLER).set("name", "one").tcp().start();
    let mut old = host.tcp();
    old.send("?");
    old.expect("one");
    host.try_reload(json!({ "set": { "name": "two" }, "policy": "new-connections" })).unwrap();
    let mut new = host.tcp();
    new.send("?");
    new.expect("two");
    assert_eq!(roll_back(&host, json!({})).unwrap()["connections"], 2);
    for client in [&mut old, &mut new] {
        client.send("?");
        client.expect("one");
    }
}

#[test]
fn before_the_first_reload_there_is_nothing_to_go_back_to() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let failure = roll_back(&host, json!({})).unwrap_err();
    assert_eq!((&failure["phase"], &failure["generation"]), (&json!("prepare"), &json!(1)));
    assert!(failure["reason"].as_str().unwrap().contains("no previous generation"), "{failure}");
    // A reload that fails isn't one to go back behind.
    host.reload_fails(json!({ "plugin": guests::WRONG_WORLD.path() }), "prepare");
    assert!(roll_back(&host, json!({})).is_err());
    let (code, answer) = host.request("POST", "/rollback", Some(&json!({ "listener": "nobody" })));
    assert_eq!(code, 404, "{answer}");
    host.tcp().echo("untouched");
}
