//! Short writes, `drain`, pausing, and what leaves when.

use crate::plugins::Plugin;
use crate::world::{count, let_things_happen, tracer, tracer_with};
use sockdock_tests::eventually;

stories!(
    a_short_write_is_followed_by_one_drain,
    the_write_limit,
    a_flood_continued_in_drain,
    pause_and_resume,
    auto_pause,
    flush,
    queued,
    byte_counts,
);

fn a_short_write_is_followed_by_one_drain(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    let taken: usize = tracer.value(&format!("flood {id}")).parse().unwrap();
    let queued: usize = tracer.value(&format!("queued {id}")).parse().unwrap();
    assert!(queued <= 1 << 20, "{queued} queued");
    assert!(taken >= 1 << 20, "{taken} taken");
    subject.peer.receive(taken);
    tracer.wait(&format!("drain {id}"));
    assert_eq!(tracer.value(&format!("queued {id}")), "0");
    // A small write crosses nothing: no further `drain`.
    tracer.tell(&format!("write {id} small"));
    subject.peer.expect("small");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, id, "drain"), 0);
}

fn the_write_limit(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--write-buffer", "192KiB"]));
    let subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    // The kernel takes some more, now and then.
    let full = || tracer.ask(&format!("queued {0}; write {0} x; hex {0} 00", subject.id));
    eventually("a full queue", || {
        tracer.ask(&format!("fill {} 200000", subject.id));
        (full() == format!("ok {}; ok 0; ok 0", 192 << 10)).then_some(())
    });
}

/// Each `drain` writes on: a peer gets as much as it likes.
fn a_flood_continued_in_drain(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on drain flood $");
    let mut subject = tracer.connect();
    let first: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    let mut got = 0;
    while got < 2 * first + (4 << 20) {
        let piece = subject.peer.receive(1 << 20);
        assert!(piece.iter().all(|byte| *byte == b'x'));
        got += piece.len();
    }
    tracer.tell("off drain");
    assert!(count(&tracer, subject.id, "drain") >= 2);
    subject.peer.reset();
    tracer.closed(subject.id);
}

fn pause_and_resume(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("pause {id}; pause {id}"));
    subject.peer.send("held back");
    subject.peer.finish();
    let_things_happen(&tracer);
    assert_eq!(tracer.events(id), [""; 0]);
    tracer.tell(&format!("resume {id}"));
    assert_eq!(tracer.closed(id), ["data 9 held back", "end", "close none unsent=0"]);
}

fn auto_pause(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    let taken: usize = tracer.value(&format!("flood {id}")).parse().unwrap();
    subject.peer.send("held back");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, id, "data"), 0, "the queue is full");
    tracer.tell(&format!("auto-pause {id} off"));
    tracer.wait(&format!("data {id} 9 held back"));
    tracer.tell(&format!("auto-pause {id} on; forget"));
    subject.peer.send("and again");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, id, "data"), 0);
    subject.peer.receive(taken);
    tracer.wait(&format!("data {id} 9 and again"));
}

/// What was flushed stays sent, though the handler goes on and queues more.
fn flush(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on data write $ a; queued $; flush $; queued $; written $; write $ b; queued $");
    let mut subject = tracer.connect();
    subject.peer.send("go");
    subject.peer.expect("ab");
    assert!(tracer.wait("did data").ends_with(" -> ok 1; ok 1; ok; ok 0; ok 1; ok 1; ok 1"), "{:?}", tracer.trace());
}

fn queued(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    // In one handler nothing leaves before its end.
    assert_eq!(
        tracer.ask(&format!("queued {id}; write {id} four; queued {id}; line {id} x; queued {id}")),
        "ok 0; ok 4; ok 4; ok 2; ok 6"
    );
    subject.peer.expect("fourx\n");
    assert_eq!(tracer.value(&format!("queued {id}")), "0");
}

fn byte_counts(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.ask(&format!("read {id}; written {id}")), "ok 0; ok 0");
    subject.peer.send("twelve bytes");
    tracer.wait(&format!("data {id} 12 twelve bytes"));
    tracer.tell(&format!("fill {id} 5000"));
    subject.peer.receive(5000);
    assert_eq!(tracer.ask(&format!("read {id}; written {id}")), "ok 12; ok 5000");
}
