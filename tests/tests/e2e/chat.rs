//! The example `chat`: people with netcat, and others who mean no good.

use sockdock_tests::{Client, DEADLINE, Host, Serve, Terminal, eventually, example_folder};
use std::io::{BufRead as _, BufReader, Read as _};

fn chat(version: &str) -> Serve {
    Serve::plugin(example_folder(version)).args(["--name", "chat"]).tcp()
}

/// Somebody with netcat.
#[track_caller]
fn joins(host: &Host) -> Terminal {
    Terminal::netcat(host.tcp_address())
}

#[test]
fn people_talk_through_an_upgrade() {
    let host = chat("chat/v1").start();
    let mut ann = joins(&host);
    ann.types("/nick ann\n");
    ann.sees("* you are ann");
    let mut bob = joins(&host);
    bob.types("/nick bob\n");
    ann.sees("* guest1 is now bob");
    ann.types("hello\n");
    bob.sees("ann: hello");
    bob.types("hi ann\n");
    ann.sees("bob: hi ann");
    // Somebody is in the middle of a line.
    let mut carl = host.tcp();
    let before = host.count("bytes_read");
    carl.send("what a co");
    eventually("the half line to be read", || (host.count("bytes_read") == before + 9).then_some(()));

    host.cli(["reload"]).success();
    let report = host.cli(["reload", example_folder("chat").to_str().unwrap()]).success();
    assert!(report.contains("chat-1"), "{report}");
    carl.send("incidence\n");
    bob.sees("guest1: what a coincidence");
    bob.types("/join tea\n");
    ann.sees("* bob has gone to tea");
    let mut eve = joins(&host);
    let shown = eve.sees("* you are guest2 in lobby; /help shows what you can do");
    assert_eq!(shown, ["ann: hello", "bob: hi ann", "guest1: what a coincidence"]);
    eve.types("/join tea\n/who\n");
    eve.sees("* in tea: bob guest2");

    // There is no way back, and trying costs nothing.
    host.cli(["reload", example_folder("chat/v1").to_str().unwrap()]).refusal(1, &["chat-2"]);
    bob.types("more tea?\n");
    eve.sees("bob: more tea?");
    assert_eq!(host.count("generation"), 3);
    assert_eq!(host.count("traps"), 0);
}

/// The same rooms, whether one comes by TLS or not.
#[test]
fn some_talk_in_secret() {
    let host = chat("chat/v1").tls().start();
    let mut ann = Terminal::openssl(host.tls_address(), &host.certificates().certificate);
    ann.types("/nick ann\n");
    ann.sees("* you are ann");
    let mut bob = joins(&host);
    bob.types("/nick bob\n");
    ann.sees("* guest1 is now bob");
    let mut carl = host.tls();
    carl.send("what a co");
    read_to(&mut carl, "/who shows who is here\n");
    bob.types("hello\n");
    ann.sees("bob: hello");
    let report = host.cli(["reload", example_folder("chat").to_str().unwrap()]).success();
    assert!(report.contains("chat-1"), "{report}");
    carl.send("incidence\n");
    ann.sees("guest1: what a coincidence");
    ann.types("hi both\n");
    bob.sees("ann: hi both");
    read_to(&mut carl, "ann: hi both\n");
    assert_eq!((host.count("connections"), host.count("handshakes_failed"), host.count("traps")), (3, 0, 0));
}

/// Reads up to the end of this text, and answers how many bytes that were.
#[track_caller]
fn read_to(client: &mut Client, text: &str) -> usize {
    let (mut last, mut count) = (Vec::new(), 0);
    let mut piece = vec![0; 64 << 10];
    while !last.ends_with(text.as_bytes()) {
        let size = client.read(&mut piece).expect("receive");
        assert!(size > 0, "the end came before {text:?}");
        count += size;
        last.extend_from_slice(&piece[..size]);
        last.drain(..last.len().saturating_sub(text.len()));
    }
    count
}

#[test]
fn who_does_not_read_holds_nobody_up() {
    let host = chat("chat").set("lines-per-second", "1000000").start();
    let mut slow = host.tcp();
    read_to(&mut slow, "what you can do\n");
    let mut loud = host.tcp();
    read_to(&mut loud, "what you can do\n");
    let mut reader = host.tcp();
    read_to(&mut reader, "what you can do\n");
    read_to(&mut loud, "has come\n");
    let line = format!("{}\n", "x".repeat(1000));
    let before = host.memory();
    // Far more than the kernel and the host keep for one who doesn't read: 20 MB.
    for _ in 0..1000 {
        loud.send(line.repeat(20));
        loud.send("/who\n");
        read_to(&mut loud, "guest3\n");
        loud.send("done\n");
        let seen = read_to(&mut reader, ": done\n");
        assert!(seen > 20 * line.len(), "{seen}");
    }
    let grown = host.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    // One gap, said so, and everything after it.
    let mut seen = String::new();
    let mut slow = BufReader::new(slow);
    while !seen.starts_with("* you read too slowly, and missed ") {
        seen.clear();
        assert!(slow.read_line(&mut seen).unwrap() > 0);
        assert!(
            seen.starts_with("* ") || seen.ends_with(&format!(": {line}")) || seen.ends_with(": done\n"),
            "a cut line: {seen}"
        );
    }
    loud.send("welcome back\n");
    seen.clear();
    slow.read_line(&mut seen).unwrap();
    assert!(seen.ends_with(": welcome back\n"), "{seen}");
    assert_eq!(host.count("traps"), 0);
}

#[test]
fn lines_can_not_be_forged() {
    let host = chat("chat").start();
    let mut ann = host.tcp();
    read_to(&mut ann, "what you can do\n");
    let mut mallory = host.tcp();
    read_to(&mut ann, "has come\n");
    mallory.send(b"x\rbob: \x1b[2Kpay me\n\xff\xfe\x00\n");
    mallory.send("y".repeat(100_000));
    mallory.send("\nunfinished");
    ann.expect("guest2: x\u{fffd}bob: \u{fffd}[2Kpay me\nguest2: \u{fffd}\u{fffd}\u{fffd}\n");
    mallory.finish();
    ann.expect("* guest2 has left\n");
    let said = String::from_utf8(mallory.rest().unwrap()).unwrap();
    assert!(said.contains("* that line was longer than 1024 bytes, and was not sent\n"), "{said}");
    assert!(!ann.readable(std::time::Duration::ZERO));
}

#[test]
fn a_flood_is_slowed_down() {
    let host = chat("chat").start();
    let mut ann = host.tcp();
    read_to(&mut ann, "what you can do\n");
    let mut loud = host.tcp();
    read_to(&mut ann, "has come\n");
    loud.send("spam\n".repeat(100_000));
    let start = std::time::Instant::now();
    read_to(&mut loud, " lines were not sent\n");
    assert!(start.elapsed() < DEADLINE);
    ann.send("/quit\n");
    let seen = String::from_utf8(ann.rest().unwrap()).unwrap();
    // What a second allows, and a few seconds may have passed.
    let spam = seen.matches("guest2: spam\n").count();
    assert!((20..1000).contains(&spam), "{spam}");
    assert_eq!(host.count("traps"), 0);
}
