//! Publish and subscribe.

use crate::plugins::Plugin;
use crate::world::{tracer, tracer_with};
use sockdock_tests::{Subject, Tracer};

stories!(subscribers_get_it, among_writes, large_and_empty_messages, errors);

fn subscribed(tracer: &Tracer, topic: &str) -> Subject {
    let subject = tracer.connect();
    tracer.tell(&format!("subscribe {} {topic}", subject.id));
    subject
}

fn subscribers_get_it(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let (mut one, mut two, mut none) = (subscribed(&tracer, "news"), subscribed(&tracer, "news"), tracer.connect());
    tracer.tell(&format!("subscribe {} news", one.id));
    assert_eq!(tracer.ask("publish news hello; publish other nobody"), "ok 2; ok 0");
    one.peer.expect("hello");
    two.peer.expect("hello");
    tracer.tell(&format!("unsubscribe {0} news; unsubscribe {0} never", one.id));
    assert_eq!(tracer.value("publish news again"), "1");
    two.peer.expect("again");
    tracer.tell(&format!("write {} nothing before; write {} nor this", one.id, none.id));
    one.peer.expect("nothing before");
    none.peer.expect("nor this");
    drop(two.peer);
    tracer.closed(two.id);
    assert_eq!(tracer.value("publish news gone"), "0");
}

fn among_writes(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = subscribed(&tracer, "t");
    tracer.tell("on data write $ <; publish t by all; write $ >; publish t  and more");
    subject.peer.send("x");
    subject.peer.expect("<by all> and more");
    assert!(tracer.wait("did data").ends_with(" -> ok 1; ok 1; ok 1; ok 1"));
}

fn large_and_empty_messages(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = subscribed(&tracer, "t");
    let text = "long ".repeat(6_000);
    assert_eq!(tracer.value(&format!("publish t {text}end")), "1");
    subject.peer.expect(format!("{text}end"));
    assert_eq!(tracer.value("publish t"), "1", "it counts, and sends nothing");
    tracer.tell(&format!("write {} next", subject.id));
    subject.peer.expect("next");
}

fn errors(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--topic-name-limit", "10B", "--max-topics", "2"]));
    let subject = tracer.connect();
    let id = subject.id;
    for (command, answer) in [
        (format!("subscribe {id} elevenbytes"), "err limit-exceeded"),
        ("publish elevenbytes x".to_owned(), "err limit-exceeded"),
        (format!("subscribe {id} "), "err invalid-argument"),
        (format!("subscribe {id} a; subscribe {id} b; subscribe {id} a; subscribe {id} c"), "ok; ok; ok; err limit-exceeded"),
        (format!("subscribe {} a; unsubscribe {} a", u64::MAX, u64::MAX), "err closed; err closed"),
        (format!("end {id}; subscribe {id} a"), "ok; err closed"),
    ] {
        assert_eq!(tracer.ask(&command), answer, "{command}");
    }
}
