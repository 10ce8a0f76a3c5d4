//! `sockdock dev`: what is saved is swapped in under the live connections; what is wrong is told, and changes nothing.

use rustix::process::Signal;
use sockdock_tests::{Client, Host, Program, Project};
use std::{fs, path::Path};

const FILE: &str = "src/lib.rs";

fn project(name: &str) -> Project {
    Project::new(Path::new(env!("CARGO_TARGET_TMPDIR")), name, "rust")
}

fn greeted(host: &Host, name: &str) -> Client {
    let mut client = host.tcp();
    client.expect(format!("hello from {name}\n"));
    client
}

#[test]
fn a_day_of_work() {
    let project = project("dev-day");
    let mut host = project.dev().start();
    assert!(host.said().iter().any(|line| line.starts_with("watching ")), "{:?}", host.said());
    let mut client = greeted(&host, "dev-day");
    client.echo("one ");
    // The plugin's log, without colours: this is no terminal.
    assert!(!host.wait_log(&["plugin", "has connected"]).contains('\x1b'));

    project.edit(FILE, "socket.write(bytes)", "socket.write(&bytes.to_ascii_uppercase())");
    let line = host.wait_said(&["built ", " · swapped ", " · 1 connection · dev-day.wasm sha256:"]);
    assert!(!line.contains('\x1b'), "{line}");
    client.send("two ");
    client.expect("TWO ");

    // What doesn't compile is told by the compiler; what served goes on.
    project.edit(FILE, "to_ascii_uppercase()).ok()", "to_ascii_uppercase().ok()");
    let line = host.wait_said(&["not built"]);
    assert!(line.contains("generation 2 goes on serving · 1 connection"), "{line}");
    host.wait_log(&["unclosed delimiter"]);
    client.send("three ");
    client.expect("THREE ");

    // What compiles and doesn't start is told by the plugin.
    project.edit(FILE, "to_ascii_uppercase().ok()", "to_ascii_lowercase()).ok()");
    host.wait_said_again(2, &[" · swapped "]);
    let start =
        "fn start(&mut self, _: &sockdock_guest::Config) -> Result<(), sockdock_guest::Failure> { Err(\"not today\".into()) }";
    project.edit(FILE, "impl Plugin for App {", &format!("impl Plugin for App {{ {start}"));
    host.wait_said(&["built, not swapped", "generation 3 goes on serving"]);
    host.wait_log(&["error: reload of dev-day failed in `prepare`", "not today"]);
    client.send("FOUR ");
    client.expect("four ");

    project.edit(FILE, start, "");
    project.edit(FILE, "socket.write(&bytes.to_ascii_lowercase())", "socket.write(bytes)");
    host.wait_said_again(3, &[" · swapped "]);
    client.echo("five");

    // A change that makes no other component.
    project.edit("README.md", "# dev-day\n", "# A day\n");
    host.wait_said(&["dev-day.wasm is the same as before"]);

    // Ctrl-C lets who is connected end.
    host.signal(Signal::INT);
    host.wait_log(&["stopping: waiting for the connections to end"]);
    client.echo("six");
    client.finish();
    client.expect_end();
    assert!(host.ended().success());
    assert!(host.whole_log().iter().any(|line| line.contains("a connection has ended after 26 bytes")), "{:?}", host.log());
}

#[test]
fn a_first_build_that_fails_is_waited_for() {
    let project = project("dev-first");
    project.edit(FILE, "socket.write(bytes)", "socket.wriite(bytes)");
    let mut waiting = project.dev().spawn();
    waiting.wait_said(&["not built · nothing is served yet · waiting for a change"]);
    waiting.wait_log(&["no method named `wriite`"]);
    project.edit(FILE, "socket.wriite(bytes)", "socket.write(bytes)");
    waiting.wait_said(&["ready"]);
    let line = waiting.wait_said(&["listening on tcp://"]);
    let address = line.trim_start_matches("listening on tcp://").split(' ').next().unwrap().parse().unwrap();
    let mut client = Client::tcp(address);
    client.expect("hello from dev-first\n");
    client.echo("at last");
    drop(client);
    waiting.signal(Signal::TERM);
    assert!(waiting.ended().success());
}

/// Before it serves anything there is nothing to drain.
#[test]
fn ctrl_c_ends_the_waiting() {
    let project = project("dev-never");
    fs::write(project.folder().join(FILE), "fn broken( {\n").unwrap();
    let mut waiting = project.dev().spawn();
    waiting.wait_said(&["waiting for a change"]);
    waiting.signal(Signal::INT);
    assert!(waiting.ended().success());
}

#[test]
fn what_is_no_project_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let admin = folder.path().join("admin.sock");
    let dev = |what: &Path| Program::sockdock(["dev", "--listen", "127.0.0.1:0", "--admin"]).arg(&admin).arg(what).run();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    dev(&empty).refusal(1, &["holds no project", "sockdock new"]);
    dev(&folder.path().join("nowhere")).refusal(1, &["nowhere is no folder", "sockdock new"]);
}
