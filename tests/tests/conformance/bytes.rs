//! Bytes are bytes: all values, none, many, and text in any script.

use crate::plugins::Plugin;
use crate::world::{escaped, pattern, tracer, tracer_with, wait_for};
use sockdock_tests::{Client, Host, Pace, Random, Serve, Tracer, pump};

stories!(
    all_values_in,
    all_values_out,
    what_is_no_utf_8,
    nothing_at_all,
    a_mebibyte_out_at_once,
    a_mebibyte_back_by_mirror,
    an_echo_in_random_pieces,
    an_echo_byte_by_byte,
    an_echo_through_the_smallest_buffers,
    text_in_other_scripts,
    lines_in_pieces,
);

const MIB: usize = 1 << 20;

fn all_values_in(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    // The trace shows 64 at a time.
    let all: Vec<u8> = (0..=255).collect();
    for (n, piece) in all.chunks(64).enumerate() {
        subject.peer.send(piece);
        wait_for(&tracer, subject.id, "data", n + 1);
    }
    let told: Vec<_> = all.chunks(64).map(|piece| format!("data 64 {}", escaped(piece))).collect();
    assert_eq!(tracer.events(subject.id)[1..], told);
    assert!(told[0].starts_with(r"data 64 \x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e"), "{}", told[0]);
}

fn all_values_out(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let all: Vec<u8> = (0..=255).collect();
    let digits: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(tracer.value(&format!("hex {} {digits}", subject.id)), "256");
    assert_eq!(subject.peer.receive(256), all);
}

fn what_is_no_utf_8(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on data mirror $");
    let mut subject = tracer.connect();
    // A lone continuation, a cut sequence, an overlong slash, a surrogate, what is beyond Unicode, a byte that never occurs.
    let broken = b"\x80\xe2\x82\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xff\xfe";
    subject.peer.send(broken);
    assert_eq!(subject.peer.receive(broken.len()), broken);
    wait_for(&tracer, subject.id, "data", 1);
    assert_eq!(tracer.events(subject.id)[1], format!("data {} {}", broken.len(), escaped(broken)));
}

fn nothing_at_all(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.ask(&format!("pattern {id} 0; hex {id} 00; fill {id} 0; queued {id}")), "ok 0; ok 1; ok 0; ok 1");
    subject.peer.expect("\0");
    assert_eq!(tracer.ask(&format!("context {id}; set-context {id} x; big-context {id} 0; context {id}")), "ok; ok; ok; ok");
}

fn a_mebibyte_out_at_once(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let mut subject = tracer.connect();
    assert_eq!(tracer.value(&format!("pattern {} {MIB}", subject.id)), MIB.to_string());
    assert!(subject.peer.receive(MIB) == pattern(MIB), "other bytes came");
    assert_eq!(tracer.value(&format!("written {}", subject.id)), MIB.to_string());
}

fn a_mebibyte_back_by_mirror(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on data mirror $");
    let mut subject = tracer.connect();
    let mut random = Random::new(1);
    let bytes = random.bytes(MIB);
    let back = pump(&mut subject.peer, &bytes, Pace { write: MIB, read: MIB, read_late: false }, &mut random);
    assert!(back == bytes, "other bytes came back");
    assert_eq!(tracer.ask(&format!("read {0}; written {0}", subject.id)), format!("ok {MIB}; ok {MIB}"));
}

/// Serves it over all that carries bytes.
pub(crate) fn everywhere(plugin: &Plugin, options: impl FnOnce(Serve) -> Serve) -> Host {
    options(Serve::plugin(&plugin.path).tcp().unix("plain.sock").tls().tls_unix("secret.sock")).start()
}

fn echo(plugin: &Plugin, options: impl FnOnce(Serve) -> Serve) -> Host {
    everywhere(plugin, |serve| options(serve.set("mode", "echo")))
}

fn each_kind(host: &Host) -> [(&'static str, Client); 4] {
    [("tcp", host.tcp()), ("unix", host.unix("plain.sock")), ("tls", host.tls()), ("tls+unix", host.tls_unix("secret.sock"))]
}

#[track_caller]
pub(crate) fn comes_back(host: &Host, pace: Pace, size: usize) {
    let mut random = Random::new(size as u64);
    let bytes = random.bytes(size);
    for (kind, mut client) in each_kind(host) {
        assert!(pump(&mut client, &bytes, pace, &mut random) == bytes, "{kind}: other bytes came back");
        client.finish();
        client.expect_end();
    }
    host.wait_count("connections", 0);
    assert_eq!((host.count("bytes_read"), host.count("bytes_written")), (4 * size as u64, 4 * size as u64));
    assert_eq!(host.count("traps"), 0);
}

fn an_echo_in_random_pieces(plugin: &Plugin) {
    comes_back(&echo(plugin, |serve| serve), Pace { write: 9_000, read: 9_000, read_late: false }, MIB);
}

fn an_echo_byte_by_byte(plugin: &Plugin) {
    comes_back(&echo(plugin, |serve| serve), Pace { write: 1, read: 3, read_late: false }, 2_000);
}

fn an_echo_through_the_smallest_buffers(plugin: &Plugin) {
    let small = ["--high-water", "1KiB", "--read-buffer", "4KiB", "--write-buffer", "5KiB"];
    comes_back(&echo(plugin, |serve| serve.args(small)), Pace { write: 50_000, read: 700, read_late: true }, MIB / 4);
}

/// Settings, log, topics, contexts and what is written: text of one to four bytes a character.
fn text_in_other_scripts(plugin: &Plugin) {
    const TEXT: &str = "grüße, Ελλάδα, 你好, 👋🏽";
    let tracer = tracer_with(plugin, |serve| serve.set("greeting", TEXT));
    assert!(tracer.trace()[0].contains(&format!(" greeting={TEXT} ")), "{:?}", tracer.trace());
    let mut subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.value(&format!("write {id} {TEXT}")), TEXT.len().to_string());
    subject.peer.expect(TEXT);
    tracer.tell(&format!("set-context {id} {TEXT}; log warn {TEXT}; subscribe {id} {TEXT}"));
    assert_eq!(tracer.value(&format!("context {id}")), escaped(TEXT.as_bytes()));
    tracer.wait_log(&["WARN", TEXT]);
    let (topic, message) = (TEXT.replace(' ', "\u{a0}"), TEXT);
    tracer.tell(&format!("subscribe {id} {topic}"));
    assert_eq!(tracer.value(&format!("publish {topic} {message}")), "1");
    subject.peer.expect(message);
    tracer.tell(&format!("print {TEXT}"));
    tracer.wait_log(&["INFO", TEXT]);
    subject.peer.send(TEXT);
    wait_for(&tracer, id, "data", 1);
    assert_eq!(tracer.events(id)[1], format!("data {} {}", TEXT.len(), escaped(TEXT.as_bytes())));
}

/// The control connection itself: a stream, whose cuts mean nothing.
fn lines_in_pieces(plugin: &Plugin) {
    let tracer: Tracer = tracer(plugin);
    let mut control = tracer.unix("control.sock");
    for piece in ["li", "ve", "\nfor", "get; of", "f x\ntrace\nclock", "\n"] {
        control.send(piece);
    }
    let mut answers = String::new();
    while answers.lines().count() < 4 || !answers.ends_with('\n') {
        answers.push(char::from(control.receive(1)[0]));
    }
    let lines: Vec<_> = answers.lines().collect();
    assert!(lines[0].starts_with("ok ") && lines[3].starts_with("ok "), "{lines:?}");
    assert_eq!(lines[1..3], ["ok; ok", "ok"]);
}
