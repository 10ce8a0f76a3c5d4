//! `sockdock new`: what it makes builds, passes its own tests, serves, and is swapped while it serves.

use sockdock_tests::{Program, Project, sockdock};
use std::{fs, path::Path};

fn project(name: &str) -> Project {
    Project::new(Path::new(env!("CARGO_TARGET_TMPDIR")), name, "rust")
}

#[test]
fn a_rust_project_works_as_it_is() {
    let project = project("new-rust");
    let tests = project.program("cargo").arg("test").run().success();
    assert!(tests.contains("test result: ok. 2 passed"), "{tests}");
    let said = project.program(sockdock().to_str().unwrap()).arg("build").run();
    assert!(said.status.success(), "{said:?}");
    assert!(said.stdout.contains("can be served") && said.stdout.contains("sockdock:plugin/sockets@0.1.0"), "{said:?}");
    assert!(fs::read(project.folder().join("new-rust.wasm")).unwrap().starts_with(b"\0asm"));

    let host = project.serve().start();
    assert_eq!(host.status()["name"], "new-rust");
    let mut client = host.tcp();
    client.expect("hello from new-rust\n");
    client.echo("as it is ");
    project.edit("src/lib.rs", "socket.write(bytes)", "socket.write(&bytes.to_ascii_uppercase())");
    host.cli(["reload"]).success();
    client.send("changed");
    client.expect("CHANGED");
    // The host has kept what is remembered of the connection.
    client.finish();
    host.wait_log(&["new-rust", "a connection has ended after 16 bytes"]);
}

#[test]
fn it_says_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let said = Program::sockdock(["new", "deep/first-try", "--lang", "rs"]).folder(folder.path()).run().success();
    let next: Vec<&str> = said.lines().skip_while(|line| *line != "Next:").skip(1).collect();
    assert_eq!(next[0], "  cd deep/first-try");
    assert!(next[1].starts_with("  sockdock dev "), "{said}");
    let git = fs::read_to_string(folder.path().join("deep/first-try/.gitignore")).unwrap();
    assert!(git.contains("*.wasm"), "{git}");
}

#[test]
fn what_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let new = |name: &str, language: &str| Program::sockdock(["new", name, "--lang", language]).folder(folder.path()).run();
    for (name, language, code, words) in [
        ("Echo", "rust", 2, "has `E` in it"),
        ("..", "rust", 2, "a name"),
        ("2fast", "rust", 2, "doesn't begin with a letter"),
        ("match", "rust", 2, "a meaning of its own in Rust"),
        ("echo", "cobol", 2, "there is a template for"),
    ] {
        new(name, language).refusal(code, &[words]);
    }
    let listed = new("echo", "cobol").stderr;
    assert!(listed.contains("rust"), "{listed}");
    Program::sockdock(["new", "echo"]).folder(folder.path()).run().refusal(2, &["--lang"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was made");
    fs::create_dir(folder.path().join("echo")).unwrap();
    fs::write(folder.path().join("echo/mine"), "").unwrap();
    new("echo", "rust").refusal(1, &["echo is a folder with something in it", "choose another name"]);
    assert_eq!(fs::read_dir(folder.path().join("echo")).unwrap().count(), 1);
}
