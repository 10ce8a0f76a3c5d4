//! Timers, each by its token.

use crate::plugins::Plugin;
use crate::world::{tracer, tracer_with};
use sockdock_tests::eventually;

stories!(they_fire_once_each, armed_anew_and_cleared, armed_in_its_own_event, more_than_are_allowed);

fn fired(tracer: &sockdock_tests::Tracer) -> Vec<String> {
    tracer.trace().iter().filter_map(|event| Some(event.strip_prefix("fired ")?.to_owned())).collect()
}

fn they_fire_once_each(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("timer 1 0");
    tracer.wait("fired 1");
    tracer.tell("timer 2 10");
    tracer.wait("fired 2");
    // As far as a double is exact, and beyond.
    tracer.tell("timer 9007199254740993 10");
    tracer.wait("fired 9007199254740993");
    tracer.tell("timer 3 120");
    tracer.wait("fired 3");
    assert_eq!(fired(&tracer), ["1", "2", "9007199254740993", "3"]);
}

fn armed_anew_and_cleared(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("timer 1 60000; timer 1 30; timer 2 20; clear 2; timer 3 4294967295; clear 77");
    tracer.wait("fired 1");
    tracer.tell("timer 5 100");
    tracer.wait("fired 5");
    assert_eq!(fired(&tracer), ["1", "5"]);
}

fn armed_in_its_own_event(plugin: &Plugin) {
    let tracer = tracer(plugin);
    tracer.tell("on fired timer 1 5");
    tracer.tell("timer 1 5");
    eventually("three firings", || (fired(&tracer).len() >= 3).then_some(()));
    tracer.tell("off fired");
    assert!(tracer.trace().contains(&"did fired timer 1 5 -> ok".to_owned()));
}

fn more_than_are_allowed(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.args(["--max-timers", "2"]));
    assert_eq!(tracer.ask("timer 1 60000; timer 2 60000; timer 3 60000; timer 2 50000"), "ok; ok; err limit-exceeded; ok");
    assert_eq!(tracer.ask("clear 1; timer 3 60000"), "ok; ok");
}
