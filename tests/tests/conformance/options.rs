//! Settings of sockets.

use crate::plugins::Plugin;
use crate::world::{by_unix, count, let_things_happen, tracer, tracer_with, wait_for};

stories!(timeout, no_timeout, no_delay, keep_alive, on_a_unix_socket);

fn timeout(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("timeout {id} 40"));
    wait_for(&tracer, id, "timeout", 1);
    // A byte either way begins a new period.
    tracer.tell(&format!("write {id} x"));
    subject.peer.expect("x");
    wait_for(&tracer, id, "timeout", 2);
    subject.peer.send("y");
    wait_for(&tracer, id, "timeout", 3);
    assert_eq!(tracer.events(id)[1..], ["timeout", "timeout", "data 1 y", "timeout"]);
    assert_eq!(tracer.ask(&format!("timeout {id} 0")), "err invalid-argument");
}

fn no_timeout(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    tracer.tell(&format!("timeout {0} 60; timeout {0} none", subject.id));
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, subject.id, "timeout"), 0);
}

fn no_delay(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    tracer.tell(&format!("no-delay {0} off; no-delay {0} on; write {0} x", subject.id));
    subject.peer.expect("x");
}

fn keep_alive(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let id = subject.id;
    assert_eq!(
        tracer.ask(&format!("keep-alive {id} 1500; keep-alive {id} none; keep-alive {id} 0")),
        "ok; ok; err invalid-argument"
    );
}

fn on_a_unix_socket(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.unix("plain.sock"));
    let subject = by_unix(&tracer, "plain.sock");
    let id = subject.id;
    assert_eq!(
        tracer.ask(&format!("no-delay {id} on; keep-alive {id} 1000; timeout {id} 5000")),
        "err unsupported; err unsupported; ok"
    );
}
