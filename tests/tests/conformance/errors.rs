//! Each error code that can be brought about, as a call's answer or as an event. `io` and `other` can't: they are for what nobody foresaw.

use crate::plugins::Plugin;
use crate::world::{Upstream, by_unix, tracer, tracer_with};
use sockdock_tests::Tracer;

stories!(
    closed,
    reset,
    refused,
    unreachable,
    timed_out,
    name_resolution,
    not_allowed,
    invalid_argument,
    limit_exceeded,
    in_progress,
    unsupported,
);

/// The code of the only event that comes of this connection.
#[track_caller]
fn connect_error(tracer: &Tracer, target: &str) -> String {
    let id: u64 = tracer.value(&format!("connect {target}")).parse().unwrap();
    tracer.wait(&format!("connect-error {id}"));
    let events = tracer.events(id);
    assert_eq!(events.len(), 1, "{events:?}");
    let words: Vec<_> = events[0].splitn(3, ' ').collect();
    assert!(words[2].len() > 5, "a message for people: {events:?}");
    words[1].to_owned()
}

/// Every call about a socket, for an id that never was.
fn closed(plugin: &Plugin) {
    let tracer = tracer(plugin);
    for command in [
        "write # x",
        "line # x",
        "hex # 00",
        "pattern # 5",
        "fill # 5",
        "flood #",
        "flush #",
        "end #",
        "shutdown #",
        "terminate #",
        "pause #",
        "resume #",
        "auto-pause # on",
        "no-delay # on",
        "timeout # 5",
        "keep-alive # none",
        "queued #",
        "read #",
        "written #",
        "local #",
        "remote #",
        "listener #",
        "context #",
        "set-context # x",
        "session #",
        "certificates #",
        "upgrade-client # localhost -",
        "upgrade-server # main",
        "subscribe # t",
        "unsubscribe # t",
    ] {
        assert_eq!(tracer.ask(&command.replace('#', "12345678")), "err closed", "{command}");
    }
}

fn reset(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    subject.peer.send("last words");
    subject.peer.reset();
    let events = tracer.closed(subject.id);
    assert_eq!(events[1], "data 10 last words");
    assert!(events[2].starts_with("error reset "), "{events:?}");
    assert_eq!(events[3..], ["close reset unsent=0"]);
}

fn refused(plugin: &Plugin) {
    let gone = Upstream::new();
    let tracer = gone.tracer(plugin);
    let address = gone.address.clone();
    drop(gone);
    assert_eq!(connect_error(&tracer, &address), "refused");
}

fn unreachable(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", "unix:/nowhere/at.all"]));
    assert_eq!(connect_error(&tracer, "unix:/nowhere/at.all"), "unreachable");
}

fn timed_out(plugin: &Plugin) {
    let (address, _full) = Upstream::silent();
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &address, "--idle-timeout", "700ms"]));
    assert_eq!(connect_error(&tracer, &format!("{address} timeout=100")), "timed-out");
    let subject = tracer.connect();
    let events = tracer.closed(subject.id);
    assert!(events[1].starts_with("error timed-out "), "{events:?}");
    assert_eq!(events[2..], ["close timed-out unsent=0"]);
}

fn name_resolution(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", "*.invalid:80"]));
    assert_eq!(connect_error(&tracer, "no.such.name.invalid:80"), "name-resolution");
}

fn not_allowed(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", "127.1:80"]));
    assert_eq!(tracer.ask("connect 127.0.0.1:1; connect unix:/tmp/x.sock"), "err not-allowed; err not-allowed");
    assert_eq!(connect_error(&tracer, "127.1:80"), "not-allowed");
}

fn invalid_argument(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", "*:80"]));
    let subject = tracer.connect();
    let id = subject.id;
    for command in [
        "timeout # 0",
        "keep-alive # 0",
        "upgrade-server # nobody",
        "subscribe # ",
        "publish ",
        "connect example.com",
        "connect ex!ample.com:80",
        "connect unix:",
    ] {
        assert_eq!(tracer.ask(&command.replace('#', &id.to_string())), "err invalid-argument", "{command}");
    }
}

fn limit_exceeded(plugin: &Plugin) {
    let upstream = Upstream::new();
    let limits = ["--context-limit", "4B", "--max-timers", "1", "--max-topics", "1", "--max-connections", "3"];
    let tracer = tracer_with(plugin, |serve| serve.args(limits).args(["--allow-connect", &upstream.address]));
    let subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.ask(&format!("set-context {id} five.; context {id}; set-context {id} four")), "err limit-exceeded; ok; ok");
    assert_eq!(tracer.ask("timer 1 60000; timer 2 60000"), "ok; err limit-exceeded");
    assert_eq!(tracer.ask(&format!("subscribe {id} a; subscribe {id} b")), "ok; err limit-exceeded");
    assert_eq!(tracer.ask(&format!("connect {} context=five.", upstream.address)), "err limit-exceeded");
    let (_, _peer) = upstream.connected(&tracer, "");
    assert_eq!(tracer.ask(&format!("connect {}", upstream.address)), "err limit-exceeded");
}

fn in_progress(plugin: &Plugin) {
    let (address, _full) = Upstream::silent();
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &address]));
    let id = tracer.value(&format!("connect {address}"));
    let calls =
        format!("local {id}; remote {id}; no-delay {id} on; keep-alive {id} 1000; upgrade-client {id} localhost -; queued {id}");
    assert_eq!(tracer.ask(&calls), "err in-progress; err in-progress; err in-progress; err in-progress; err in-progress; ok 0");
}

fn unsupported(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.unix("plain.sock"));
    let subject = by_unix(&tracer, "plain.sock");
    let id = subject.id;
    assert_eq!(tracer.ask(&format!("no-delay {id} on; keep-alive {id} 1000")), "err unsupported; err unsupported");
}
