//! What a fault leaves in the log.

use crate::guests;
use serde_json::Value;
use sockdock_tests::{Host, Serve, Subject, Tracer};
use std::{fs, path::PathBuf};

/// A plugin whose `data` traps in a function with a name, in a folder.
fn named() -> (tempfile::TempDir, PathBuf) {
    let text = include_str!("../../../host/src/guest/tests/plugin.wat")
        .replace(";;core;;", "(func $deep_down unreachable)")
        .replace(";;data;;", "(call $deep_down)");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named.wasm");
    fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    (folder, path)
}

const CULPRIT: &str = "culprit.sock";

/// A plugin from a build without names, which traps in `data`.
fn stripped(format: &str) -> Host {
    let serve = Serve::guest(guests::FAULTY).tcp().unix(CULPRIT).args(["--log-format", format]);
    let path = serve.path(CULPRIT);
    serve.set("in", "data").set("how", "trap").set("culprit", path.display().to_string()).start()
}

/// The one record of the one fault.
#[track_caller]
fn record(host: &Host) -> String {
    host.wait_count("traps", 1);
    host.wait_log(&["the plugin failed"]);
    let log = host.log();
    let records: Vec<_> = log.iter().filter(|line| line.contains("the plugin failed")).collect();
    assert_eq!(records.len(), 1, "{records:#?}");
    records[0].clone()
}

#[track_caller]
fn fields(record: &str) -> Value {
    let value: Value = serde_json::from_str(record).unwrap();
    assert_eq!(value["level"], "ERROR");
    value["fields"].clone()
}

#[test]
fn each_fact_is_a_field() {
    let (_folder, path) = named();
    let host = Serve::plugin(path).tcp().args(["--log-format", "json"]).start();
    host.tcp().send("x");
    let fields = fields(&record(&host));
    let digest = host.status()["digest"].as_str().unwrap().to_owned();
    assert_eq!(fields["listener"], "named");
    assert_eq!((fields["handler"].as_str(), fields["kind"].as_str()), (Some("data"), Some("trap")));
    assert_eq!(fields["generation"], 1);
    assert!(fields["socket"].as_u64().is_some_and(|socket| socket > 0), "{fields}");
    assert!(digest.starts_with(fields["digest"].as_str().unwrap()) && fields["digest"].as_str().unwrap().len() == 12);
    assert!(fields["backtrace"].as_str().unwrap().contains("deep_down@0x"), "{fields}");
    assert!(fields["hint"].as_str().unwrap().contains("backtrace"), "{fields}");
    assert!(fields["message"].as_str().unwrap().contains("unreachable"), "{fields}");
}

#[test]
fn as_text_too() {
    let (_folder, path) = named();
    let host = Serve::plugin(path).tcp().start();
    host.tcp().send("x");
    let record = record(&host);
    for word in ["ERROR", "listener=named", "generation=1", "digest=", "handler=\"data\"", "socket=", "kind=\"trap\"", "hint="] {
        assert!(record.contains(word), "no {word} in {record}");
    }
    let (_, backtrace) = record.split_once("backtrace=").unwrap();
    assert!(backtrace.contains("deep_down@0x"), "{record}");
}

#[test]
fn without_names_it_has_places_and_says_what_is_missing() {
    let host = stripped("json");
    host.unix(CULPRIT).send("x");
    let fields = fields(&record(&host));
    let backtrace = fields["backtrace"].as_str().unwrap();
    assert!(backtrace.contains("<wasm function ") && backtrace.contains("@0x"), "{fields}");
    assert!(fields["hint"].as_str().unwrap().contains("names"), "{fields}");
    let host = stripped("text");
    host.unix(CULPRIT).send("x");
    assert!(record(&host).contains("<wasm function "));
}

#[test]
fn the_event_that_failed_is_never_repeated() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve);
    let mut culprit = tracer.connect();
    let Subject { mut peer, id } = tracer.connect();
    tracer.tell("on data trap");
    culprit.peer.send("boom");
    culprit.peer.rest().ok();
    tracer.wait_count("traps", 1);
    // The control connection was none of the event's business: it goes on with the fresh instance.
    peer.send("well");
    tracer.wait(&format!("data {id} 4"));
    let trace = tracer.trace();
    assert!(!trace.iter().any(|event| event.contains("boom") || event.contains(&format!(" {} ", culprit.id))), "{trace:?}");
    let well = trace.iter().filter(|event| event.starts_with(&format!("data {id} "))).count();
    assert_eq!((well, tracer.count("traps")), (1, 1));
}
