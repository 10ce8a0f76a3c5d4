//! From each language to each: state, contexts, timers and subscriptions go over under live connections.

use crate::plugins::Plugin;
use crate::world::{Upstream, from, tracer_with};
use serde_json::json;
use std::io::{Read as _, Write as _};

/// The story's name.
pub(crate) fn name(from: &str) -> String {
    format!("hand_over::from_{from}")
}

#[track_caller]
fn reload(tracer: &sockdock_tests::Tracer, to: &Plugin) {
    let report = tracer.try_reload(json!({ "plugin": to.path })).unwrap_or_else(|failure| panic!("to {}: {failure}", to.name));
    assert_eq!((&report["from_version"], &report["connections"]), (&json!("trace-1"), &json!(5)), "{report}");
}

/// There and back again: nobody is disconnected, nothing is lost or repeated.
pub(crate) fn from_to(old: &Plugin, new: &Plugin) {
    let upstream = Upstream::new();
    let tracer = tracer_with(old, |serve| serve.tls().args(["--allow-connect", &upstream.address]).set("greeting", "grüße"));
    let (mut plain, mut paused) = (tracer.connect(), tracer.connect());
    let mut secret = tracer.subject(tracer.tls());
    let (outbound, mut peer) = upstream.connected(&tracer, "context=out");
    let id = plain.id;
    tracer.tell(&format!("set-context {id} grüße; set-context {} \u{1}; subscribe {id} t; subscribe {} t", secret.id, secret.id));
    tracer.tell(&format!("timer 18446744073709551615 1500; timer 2 3000000; pause {}", paused.id));
    tracer.tell("on data mirror $; read $");
    plain.peer.send("\0\t\u{80}'");
    plain.peer.expect("\0\t\u{80}'");
    paused.peer.send("while paused");
    // On a slow machine the timer may have fired already.
    let but_the_timer = || tracer.trace().into_iter().filter(|event| !event.starts_with("fired ")).collect::<Vec<_>>();
    let before = but_the_timer();
    reload(&tracer, new);
    let start = format!("start greeting=grüße control={}", tracer.path("control.sock").display());
    let begun = [start.clone(), "restore trace-1".to_owned()];
    assert_eq!(but_the_timer(), before.into_iter().chain(begun).collect::<Vec<_>>(), "what came first stands first");
    // Contexts, endpoints, counts.
    let listener = tracer.status()["name"].as_str().unwrap().to_owned();
    assert_eq!(
        tracer.ask(&format!("context {id}; context {}; context {outbound}; read {id}; listener {id}", secret.id)),
        format!(r"ok gr\xc3\xbc\xc3\x9fe; ok \x01; ok out; ok 5; ok {listener}")
    );
    assert_eq!(tracer.value("live").split(' ').count(), 5);
    assert!(tracer.value(&format!("session {}", secret.id)).starts_with("TLSv1.3 "));
    // Subscriptions, timers, the pause, and the script that was kept.
    assert_eq!(tracer.value("publish t news"), "2");
    plain.peer.expect("news");
    secret.peer.expect("news");
    tracer.wait("fired 18446744073709551615");
    assert_eq!(tracer.events(paused.id), [from(&paused)], "still paused");
    tracer.tell(&format!("resume {}", paused.id));
    paused.peer.expect("while paused");
    secret.peer.echo("by TLS");
    peer.write_all(b"upstream").unwrap();
    let mut got = [0; 8];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"upstream");
    // And back.
    reload(&tracer, old);
    plain.peer.echo("again");
    assert_eq!(tracer.trace().iter().filter(|event| **event == start).count(), 3);
    assert_eq!(tracer.value("publish t more"), "2");
    plain.peer.expect("more");
    plain.peer.finish();
    plain.peer.expect_end();
    assert_eq!(tracer.closed(id).last().unwrap(), "close none unsent=0");
    assert_eq!((tracer.count("traps"), tracer.count("accepted")), (0, 4));
}
