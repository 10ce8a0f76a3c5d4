//! What plugins and the host say, in the log.

use crate::guests;
use serde_json::Value;
use sockdock_tests::Tracer;

#[test]
fn a_plugins_messages_bear_its_name_and_level() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--log-level", "trace", "--name", "front"]));
    for level in ["trace", "debug", "info", "warn", "error"] {
        tracer.tell(&format!("log {level} message of {level}"));
        let line = tracer.wait_log(&[&format!("message of {level}")]);
        assert!(line.to_lowercase().contains(&level.to_lowercase()) && line.contains("tracer"), "{line}");
    }
}

#[test]
fn the_level_is_the_operators() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--log-level", "warn"]));
    tracer.tell("log info quiet; log warn loud");
    tracer.wait_log(&["loud"]);
    assert!(!tracer.log().iter().any(|line| line.contains("quiet")));
}

#[test]
fn for_programs() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve.args(["--log-format", "json"]));
    tracer.tell("log info \"quotes\" and \\ more");
    let line = tracer.wait_log(&["quotes"]);
    let value: Value = serde_json::from_str(&line).unwrap();
    assert!(value.to_string().contains("tracer"), "{value}");
    for line in tracer.log() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn a_long_message_is_cut_and_a_flood_is_summed_up() {
    let tracer = Tracer::start(guests::TRACER, |serve| serve);
    tracer.tell(&format!("log info begin {}", "long ".repeat(4_000)));
    let line = tracer.wait_log(&["begin"]);
    assert!(line.len() < 10_000, "{} bytes", line.len());
    let flood: Vec<_> = (0..3_000).map(|n| format!("log info flood {n}")).collect();
    tracer.tell(&flood.join("; "));
    tracer.tell("timer 1 1100");
    tracer.wait("fired 1");
    tracer.tell("log info afterwards");
    tracer.wait_log(&["afterwards"]);
    let told = tracer.log().iter().filter(|line| line.contains("flood ")).count();
    assert!((500..=1_100).contains(&told), "{told} of 3,000 told");
}
