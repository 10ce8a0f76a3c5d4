//! The guides name the flags that there are: all those that bound a listener, and none that doesn't exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

const COMMANDS: [&str; 11] =
    ["serve", "connect", "reload", "promote", "rollback", "status", "stop", "new", "build", "dev", "inspect"];

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sockdock")).args([command, "--help"]).output().unwrap();
    assert!(output.status.success(), "sockdock {command} --help failed");
    String::from_utf8(output.stdout).unwrap()
}

fn guide(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

/// Every `--word` in a text.
fn flags(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c: char| !is_part(c))
        .filter(|word| word.len() > 3 && word.starts_with("--") && !word.ends_with('-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_operating_guide_knows_every_flag_of_serve_and_connect() {
    let flags_of = [help("serve"), help("connect")].concat();
    let missing: Vec<String> = flags(&flags_of).difference(&flags(&guide("docs/operating.md"))).cloned().collect();
    let elsewhere = ["--help", "--version"];
    let missing: Vec<&String> = missing.iter().filter(|flag| !elsewhere.contains(&flag.as_str())).collect();
    assert!(missing.is_empty(), "docs/operating.md doesn't mention {missing:?}");
}

#[test]
fn the_guide_for_authors_knows_the_flags_that_are_theirs() {
    let operators = flags(&help("serve"));
    let known = flags(&guide("docs/developing.md"));
    for command in ["new", "build", "dev"] {
        let own: Vec<String> = flags(&help(command)).difference(&operators).cloned().collect();
        let missing: Vec<&String> = own.iter().filter(|flag| !known.contains(*flag)).collect();
        assert!(missing.is_empty(), "docs/developing.md doesn't mention {missing:?} of `sockdock {command}`");
    }
}

#[test]
fn the_guides_name_no_flag_that_is_not_there() {
    let known: BTreeSet<String> = COMMANDS.iter().flat_map(|command| flags(&help(command))).collect();
    assert!(known.contains("--dry-run") && known.contains("--listen-tls"), "help wasn't understood: {known:?}");
    // curl's, in an example.
    let others = BTreeSet::from(["--unix-socket".to_owned()]);
    for name in ["README.md", "docs/developing.md", "docs/operating.md", "docs/tls.md"] {
        let unknown: Vec<String> =
            flags(&guide(name)).into_iter().filter(|flag| !known.contains(flag) && !others.contains(flag)).collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}");
    }
}
