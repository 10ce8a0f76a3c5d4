//! A reload that fails leaves the old generation serving, says in which phase and why, and loses nothing.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Host, Serve};

fn faulty(options: impl FnOnce(Serve) -> Serve) -> Host {
    options(Serve::guest(guests::FAULTY).tcp().args(["--memory-limit", "24MiB"]).args(["--start-budget", "300ms"])).start()
}

fn fields(phase: &str, how: &str) -> Value {
    json!({ "plugin": guests::FAULTY.path(), "set": { "in": phase, "how": how } })
}

#[track_caller]
fn connection(host: &Host) -> Client {
    let mut client = host.tcp();
    client.send("=kept");
    client.expect("ok");
    client
}

#[track_caller]
fn untouched(client: &mut Client) {
    client.echo("untouched");
    client.send("?");
    client.expect("kept");
}

const WAYS: [&str; 5] = ["trap", "loop", "memory", "stack", "error"];

#[test]
fn in_start() {
    let host = faulty(|serve| serve);
    let mut client = connection(&host);
    for how in WAYS {
        let reason = host.reload_fails(fields("start", how), "prepare");
        assert!(reason.contains("start"), "{how}: {reason}");
        untouched(&mut client);
    }
    assert!(host.reload_fails(fields("start", "error"), "prepare").contains("the plugin said no"));
    assert_eq!(host.count("traps"), 0, "a candidate's fault is not the listener's");
}

#[test]
fn in_restore() {
    let host = faulty(|serve| serve);
    let mut client = connection(&host);
    for how in WAYS {
        let reason = host.reload_fails(fields("restore", how), "restore");
        assert!(how != "error" || reason.contains("the plugin said no"), "{reason}");
        untouched(&mut client);
    }
    host.try_reload(fields("", "")).unwrap();
    untouched(&mut client);
}

#[test]
fn a_component_of_another_digest() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let mut client = host.tcp();
    client.echo("before");
    let file = guests::COUNTER_V1.path();
    let said = sockdock_tests::Program::new("sha256sum").arg(&file).run().success();
    let right = said.split(' ').next().unwrap().to_owned();
    let wrong = "0".repeat(64);
    let reload = |digest: &str| host.cli(["reload", file.to_str().unwrap(), "--digest", digest]);
    reload(&wrong)
        .refusal(1, &["failed in `prepare`", &format!("has the digest sha256:{right}"), "was asked for", "generation 1"]);
    client.echo("still there");
    reload("sha256:12").refusal(2, &["is no SHA-256 digest"]);
    reload(&format!("sha256:{right}")).success();
    assert_eq!(host.status()["digest"], right);
    Serve::guest(guests::ECHO_V1).tcp().args(["--digest", &wrong]).run().refusal(1, &["echo_v1", "was asked for"]);
    Serve::guest(guests::COUNTER_V1).tcp().args(["--digest", &right]).start();
}

#[test]
fn in_snapshot() {
    for how in WAYS {
        let host = faulty(|serve| serve.set("in", "snapshot").set("how", how));
        let mut client = connection(&host);
        let failure = host.try_reload(fields("", "")).unwrap_err();
        assert_eq!(failure["phase"], "snapshot", "{failure}");
        // A snapshot that says no costs nothing; one that traps costs the instance its memory, not its connections.
        let lost = failure["lost"].as_array().unwrap().len();
        assert_eq!(lost > 0, how != "error", "{how}: {failure}");
        assert_eq!(host.count("generation"), 1);
        untouched(&mut client);
        host.tcp().echo("newcomers too");
        assert_eq!(host.count("instances_up"), 1);
    }
}

#[test]
fn a_snapshot_over_its_limit() {
    for instances in ["1", "2"] {
        let limit = ["--snapshot-limit", "64KiB", "--workers", "2", "--instances", instances];
        let host = faulty(|serve| serve.args(limit).set("padding", "65536"));
        let mut clients = spread(&host, 4);
        let reason = host.reload_fails(fields("", ""), "snapshot");
        assert!(reason.contains("65543") && reason.contains("65536"), "{reason}");
        clients.iter_mut().for_each(untouched);
        assert_eq!(host.count("traps"), 0, "the instance is as good as before");
        // A dry run says the same.
        let dry = json!({ "plugin": guests::FAULTY.path(), "dry_run": true });
        assert_eq!(host.try_reload(dry).unwrap_err()["phase"], "snapshot");
        clients.iter_mut().for_each(untouched);
    }
}

