//! How connections end, as both sides see it.

use crate::plugins::Plugin;
use crate::world::{tracer, tracer_with};

stories!(
    end,
    end_sends_all_before,
    shutdown,
    terminate,
    terminate_counts_what_it_discards,
    a_half_open_connection,
    a_reset_counts_what_was_unsent,
    a_peer_that_does_not_read,
);

fn end(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on data write $ bye; end $; write $ more; end $; shutdown $; flush $; queued $");
    let mut subject = tracer.connect();
    subject.peer.send("x");
    subject.peer.expect("bye");
    subject.peer.expect_end();
    // What comes now is thrown away: `close` is the only event after `end`.
    subject.peer.send("too late");
    drop(subject.peer);
    let told = tracer.closed(subject.id);
    assert_eq!(told[1..], ["data 1 x", "close none unsent=0"]);
    let did = tracer.wait("did data");
    assert!(
        did.ends_with(" -> ok 3; ok; err closed; err closed; err closed; ok; ok 0")
            || did.ends_with(" -> ok 3; ok; err closed; err closed; err closed; err closed; ok 3"),
        "{did}"
    );
}

fn end_sends_all_before(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    assert_eq!(tracer.ask(&format!("end {0}; write {0} more", subject.id)), "ok; err closed");
    assert_eq!(subject.peer.rest().unwrap().len(), taken);
    drop(subject.peer);
    assert_eq!(tracer.closed(subject.id)[1..], ["close none unsent=0"]);
}

fn shutdown(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    assert_eq!(
        tracer.ask(&format!("write {id} bye; shutdown {id}; write {id} x; shutdown {id}")),
        "ok 3; ok; err closed; err closed"
    );
    subject.peer.expect("bye");
    subject.peer.expect_end();
    subject.peer.send("answer");
    tracer.wait(&format!("data {id}"));
    subject.peer.finish();
    assert_eq!(tracer.closed(id)[1..], ["data 6 answer", "end", "close none unsent=0"]);
}

fn terminate(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    assert_eq!(tracer.ask(&format!("terminate {0}; write {0} x; terminate {0}", subject.id)), "ok; err closed; err closed");
    subject.peer.expect_reset();
    assert_eq!(tracer.closed(subject.id)[1..], ["close none unsent=0"]);
}

fn terminate_counts_what_it_discards(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    // In one handler call, so that the queue stands still.
    let answers = tracer.ask(&format!("queued {0}; terminate {0}", subject.id));
    let queued = answers.strip_prefix("ok ").and_then(|rest| rest.strip_suffix("; ok")).unwrap_or_else(|| panic!("{answers}"));
    assert_ne!(queued, "0");
    subject.peer.expect_reset();
    assert_eq!(*tracer.closed(subject.id).last().unwrap(), format!("close none unsent={queued}"));
}

fn a_half_open_connection(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.arg("--allow-half-open"));
    let mut subject = tracer.connect();
    subject.peer.finish();
    tracer.wait(&format!("end {}", subject.id));
    tracer.tell(&format!("write {} still here", subject.id));
    subject.peer.expect("still here");
    tracer.tell(&format!("end {}", subject.id));
    subject.peer.expect_end();
    assert_eq!(tracer.closed(subject.id)[1..], ["end", "close none unsent=0"]);
}

fn a_reset_counts_what_was_unsent(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let taken: u64 = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    subject.peer.reset();
    let events = tracer.closed(subject.id);
    let unsent = events.last().unwrap().strip_prefix("close reset unsent=").unwrap_or_else(|| panic!("{events:?}"));
    let unsent: u64 = unsent.parse().unwrap();
    assert!(0 < unsent && unsent <= taken, "{unsent} of {taken}");
}

fn a_peer_that_does_not_read(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--close-timeout", "300ms"]));
    let subject = tracer.connect();
    tracer.value(&format!("flood {}", subject.id));
    tracer.tell(&format!("end {}", subject.id));
    let events = tracer.closed(subject.id);
    let unsent = events[1].strip_prefix("close timed-out unsent=").unwrap_or_else(|| panic!("{events:?}"));
    assert!(unsent.parse::<u64>().unwrap() > 0, "{events:?}");
    assert_eq!(events.len(), 2);
}
