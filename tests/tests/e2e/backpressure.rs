//! Writing: short writes, `drain`, pausing, and what leaves together.

use crate::guests;
use sockdock_tests::{Program, Serve, Subject, Tracer, eventually};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, options)
}

fn count(tracer: &Tracer, subject: &Subject, name: &str) -> usize {
    tracer.events(subject.id).iter().filter(|event| event.split(' ').next() == Some(name)).count()
}

/// Long enough for something that must not happen to happen.
fn let_things_happen(tracer: &Tracer) {
    tracer.tell("forget; timer 99 150");
    tracer.wait("fired 99");
}

#[test]
fn a_short_write_is_followed_by_one_drain() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    let queued: usize = tracer.value(&format!("queued {}", subject.id)).parse().unwrap();
    assert!(queued <= 1 << 20, "{queued} queued");
    assert_eq!(count(&tracer, &subject, "drain"), 0);
    assert!(subject.peer.receive(taken).iter().all(|byte| *byte == b'x'));
    tracer.wait(&format!("drain {}", subject.id));
    assert_eq!(tracer.value(&format!("queued {}", subject.id)), "0");
    // A small write crosses nothing: no further `drain`.
    tracer.tell(&format!("write {} small", subject.id));
    subject.peer.expect("small");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, &subject, "drain"), 0);
}

#[test]
fn the_write_limit_is_the_listeners() {
    let tracer = tracer(|serve| serve.args(["--write-buffer", "192KiB"]));
    let subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    let full = || tracer.ask(&format!("queued {0}; write {0} x", subject.id));
    eventually("a full queue", || {
        tracer.ask(&format!("fill {} 200000", subject.id));
        (full() == format!("ok {}; ok 0", 192 << 10)).then_some(())
    });
}

#[test]
fn a_full_queue_stops_the_reading() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    subject.peer.send("held back");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, &subject, "data"), 0);
    // Off: the plugin looks after it.
    tracer.tell(&format!("auto-pause {} off", subject.id));
    tracer.wait(&format!("data {} 9", subject.id));
    tracer.tell(&format!("auto-pause {} on; forget", subject.id));
    subject.peer.send("and again");
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, &subject, "data"), 0);
    subject.peer.receive(taken);
    tracer.wait(&format!("data {} 9", subject.id));
}

#[test]
fn resume_lifts_the_plugins_pause_alone() {
    let tracer = tracer(|serve| serve);
    let mut subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("pause {id}"));
    let taken: usize = tracer.value(&format!("flood {id}")).parse().unwrap();
    subject.peer.send("x");
    tracer.tell(&format!("resume {id}"));
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, &subject, "data"), 0, "the queue is still full");
    tracer.tell(&format!("pause {id}"));
    subject.peer.receive(taken);
    let_things_happen(&tracer);
    assert_eq!(count(&tracer, &subject, "data"), 0, "the plugin still pauses");
    tracer.tell(&format!("resume {id}"));
    tracer.wait(&format!("data {id} 1"));
}

/// A peer that waits for `want` bytes and counts the segments that carried them.
const SEGMENTS: &str = "
import socket, struct, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
peer.sendall(b'go')
got = b''
while len(got) < int(sys.argv[3]):
    got += peer.recv(65536)
info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
print(got.decode(), struct.unpack_from('I', info, 152)[0])
";

#[test]
fn writes_of_one_event_leave_together() {
    assert_eq!(in_segments("write $ a; write $ b; write $ c; write $ d; write $ e", 5), "abcde 1");
}

#[test]
fn flush_sends_now() {
    assert_eq!(in_segments("write $ a; write $ b; flush $; write $ c", 3), "abc 2");
}

/// The bytes that a peer got in answer to one event, and in how many segments.
#[track_caller]
fn in_segments(script: &str, bytes: usize) -> String {
    let tracer = tracer(|serve| serve);
    tracer.tell(&format!("on data {script}"));
    let address = tracer.tcp_address();
    let output = Program::new("python3")
        .args(["-c", SEGMENTS, &address.ip().to_string(), &address.port().to_string(), &bytes.to_string()])
        .run();
    output.success().trim().to_owned()
}
