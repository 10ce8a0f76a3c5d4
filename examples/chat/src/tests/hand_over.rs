//! Reloads, upgrades and traps.

use super::{host, hush, named, shown};
use crate::Chat;
use sockdock_guest::testing::Harness;
use sockdock_guest::{Plugin, Socket};

fn reload<P: Plugin, N: Plugin>(host: Harness<P>) -> Harness<N> {
    host.reload::<N>().unwrap_or_else(|(reason, _)| panic!("the reload failed: {reason}"))
}

#[test]
fn nobody_notices_a_reload() {
    let mut host = host();
    let (ann, bob) = (named(&mut host, "ann"), named(&mut host, "bob"));
    host.send(ann, b"/join tea\nfirst\nsec");
    hush(&mut host);
    let mut host: Harness<Chat> = reload(host);
    host.send(ann, b"ond\n");
    host.send(bob, b"/join tea\n/who\n");
    let seen = shown(&mut host, bob);
    assert_eq!(seen, "ann: first\nann: second\n* you are bob in tea; /help shows what you can do\n* in tea: ann bob\n");
}

#[test]
fn version_1_becomes_version_2() {
    let mut host = Harness::<chat_v1::Chat>::new();
    let (ann, bob) = (named(&mut host, "ann"), host.connect());
    host.send(ann, b"said: in version 1\nhalf a li");
    hush(&mut host);

    let mut host: Harness<Chat> = reload(host);
    // Names, the history, and even the half line came along.
    host.send(ann, b"ne\n");
    assert_eq!(shown(&mut host, bob), "ann: half a line\n");
    let eve = host.connect();
    let greeting = "* you are guest2 in lobby; /help shows what you can do\n";
    assert_eq!(shown(&mut host, eve), format!("ann: said: in version 1\nann: half a line\n{greeting}"));
    // And the new version's commands work for the old version's people.
    host.send(bob, b"/who\n/join tea\n");
    assert!(shown(&mut host, bob).starts_with("* guest2 has come\n* in lobby: ann guest1 guest2\n* you are guest1 in tea"));
}

#[test]
fn a_cut_at_every_byte_survives_the_upgrade() {
    let stream = "caf\u{e9} au lait\r\n/who\n".as_bytes();
    for cut in 0..stream.len() {
        let mut host = Harness::<chat_v1::Chat>::new();
        let (ann, bob) = (named(&mut host, "ann"), named(&mut host, "bob"));
        hush(&mut host);
        host.send(ann, &stream[..cut]);
        let mut host: Harness<Chat> = reload(host);
        host.send(ann, &stream[cut..]);
        assert_eq!(shown(&mut host, bob), "ann: caf\u{e9} au lait\n", "cut at {cut}");
        assert!(shown(&mut host, ann).contains("ann bob\n"));
    }
}

#[test]
fn version_1_talks() {
    let mut host = Harness::<chat_v1::Chat>::new();
    let (ann, bob) = (named(&mut host, "ann"), named(&mut host, "ann"));
    assert!(shown(&mut host, bob).ends_with("* `ann` is taken, or no name\n"));
    hush(&mut host);
    host.send(ann, b"hello\n/who\n");
    assert_eq!(shown(&mut host, bob), "ann: hello\n");
    assert_eq!(shown(&mut host, ann), "* here: ann guest1\n");
    host.finish(ann);
    assert_eq!(shown(&mut host, bob), "* ann has left\n");
}

#[test]
fn there_is_no_way_back() {
    let mut host = host();
    let (ann, bob) = (named(&mut host, "ann"), named(&mut host, "bob"));
    let Err((reason, mut host)) = host.reload::<chat_v1::Chat>() else { panic!("version 1 can't know this state") };
    assert!(reason.contains("chat-2"), "{reason}");
    hush(&mut host);
    host.send(ann, b"still here\n");
    assert_eq!(shown(&mut host, bob), "ann: still here\n");
}

#[test]
fn a_trap_costs_the_history_and_nobody_but_its_own_connection() {
    let mut host = host();
    let (ann, bob, eve) = (named(&mut host, "ann"), named(&mut host, "bob"), host.connect());
    host.send(ann, b"/join tea\nlost\nkept in p");
    host.send(bob, b"/join tea\n");
    hush(&mut host);
    let mut host = host.crash(eve);
    host.send(ann, b"ieces\n");
    assert_eq!(shown(&mut host, bob), "ann: kept in pieces\n");
    host.send(bob, b"/who\n");
    assert_eq!(shown(&mut host, bob), "* in tea: ann bob\n");
    assert!(!Socket::live().contains(&eve));
}

#[test]
fn it_takes_over_from_a_plugin_without_state() {
    #[derive(Default)]
    struct Mute;
    impl Plugin for Mute {}
    let mut host = Harness::<Mute>::new();
    let early = host.connect();
    let mut host: Harness<Chat> = reload(host);
    let ann = named(&mut host, "ann");
    hush(&mut host);
    host.send(early, b"hello\n");
    assert_eq!(shown(&mut host, ann), "* guest2 has come\nguest2: hello\n");
}
