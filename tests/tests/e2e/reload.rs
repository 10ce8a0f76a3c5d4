//! A new component behind live connections, by the CLI, by signal, over the admin socket.

use crate::guests;
use sockdock_tests::{Guest, Host, Program, Serve};
use std::{fs, path::Path};

/// A plugin file that can be replaced.
fn install(guest: Guest, path: &Path) {
    // As an installer does it: the file is never half there.
    let beside = path.with_extension("new");
    fs::copy(guest.path(), &beside).unwrap();
    fs::rename(&beside, path).unwrap();
}

struct Replaceable {
    host: Host,
    plugin: std::path::PathBuf,
    folder: tempfile::TempDir,
}

fn replaceable(options: impl FnOnce(Serve) -> Serve) -> Replaceable {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("service.wasm");
    install(guests::ECHO_V1, &plugin);
    Replaceable { host: options(Serve::plugin(&plugin).tcp()).start(), plugin, folder }
}

#[test]
fn a_connection_stays_and_the_new_code_answers() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    host.wait_log(&["echo-v1 has started"]);
    let mut client = host.tcp();
    client.echo("one");
    host.reload(guests::ECHO_V2);
    host.wait_log(&["echo-v2 has started"]);
    client.echo("two");
    assert_eq!(host.count("accepted"), 1);
    host.reload(guests::COUNTER_V1);
    client.send("\n");
    client.expect("v1 all=1 mine=1\n");
}

#[test]
fn by_the_command_line() {
    let Replaceable { host, plugin, folder: _folder } = replaceable(|serve| serve);
    let mut client = host.tcp();
    client.echo("one");
    let said = host.cli([Path::new("reload"), &guests::ECHO_V2.path()]).success();
    assert!(said.contains("service"), "{said}");
    assert_eq!(host.count("generation"), 2);
    // Without a plugin: the file that it came from, as it is now.
    install(guests::COUNTER_V1, &plugin);
    host.cli([Path::new("reload"), &plugin]).success();
    assert_eq!(host.count("generation"), 3);
    install(guests::COUNTER_V2, &plugin);
    host.cli(["reload"]).success();
    client.send("\n");
    client.expect("v2 all=1 new=1 mine=1\n");
    host.cli(["reload", "--listener", "service"]).success();
    host.cli(["reload", "--listener", "nobody"]).refusal(1, &["nobody", "service"]);
    let failed = host.cli([Path::new("reload"), &guests::WRONG_WORLD.path()]).refusal(1, &["prepare", "socket-handlers"]);
    assert!(failed.starts_with("error: "), "{failed}");
    client.send("\n");
    client.expect("v2 all=2 new=2 mine=2\n");
}

#[test]
fn a_dry_run_by_the_command_line() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    host.cli([Path::new("reload"), &guests::ECHO_V2.path(), Path::new("--dry-run")]).success();
    host.cli([Path::new("reload"), &guests::ASKS_TOO_MUCH.path(), Path::new("--dry-run")]).refusal(1, &["acme:vault/secrets"]);
    assert_eq!(host.count("generation"), 1);
}

#[test]
fn by_signal() {
    let Replaceable { host, plugin, folder: _folder } = replaceable(|serve| serve);
    let mut client = host.tcp();
    client.echo("one");
    install(guests::COUNTER_V1, &plugin);
    host.signal(rustix::process::Signal::HUP);
    host.wait_count("generation", 2);
    client.send("\n");
    client.expect("v1 all=1 mine=1\n");
    // One that fails is told in the log, and the old one goes on.
    fs::write(&plugin, "not Wasm").unwrap();
    host.signal(rustix::process::Signal::HUP);
    host.wait_count("reloads_failed", 1);
    host.wait_log(&["reload", "service.wasm"]);
    client.send("\n");
    client.expect("v1 all=2 mine=2\n");
}

#[test]
fn every_instance_moves() {
    for instances in ["4", "per-core"] {
        let host = Serve::guest(guests::COUNTER_V1).tcp().args(["--workers", "4", "--instances", instances]).start();
        let mut clients: Vec<_> = (0..8).map(|_| host.tcp()).collect();
        for client in &mut clients {
            client.send("\n");
            assert!(client.receive("v1 all=N mine=1\n".len()).ends_with(b" mine=1\n"));
        }
        let up = host.count("instances_up");
        let report = host.reload(guests::COUNTER_V2);
        assert_eq!(report["pause_us"].as_array().unwrap().len() as u64, up, "{report}");
        assert_eq!(report["connections"], 8);
        assert_eq!(host.count("instances_up"), up);
        for client in &mut clients {
            client.send("\n");
            let line = client.receive("v2 all=N new=N mine=2\n".len());
            assert!(line.starts_with(b"v2 ") && line.ends_with(b" mine=2\n"), "{:?}", String::from_utf8_lossy(&line));
        }
    }
}

#[test]
fn reloads_at_the_same_time_take_turns() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let mut client = host.tcp();
    std::thread::scope(|scope| {
        let host = &host;
        let start = |guest: Guest| scope.spawn(move || host.reload(guest)["generation"].as_u64().unwrap());
        let all = [guests::ECHO_V1, guests::ECHO_V2, guests::ECHO_V1, guests::ECHO_V2].map(start);
        let mut generations = all.map(|thread| thread.join().unwrap());
        generations.sort_unstable();
        assert_eq!(generations, [2, 3, 4, 5]);
    });
    client.echo("still here");
}

#[test]
fn without_the_admin_socket_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("admin.sock");
    let output = Program::sockdock(["reload", "--admin"]).arg(&nowhere).run();
    output.refusal(1, &["admin.sock", "serve"]);
}
