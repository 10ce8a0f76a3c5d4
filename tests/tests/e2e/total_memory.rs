//! All that a listener may have of memory: `--total-memory`.

use crate::guests;
use sockdock_tests::{Subject, Tracer, eventually};

fn tracer(total: &str, args: &[&str]) -> Tracer {
    Tracer::start(guests::TRACER, |serve| serve.args(["--total-memory", total]).args(args))
}

fn total(tracer: &Tracer) -> u64 {
    tracer.status()["containment"]["total_memory_bytes"].as_u64().unwrap()
}

fn refusals(tracer: &Tracer) -> u64 {
    tracer.status()["containment"]["memory_refused"].as_u64().unwrap()
}

#[test]
fn a_plugin_gets_no_more_than_there_is() {
    let tracer = tracer("24MiB", &[]);
    let before = total(&tracer);
    tracer.tell("eat 10000000");
    assert!(total(&tracer) > before + 9_000_000);
    assert_eq!(refusals(&tracer), 0);
    tracer.push("eat 20000000");
    tracer.wait_count("traps", 1);
    tracer.reconnect();
    tracer.wait_log(&["the plugin failed", "out-of-memory", "total-memory", "25165824"]);
    assert_eq!(tracer.status()["containment"]["out_of_memory"], 1);
    assert!(refusals(&tracer) > 0);
    // What the dead instance had is there for the next one.
    assert!(total(&tracer) < before + 4_000_000, "{} after {before}", total(&tracer));
    tracer.tell("eat 10000000");
}

#[test]
fn instances_count_together() {
    let tracer = tracer("24MiB", &["--instances", "3", "--workers", "1"]);
    let one = total(&tracer) / 3;
    assert!(one > 1 << 16, "{one} bytes each");
    assert_eq!(tracer.count("memory_bytes"), total(&tracer));
}

/// What counts beside the plugin's own memory, which grows with what it writes at a time and never shrinks.
fn queues(tracer: &Tracer) -> u64 {
    total(tracer) - tracer.count("memory_bytes")
}

/// Writes to peers that don't read until `done`; something is taken by an empty queue always.
#[track_caller]
fn fill(tracer: &Tracer, peers: &mut Vec<Subject>, bytes: u64, done: impl Fn() -> bool) {
    while !done() {
        let subject = tracer.connect();
        let taken = || tracer.value(&format!("fill {} {bytes}", subject.id)).parse::<u64>().unwrap();
        assert!(taken() > 0);
        while !done() && taken() > 0 {}
        peers.push(subject);
        assert!(peers.len() < 100, "{} bytes are counted", total(tracer));
    }
}

#[test]
fn queues_and_contexts_count_and_come_back() {
    const CAP: u64 = 8 << 20;
    let tracer = tracer("8MiB", &[]);
    assert!(queues(&tracer) < 1 << 20);
    let mut peers = Vec::new();
    fill(&tracer, &mut peers, 400_000, || refusals(&tracer) > 0);
    assert!(queues(&tracer) > 4 << 20, "{} bytes", queues(&tracer));
    // To the brim.
    fill(&tracer, &mut peers, 15_000, || total(&tracer) > CAP - (64 << 10));
    let last = peers.last().unwrap().id;
    assert_eq!(tracer.ask(&format!("big-context {last} 65000")), "err limit-exceeded");
    let refused = tracer.count("refused");
    let mut newcomer = sockdock_tests::Client::tcp(tracer.tcp_address());
    newcomer.rest().ok();
    assert_eq!(tracer.count("refused"), refused + 1);
    // Their connections gone, all is as before.
    drop(peers);
    eventually("the memory to come back", || (queues(&tracer) < 1 << 20).then_some(()));
    let subject = tracer.connect();
    tracer.tell(&format!("big-context {} 65000", subject.id));
    assert!(queues(&tracer) >= 65_000);
}

#[test]
fn without_the_limit_nothing_is_counted() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve);
    assert!(tracer.status()["containment"]["total_memory_bytes"].is_null());
}
