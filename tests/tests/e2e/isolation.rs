//! What a trap takes with it, and what it leaves.

use crate::guests;
use sockdock_tests::{Serve, Subject, Tracer, eventually};
use std::io::{Read as _, Write as _};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, options)
}

/// Has the plugin do this and then trap, in one event of the control connection; comes back with a new one.
#[track_caller]
fn then_trap(tracer: &Tracer, commands: &str) {
    let traps = tracer.count("traps");
    tracer.push(&format!("{commands}; trap"));
    tracer.wait_count("traps", traps + 1);
    tracer.reconnect();
}

#[test]
fn unsent_writes_of_the_failed_event_are_discarded() {
    let tracer = tracer(|serve| serve);
    let Subject { mut peer, id } = tracer.connect();
    tracer.tell(&format!("write {id} before"));
    peer.expect("before");
    then_trap(&tracer, &format!("write {id} never"));
    tracer.tell(&format!("write {id} after"));
    peer.expect("after");
}

#[test]
fn a_socket_of_which_a_part_was_sent_goes_too() {
    let tracer = tracer(|serve| serve);
    let Subject { mut peer, id } = tracer.connect();
    let mut other = tracer.connect();
    then_trap(&tracer, &format!("write {id} part; flush {id}; write {id} rest; write {} x", other.id));
    let mut got = Vec::new();
    peer.read_to_end(&mut got).ok();
    assert!(b"part".starts_with(&got), "{got:?}");
    tracer.tell(&format!("write {} alive", other.id));
    other.peer.expect("alive");
}

#[test]
fn the_fresh_instance_finds_its_sockets_and_no_timers() {
    let tracer = tracer(|serve| serve);
    let Subject { mut peer, id } = tracer.connect();
    tracer.tell(&format!("set-context {id} kept; timer 1 100"));
    then_trap(&tracer, "live");
    assert!(tracer.value("live").split(' ').any(|live| live == id.to_string()));
    assert_eq!(tracer.value(&format!("context {id}")), "kept");
    tracer.tell("timer 2 200");
    tracer.wait("fired 2");
    let trace = tracer.trace();
    assert!(trace[0].starts_with("start "), "{trace:?}");
    assert!(!trace.iter().any(|event| event == "fired 1"), "{trace:?}");
    // The terminated connection gets no `close`, the others go on with their events.
    assert!(!trace.iter().any(|event| event.starts_with("close")), "{trace:?}");
    peer.send("on and on");
    tracer.wait(&format!("data {id} 9"));
    assert_eq!(tracer.count("instances_up"), 1);
}

#[test]
fn one_of_many_instances() {
    let tracer = tracer(|serve| serve.args(["--workers", "3", "--instances", "3"]));
    let mut peers: Vec<_> = (0..6).map(|_| tracer.tcp()).collect();
    tracer.wait_count("connections", 7);
    then_trap(&tracer, "live");
    tracer.wait_count("connections", 7);
    assert_eq!(tracer.count("instances_up"), 3);
    let read = tracer.count("bytes_read");
    peers.iter_mut().for_each(|peer| peer.send("x"));
    eventually("all six to be read", || (tracer.count("bytes_read") >= read + 6).then_some(()));
}

#[test]
fn repeated_traps_are_slowed_down_and_told() {
    let tracer = tracer(|serve| serve);
    // More at once than there may be.
    let state = eventually("faults that come too fast", || {
        let culprits: Vec<_> = (0..40).map(|_| tracer.unix("control.sock")).collect();
        for mut culprit in culprits {
            culprit.write_all(b"trap\n").ok();
        }
        let state = tracer.status()["state"].as_str().unwrap().to_owned();
        (state != "listening").then_some(state)
    });
    tracer.reconnect();
    assert!(state.starts_with("failing: "), "{state}");
    // It comes back by itself, when the last of them has had its turn.
    tracer.wait_count("connections", 1);
    eventually("the listener to recover", || (tracer.status()["state"] == "listening").then_some(()));
    let mut subject = tracer.connect();
    tracer.tell(&format!("write {} well", subject.id));
    subject.peer.expect("well");
}

/// Peers that make it fail with each request they send, as fast as they can; and others.
#[test]
fn who_behaves_is_served_while_others_make_it_fail() {
    let serve = Serve::guest(guests::FAULTY).tcp().unix("culprit").set("commands", "off").set("in", "data").set("how", "trap");
    let path = serve.path("culprit");
    let host = serve.set("culprit", path.display().to_string()).start();
    let mut known = host.tcp();
    (0..20).for_each(|_| known.echo("well"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let mut culprit = host.unix("culprit");
                    // Whether it was reset before it has sent all doesn't matter.
                    culprit.write_all(b"trap").ok();
                    culprit.read_exact(&mut [0; 4]).ok();
                }
            });
        }
        host.wait_log(&["events of connections that aren't known to behave wait"]);
        (0..1_000).for_each(|_| known.echo("still well"));
        // Newcomers have to wait, not to go.
        let mut newcomer = host.tcp();
        (0..20).for_each(|_| newcomer.echo("new"));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(host.count("traps") > 16);
    eventually("the end of it", || (host.status()["state"] == "listening").then_some(()));
}

#[test]
fn work_within_the_budget_is_no_fault() {
    let tracer = tracer(|serve| serve.args(["--event-budget", "300ms"]));
    tracer.tell("busy 60");
    assert_eq!(tracer.count("traps"), 0);
    then_trap(&tracer, "busy 3000");
    tracer.wait_log(&["tracer", "budget"]);
}

#[test]
fn memory_comes_back_after_a_trap() {
    let tracer = tracer(|serve| serve.args(["--memory-limit", "200MiB"]));
    let before = tracer.memory();
    tracer.tell("eat 20000000");
    tracer.tell("eat 20000000");
    assert!(tracer.memory() > before + 30_000_000);
    assert!(tracer.count("memory_bytes") > 40_000_000);
    then_trap(&tracer, "live");
    eventually("the old instance's memory to be freed", || (tracer.memory() < before + 10_000_000).then_some(()));
}
