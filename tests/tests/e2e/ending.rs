//! How connections end, as both sides see it.

use crate::guests;
use sockdock_tests::{Serve, Tracer};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, options)
}

#[test]
fn the_plugin_ends() {
    let tracer = tracer(|serve| serve);
    tracer.tell("on data write $ bye; end $");
    let mut subject = tracer.connect();
    subject.peer.send("x");
    subject.peer.expect("bye");
    subject.peer.expect_end();
    // What comes now is read and thrown away: `close` is the only event after `end`.
    subject.peer.send("too late");
    drop(subject.peer);
    assert_eq!(tracer.closed(subject.id)[1..], ["data 1 x", "close none unsent=0"]);
}

#[test]
fn all_is_sent_before_the_end() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    tracer.tell(&format!("end {}", subject.id));
    assert_eq!(tracer.ask(&format!("write {} more", subject.id)), "err closed");
    assert_eq!(subject.peer.rest().unwrap().len(), taken);
    drop(subject.peer);
    assert_eq!(tracer.closed(subject.id)[1..], ["close none unsent=0"]);
}

#[test]
fn the_host_lingers_no_longer_than_it_is_told() {
    let tracer = tracer(|serve| serve.args(["--linger-timeout", "300ms"]));
    let mut subject = tracer.connect();
    tracer.tell(&format!("end {}", subject.id));
    subject.peer.expect_end();
    // The peer stays connected; the host doesn't wait for it for ever.
    assert_eq!(tracer.closed(subject.id)[1..], ["close none unsent=0"]);
}

#[test]
fn a_peer_that_does_not_read_does_not_hold_up_the_end() {
    let tracer = tracer(|serve| serve.args(["--close-timeout", "300ms"]));
    let subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    tracer.tell(&format!("end {}", subject.id));
    let events = tracer.closed(subject.id);
    let unsent = events[1].strip_prefix("close timed-out unsent=").unwrap_or_else(|| panic!("{events:?}"));
    assert!(unsent.parse::<u64>().unwrap() > 0, "{events:?}");
    assert_eq!(events.len(), 2);
}

#[test]
fn a_half_close_is_answered_in_full() {
    let tracer = tracer(|serve| serve);
    tracer.tell("on end fill $ 900000");
    tracer.tell("on drain write $ last words");
    let mut subject = tracer.connect();
    subject.peer.finish();
    let rest = subject.peer.rest().unwrap();
    let events = tracer.closed(subject.id);
    assert_eq!(events[1], "end");
    assert_eq!(*events.last().unwrap(), "close none unsent=0");
    if events.contains(&"drain".to_owned()) {
        assert_eq!(rest.len(), 900_000 + "last words".len());
        assert!(rest.ends_with(b"last words"));
    } else {
        assert_eq!(rest.len(), 900_000);
    }
}

#[test]
fn a_half_open_connection_lives_on() {
    let tracer = tracer(|serve| serve.arg("--allow-half-open"));
    let mut subject = tracer.connect();
    subject.peer.finish();
    tracer.wait(&format!("end {}", subject.id));
    tracer.tell(&format!("write {} still here", subject.id));
    subject.peer.expect("still here");
    tracer.tell(&format!("end {}", subject.id));
    subject.peer.expect_end();
    assert_eq!(tracer.closed(subject.id)[1..], ["end", "close none unsent=0"]);
}

#[test]
fn shutdown_leaves_the_other_direction_open() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    tracer.tell(&format!("write {0} bye; shutdown {0}", subject.id));
    subject.peer.expect("bye");
    subject.peer.expect_end();
    assert_eq!(tracer.ask(&format!("write {} x", subject.id)), "err closed");
    subject.peer.send("answer");
    tracer.wait(&format!("data {}", subject.id));
    subject.peer.finish();
    assert_eq!(tracer.closed(subject.id)[1..], ["data 6 answer", "end", "close none unsent=0"]);
}

#[test]
fn terminate_resets() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    tracer.tell(&format!("terminate {}", subject.id));
    subject.peer.expect_reset();
    assert_eq!(tracer.closed(subject.id)[1..], ["close none unsent=0"]);
}

