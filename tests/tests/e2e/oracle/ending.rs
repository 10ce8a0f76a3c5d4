//! Ends: by FIN, by half, by reset.

use super::{CLOSE_AFTER, CLOSE_WITHIN, Differs, FAILURE, Scenario, plain};

#[test]
fn without_a_byte() {
    plain(&[]).both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a open");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn an_answer_to_a_half_close() {
    plain(&[("end", "write bye")]).both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a open");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn half_open() {
    let scenario = Scenario { half_open: true, ..plain(&[("end", "write still here"), ("data", "end")]) };
    scenario.both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a open");
            peer.finish();
            stage.wait("a end");
            peer.expect("still here");
            peer.reset();
            stage.wait("a close");
        },
        &[FAILURE],
    );
}

#[test]
fn half_open_until_the_plugin_ends() {
    let scenario = Scenario { half_open: true, ..plain(&[("end", "write still here; end")]) };
    scenario.both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a open");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn shutdown_and_an_answer_to_it() {
    plain(&[("open", "write bye; shutdown; try more")]).both(
        |stage| {
            let mut peer = stage.peer();
            stage.note(peer.ending());
            peer.send("answer");
            peer.finish();
            stage.wait("a close");
        },
        &[Differs { row: "SocketHandler.end", bun: &[], ours: &["a end"] }],
    );
}

#[test]
fn what_comes_after_a_local_end() {
    plain(&[("data", "write bye; end; try more")]).both(
        |stage| {
            let mut peer = stage.peer();
            peer.send("x");
            stage.note(peer.ending());
            // It may well have sent more before it knew.
            peer.send("late");
            stage.note(format!("late {}", peer.ending()));
            drop(peer);
            stage.wait("a close");
        },
        &[CLOSE_WITHIN, CLOSE_AFTER],
    );
}

#[test]
fn a_reset() {
    plain(&[]).both(
        |stage| {
            let peer = stage.peer();
            stage.wait("a open");
            peer.reset();
            stage.wait("a close");
        },
        &[FAILURE],
    );
}

#[test]
fn a_reset_behind_bytes() {
    plain(&[("open", "pause")]).both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a open");
            peer.send("last words");
            peer.reset();
            stage.wait("a close");
        },
        &[FAILURE],
    );
}

#[test]
fn a_reset_with_pending_writes() {
    // Bun takes the reset for an end at times.
    let either = Some([&["a end", "a close none"][..], &["a close reset"]]);
    let scenario = Scenario { without: &["drain"], either, ..plain(&[("open", "send 12582912")]) };
    scenario.both(
        |stage| {
            let peer = stage.peer();
            stage.wait("a write short");
            peer.reset();
            stage.wait("a close");
        },
        &[FAILURE],
    );
}

#[test]
fn an_end_with_pending_writes() {
    plain(&[("open", "send 12582912; end")]).both(
        |stage| {
            let mut peer = stage.peer();
            stage.wait("a write short");
            let seen = peer.ending();
            stage.note(if seen == "peer 12582912 end" {
                "all".to_owned()
            } else {
                seen.split(' ').next_back().unwrap().to_owned()
            });
            drop(peer);
            stage.wait("a close");
        },
        &[],
    );
}
