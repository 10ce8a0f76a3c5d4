//! People who don't read what they are sent.

use super::{host, hush, named, shown};
use crate::Chat;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};
use std::time::Duration;

/// Has ann say 2 MB while one of the others doesn't read.
fn flood(host: &mut Harness<Chat>, ann: Socket, bob: Socket) {
    let text = "x".repeat(1000);
    for second in 0..100 {
        for line in 0..20 {
            host.send(ann, format!("{second} {line} {text}\n").as_bytes());
            assert!(shown(host, bob).contains(&format!("ann: {second} {line} {text}\n")));
        }
        host.advance(Duration::from_secs(1));
    }
}

fn three(mut host: Harness<Chat>) -> (Harness<Chat>, [Socket; 3]) {
    let people = ["ann", "bob", "slow"].map(|name| named(&mut host, name));
    hush(&mut host);
    // Their names were lines of this second.
    host.advance(Duration::from_secs(1));
    host.read(people[2], Some(0));
    (host, people)
}

#[test]
fn a_slow_reader_holds_nobody_up_and_goes() {
    let (mut host, [ann, bob, slow]) = three(host());
    flood(&mut host, ann, bob);
    assert!(host.closed(slow).is_some());
    host.send(bob, b"/who\n");
    assert_eq!(shown(&mut host, bob), "* in lobby: ann bob\n");
    assert_eq!(shown(&mut host, ann), "* slow has left\n");
}

#[test]
fn where_the_operator_wants_it_a_slow_reader_misses_whole_lines() {
    let limits = Limits { skip_slow_subscribers: true, ..Limits::default() };
    let (mut host, [ann, bob, slow]) = three(Harness::with(limits, &[]).unwrap());
    flood(&mut host, ann, bob);
    assert!(slow.queued().unwrap() <= 1 << 20);
    host.read(slow, None);
    let seen = shown(&mut host, slow);
    assert!(seen.lines().all(|line| line.len() > 1000 && line.ends_with('x')), "a line was cut");
    assert!(seen.lines().count() < 2000);
    host.send(ann, b"back again?\n");
    assert_eq!(shown(&mut host, slow), "ann: back again?\n");
}

#[test]
fn small_write_buffers_never_show_half_a_line() {
    let limits = Limits { write_buffer: 4096, high_water: 1024, read_buffer: 1024, ..Limits::default() };
    let (mut host, [ann, _, slow]) = three(Harness::with(limits, &[]).unwrap());
    host.send(ann, &[&[b'x'; 1000][..], b"\n"].concat().repeat(10));
    assert!(host.closed(slow).is_some(), "better gone than misled");
    // Nor to one who asks, and doesn't read the answers.
    let limits = Limits { write_buffer: 100, high_water: 50, read_buffer: 50, ..Limits::default() };
    let (mut host, [.., slow]) = three(Harness::with(limits, &[]).unwrap());
    host.send(slow, b"/help\n");
    assert!(host.closed(slow).is_some(), "better gone than misled");
}
