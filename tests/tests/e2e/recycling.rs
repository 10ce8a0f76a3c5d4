//! Instances that are replaced before they have grown too much: nobody who is connected notices.

use crate::guests;
use sockdock_tests::{Client, Host, Serve, Tracer, eventually};

fn contained(host: &Host, what: &str) -> u64 {
    host.status()["containment"][what].as_u64().unwrap()
}

/// A line to the counter, which answers with how many there were, in all and from this connection.
#[track_caller]
fn counted(client: &mut Client, all: u64, mine: u64) {
    client.send("\n");
    client.expect(format!("v1 all={all} mine={mine}\n"));
}

#[test]
fn by_events_with_state_and_without_a_gap() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().args(["--recycle-events", "5"]).start();
    let mut clients = [host.tcp(), host.tcp()];
    let mut all: u64 = 0;
    eventually("some fresh instances", || {
        all += 1;
        let mine = all.div_ceil(2);
        counted(&mut clients[usize::from(all.is_multiple_of(2))], all, mine);
        (contained(&host, "recycled") >= 3).then_some(())
    });
    assert_eq!((host.count("generation"), host.count("traps"), host.count("reloads")), (1, 0, 0));
    assert_eq!((host.count("connections"), contained(&host, "recycles_failed")), (2, 0));
}

#[test]
fn by_memory() {
    const EATEN: u64 = 20 << 20;
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--recycle-memory", "16MiB"]));
    let mut subject = tracer.connect();
    tracer.tell(&format!("set-context {} kept; timer 7 60000; subscribe {} news", subject.id, subject.id));
    tracer.tell(&format!("eat {EATEN}"));
    // The event after which it had grown was the last one of the old instance.
    eventually("a fresh instance", || (contained(&tracer, "recycled") == 1).then_some(()));
    eventually("the memory to be given back", || (tracer.count("memory_bytes") < EATEN).then_some(()));
    assert_eq!(tracer.value(&format!("context {}", subject.id)), "kept");
    assert_eq!(tracer.value("publish news hello"), "1");
    subject.peer.expect("hello");
    let trace = tracer.trace();
    assert!(trace.iter().any(|event| event == "restore trace-1"), "{trace:?}");
    tracer.tell("timer 7 0");
    tracer.wait("fired 7");
    assert_eq!(contained(&tracer, "recycled"), 1, "the fresh one is small");
}

#[test]
fn with_an_instance_for_each_connection() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().args(["--instances", "per-connection", "--recycle-events", "2"]).start();
    let mut client = host.tcp();
    let mut mine = 0;
    eventually("some fresh instances", || {
        mine += 1;
        counted(&mut client, mine, mine);
        (contained(&host, "recycled") >= 2).then_some(())
    });
    assert_eq!(host.count("instances_up"), 1);
}

#[test]
fn one_that_cannot_be_replaced_goes_on() {
    // Its `restore` traps.
    let host = Tracer::start(guests::TRACER, |serve| serve.set("restore", "trap").args(["--recycle-events", "3"]));
    let mut subject = host.connect();
    eventually("a try in vain", || {
        subject.peer.send("x");
        host.wait(&format!("data {}", subject.id));
        (contained(&host, "recycles_failed") > 0).then_some(())
    });
    host.wait_log(&["the instance can't be recycled, and goes on", "recycle-events"]);
    assert_eq!((contained(&host, "recycled"), host.count("traps"), host.count("connections")), (0, 0, 2));
    // All that it knew is there still.
    assert_eq!(host.trace().iter().filter(|event| event.starts_with("open")).count(), 1);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for (flag, words) in [
        (["--recycle-memory", "256MiB"], "no less than memory-limit"),
        (["--recycle-memory", "0"], "recycle-memory is 0"),
        (["--recycle-events", "0"], "recycle-events is 0"),
        (["--recycle-after", "0s"], "recycle-after is 0"),
    ] {
        Serve::guest(guests::COUNTER_V1).tcp().args(flag).run().refusal(2, &[words]);
    }
}
