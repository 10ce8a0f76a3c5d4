//! What outlives an event: contexts, timers, settings of sockets; through reloads too.

use crate::guests;
use sockdock_tests::{Serve, Tracer};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, options)
}

#[test]
fn a_context_is_kept_up_to_its_limit() {
    let tracer = tracer(|serve| serve);
    let subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.value(&format!("context {id}")), "");
    tracer.tell(&format!("set-context {id} remember me"));
    assert_eq!(tracer.value(&format!("context {id}")), "remember me");
    assert_eq!(tracer.ask(&format!("big-context {id} 65537")), "err limit-exceeded");
    assert_eq!(tracer.value(&format!("context {id}")), "remember me");
    tracer.tell(&format!("big-context {id} 65536"));
    assert_eq!(tracer.value(&format!("context {id}")), "c".repeat(64));
}

#[test]
fn timers() {
    let tracer = tracer(|serve| serve);
    // Armed again, cleared, at once, and never.
    tracer.tell("timer 1 60000; timer 1 30; timer 2 30; clear 2; timer 3 0; timer 4 60000; clear 77");
    tracer.wait("fired 3");
    tracer.wait("fired 1");
    tracer.tell("timer 5 120");
    tracer.wait("fired 5");
    let trace = tracer.trace();
    let fired: Vec<_> = trace.iter().filter_map(|event| event.strip_prefix("fired ")).collect();
    assert_eq!(fired, ["3", "1", "5"]);
}

#[test]
fn a_timer_can_be_armed_in_its_own_event() {
    let tracer = tracer(|serve| serve);
    tracer.tell("on fired timer 1 20");
    tracer.tell("timer 1 20");
    sockdock_tests::eventually("three firings", || {
        (tracer.trace().iter().filter(|event| *event == "fired 1").count() >= 3).then_some(())
    });
}

#[test]
fn everything_of_a_socket_survives_a_reload() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("set-context {id} mine; timer 5 400; pause {id}; timer 6 60000; clear 6"));
    subject.peer.send("while paused");
    let report = tracer.reload(guests::TRACER);
    assert_eq!(report["connections"], 2);
    assert_eq!(report["from_version"], "trace-1");
    assert_eq!(tracer.value(&format!("context {id}")), "mine");
    assert!(tracer.value("live").split(' ').any(|live| live == id.to_string()));
    tracer.wait("fired 5");
    assert_eq!(tracer.events(id).len(), 1, "still paused");
    tracer.tell(&format!("resume {id}"));
    tracer.wait(&format!("data {id} 12"));
    tracer.tell(&format!("timeout {id} 50"));
    tracer.reload(guests::TRACER);
    tracer.wait(&format!("timeout {id}"));
    // The old generation's trace came along, and the new one has begun once.
    let trace = tracer.trace();
    assert_eq!(trace.iter().filter(|event| event.starts_with("start")).count(), 3);
    assert_eq!(trace.iter().filter(|event| event.starts_with("fired 6")).count(), 0);
}

#[test]
fn what_the_old_generation_wrote_is_still_sent() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    tracer.reload(guests::TRACER);
    tracer.tell("on drain write $ after");
    assert!(subject.peer.receive(taken).iter().all(|byte| *byte == b'x'));
    // The drain that was due reaches the new generation.
    subject.peer.expect("after");
}

#[test]
fn an_end_under_way_outlives_a_reload() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    tracer.tell(&format!("end {}", subject.id));
    tracer.reload(guests::TRACER);
    assert_eq!(subject.peer.rest().unwrap().len(), taken);
    drop(subject.peer);
    assert_eq!(*tracer.closed(subject.id).last().unwrap(), "close none unsent=0");
}

const SCRIPT: &str = "log info hi; live; timer 8 10; connect 127.0.0.1:1; publish t x";

#[test]
fn a_snapshot_may_only_look() {
    let tracer = tracer(|serve| serve.set("snapshot", SCRIPT).set("restore", "live"));
    let before = tracer.value("live");
    tracer.reload(guests::TRACER);
    let did = tracer.wait("did snapshot");
    let answers: Vec<_> = did.split(" -> ").nth(1).unwrap().split("; ").collect();
    assert_eq!(answers[..3], ["ok", &format!("ok {before}"), "err not-allowed"]);
    assert!(answers[3..].iter().all(|answer| *answer == "err not-allowed"), "{did}");
    assert!(tracer.wait("did restore").ends_with(&format!("ok {before}")));
}

#[test]
fn a_candidate_stages_and_touches_nothing() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let id = subject.id;
    let script = format!(
        "timer 8 20; set-context {id} staged; write {id} x; end {id}; terminate {id}; shutdown {id}; connect 127.0.0.1:1"
    );
    let control = tracer.path("control.sock");
    let set =
        |state: &str| serde_json::json!({ "control": control, "restore": script, "snapshot": "", "start": "", "state": state });
    let reload = |fields| tracer.try_reload(fields);
    let plugin = guests::TRACER.path();
    // A dry run does all of it and leaves nothing behind.
    let report = reload(serde_json::json!({ "plugin": plugin, "set": set("keep"), "dry_run": true })).unwrap();
    assert_eq!(report["dry_run"], true);
    assert_eq!(tracer.value(&format!("context {id}")), "");
    reload(serde_json::json!({ "plugin": plugin, "set": set("keep") })).unwrap();
    assert_eq!(tracer.value(&format!("context {id}")), "staged");
    tracer.wait("fired 8");
    let did = tracer.wait("did restore");
    let answers: Vec<_> = did.split(" -> ").nth(1).unwrap().split("; ").collect();
    assert_eq!(answers[..2], ["ok", "ok"], "{did}");
    assert_eq!(answers[2..6], ["err not-allowed"; 4], "{did}");
    tracer.tell(&format!("write {id} alive"));
    subject.peer.expect("alive");
}
