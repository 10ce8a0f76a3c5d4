//! The log, what the language prints, its clock and its chance.

use crate::plugins::Plugin;
use crate::world::{tracer, tracer_with};
use std::time::{SystemTime, UNIX_EPOCH};

stories!(each_level, a_long_message_is_cut, printing, the_clock_is_real, random_differs_between_instances);

fn each_level(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--log-level", "trace", "--name", "front"]));
    for level in ["trace", "debug", "info", "warn", "error"] {
        tracer.tell(&format!("log {level} message of level {level}"));
        let line = tracer.wait_log(&[&format!("message of level {level}")]);
        assert!(line.contains(&level.to_uppercase()) && line.contains(plugin.stem()), "{line}");
    }
}

fn a_long_message_is_cut(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell(&format!("log info begin {}", "long ".repeat(4_000)));
    let line = tracer.wait_log(&["begin long"]);
    assert!((8_000..10_000).contains(&line.len()), "{} bytes", line.len());
}

fn printing(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("print from a line of code");
    tracer.wait_log(&["INFO", plugin.stem(), "from a line of code"]);
    assert!(!tracer.said().iter().any(|line| line.contains("line of code")), "the host's own output stays its own");
}

fn the_clock_is_real(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let told: u64 = tracer.value("clock").parse().unwrap();
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((before..=after).contains(&told), "{told} between {before} and {after}");
    // It goes on.
    tracer.tell("busy 20");
    assert!(tracer.value("clock").parse::<u64>().unwrap() >= told);
}

/// Neither fixed when the component was built, nor alike in a fresh instance.
fn random_differs_between_instances(plugin: &Plugin) {
    let (one, other) = (tracer(plugin), tracer(plugin));
    let mut told = vec![one.value("random"), one.value("random"), other.value("random")];
    one.push("trap");
    one.wait_count("traps", 1);
    one.reconnect();
    told.push(one.value("random"));
    assert!(told.iter().all(|number| number.parse::<f64>().is_ok()), "{told:?}");
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 4, "{told:?}");
}
