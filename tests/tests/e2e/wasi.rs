//! What a plugin's standard library finds: clocks, randomness, a log; nothing of the machine.

use crate::guests;
use sockdock_tests::{Client, Host, Serve};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    time::{SystemTime, UNIX_EPOCH},
};

fn stdio() -> Host {
    Serve::guest(guests::STDIO).tcp().start()
}

#[track_caller]
fn ask(client: &mut Client, command: &str) -> String {
    client.send(format!("{command}\n"));
    let mut answer = String::new();
    BufReader::with_capacity(1, client).read_line(&mut answer).expect("an answer");
    answer.trim_end().to_owned()
}

#[test]
fn what_it_prints_is_logged_under_its_name() {
    let host = stdio();
    host.wait_log(&["stdio", "started with a print"]);
    let mut client = host.tcp();
    ask(&mut client, "print to stdout");
    host.wait_log(&["stdio", "to stdout"]);
    ask(&mut client, "eprint to stderr");
    host.wait_log(&["stdio", "to stderr"]);
    // A line that the event leaves without an end is logged as it is: the plugin may not say more for a long time.
    ask(&mut client, "print-part half ");
    host.wait_log(&["stdio", "half"]);
    assert!(!host.said().iter().any(|line| line.contains("to stdout")), "the host's own output stays its own");
}

#[test]
fn time_and_chance_are_real() {
    let host = stdio();
    let mut client = host.tcp();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let clock = ask(&mut client, "clock");
    let (wall, monotonic) = clock.split_once(' ').unwrap();
    assert!(wall.parse::<u64>().unwrap().abs_diff(now) <= 2, "{clock}");
    assert_eq!(monotonic, "true");
    let first = ask(&mut client, "random");
    drop(client);
    // Another instance has other numbers.
    let other = ask(&mut stdio().tcp(), "random");
    assert_ne!(first, other);
}

#[test]
fn the_machine_is_out_of_reach() {
    let host = Serve::guest(guests::STDIO).tcp().start();
    let mut client = host.tcp();
    for (command, answer) in [("env", "0"), ("arguments", "1")] {
        assert_eq!(ask(&mut client, command), answer, "{command}");
    }
    for command in ["file", "create", "connect", "listen", "udp", "resolve"] {
        let outcome = ask(&mut client, command);
        assert_ne!(outcome, "ok", "{command}");
    }
    for command in ["connect", "listen", "udp"] {
        assert_eq!(ask(&mut client, command), "PermissionDenied", "{command}");
    }
    assert_eq!(host.count("traps"), 0);
}

#[test]
fn a_wait_is_the_plugins_own_fault() {
    let host = stdio();
    let mut innocent = host.tcp();
    ask(&mut innocent, "env");
    let mut sleeper = host.tcp();
    sleeper.send("sleep 60000\n");
    host.wait_count("traps", 1);
    sleeper.read_to_end(&mut Vec::new()).ok();
    assert_eq!(ask(&mut innocent, "env"), "0");
}

#[test]
fn exit_is_the_plugins_own_fault() {
    for code in [0, 1] {
        let host = stdio();
        let mut innocent = host.tcp();
        ask(&mut innocent, "env");
        let mut leaver = host.tcp();
        leaver.send(format!("exit {code}\n"));
        host.wait_count("traps", 1);
        leaver.read_to_end(&mut Vec::new()).ok();
        assert_eq!(ask(&mut innocent, "env"), "0");
    }
}

#[test]
fn a_flood_of_output_blocks_nobody() {
    let host = stdio();
    let mut client = host.tcp();
    ask(&mut client, "print-much 3000");
    assert_eq!(ask(&mut client, "env"), "0");
    assert_eq!(host.count("traps"), 0);
}
