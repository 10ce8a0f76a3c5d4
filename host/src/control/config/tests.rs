#![allow(clippy::unwrap_used)]

use super::*;
use crate::{ClientAuth, Instances, control::source::Source};
use std::time::Duration;

fn parse(text: &str) -> Result<Config> {
    Config::parse(Path::new("/etc/sockdock/sockdock.toml"), text)
}

#[track_caller]
fn refused(text: &str, place: &str, words: &[&str]) {
    let error = parse(text).unwrap_err().to_string();
    assert!(error.starts_with(&format!("/etc/sockdock/sockdock.toml{place}: ")), "{error}");
    for word in words {
        assert!(error.contains(word), "no {word:?} in {error}");
    }
}

const LEAST: &str = "[[listener]]\naddress = \"127.0.0.1:0\"\nplugin = \"echo.wasm\"\n";

#[test]
fn the_least_there_can_be() {
    let config = parse(LEAST).unwrap();
    let listener = &config.listeners[0];
    assert_eq!((listener.name(), listener.source().path()), ("echo", Path::new("/etc/sockdock/echo.wasm")));
    assert_eq!(*listener, parse(LEAST).unwrap().listeners[0]);
}

#[test]
fn everything_there_can_be() {
    let config = parse(include_str!("everything.toml")).unwrap();
    assert_eq!(config.host.workers.map(|workers| workers.get()), Some(4));
    assert_eq!(config.host.admin.as_deref(), Some(Path::new("/run/sockdock/admin.sock")));
    assert_eq!(config.host.cache_dir.as_deref(), Some(Path::new("/etc/sockdock/cache")));
    let listener = &config.listeners[0];
    assert_eq!(listener.name(), "front");
    assert_eq!(listener.limits.idle_timeout, Some(Duration::from_secs(90)));
    assert_eq!(listener.limits.memory, 64 << 20);
    assert_eq!((listener.limits.on_trap, listener.limits.total_memory), (crate::OnTrap::Refuse, Some(1 << 30)));
    assert_eq!(listener.limits.cpu_share, "50%".parse().ok());
    assert_eq!(listener.limits.connections_per_peer, Some(100));
    assert_eq!(listener.table.instances.0, Instances::PerCore);
    let told = [("debug", "true"), ("greeting", "hello"), ("max-keys", "1000")];
    let told = told.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(*listener.source(), Source::new(Path::new("/etc/sockdock/front"), told.to_vec()).unwrap());
    let tls = listener.table.tls.as_ref().unwrap().settings();
    assert_eq!(tls.certificates.len(), 2);
    assert_eq!(tls.certificates[0].chain.to_string(), "/etc/sockdock/chain.pem");
    assert_eq!(tls.clients.auth, ClientAuth::Optional);
    assert_eq!(tls.certificates[1].server_names, ["admin.example.com"]);
    assert_eq!(tls.certificates[1].clients.as_ref().unwrap().auth, ClientAuth::Required);
    assert!(tls.certificates[1].chain.to_string().ends_with("bytes given"));
}

#[test]
fn what_is_unknown_is_an_error_with_its_line_and_the_key_that_was_meant() {
    refused(&format!("{LEAST}adress = \"x\"\n"), ":4:1", &["unknown key 'adress'", "'address' is a key that may be meant"]);
    refused(&format!("{LEAST}zzz = 1\n"), ":4:1", &["unknown key 'zzz'", "the keys here are: name, plugin"]);
    refused(&format!("{LEAST}[listener.limits]\nidle-timout = \"1s\"\n"), ":5:1", &["'idle-timeout' is a key that may be meant"]);
    refused(&format!("{LEAST}[listener.tls]\ncrt = \"a\"\nkey = \"b\"\n"), ":5:1", &["'cert' is a key that may be meant"]);
    refused(&format!("[host]\nworker = 1\n{LEAST}"), ":2:1", &["'workers' is a key that may be meant"]);
    refused(&format!("{LEAST}[[listner]]\n"), ":4:3", &["'listener' is a key that may be meant"]);
}

