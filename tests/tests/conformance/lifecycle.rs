//! `start`, `snapshot` and `restore`: what they may do, what they refuse, and what is staged.

use crate::plugins::Plugin;
use crate::world::{Upstream, tracer, tracer_with};
use serde_json::{Map, Value, json};
use sockdock_tests::{Guest, Serve, Tracer};

stories!(
    what_start_may_do,
    what_snapshot_may_do,
    what_restore_may_do,
    a_start_that_refuses,
    a_candidate_that_refuses_to_start,
    a_snapshot_that_is_refused,
    a_restore_that_refuses,
    an_unknown_version,
    no_state,
    an_empty_trace,
    a_large_state,
    a_dry_run,
);

/// A reload to the plugin itself with these settings beside `control`.
fn fields(tracer: &Tracer, plugin: &Plugin, settings: &[(&str, &str)]) -> Value {
    let control = tracer.path("control.sock").display().to_string();
    let settings = settings.iter().copied().chain([("control", control.as_str())]);
    let set: Map<String, Value> = settings.map(|(key, value)| (key.to_owned(), value.into())).collect();
    json!({ "plugin": plugin.path, "set": set })
}

#[track_caller]
fn reload(tracer: &Tracer, plugin: &Plugin, settings: &[(&str, &str)]) -> Value {
    tracer.try_reload(fields(tracer, plugin, settings)).unwrap_or_else(|failure| panic!("the reload failed: {failure}"))
}

fn what_start_may_do(plugin: &Plugin) {
    let upstream = Upstream::new();
    let script = format!("live; timer 7 20; log info from start; connect {}; publish t x", upstream.address);
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &upstream.address]).set("start", &script));
    let did = tracer.wait("did start");
    assert_eq!(did, format!("did start {script} -> ok; ok; ok; err not-allowed; err not-allowed"));
    tracer.wait("fired 7");
    tracer.wait_log(&["INFO", "from start"]);
}

fn what_snapshot_may_do(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let subject = tracer.connect();
    let id = subject.id;
    let script = format!(
        "queued {id}; context {id}; log info from snapshot; write {id} x; end {id}; set-context {id} x; timer 1 1; \
         subscribe {id} t; unsubscribe {id} t; publish t x; connect {}; pause {id}; no-delay {id} on; upgrade-server {id} main",
        upstream.address
    );
    reload(&tracer, plugin, &[("snapshot", &script)]);
    // It is the second reload's, since the old side is asked.
    reload(&tracer, plugin, &[]);
    let did = tracer.wait("did snapshot");
    assert_eq!(did, format!("did snapshot {script} -> ok 0; ok; ok{}", "; err not-allowed".repeat(11)));
    tracer.wait_log(&["INFO", "from snapshot"]);
}

fn what_restore_may_do(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("subscribe {id} old"));
    let script = format!(
        "queued {id}; set-context {id} staged; subscribe {id} new; unsubscribe {id} old; timer 7 20; write {id} x; end {id}; publish new x"
    );
    reload(&tracer, plugin, &[("restore", &script)]);
    let did = tracer.wait("did restore");
    assert_eq!(did, format!("did restore {script} -> ok 0{}{}", "; ok".repeat(4), "; err not-allowed".repeat(3)));
    tracer.wait("fired 7");
    assert_eq!(tracer.ask(&format!("context {id}; publish old x; publish new y")), "ok staged; ok 0; ok 1");
    subject.peer.expect("y");
}

fn a_start_that_refuses(plugin: &Plugin) {
    let output = Serve::plugin(&plugin.path).tcp().set("refuse", "start").run();
    assert!(!output.status.success() && output.stderr.contains("told to refuse"), "{output:?}");
}

fn a_candidate_that_refuses_to_start(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let before = tracer.connect();
    let reason = tracer.reload_fails(fields(&tracer, plugin, &[("refuse", "start")]), "prepare");
    assert!(reason.contains("told to refuse"), "{reason}");
    untouched(&tracer, before);
}

/// The old generation goes on.
#[track_caller]
fn untouched(tracer: &Tracer, mut subject: sockdock_tests::Subject) {
    assert_eq!(tracer.value(&format!("write {} still", subject.id)), "5");
    subject.peer.expect("still");
    assert_eq!(tracer.count("traps"), 0);
    assert_eq!(tracer.trace().iter().filter(|event| event.starts_with("start")).count(), 1, "{:?}", tracer.trace());
}

fn a_snapshot_that_is_refused(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.set("refuse", "snapshot"));
    let subject = tracer.connect();
    let reason = tracer.reload_fails(fields(&tracer, plugin, &[]), "snapshot");
    assert!(reason.contains("told to refuse"), "{reason}");
    untouched(&tracer, subject);
}

fn a_restore_that_refuses(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let reason = tracer.reload_fails(fields(&tracer, plugin, &[("refuse", "restore")]), "restore");
    assert!(reason.contains("told to refuse"), "{reason}");
    untouched(&tracer, subject);
}

fn an_unknown_version(plugin: &Plugin) {
    let host = Serve::guest(Guest::named("counter-v1")).tcp().start();
    let mut client = host.tcp();
    client.send("x\n");
    client.expect("v1 all=1 mine=1\n");
    let reason = host.reload_fails(json!({ "plugin": plugin.path }), "restore");
    assert!(reason.contains("unknown version 1"), "{reason}");
    client.send("x\n");
    client.expect("v1 all=2 mine=2\n");
}

fn no_state(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.set("state", "none"));
    let mut subject = tracer.connect();
    let report = reload(&tracer, plugin, &[]);
    assert_eq!((&report["from_version"], &report["connections"]), (&json!(null), &json!(2)));
    let control = tracer.path("control.sock");
    assert_eq!(tracer.trace(), [format!("start control={}", control.display())]);
    subject.peer.send("hello");
    tracer.wait(&format!("data {} 5 hello", subject.id));
}

fn an_empty_trace(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("forget");
    let report = reload(&tracer, plugin, &[]);
    assert_eq!(report["from_version"], "trace-1");
    let control = tracer.path("control.sock");
    assert_eq!(tracer.trace(), [format!("start control={}", control.display()), "restore trace-1".to_owned()]);
}

/// Some mebibytes, and no text is damaged on the way.
fn a_large_state(plugin: &Plugin) {
    // An interpreter takes its time over so much text.
    let tracer = tracer_with(plugin, |serve| serve.args(["--reload-deadline", "20s"]));
    let text = "grüße, 🦀 ".repeat(1_000);
    for n in 0..200 {
        tracer.tell(&format!("on e{n} log info {text}"));
    }
    for _ in 0..2 {
        let report = reload(&tracer, plugin, &[]);
        let (bytes, scripts) = (report["snapshot_bytes"].as_u64().unwrap(), 200 * text.len() as u64);
        assert!((scripts..scripts + 10_000).contains(&bytes), "{report}");
    }
}

fn a_dry_run(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut asked = fields(&tracer, plugin, &[("restore", "timer 7 0")]);
    asked["dry_run"] = true.into();
    let subject = tracer.connect();
    let report = tracer.try_reload(asked).unwrap();
    assert_eq!(report["dry_run"], true);
    untouched(&tracer, subject);
    assert!(!tracer.trace().iter().any(|event| event.contains('7') && event.starts_with("fired")));
}
