//! Each handler is called with what has happened, and nothing else is.

use crate::plugins::Plugin;
use crate::world::{Upstream, by_unix, count, from, let_things_happen, tracer, tracer_with};
use sockdock_tests::{Authority, Certificates, Client, Key};
use std::sync::Arc;

stories!(
    start,
    open,
    data,
    drain,
    end,
    timeout,
    handshake_verified,
    handshake_unverified,
    error_and_close,
    close,
    connect_error,
    fired,
    scripts_run_within_their_events,
);

fn start(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.set("b", "1").set("a", "2 = two").set("b", "").set("zażółć", "gęślą 🦀"));
    let control = tracer.path("control.sock");
    assert_eq!(tracer.trace(), [format!("start b=1 a=2 = two b= zażółć=gęślą 🦀 control={}", control.display())]);
}

fn open(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.unix("plain.sock"));
    let by_tcp = tracer.connect();
    assert_eq!(tracer.events(by_tcp.id), [from(&by_tcp)]);
    // A peer without a name.
    let by_unix = by_unix(&tracer, "plain.sock");
    assert_eq!(tracer.events(by_unix.id), ["open from :0"]);
    assert_eq!(tracer.trace().len(), 3, "{:?}", tracer.trace());
}

fn data(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    for (n, text) in ["hello", "a", "two words and more"].into_iter().enumerate() {
        subject.peer.send(text);
        crate::world::wait_for(&tracer, subject.id, "data", n + 1);
    }
    let told = ["data 5 hello", "data 1 a", "data 18 two words and more"];
    assert_eq!(tracer.events(subject.id)[1..], told);
}

fn drain(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let taken: usize = tracer.value(&format!("flood {}", subject.id)).parse().unwrap();
    assert_eq!(count(&tracer, subject.id, "drain"), 0);
    assert!(subject.peer.receive(taken).iter().all(|byte| *byte == b'x'));
    tracer.wait(&format!("drain {}", subject.id));
    assert_eq!(tracer.events(subject.id), [from(&subject).as_str(), "drain"]);
}

fn end(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    subject.peer.send("last words");
    subject.peer.finish();
    subject.peer.expect_end();
    assert_eq!(tracer.closed(subject.id)[1..], ["data 10 last words", "end", "close none unsent=0"]);
}

fn timeout(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    tracer.tell(&format!("timeout {} 40", subject.id));
    tracer.wait(&format!("timeout {}", subject.id));
    assert_eq!(tracer.events(subject.id), [from(&subject).as_str(), "timeout"]);
    // Once, and it has closed nothing.
    let_things_happen(&tracer);
    assert_eq!(tracer.events(subject.id), [""; 0]);
    tracer.tell(&format!("write {} x", subject.id));
    subject.peer.expect("x");
}

fn handshake_verified(plugin: &Plugin) {
    let tracer = tracer_with(plugin, sockdock_tests::Serve::tls);
    let subject = tracer.subject(tracer.tls());
    assert_eq!(tracer.events(subject.id), ["handshake verified", &from(&subject)]);
}

fn handshake_unverified(plugin: &Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "clients");
    let stranger = Authority::make(folder.path(), "others").issue("stranger", &["stranger.test"], 7, Key::Ecdsa);
    let tracer = tracer_with(plugin, |serve| {
        serve.tls().args(["--tls-client-auth", "optional", "--tls-client-ca"]).arg(&authority.certificate)
    });
    let nameless = tracer.subject(tracer.tls());
    assert_eq!(tracer.events(nameless.id)[0], "handshake unverified: the client showed no certificate");
    let config = stranger.shown_to(&tracer.certificates().certificate);
    let known = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    let told = ["handshake unverified: invalid peer certificate: UnknownIssuer", &from(&known)];
    assert_eq!(tracer.events(known.id), told);
    let friend: Certificates = authority.issue("friend", &["friend.test"], 7, Key::Ecdsa);
    let config = friend.shown_to(&tracer.certificates().certificate);
    let friend = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    assert_eq!(tracer.events(friend.id)[0], "handshake verified");
}

fn error_and_close(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let opened = from(&subject);
    subject.peer.reset();
    let told = [opened.as_str(), "error reset Connection reset by peer (os error 104)", "close reset unsent=0"];
    assert_eq!(tracer.closed(subject.id), told);
}

fn close(plugin: &Plugin) {
    let tracer = tracer(plugin);
    // Inside of it the reads still answer, and nothing else does.
    tracer.tell("on close read $; written $; queued $; listener $; context $; write $ x; end $");
    let mut subject = tracer.connect();
    tracer.tell(&format!("set-context {0} mine; write {0} four", subject.id));
    subject.peer.expect("four");
    subject.peer.send("hello");
    subject.peer.finish();
    tracer.closed(subject.id);
    let did = tracer.wait("did close");
    let listener = tracer.status()["name"].as_str().unwrap().to_owned();
    let (_, answers) = did.split_once(" -> ").unwrap();
    assert_eq!(answers, format!("ok 5; ok 4; ok 0; ok {listener}; ok mine; err closed; err closed"));
    assert_eq!(tracer.ask(&format!("read {0}; context {0}", subject.id)), "err closed; err closed", "it names nothing any more");
}

fn connect_error(plugin: &Plugin) {
    let gone = Upstream::new();
    let tracer = gone.tracer(plugin);
    let address = gone.address.clone();
    drop(gone);
    let id = tracer.value(&format!("connect {address}")).parse().unwrap();
    tracer.wait(&format!("connect-error {id}"));
    let events = tracer.events(id);
    assert_eq!(events.len(), 1, "{events:?}");
    let message = events[0].strip_prefix("connect-error refused ").unwrap_or_else(|| panic!("{events:?}"));
    assert!(message.contains("Connection refused (os error 111)"), "{message}");
}

fn fired(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("timer 18446744073709551615 0; timer 0 20");
    tracer.wait("fired 0");
    assert_eq!(tracer.trace()[1..], ["fired 18446744073709551615", "fired 0"]);
}

/// What a handler writes and asks for happens then and there, in order.
fn scripts_run_within_their_events(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on open write $ welcome");
    tracer.tell("on data write $ <; mirror $; write $ >; queued $");
    tracer.tell("on end write $ bye");
    let mut subject = tracer.connect();
    subject.peer.expect("welcome");
    subject.peer.send("hello");
    subject.peer.expect("<hello>");
    subject.peer.finish();
    assert_eq!(subject.peer.rest().unwrap(), b"bye");
    tracer.closed(subject.id);
    let id = subject.id;
    let told = [
        format!("open {id} from 127.0.0.1:{}", subject.peer.port()),
        "did open write $ welcome -> ok 7".to_owned(),
        format!("data {id} 5 hello"),
        "did data write $ <; mirror $; write $ >; queued $ -> ok 1; ok 5; ok 1; ok 7".to_owned(),
        format!("end {id}"),
        "did end write $ bye -> ok 3".to_owned(),
        format!("close {id} none unsent=0"),
    ];
    assert_eq!(tracer.trace()[1..], told);
}
