//! What a language's own library finds (printing, clocks, chance), how the contract looks from it, and how it fails.

use crate::plugins::Language;
use sockdock_tests::{Client, Host, Serve};
use std::{
    io::{BufRead as _, BufReader},
    time::{SystemTime, UNIX_EPOCH},
};

in_each_probed_language!(
    what_it_prints_is_logged,
    the_clock_is_real,
    random_numbers,
    a_socket_of_others_is_closed,
    an_error_that_nobody_catches,
);

fn probe(language: Language) -> Host {
    Serve::plugin(language.probe()).tcp().start()
}

#[track_caller]
fn ask(client: &mut Client, command: &str) -> String {
    client.send(format!("{command}\n"));
    let mut answer = String::new();
    BufReader::with_capacity(1, client).read_line(&mut answer).expect("an answer");
    answer.trim_end().to_owned()
}

fn what_it_prints_is_logged(language: Language) {
    let host = probe(language);
    let mut client = host.tcp();
    assert_eq!(ask(&mut client, "print from a line of code"), "ok");
    host.wait_log(&["INFO", "probe-", "from a line of code"]);
    assert_eq!(ask(&mut client, "log by the contract"), "ok");
    host.wait_log(&["WARN", "probe-", "by the contract"]);
    assert!(!host.said().iter().any(|line| line.contains("line of code")), "the host's own output stays its own");
}

fn the_clock_is_real(language: Language) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let clock = ask(&mut probe(language).tcp(), "clock");
    assert!(clock.parse::<u64>().unwrap().abs_diff(now) <= 60, "{clock}");
}

fn random_numbers(language: Language) {
    let hosts = [probe(language), probe(language)];
    let [first, second] = hosts.map(|host| ask(&mut host.tcp(), "random"));
    if language == Language::JavaScript {
        // QuickJS seeds its generator once, when the component is built: a trap that the example's README tells of.
        assert_eq!(first, second);
    } else {
        assert_ne!(first, second);
    }
}

fn a_socket_of_others_is_closed(language: Language) {
    assert_eq!(ask(&mut probe(language).tcp(), "foreign"), "closed");
}

fn an_error_that_nobody_catches(language: Language) {
    let host = probe(language);
    let mut innocent = host.tcp();
    assert_eq!(ask(&mut innocent, "foreign"), "closed");
    let mut guilty = host.tcp();
    guilty.send("fail\n");
    assert_eq!(guilty.expect_reset(), b"");
    // What the language said about it is in the log.
    host.wait_log(&["WARN", "told to fail by"]);
    assert_eq!(host.count("traps"), 1);
    assert_eq!(ask(&mut innocent, "foreign"), "closed");
}
