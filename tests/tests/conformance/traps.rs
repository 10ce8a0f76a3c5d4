//! A panic, an uncaught exception, an `abort`: it costs the connection whose event it was, and nobody else.

use crate::plugins::Plugin;
use crate::world::{Upstream, tracer, tracer_with};
use serde_json::json;
use sockdock_tests::{Serve, Subject, Tracer};
use std::io::Read as _;

stories!(
    in_open,
    in_data,
    in_drain,
    in_end,
    in_timeout,
    in_handshake,
    in_error,
    in_close,
    in_connect_error,
    in_fired,
    in_start,
    in_snapshot,
    in_restore,
    undoes_what_its_event_asked_for,
    a_handler_that_takes_too_long,
    out_of_memory,
);

/// Traps in this event, which `provoke` brings about by a connection that is gone afterwards. Another one lives on, with its context.
#[track_caller]
fn trap(tracer: &Tracer, event: &str, provoke: impl FnOnce()) {
    let mut innocent = tracer.connect();
    tracer.tell(&format!("set-context {} mine", innocent.id));
    tracer.tell(&format!("on {event} trap"));
    provoke();
    tracer.wait_count("traps", 1);
    tracer.wait_log(&["told to trap"]);
    // The control connection and the innocent.
    tracer.wait_count("connections", 2);
    lives_on(tracer, &mut innocent);
}

/// A fresh instance has taken the connection over.
#[track_caller]
fn lives_on(tracer: &Tracer, innocent: &mut Subject) {
    let id = innocent.id;
    assert_eq!(tracer.value(&format!("context {id}")), "mine");
    innocent.peer.send("untouched");
    tracer.wait(&format!("data {id} 9 untouched"));
    tracer.tell(&format!("write {id} too"));
    innocent.peer.expect("too");
    let trace = tracer.trace();
    assert!(trace[0].starts_with("start "), "{trace:?}");
    assert!(!trace.iter().any(|event| event.starts_with("close")), "{trace:?}");
    assert_eq!((tracer.count("traps"), tracer.count("instances_up")), (1, 1));
}

fn in_open(plugin: &Plugin) {
    let tracer = tracer(plugin);
    trap(&tracer, "open", || assert_eq!(tracer.tcp().expect_reset(), b""));
}

fn in_data(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut culprit = tracer.connect();
    trap(&tracer, "data", || {
        culprit.peer.send("x");
        culprit.peer.expect_reset();
    });
}

fn in_drain(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut culprit = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", culprit.id)).parse().unwrap();
    trap(&tracer, "drain", || {
        assert!(culprit.peer.expect_reset().len() <= taken);
    });
}

fn in_end(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut culprit = tracer.connect();
    trap(&tracer, "end", || {
        culprit.peer.finish();
        culprit.peer.expect_reset();
    });
}

fn in_timeout(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut culprit = tracer.connect();
    trap(&tracer, "timeout", || {
        tracer.tell(&format!("timeout {} 20", culprit.id));
        culprit.peer.expect_reset();
    });
}

fn in_handshake(plugin: &Plugin) {
    let tracer = tracer_with(plugin, Serve::tls);
    trap(&tracer, "handshake", || {
        // TLS 1.3: the client may be done before the server has seen its last message.
        assert!(tracer.tls().read(&mut [0]).is_err());
    });
}

fn in_error(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let culprit = tracer.connect();
    trap(&tracer, "error", || culprit.peer.reset());
}

fn in_close(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut culprit = tracer.connect();
    trap(&tracer, "close", || culprit.peer.finish());
}

fn in_connect_error(plugin: &Plugin) {
    let gone = Upstream::new();
    let tracer = gone.tracer(plugin);
    let address = gone.address.clone();
    drop(gone);
    trap(&tracer, "connect-error", || tracer.tell(&format!("connect {address}")));
}

fn in_fired(plugin: &Plugin) {
    let tracer = tracer(plugin);
    trap(&tracer, "fired", || tracer.tell("timer 1 0"));
}

fn in_start(plugin: &Plugin) {
    let output = Serve::plugin(&plugin.path).tcp().set("start", "trap").run();
    assert!(!output.status.success() && output.stderr.contains("told to trap"), "{output:?}");
    let tracer = tracer(plugin);
    let mut innocent = tracer.connect();
    let reason = tracer.reload_fails(json!({ "plugin": plugin.path, "set": { "start": "trap" } }), "prepare");
    assert!(reason.contains("start"), "{reason}");
    innocent.peer.send("untouched");
    tracer.wait(&format!("data {} 9 untouched", innocent.id));
}

/// In a fresh instance, as after any trap; or in the same one, where the language made the host's refusal of the exception.
fn in_snapshot(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.set("snapshot", "trap"));
    let mut innocent = tracer.connect();
    tracer.tell(&format!("set-context {} mine", innocent.id));
    let reason = tracer.reload_fails(json!({ "plugin": plugin.path }), "snapshot");
    if tracer.count("traps") == 1 {
        tracer.wait_log(&["told to trap"]);
        return lives_on(&tracer, &mut innocent);
    }
    assert!(reason.contains("told to trap"), "{reason}");
    assert_eq!(tracer.events(innocent.id).len(), 1, "nothing was forgotten");
    innocent.peer.send("untouched");
    tracer.wait(&format!("data {} 9 untouched", innocent.id));
}

fn in_restore(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut innocent = tracer.connect();
    tracer.reload_fails(json!({ "plugin": plugin.path, "set": { "restore": "trap" } }), "restore");
    tracer.wait_log(&["told to trap"]);
    innocent.peer.send("untouched");
    tracer.wait(&format!("data {} 9 untouched", innocent.id));
    assert_eq!(tracer.count("traps"), 0, "a candidate's fault is not the listener's");
}

fn undoes_what_its_event_asked_for(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let mut innocent = tracer.connect();
    let id = innocent.id;
    tracer.tell(&format!("set-context {id} mine; write {id} before; timer 1 60000"));
    innocent.peer.expect("before");
    tracer.push(&format!("write {id} never; timer 2 0; connect {}; trap", upstream.address));
    tracer.wait_count("traps", 1);
    tracer.reconnect();
    lives_on(&tracer, &mut innocent);
    upstream.listener.set_nonblocking(true).unwrap();
    assert_eq!(upstream.listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "a connection was made");
    assert!(!tracer.trace().iter().any(|event| event.starts_with("fired")), "a timer was armed");
}

fn a_handler_that_takes_too_long(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--event-budget", "300ms"]));
    let mut innocent = tracer.connect();
    tracer.tell(&format!("set-context {} mine; busy 30", innocent.id));
    tracer.push("busy 60000");
    tracer.wait_count("traps", 1);
    tracer.wait_log(&[plugin.stem(), "budget"]);
    tracer.reconnect();
    lives_on(&tracer, &mut innocent);
}

fn out_of_memory(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--memory-limit", "64MiB"]));
    let mut innocent = tracer.connect();
    tracer.tell(&format!("set-context {} mine; eat 5000000", innocent.id));
    assert!(tracer.count("memory_bytes") >= 5_000_000);
    tracer.push("eat 100000000; trap");
    tracer.wait_count("traps", 1);
    tracer.reconnect();
    lives_on(&tracer, &mut innocent);
    assert!(tracer.count("memory_bytes") < 64 << 20);
}
