//! What is lost when a connection breaks, and what isn't: over TCP and over TLS.

use crate::guests;
use sockdock_tests::{Client, Serve, Subject, Tracer, eventually};
use std::io::Write as _;

/// One that serves both, and answers in `close` how much was handed to the kernel.
fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    let tracer = Tracer::start(guests::TRACER, |serve| options(serve.tls()));
    tracer.tell("on close written $");
    tracer
}

fn both(tracer: &Tracer, story: impl Fn(&Tracer, Subject, &str)) {
    story(tracer, tracer.connect(), "TCP");
    story(tracer, tracer.subject(tracer.tls()), "TLS");
}

/// Writes until neither the kernel nor the queue takes more. Answers how much was taken.
#[track_caller]
fn fill(tracer: &Tracer, id: u64) -> u64 {
    let mut all = 0;
    eventually("a full queue", || {
        let taken: u64 = tracer.value(&format!("flood {id}")).parse().unwrap();
        all += taken;
        (taken == 0).then_some(())
    });
    all
}

/// The bytes that the events of a subject brought, and how it ended.
fn received(events: &[String]) -> (usize, Vec<&str>) {
    let size = |event: &String| event.strip_prefix("data ")?.split(' ').next()?.parse::<usize>().ok();
    let others = |event: &&String| !["open", "handshake", "data", "drain"].contains(&event.split(' ').next().unwrap_or(""));
    let rest = events.iter().filter(others);
    (events.iter().filter_map(size).sum(), rest.map(String::as_str).collect())
}

/// `unsent`, as `close` told it with this reason, and what was handed to the kernel by then.
#[track_caller]
fn losses(tracer: &Tracer, id: u64, reason: &str) -> (u64, u64) {
    let events = tracer.closed(id);
    let close = events.last().unwrap();
    let unsent = close.strip_prefix(&format!("close {reason} unsent=")).unwrap_or_else(|| panic!("{events:?}"));
    let said = tracer.wait_where(|event| event.starts_with("did close "));
    let written = said.rsplit("ok ").next().unwrap().parse().unwrap();
    tracer.tell("forget");
    (unsent.parse().unwrap(), written)
}

#[test]
fn a_reset_comes_behind_the_bytes_before_it() {
    for paused in [false, true] {
        let tracer = tracer(|serve| serve);
        both(&tracer, |tracer, mut subject, how| {
            if paused {
                tracer.tell(&format!("pause {}", subject.id));
            }
            subject.peer.send(vec![b'x'; 40_000]);
            subject.peer.reset();
            let events = tracer.closed(subject.id);
            let (bytes, rest) = received(&events);
            assert_eq!(bytes, 40_000, "{how}, paused: {paused}, {rest:?}");
            assert!(rest[0].starts_with("error reset "), "{how}: {rest:?}");
            assert_eq!(rest[1], "close reset unsent=0", "{how}");
        });
    }
}

#[test]
fn a_reset_comes_behind_the_bytes_that_a_full_queue_held_back() {
    let tracer = tracer(|serve| serve);
    both(&tracer, |tracer, mut subject, how| {
        let taken = fill(tracer, subject.id);
        subject.peer.send(vec![b'x'; 40_000]);
        subject.peer.reset();
        let events = tracer.closed(subject.id);
        let (bytes, rest) = received(&events);
        assert_eq!(bytes, 40_000, "{how}, {rest:?}");
        assert!(rest[0].starts_with("error reset "), "{how}: {rest:?}");
        let (unsent, written) = losses(tracer, subject.id, "reset");
        assert!(unsent > 0, "{how}");
        assert_eq!(unsent + written, taken, "{how}");
    });
}

#[test]
fn a_reset_of_a_half_open_connection_is_noticed() {
    let tracer = tracer(|serve| serve.arg("--allow-half-open"));
    both(&tracer, |tracer, mut subject, how| {
        subject.peer.finish();
        tracer.wait(&format!("end {}", subject.id));
        subject.peer.reset();
        let events = tracer.closed(subject.id);
        let (_, rest) = received(&events);
        assert_eq!(rest[0], "end", "{how}");
        assert!(rest[1].starts_with("error reset "), "{how}: {rest:?}");
        assert_eq!(rest[2], "close reset unsent=0", "{how}");
    });
}

#[test]
fn terminate_is_a_reset_to_the_peer_and_counts_what_it_discards() {
    let tracer = tracer(|serve| serve);
    both(&tracer, |tracer, mut subject, how| {
        let taken = fill(tracer, subject.id);
        // In one handler call, so that the queue stands still.
        let answers = tracer.ask(&format!("queued {0}; terminate {0}", subject.id));
        let queued: u64 = answers.trim_start_matches("ok ").trim_end_matches("; ok").parse().unwrap();
        let seen = subject.peer.expect_reset().len() as u64;
        let (unsent, written) = losses(tracer, subject.id, "none");
        assert_eq!((unsent, unsent + written), (queued, taken), "{how}");
        assert!(seen <= written, "{how}: the peer saw {seen} of {written}");
    });
}

#[test]
fn what_a_peer_does_not_read_in_time_is_counted() {
    let tracer = tracer(|serve| serve.args(["--close-timeout", "300ms"]));
    both(&tracer, |tracer, mut subject, how| {
        let taken = fill(tracer, subject.id);
        tracer.tell(&format!("end {}", subject.id));
        let (unsent, written) = losses(tracer, subject.id, "timed-out");
        assert_eq!(unsent + written, taken, "{how}");
        let seen = subject.peer.expect_reset().len() as u64;
        assert!(0 < seen && seen <= written, "{how}: the peer saw {seen} of {written}");
    });
}

#[test]
fn a_record_that_does_not_decrypt_loses_what_was_queued() {
    let tracer = tracer(|serve| serve);
    let Subject { peer: Client::Tls(mut peer), id } = tracer.subject(tracer.tls()) else { unreachable!() };
    let taken = fill(&tracer, id);
    peer.stream.write_all(b"\x17\x03\x03\x00\x20no record of this connection's own").unwrap();
    tracer.tell(&format!("auto-pause {id} off"));
    let (unsent, written) = losses(&tracer, id, "tls");
    assert!(unsent > 0);
    assert_eq!(unsent + written, taken);
}

#[test]
fn nothing_is_lost_of_a_clean_end() {
    let tracer = tracer(|serve| serve);
    both(&tracer, |tracer, mut subject, how| {
        let taken = fill(tracer, subject.id);
        tracer.tell(&format!("end {}", subject.id));
        assert_eq!(subject.peer.rest().unwrap().len() as u64, taken, "{how}");
        subject.peer.finish();
        assert_eq!(losses(tracer, subject.id, "none"), (0, taken), "{how}");
    });
}