/// Waiting, not computing, is what counts: the deadline is for the pause that peers see.
#[test]
fn a_restore_over_the_deadline() {
    for instances in ["1", "2"] {
        let host = faulty(|serve| serve.args(["--workers", "2", "--instances", instances, "--reload-deadline", "200ms"]));
        let mut clients = spread(&host, 4);
        let slow = json!({ "in": "restore", "how": "busy", "milliseconds": "2000" });
        let failure = host.try_reload(json!({ "plugin": guests::FAULTY.path(), "set": slow })).unwrap_err();
        assert!(["restore", "quiesce"].contains(&failure["phase"].as_str().unwrap()), "{failure}");
        assert!(failure.to_string().contains("reload-deadline"), "{failure}");
        clients.iter_mut().for_each(untouched);
        assert_eq!(host.count("generation"), 1);
        host.try_reload(fields("", "")).unwrap();
        clients.iter_mut().for_each(untouched);
    }
}

/// Connections, spread over the instances.
fn spread(host: &Host, count: usize) -> Vec<Client> {
    (0..count).map(|_| connection(host)).collect()
}

#[test]
fn one_candidate_of_many() {
    for how in ["trap", "error", "loop"] {
        // More than the workers of a small machine: they share.
        let host = faulty(|serve| serve.args(["--workers", "2", "--instances", "3"]));
        let mut clients = spread(&host, 6);
        // One instance's state can't be restored.
        clients[0].send("!");
        clients[0].expect("poisoned");
        let before = host.count("instances_up");
        let fails = || {
            let failure = host.try_reload(fields("", how)).unwrap_err();
            // A loop uses up CPU time, the deadline is of wall time: on a busy machine that is over first.
            let phases: &[&str] = if how == "loop" { &["restore", "quiesce"] } else { &["restore"] };
            assert!(phases.iter().any(|phase| failure["phase"] == *phase), "{failure}");
        };
        fails();
        clients.iter_mut().for_each(untouched);
        assert_eq!(host.count("instances_up"), before);
        // Nobody moved: the others' state is still their own, and the next reload fails alike.
        fails();
        let report = host.try_reload(json!({ "plugin": guests::ECHO_V1.path(), "discard_state": true })).unwrap();
        assert_eq!(report["connections"], 6);
        clients.iter_mut().for_each(|client| client.echo("an echo now"));
    }
}

#[test]
fn one_snapshot_of_many() {
    let host =
        faulty(|serve| serve.args(["--workers", "3", "--instances", "3"]).set("in", "poisoned-snapshot").set("how", "trap"));
    let mut clients = spread(&host, 6);
    clients[0].send("!");
    clients[0].expect("poisoned");
    let failure = host.try_reload(fields("", "")).unwrap_err();
    assert_eq!(failure["phase"], "snapshot", "{failure}");
    assert_eq!(failure["lost"].as_array().unwrap().len(), 1, "{failure}");
    clients.iter_mut().for_each(untouched);
    // The fresh instance isn't poisoned, so now it goes through.
    host.try_reload(fields("", "")).unwrap();
    clients.iter_mut().for_each(untouched);
}

#[test]
fn a_component_that_cannot_load() {
    let host = faulty(|serve| serve);
    let mut client = connection(&host);
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("readme.wasm");
    std::fs::write(&text, "hello").unwrap();
    let cases = [
        (guests::WRONG_WORLD.path(), "socket-handlers"),
        (guests::WRONG_VERSION.path(), "9.9.9"),
        (guests::ASKS_TOO_MUCH.path(), "acme:vault/secrets"),
        (text, "readme.wasm"),
        (folder.path().join("missing.wasm"), "missing.wasm"),
    ];
    for (plugin, word) in cases {
        let (code, answer) = host.request("POST", "/reload", Some(&json!({ "plugin": plugin })));
        assert!((400..500).contains(&code), "{code} {answer}");
        assert!(answer.to_string().contains(word), "no {word} in {answer}");
        untouched(&mut client);
    }
    assert_eq!((host.count("generation"), host.count("reloads_failed")), (1, 5));
}

#[test]
fn a_listener_that_is_not_there() {
    let host = faulty(|serve| serve);
    let (code, answer) = host.request("POST", "/reload", Some(&json!({ "listener": "nobody" })));
    assert!((400..500).contains(&code), "{code}");
    assert!(answer["error"].as_str().unwrap().contains("nobody"), "{answer}");
    assert!(answer["hint"].as_str().unwrap().contains("faulty"), "{answer}");
}
