//! A connection ended inside each handler; idle timeouts.

use super::{CLOSE_AFTER, CLOSE_WITHIN, Differs, plain};

/// `on` must come; what the peer sees of its end belongs to the trace.
#[track_caller]
fn ended_in(on: &[(&str, &str)], differs: &[Differs<'_>]) {
    plain(on).both(
        |stage| {
            let mut peer = match stage.try_peer() {
                Ok(peer) => peer,
                // Before `connect` returned.
                Err(error) => {
                    assert!(error.contains("reset"), "{error}");
                    stage.note("peer reset");
                    return stage.wait("a close");
                }
            };
            if on.iter().any(|(event, _)| ["data", "end", "close"].contains(event)) {
                stage.wait("a open");
                peer.send("x");
                stage.wait("a data");
            }
            if on.iter().any(|(event, _)| ["end", "close"].contains(event)) {
                peer.finish();
            }
            if on.iter().any(|(event, _)| *event == "drain") {
                stage.wait("a write short");
            }
            let seen = peer.ending();
            // How much was sent before it is no matter.
            stage.note(format!("peer {}", seen.split(' ').next_back().unwrap()));
            drop(peer);
            stage.wait("a close");
        },
        differs,
    );
}

#[test]
fn end_in_open() {
    ended_in(&[("open", "end")], &[]);
}

#[test]
fn end_in_data() {
    ended_in(&[("data", "end; try more")], &[CLOSE_WITHIN, CLOSE_AFTER]);
}

#[test]
fn end_in_drain() {
    ended_in(&[("open", "send 12582912"), ("drain", "end")], &[]);
}

#[test]
fn end_in_end() {
    ended_in(&[("end", "end")], &[]);
}

#[test]
fn end_in_timeout() {
    ended_in(&[("open", "timeout 1"), ("timeout", "end")], &[]);
}

#[test]
fn end_in_close() {
    ended_in(&[("close", "end; try more")], &[]);
}

#[test]
fn terminate_in_open() {
    ended_in(&[("open", "terminate")], &[]);
}

#[test]
fn terminate_in_data() {
    ended_in(&[("data", "terminate; try more")], &[CLOSE_WITHIN, CLOSE_AFTER]);
}

#[test]
fn terminate_in_drain() {
    ended_in(&[("open", "send 12582912"), ("drain", "terminate")], &[]);
}

#[test]
fn terminate_in_end() {
    ended_in(&[("end", "terminate")], &[]);
}

#[test]
fn terminate_in_timeout() {
    ended_in(&[("open", "timeout 1"), ("timeout", "terminate")], &[]);
}

#[test]
fn terminate_in_close() {
    ended_in(&[("close", "terminate; try more")], &[]);
}

#[test]
fn a_timeout_closes_nothing() {
    plain(&[("open", "timeout 1"), ("timeout", "write idle"), ("data", "echo")]).both(
        |stage| {
            let mut peer = stage.peer();
            peer.expect("idle");
            peer.send("still there?");
            peer.expect("still there?");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[],
    );
}
