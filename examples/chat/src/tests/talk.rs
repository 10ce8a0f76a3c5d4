use super::{host, hush, named, shown};
use crate::Chat;
use proptest::prelude::*;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};
use std::time::Duration;

fn two() -> (Harness<Chat>, Socket, Socket) {
    let mut host = host();
    let (ann, bob) = (named(&mut host, "ann"), named(&mut host, "bob"));
    hush(&mut host);
    (host, ann, bob)
}

#[test]
fn everybody_else_sees_a_line() {
    let (mut host, ann, bob) = two();
    let eve = named(&mut host, "eve");
    hush(&mut host);
    host.send(ann, b"hello\r\n\nand good ev");
    assert_eq!(shown(&mut host, bob), "ann: hello\n");
    assert_eq!(shown(&mut host, eve), "ann: hello\n");
    assert_eq!(shown(&mut host, ann), "");
    host.send(ann, b"ening\n");
    assert_eq!(shown(&mut host, bob), "ann: and good evening\n");
}

#[test]
fn a_newcomer_is_shown_what_was_said() {
    let (mut host, ann, _) = two();
    host.send(ann, b"one\ntwo\n");
    let eve = host.connect();
    assert_eq!(shown(&mut host, eve), "ann: one\nann: two\n* you are guest3 in lobby; /help shows what you can do\n");
    assert_eq!(shown(&mut host, ann), "* guest3 has come\n");
}

#[test]
fn the_history_has_a_limit() {
    let mut host = Harness::<Chat>::with(Limits::default(), &[("history", "2")]).unwrap();
    let ann = named(&mut host, "ann");
    host.send(ann, b"one\ntwo\nthree\n");
    let bob = host.connect();
    assert!(shown(&mut host, bob).starts_with("ann: two\nann: three\n* you"));
    assert!(Harness::<Chat>::with(Limits::default(), &[("history", "all")]).is_err());
    assert!(Harness::<Chat>::with(Limits::default(), &[("histroy", "2")]).is_err());
}

#[test]
fn rooms_are_apart() {
    let (mut host, ann, bob) = two();
    host.send(ann, b"/join Tea\nany milk?\n");
    assert_eq!(shown(&mut host, bob), "* ann has gone to tea\n");
    assert_eq!(shown(&mut host, ann), "* you are ann in tea; /help shows what you can do\n");
    host.send(bob, b"/rooms\n/who\n/join tea\n/who\n");
    let seen = shown(&mut host, bob);
    let joined = "ann: any milk?\n* you are bob in tea; /help shows what you can do\n* in tea: ann bob\n";
    assert_eq!(seen, format!("* rooms: lobby (1) tea (1)\n* in lobby: bob\n{joined}"));
    // With its last member a room is gone.
    host.send(ann, b"/join lobby\n");
    host.send(bob, b"/join lobby\n/rooms\n");
    assert!(shown(&mut host, bob).ends_with("* rooms: lobby (2)\n"));
    assert_eq!(host.plugin().saved.rooms.len(), 1);
}

#[test]
fn names_are_ones_own() {
    let (mut host, ann, bob) = two();
    for (command, answer) in [
        ("/nick ANN", "* the name ANN is taken"),
        ("/nick guest77", "* the name guest77 is taken"),
        ("/nick a b", "* a name has 1 to 20 letters, digits, `-` or `_`"),
        ("/nick", "* a name has 1 to 20 letters, digits, `-` or `_`"),
        ("/join a:b", "* a room's name has 1 to 20 letters, digits, `-` or `_`"),
        ("/join lobby", "* you are in lobby"),
        ("/dance now", "* no such command: /dance now; /help shows what there is"),
        ("/nick Bob", "* bob is now Bob"),
    ] {
        host.send(bob, format!("{command}\n").as_bytes());
        assert_eq!(shown(&mut host, bob), format!("{answer}\n"), "{command}");
    }
    assert_eq!(shown(&mut host, ann), "* bob is now Bob\n");
}

#[test]
fn who_leaves_in_the_middle_of_a_line_has_not_said_it() {
    let (mut host, ann, bob) = two();
    host.send(ann, b"I am goi");
    host.finish(ann);
    assert_eq!(shown(&mut host, bob), "* ann has left\n");
    host.send(bob, b"/who\n/quit\nnot heard\n");
    assert_eq!(host.closed(bob).unwrap(), b"* in lobby: bob\n* goodbye\n");
    let plugin = host.plugin();
    assert!(plugin.cards.is_empty() && plugin.pace.is_calm());
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let (mut host, ann, bob) = two();
    for _ in 0..200 {
        host.send(ann, &[b'x'; 10_000]);
    }
    host.send(ann, b"\nshort\n");
    assert_eq!(shown(&mut host, bob), "ann: short\n");
    assert_eq!(shown(&mut host, ann), "* that line was longer than 1024 bytes, and was not sent\n");
}

#[test]
fn nobody_speaks_faster_than_all_can_listen() {
    let (mut host, ann, bob) = two();
    // The names took one line of this second.
    host.advance(Duration::from_secs(1));
    host.send(ann, &b"spam\n".repeat(1000));
    host.send(bob, b"stop it\n");
    assert_eq!(shown(&mut host, bob), "ann: spam\n".repeat(20));
    host.advance(Duration::from_secs(1));
    assert_eq!(shown(&mut host, ann), "bob: stop it\n* too fast: 980 lines were not sent\n");
    host.send(ann, b"sorry\n");
    assert_eq!(shown(&mut host, bob), "ann: sorry\n");
}

#[test]
fn rooms_can_not_be_made_without_end() {
    let (mut host, ann, _) = two();
    let room = |i: usize| format!("/join room{i}\n");
    // Everybody else sits in a room of their own.
    for i in 0..210 {
        let other = host.connect();
        host.send(other, room(i).as_bytes());
    }
    hush(&mut host);
    host.send(ann, b"/join mine\n/rooms\n");
    let seen = shown(&mut host, ann);
    assert!(seen.starts_with("* there are too many rooms"), "{seen}");
    assert!(seen.ends_with(" and 100 more\n"), "{seen}");
    assert_eq!(host.plugin().saved.rooms.len(), 200);
}

proptest! {
    #[test]
    fn nobody_can_forge_a_line(chunks: Vec<Vec<u8>>) {
        let (mut host, ann, bob) = two();
        chunks.iter().for_each(|chunk| host.send(ann, chunk));
        for line in shown(&mut host, bob).lines() {
            prop_assert!(line.starts_with("ann: ") || line.starts_with("* "), "{line:?}");
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
