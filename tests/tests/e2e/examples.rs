//! From a handler's source folder to a running plugin.

use sockdock_tests::{Program, Serve, example_folder};
use std::fs;

#[test]
fn build_makes_a_component() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("out.wasm");
    Program::sockdock(["build"])
        .arg(example_folder("echo"))
        .arg("-o")
        .arg(&component)
        .patience(std::time::Duration::from_secs(300))
        .run()
        .success();
    assert!(fs::read(&component).unwrap().starts_with(b"\0asm"));
    let host = Serve::plugin(&component).tcp().tls().start();
    host.tcp().echo("hello");
    host.tls().echo("hello");
}

#[test]
fn serve_builds_a_folder() {
    let host = Serve::plugin(example_folder("echo")).tcp().start();
    assert_eq!(host.status()["name"], "echo");
    let mut client = host.tcp();
    client.echo("hello");
    // A reload builds it again; nothing has changed, so the component is the same.
    host.cli(["reload"]).success();
    client.echo("hello again");
    assert_eq!(host.count("generation"), 2);
}

#[test]
fn a_folder_that_does_not_compile() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    let manifest =
        "[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "fn broken( {\n").unwrap();
    for command in ["build", "inspect"] {
        let said = Program::sockdock([command]).arg(folder.path()).run();
        assert_eq!(said.status.code(), Some(1), "{command}: {said:?}");
        if command == "build" {
            assert!(said.stderr.contains("src/lib.rs:1"), "the compiler's message is missing: {said:?}");
        }
    }
    let empty = tempfile::tempdir().unwrap();
    Program::sockdock(["build"]).arg(empty.path()).run().refusal(1, &["Cargo.toml"]);
}
