//! `sockdock build`: which compiler, and what is told when there is none; nothing is built twice; core modules.
//!
//! The compilers of other languages are large, so programs stand in for them here: those themselves are driven by
//! `tests/languages`.

use crate::guests;
use sockdock_tests::{Output, Program, Serve, example_folder, repository, sockdock};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.write(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// With what a shell script needs on the PATH, and nothing else.
    fn build(&self) -> Output {
        let bare = self.path().join("bare");
        fs::create_dir_all(&bare).unwrap();
        for name in ["sh", "cat", "cp", "env"] {
            std::os::unix::fs::symlink(Path::new("/bin").join(name), bare.join(name)).ok();
        }
        let home = self.path().join("home");
        Program::new(sockdock())
            .args(["build", "plugin", "-o", "made.wasm"])
            .folder(self.path())
            .env("PATH", bare)
            .env("HOME", home)
            .run()
    }
}

/// A project in JavaScript, and programs in the place of its compilers: one adds a line about each of its calls, and
/// what they make is a real component.
fn javascript() -> Folder {
    let folder = Folder::new();
    folder
        .write("plugin/package.json", r#"{ "name": "p", "main": "main.js", "dependencies": { "@sockdock/guest": "file:kit" } }"#);
    folder.write("plugin/main.js", "first");
    folder.write("plugin/kit/entry.js", "");
    folder.write("plugin/kit/world/world.wit", "");
    let bin = "plugin/node_modules/.bin";
    folder.program(
        &format!("{bin}/esbuild"),
        "grep() { :; }; for word; do case $word in --outfile=*) cp main.js \"${word#--outfile=}\";; esac; done",
    );
    let component = guests::ECHO_V1.path();
    folder.program(
        &format!("{bin}/componentize-qjs"),
        &format!("echo call >>calls; for word; do last=$word; done; cp '{}' \"$last\"", component.display()),
    );
    folder
}

#[test]
fn what_has_not_changed_is_not_built_again() {
    let folder = javascript();
    let calls = || fs::read_to_string(folder.path().join("plugin/calls")).unwrap_or_default().lines().count();
    let said = folder.build();
    assert!(said.status.success(), "{said:?}");
    assert!(said.stderr.contains("Bundling p (main.js)") && said.stderr.contains("Componentizing p"), "{said:?}");
    let made = fs::metadata(folder.path().join("made.wasm")).unwrap().modified().unwrap();
    let again = folder.build();
    assert!(!again.stderr.contains("Componentizing"), "{again:?}");
    assert_eq!((calls(), fs::metadata(folder.path().join("made.wasm")).unwrap().modified().unwrap()), (1, made));
    folder.write("plugin/main.js", "second");
    folder.build().success();
    // The world is an input like any other.
    folder.write("plugin/kit/world/world.wit", "other");
    folder.build().success();
    folder.build().success();
    assert_eq!(calls(), 3);
}

#[test]
fn a_compilers_errors_are_shown_as_they_are() {
    let folder = javascript();
    folder.program("plugin/node_modules/.bin/esbuild", "echo 'main.js:1:0: ERROR: as it is' >&2; exit 1");
    folder.build().refusal(1, &["main.js:1:0: ERROR: as it is", "plugin cannot be built"]);
    assert!(!folder.path().join("made.wasm").exists());
    // And by a host, to whom asks it for a reload.
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let said =
        host.cli(["reload".as_ref(), folder.path().join("plugin").as_os_str()]).refusal(1, &["main.js:1:0: ERROR: as it is"]);
    assert!(said.contains("goes on serving"), "{said}");
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let folder = Folder::new();
    for (name, text, words) in [
        ("package.json", r#"{ "main": "main.js" }"#, &["@sockdock/guest", "npm install"][..]),
        ("kit/entry.js", "", &["esbuild is not installed", "install Node.js", "npm install"]),
    ] {
        folder.write("plugin/main.js", "");
        folder.write(&format!("plugin/{name}"), text);
        folder.build().refusal(1, words);
    }
    for (files, words) in [
        (&["pyproject.toml", "app.py"][..], &["kit/sockdock", "sockdock new"][..]),
        (
            &["pyproject.toml", "app.py", "kit/sockdock/__init__.py"],
            &["componentize-py is not installed", ".venv/bin/pip install componentize-py"],
        ),
        (&["go.mod"], &["no Go compiler", "https://go.dev/dl"]),
        (&["main.c"], &["kit/sockdock.h", "sockdock new"]),
        (&["main.c", "kit/sockdock.h"], &["no C compiler for Wasm", "install zig", "ziglang"]),
        (&["Cargo.toml"], &["no Rust compiler for wasm32-wasip2", "rustup target add wasm32-wasip2"]),
        (&["main.rs"], &["holds main.rs, but no Cargo.toml", "sockdock new"]),
    ] {
        let folder = Folder::new();
        for file in files {
            folder.write(&format!("plugin/{file}"), "");
        }
        folder.build().refusal(1, words);
    }
}

#[test]
fn a_rust_project_that_has_not_changed_keeps_its_component() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("echo.wasm");
    let build = || {
        let program = Program::sockdock(["build"]).arg(example_folder("echo")).arg("-o").arg(&component);
        program.patience(Duration::from_secs(300)).run().success();
        fs::metadata(&component).unwrap().modified().unwrap()
    };
    assert_eq!(build(), build());
}

#[test]
fn a_core_module_becomes_a_component() {
    let target = "wasm32-unknown-unknown";
    let compiled = Program::new(repository().join("scripts/guest-cargo"))
        .args(["build", "--release", "--locked", "--package", "echo", "--target", target, "--manifest-path"])
        .arg(repository().join("examples/Cargo.toml"))
        .patience(Duration::from_secs(300))
        .run();
    assert!(compiled.status.success(), "{compiled:?}");
    let module = repository().join("target/guests").join(target).join("release/echo.wasm");
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("echo.wasm");
    let build = |file: &Path| Program::sockdock(["build"]).arg(file);
    build(&module).run().refusal(1, &["isn't told where its component goes", "-o COMPONENT.wasm"]);
    build(&module).arg("-o").arg(&component).run().success();
    Serve::plugin(&component).tcp().start().tcp().echo("from a core module");
    build(&component).run().refusal(1, &["is a component already"]);
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "hello").unwrap();
    build(&notes).run().refusal(1, &["notes.txt is no WebAssembly"]);
}
