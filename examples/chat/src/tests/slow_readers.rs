//! People who don't read what they are sent.

use super::{host, hush, named, shown};
use crate::delivery::BACKLOG;
use std::time::Duration;

#[test]
fn a_slow_reader_holds_nobody_up_and_costs_no_more_than_its_backlog() {
    let mut host = host();
    let (ann, bob, slow) = (named(&mut host, "ann"), named(&mut host, "bob"), named(&mut host, "slow"));
    hush(&mut host);
    // Their names were lines of this second.
    host.advance(Duration::from_secs(1));
    host.read(slow, Some(0));
    let text = "x".repeat(1000);
    for second in 0..50 {
        for line in 0..20 {
            host.send(ann, format!("{second} {line} {text}\n").as_bytes());
            assert_eq!(shown(&mut host, bob), format!("ann: {second} {line} {text}\n"));
        }
        host.advance(Duration::from_secs(1));
    }
    assert!(slow.queued().unwrap() <= BACKLOG);

    host.read(slow, None);
    let seen = shown(&mut host, slow);
    let lines: Vec<&str> = seen.lines().collect();
    let (last, sent) = lines.split_last().unwrap();
    assert!(sent.iter().all(|line| line.len() > 1000 && line.ends_with('x')), "a line was cut");
    assert_eq!(*last, format!("* you read too slowly, and missed {} lines", 1000 - sent.len()));

    host.send(ann, b"back again?\n");
    assert_eq!(shown(&mut host, slow), "ann: back again?\n");
}

#[test]
fn what_was_missed_is_known_after_a_reload() {
    let mut host = host();
    let (ann, slow) = (named(&mut host, "ann"), named(&mut host, "slow"));
    host.read(slow, Some(0));
    for _ in 0..100 {
        host.send(ann, &[&[b'x'; 1000][..], b"\n"].concat().repeat(20));
        host.advance(Duration::from_secs(1));
    }
    let Ok(mut host) = host.reload::<crate::Chat>() else { panic!("the reload failed") };
    host.read(slow, None);
    let seen = shown(&mut host, slow);
    assert!(seen.lines().last().unwrap().starts_with("* you read too slowly, and missed 19"), "{seen}");
}

#[test]
fn a_backlog_with_small_write_buffers_never_shows_half_a_line() {
    let limits =
        sockdock_guest::testing::Limits { write_buffer: 4096, high_water: 1024, read_buffer: 1024, ..Default::default() };
    let mut host = sockdock_guest::testing::Harness::<crate::Chat>::with(limits, &[]).unwrap();
    let (ann, slow) = (named(&mut host, "ann"), named(&mut host, "slow"));
    host.read(slow, Some(0));
    host.send(ann, &[&[b'x'; 1000][..], b"\n"].concat().repeat(10));
    assert!(host.closed(slow).is_some(), "better gone than misled");
}