#[test]
fn terminate_counts_what_it_discards() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    // In one handler call, so that the queue stands still.
    let answers = tracer.ask(&format!("queued {0}; terminate {0}", subject.id));
    let queued = answers.strip_prefix("ok ").and_then(|rest| rest.strip_suffix("; ok")).unwrap_or_else(|| panic!("{answers}"));
    assert_ne!(queued, "0");
    subject.peer.expect_reset();
    assert_eq!(*tracer.closed(subject.id).last().unwrap(), format!("close none unsent={queued}"));
}

#[test]
fn a_reset_by_the_peer() {
    let tracer = tracer(|serve| serve);
    let subject = tracer.connect();
    subject.peer.reset();
    let events = tracer.closed(subject.id);
    assert!(events[1].starts_with("error reset "), "{events:?}");
    assert_eq!(events[2..], ["close reset unsent=0"]);
}

#[test]
fn what_came_before_a_reset_is_delivered_first() {
    let tracer = tracer(|serve| serve);
    for paused in [false, true] {
        let mut subject = tracer.connect();
        if paused {
            tracer.tell(&format!("pause {}", subject.id));
        }
        subject.peer.send("last words");
        subject.peer.reset();
        let events = tracer.closed(subject.id);
        assert_eq!(events[1], "data 10 last words", "paused: {paused}, {events:?}");
        assert!(events[2].starts_with("error reset "), "{events:?}");
        assert_eq!(events[3..], ["close reset unsent=0"]);
    }
}

#[test]
fn a_reset_counts_what_was_unsent() {
    let tracer = tracer(|serve| serve);
    let subject = tracer.connect();
    let taken: u64 = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    subject.peer.reset();
    let events = tracer.closed(subject.id);
    let unsent: u64 =
        events.last().unwrap().strip_prefix("close reset unsent=").unwrap_or_else(|| panic!("{events:?}")).parse().unwrap();
    assert!(0 < unsent && unsent <= taken, "{unsent} of {taken}");
}

#[test]
fn on_a_paused_socket_the_end_waits_behind_the_bytes() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    tracer.tell(&format!("pause {}", subject.id));
    subject.peer.send("unread");
    subject.peer.finish();
    // Time for a host that gets it wrong.
    tracer.tell("timer 1 150");
    tracer.wait("fired 1");
    assert_eq!(tracer.events(subject.id).len(), 1);
    tracer.tell(&format!("resume {}", subject.id));
    assert_eq!(tracer.closed(subject.id)[1..], ["data 6 unread", "end", "close none unsent=0"]);
}

#[test]
fn a_timeout_fires_once_per_idle_period() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let timeouts = || tracer.events(subject.id).iter().filter(|event| *event == "timeout").count();
    tracer.tell(&format!("timeout {} 60", subject.id));
    tracer.wait(&format!("timeout {}", subject.id));
    tracer.tell("timer 1 250");
    tracer.wait("fired 1");
    assert_eq!(timeouts(), 1);
    // A byte either way begins a new period; the timeout closes nothing.
    tracer.tell(&format!("write {} x", subject.id));
    subject.peer.expect("x");
    sockdock_tests::eventually("a second timeout", || (timeouts() == 2).then_some(()));
    tracer.tell(&format!("timeout {0} none; write {0} y", subject.id));
    subject.peer.expect("y");
    tracer.tell("timer 2 250");
    tracer.wait("fired 2");
    assert_eq!(timeouts(), 2);
}

#[test]
fn the_listeners_idle_timeout_closes() {
    let tracer = tracer(|serve| serve.args(["--idle-timeout", "400ms"]));
    let mut subject = tracer.connect();
    // The control connection talks all the time and lives.
    let events = tracer.closed(subject.id);
    subject.peer.expect_end();
    assert!(events[1].starts_with("error timed-out "), "{events:?}");
    assert_eq!(events[2..], ["close timed-out unsent=0"]);
}
