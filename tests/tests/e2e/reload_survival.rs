//! What survives a reload, and what a reload that is rolled back leaves behind: nothing.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Serve, Subject, Tracer, eventually};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, options)
}

fn request(tracer: &Tracer, restore: &str) -> Value {
    json!({ "plugin": guests::TRACER.path(), "set": { "control": tracer.path("control.sock"), "restore": restore } })
}

/// The bytes that a subject's `data` events brought, by the number of each.
fn received(tracer: &Tracer, id: u64) -> usize {
    let size = |event: &String| event.strip_prefix("data ")?.split(' ').next()?.parse::<usize>().ok();
    tracer.events(id).iter().filter_map(size).sum()
}

/// A clock that a reload set back would never run out under reloads that follow each other faster.
#[test]
fn an_idle_clock_runs_on_through_reloads() {
    let tracer = tracer(|serve| serve);
    let subject = tracer.connect();
    tracer.tell(&format!("timeout {} 400", subject.id));
    eventually("the timeout", || {
        tracer.reload(guests::TRACER);
        tracer.events(subject.id).iter().any(|event| event == "timeout").then_some(())
    });
    assert!(tracer.count("reloads") > 1);
}

#[test]
fn a_timer_runs_on_through_reloads_and_fires_once() {
    let tracer = tracer(|serve| serve);
    tracer.tell("timer 7 400");
    eventually("the timer", || {
        tracer.reload(guests::TRACER);
        tracer.trace().iter().any(|event| event == "fired 7").then_some(())
    });
    tracer.reload(guests::TRACER);
    tracer.tell("timer 8 0");
    tracer.wait("fired 8");
    assert_eq!(tracer.trace().iter().filter(|event| *event == "fired 7").count(), 1);
}

/// The host closes who says nothing, however often it is reloaded.
#[test]
fn the_listeners_idle_timeout_runs_on_through_reloads() {
    let tracer = tracer(|serve| serve.args(["--idle-timeout", "2s"]));
    let subject = tracer.connect();
    eventually("the close", || {
        tracer.reload(guests::TRACER);
        tracer.events(subject.id).last().is_some_and(|event| event.starts_with("close ")).then_some(())
    });
}

#[test]
fn half_read_input_and_tls_sessions() {
    let tracer = tracer(|serve| serve.tls());
    for tls in [false, true] {
        let mut subject: Subject = if tls { tracer.subject(tracer.tls()) } else { tracer.connect() };
        let id = subject.id;
        let session = tracer.value(&format!("session {id}"));
        // Some of it has been read, and with TLS decrypted, when the plugin stops reading.
        tracer.tell(&format!("on data pause {id}"));
        subject.peer.send(vec![b'x'; 100_000]);
        tracer.wait(&format!("data {id}"));
        tracer.tell("off data");
        for _ in 0..3 {
            tracer.reload(guests::TRACER);
        }
        assert!(received(&tracer, id) < 100_000, "it was to be half-read");
        assert_eq!(tracer.value(&format!("session {id}")), session);
        tracer.tell(&format!("resume {id}"));
        eventually("all of it", || (received(&tracer, id) == 100_000).then_some(()));
        tracer.reload(guests::TRACER);
        tracer.tell(&format!("write {id} after"));
        subject.peer.expect("after");
        tracer.tell("forget");
    }
}

/// A peer that is half gone, one whose output is full, one that is paused: in what state they are stays.
#[test]
fn states_of_connections() {
    let tracer = tracer(|serve| serve.args(["--allow-half-open"]));
    let mut half = tracer.connect();
    half.peer.finish();
    tracer.wait(&format!("end {}", half.id));
    let mut full = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", full.id)).parse().unwrap();
    let queued = tracer.value(&format!("queued {}", full.id));
    assert!(queued.parse::<usize>().unwrap() > 0);
    let mut shut = tracer.connect();
    tracer.tell(&format!("write {0} last; shutdown {0}", shut.id));
    for _ in 0..3 {
        tracer.reload(guests::TRACER);
    }
    assert_eq!(tracer.value(&format!("queued {}", full.id)), queued, "nobody has read");
    assert!(full.peer.receive(taken).iter().all(|byte| *byte == b'x'));
    tracer.wait(&format!("drain {}", full.id));
    tracer.tell(&format!("write {} half", half.id));
    half.peer.expect("half");
    assert_eq!(tracer.events(half.id).iter().filter(|event| *event == "end").count(), 1);
    assert_eq!(shut.peer.rest().unwrap(), b"last");
    shut.peer.send("still heard");
    shut.peer.finish();
    tracer.wait(&format!("data {} 11 still heard", shut.id));
    assert_eq!(tracer.closed(shut.id).iter().filter(|event| event.starts_with("close ")).count(), 1);
}

#[test]
fn a_candidate_that_fails_leaves_no_trace() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("set-context {id} old; subscribe {id} old; timer 1 700; timer 2 60000"));
    let script = format!("timer 8 0; clear 1; timer 2 0; set-context {id} new; subscribe {id} new; unsubscribe {id} old");
    let failure = tracer.try_reload(request(&tracer, &format!("{script}; trap"))).unwrap_err();
    assert_eq!(failure["phase"], "restore");
    assert_eq!(tracer.value(&format!("context {id}")), "old");
    assert_eq!(tracer.value("publish new x"), "0");
    assert_eq!(tracer.value("publish old told"), "1");
    subject.peer.expect("told");
    assert_eq!((tracer.count("connections"), tracer.count("subscriptions")), (2, 1));
    // The old one's timer wasn't disarmed; by then the others would have fired.
    tracer.wait("fired 1");
    let trace = tracer.trace();
    assert!(
        !trace.iter().any(|event| event == "fired 8" || event == "fired 2" || event.starts_with("did restore")),
        "{trace:#?}"
    );
    assert_eq!(tracer.count("traps"), 0);
    // The same without the trap: all of it.
    tracer.try_reload(request(&tracer, &script)).unwrap();
    tracer.wait("fired 8");
    tracer.wait("fired 2");
    assert_eq!(tracer.value(&format!("context {id}")), "new");
    assert_eq!((tracer.value("publish new x"), tracer.value("publish old x")), ("1".to_owned(), "0".to_owned()));
}
