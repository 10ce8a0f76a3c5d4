//! New handlers behind a live connection.

use super::{Side, plain};

#[test]
fn outside_data() {
    plain(&[("data", "echo")]).both(
        |stage| {
            let mut peer = stage.peer();
            peer.send("before");
            peer.expect("before");
            stage.running.reload();
            peer.send("after");
            peer.expect("after");
            peer.finish();
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn inside_data() {
    plain(&[("data", "reload; write done")]).both(
        |stage| {
            let mut peer = stage.peer();
            peer.send("x");
            stage.wait("a data");
            match stage.side {
                Side::Bun => stage.running.reloaded(),
                // While the handler runs.
                Side::Serve | Side::Connect => stage.running.reload(),
            }
            peer.expect("done");
            peer.send("yy");
            peer.expect("done");
            peer.finish();
            stage.wait("a close");
        },
        &[],
    );
}