#[test]
fn values_that_make_no_sense_are_told_with_their_place() {
    for (line, column, words) in [
        ("instances = \"many\"", 13, &["instances 'many' makes no sense"][..]),
        ("backlog = -1", 11, &["expected u32"]),
        ("unix-mode = \"0888\"", 13, &["octal permissions, as 0660"]),
        ("allow-connect = [\"10.0.0.0/8:80\", \"nonsense\"]", 35, &["allow-connect 'nonsense'", "port is missing"]),
        ("config = { a = [1] }", 16, &["one value"]),
        ("limits = { idle-timeout = \"10\" }", 27, &["10 of what?"]),
        ("limits = { memory-limit = \"1XB\" }", 27, &["as 65536, 64KiB"]),
        ("reuse-port = 1", 14, &["expected a boolean"]),
    ] {
        refused(&format!("{LEAST}{line}\n"), &format!(":4:{column}"), words);
    }
    refused(&LEAST.replace("127.0.0.1:0", "127.0.0.1"), ":2:11", &["the port is missing"]);
    refused(&format!("{LEAST}backlog = \n"), ":4:11", &[]);
}

#[test]
fn what_does_not_go_together_is_refused() {
    refused("", "", &["no listener", "[[listener]]"]);
    refused("[[listener]]\nplugin = \"a.wasm\"\n", ":1:1", &["listener 'a' has no address"]);
    let idle = "[[listener]]\nplugin = \"a.wasm\"\naddress = \"127.0.0.1:1\"\nunix-mode = \"0600\"\n";
    refused(idle, ":1:1", &["listener 'a': unix-mode has no effect", "no unix socket with a file"]);
    refused("[[listener]]\naddress = \"127.0.0.1:0\"\n", ":1:1", &["missing field 'plugin'"]);
    refused(&format!("{LEAST}{LEAST}"), ":4:1", &["there is a listener 'echo' above already", "name = "]);
    refused(&format!("{LEAST}name = \"a b\"\n"), ":1:1", &["a name is one word"]);
    refused(&format!("{LEAST}tls-address = \"127.0.0.1:0\"\n"), ":1:1", &["tls-address and no certificate"]);
    refused(&format!("{LEAST}tls = {{}}\n"), ":1:1", &["has no certificate"]);
    refused(&format!("{LEAST}tls = {{ cert = \"a\" }}\n"), ":1:1", &["a part of a certificate"]);
    refused(&format!("{LEAST}limits = {{ write-buffer = 1000 }}\n"), ":1:1", &["write-buffer (1000 bytes) is less than"]);
}

#[test]
fn what_has_changed_is_known() {
    let listener = |text: &str| parse(text).unwrap().listeners.remove(0);
    let base = listener(LEAST);
    let named = |config: &str| listener(&format!("{LEAST}name = \"x\"\n{config}"));
    assert_eq!(base.fixed_key_that_differs(&base), None);
    assert_eq!(named("").fixed_key_that_differs(&named("config = { a = 1 }\n")), None);
    assert_eq!(named("").fixed_key_that_differs(&named("reload = { policy = \"canary\" }\n")), None);
    assert_eq!(named("").fixed_key_that_differs(&named("backlog = 5\n")).as_deref(), Some("backlog"));
    assert_eq!(named("").fixed_key_that_differs(&named("limits = { log-rate = 5 }\n")), None);
    assert!(named("").has_addresses_of(&named("limits = { log-rate = 5 }\n")));
    assert!(!named("").has_addresses_of(&named("tls = { cert = \"a\", key = \"b\" }\n")), "it turned to TLS");
    let allowed = named("allow-connect = \"127.0.0.1:5432\"\n");
    assert!(named("").allowed_otherwise(&named("")).is_none());
    assert_eq!(allowed.allowed_otherwise(&named("")).map(|rules| rules.len()), Some(1));
    assert_eq!(named("").allowed_otherwise(&allowed).map(|rules| rules.len()), Some(0));
}
