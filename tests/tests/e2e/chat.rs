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
    // Others may speak right behind it.
    while !last.windows(text.len()).any(|seen| seen == text.as_bytes()) {
        let size = client.read(&mut piece).expect("receive");
        assert!(size > 0, "the end came before {text:?}");
        count += size;
        last.drain(..last.len().saturating_sub(text.len()));
        last.extend_from_slice(&piece[..size]);
    }
    count
}

/// Somebody says 20 MB, far more than the kernel and the host keep for one who doesn't read; another reads it all. The first answer is
/// the one who doesn't.
#[track_caller]
fn a_flood_past_somebody(host: &Host) -> (Client, Client) {
    let mut slow = host.tcp();
    read_to(&mut slow, "what you can do\n");
    let mut loud = host.tcp();
    read_to(&mut loud, "what you can do\n");
    let mut reader = host.tcp();
    read_to(&mut reader, "what you can do\n");
    read_to(&mut loud, "has come\n");
    let line = format!("{}\n", "x".repeat(1000));
    let before = host.memory();
    for _ in 0..1000 {
        loud.send(line.repeat(20));
        loud.send("done\n");
        assert!(read_to(&mut reader, ": done\n") > 20 * line.len());
    }
    let grown = host.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert!(host.count("slow_subscribers") > 0);
    assert_eq!(host.count("traps"), 0);
    (slow, loud)
}

fn is_whole(line: &str) -> bool {
    line.starts_with("* ") || line.ends_with(&format!(": {}\n", "x".repeat(1000))) || line.ends_with(": done\n")
}

#[test]
fn who_does_not_read_holds_nobody_up() {
    let host = chat("chat").set("lines-per-second", "1000000").start();
    let (slow, _loud) = a_flood_past_somebody(&host);
    let mut slow = BufReader::new(slow);
    let mut seen = String::new();
    while slow.read_line(&mut seen).is_ok_and(|size| size > 0) {
        // The last may be cut: that connection has failed, and says so.
        assert!(is_whole(&seen) || !seen.ends_with('\n'), "{seen}");
        seen.clear();
    }
    // The reader has gone, too.
    host.wait_count("connections", 1);
}

#[test]
fn who_does_not_read_may_miss_whole_lines_instead() {
    let host = chat("chat").set("lines-per-second", "1000000").args(["--slow-subscribers", "skip"]).start();
    let (slow, mut loud) = a_flood_past_somebody(&host);
    let mut slow = BufReader::new(slow);
    let mut seen = String::new();
    // Until all that had waited is read, this too may be missed.
    loud.send("welcome back\n");
    while !seen.ends_with(": welcome back\n") {
        seen.clear();
        if !slow.buffer().contains(&b'\n') && !slow.get_ref().readable(std::time::Duration::from_millis(100)) {
            loud.send("welcome back\n");
        }
        assert!(slow.read_line(&mut seen).unwrap() > 0);
        assert!(is_whole(&seen) || seen.ends_with(": welcome back\n"), "a cut line: {seen}");
    }
}

/// One chat, however many instances it has.
#[test]
fn many_people_on_several_instances() {
    const PEOPLE: usize = 40;
    const LINES: usize = 15;
    let host = chat("chat").args(["--instances", "per-core", "--workers", "3"]).start();
    let mut people: Vec<BufReader<Client>> = (0..PEOPLE).map(|_| BufReader::new(host.tcp())).collect();
    let next = |people: &mut Vec<BufReader<Client>>, at: usize, wanted: &dyn Fn(&str) -> bool| {
        let mut line = String::new();
        while !wanted(&line) {
            line.clear();
            assert!(people[at].read_line(&mut line).unwrap() > 0);
        }
        line
    };
    // Everybody has a name of their own.
    let mut names: Vec<String> =
        (0..PEOPLE).map(|at| next(&mut people, at, &|line| line.starts_with("* you are guest"))).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), PEOPLE);
    for at in 0..PEOPLE {
        people[at].get_mut().send(format!("/nick p{at}\n"));
        next(&mut people, at, &|line| line.ends_with(&format!(" is now p{at}\n")));
    }
    // A name that somebody on any instance has is taken.
    for at in 0..PEOPLE {
        let other = (at + 1) % PEOPLE;
        people[at].get_mut().send(format!("/nick P{other}\n"));
        next(&mut people, at, &|line| line == format!("* the name P{other} is taken\n"));
    }
    people[0].get_mut().send("/who\n");
    let who = next(&mut people, 0, &|line| line.starts_with("* in lobby:"));
    let here = who.split_whitespace().filter(|word| word.starts_with('p')).count();
    assert!(who.ends_with(&format!(" and {} on other instances\n", PEOPLE - here)) && here >= PEOPLE / 3, "{who}");
    // All talk at once, while a new build takes over.
    for line in 0..LINES {
        for (at, person) in people.iter_mut().enumerate() {
            person.get_mut().send(format!("{at} says {line}\n"));
        }
        if line == LINES / 2 {
            host.cli(["reload"]).success();
        }
    }
    for at in 0..PEOPLE {
        let mut heard = vec![0; PEOPLE];
        while (0..PEOPLE).any(|other| other != at && heard[other] < LINES) {
            let line = next(&mut people, at, &|line| line.contains(" says "));
            let said = line.trim_end().split_once(": ").unwrap().1;
            let (speaker, number) = said.split_once(" says ").unwrap();
            let speaker: usize = speaker.parse().unwrap();
            assert!(speaker != at && line.starts_with(&format!("p{speaker}: ")), "{line}");
            assert_eq!(number, heard[speaker].to_string(), "the order of p{speaker}'s lines");
            heard[speaker] += 1;
        }
    }
    assert_eq!(host.count("traps"), 0);
}

/// Version 1 has a chat per instance; version 2 makes one of them, of those who are there.
#[test]
fn instances_come_together_by_an_upgrade() {
    let host = chat("chat/v1").args(["--instances", "2", "--workers", "2"]).start();
    let (mut ann, mut bob) = (host.tcp(), host.tcp());
    read_to(&mut ann, "who is here\n");
    read_to(&mut bob, "who is here\n");
    ann.send("/nick ann\n");
    read_to(&mut ann, "* you are ann\n");
    host.cli(["reload", example_folder("chat").to_str().unwrap()]).success();
    ann.send("is anybody there?\n");
    bob.expect("ann: is anybody there?\n");
    bob.send("/nick ann\n");
    bob.expect("* the name ann is taken\n");
    bob.send("/nick bob\n");
    ann.expect("* guest1 is now bob\n");
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
