//! Core dumps of plugins that fail.

use crate::guests;
use sockdock_tests::{Host, Serve, eventually};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, path::PathBuf};

const CULPRIT: &str = "culprit.sock";

/// A plugin that traps in what connections to one of its addresses send.
fn trapping(folder: &Path, flags: &[&str]) -> Host {
    let serve = Serve::guest(guests::FAULTY).tcp().unix(CULPRIT).args(["--log-format", "json", "--coredump"]);
    let path = serve.path(CULPRIT);
    let serve = serve.args([folder.to_str().unwrap()]).args(flags);
    serve.set("in", "data").set("how", "trap").set("culprit", path.display().to_string()).start()
}

/// Makes it fail; what the record of the `n`th fault says of a core dump.
#[track_caller]
fn fail(host: &Host, n: u64, words: &str) -> String {
    host.unix(CULPRIT).send(words);
    host.wait_count("traps", n);
    let records = || host.log().into_iter().filter(|line| line.contains("the plugin failed")).collect::<Vec<_>>();
    let record = eventually("a record", || records().get(n as usize - 1).cloned());
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["fields"]["coredump"].as_str().unwrap_or_else(|| panic!("no core dump in {record}")).to_owned()
}

#[track_caller]
fn written(path: &Path) -> Vec<u8> {
    eventually("the core dump", || fs::read(path).ok())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The sections of a Wasm file: the names of custom ones, the numbers of the others; `None` if it isn't one.
fn sections(bytes: &[u8]) -> Option<Vec<String>> {
    fn number(bytes: &mut &[u8]) -> Option<usize> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            value |= usize::from(first & 0x7f) << shift;
            shift += 7;
            if first & 0x80 == 0 {
                return Some(value);
            }
        }
    }
    let mut rest = bytes.strip_prefix(b"\0asm\x01\0\0\0")?;
    let mut sections = Vec::new();
    while let Some((id, after)) = rest.split_first() {
        let mut after = after;
        let length = number(&mut after)?;
        let (body, following) = after.split_at_checked(length)?;
        let mut name = body;
        sections.push(if *id == 0 {
            let length = number(&mut name)?;
            String::from_utf8(name.get(..length)?.to_vec()).ok()?
        } else {
            id.to_string()
        });
        rest = following;
    }
    Some(sections)
}

#[test]
fn a_fault_leaves_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cores");
    let host = trapping(&folder, &[]);
    let path = PathBuf::from(fail(&host, 1, "the words that were in memory"));
    assert_eq!(path.parent(), Some(folder.as_path()));
    assert!(path.file_name().unwrap().to_str().unwrap().starts_with("faulty.1.data."), "{}", path.display());
    let dump = written(&path);
    let sections = sections(&dump).expect("a Wasm file");
    for wanted in ["core", "coremodules", "coreinstances", "corestack", "5", "11"] {
        assert!(sections.iter().any(|section| section == wanted), "no {wanted} in {sections:?}");
    }
    let words = b"the words that were in memory";
    assert!(dump.windows(words.len()).any(|window| window == words), "the memory isn't in it");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    // And the listener goes on.
    let mut innocent = host.tcp();
    innocent.send("well");
    innocent.expect("well");
}

#[test]
fn no_more_than_the_folder_may_hold() {
    let place = tempfile::tempdir().unwrap();
    let host = trapping(place.path(), &["--coredump-limit", "1"]);
    let first = PathBuf::from(fail(&host, 1, "x"));
    written(&first);
    assert!(fail(&host, 2, "x").contains("coredump-limit"));
    assert_eq!(files(place.path()), std::slice::from_ref(&first), "nothing is deleted, and nothing is added");
    // Taken away by somebody who looks into it, it makes room for another.
    fs::remove_file(&first).unwrap();
    let mut faults = 2;
    let next = eventually("room", || {
        faults += 1;
        Some(PathBuf::from(fail(&host, faults, "x"))).filter(|path| path.is_absolute())
    });
    written(&next);
}

#[test]
fn one_instance_per_connection_leaves_one_too() {
    let place = tempfile::tempdir().unwrap();
    let host = trapping(place.path(), &["--instances", "per-connection"]);
    let path = PathBuf::from(fail(&host, 1, "x"));
    assert!(sections(&written(&path)).is_some());
}

#[test]
fn nothing_is_written_unless_asked_for() {
    let serve = Serve::guest(guests::FAULTY).tcp().unix(CULPRIT);
    let path = serve.path(CULPRIT);
    let host = serve.set("in", "data").set("how", "trap").set("culprit", path.display().to_string()).start();
    host.unix(CULPRIT).send("x");
    host.wait_log(&["the plugin failed"]);
    assert!(!host.log().iter().any(|line| line.contains("coredump")));
}

#[test]
fn a_folder_that_cannot_be_is_refused_at_once() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a-file");
    fs::write(&file, "").unwrap();
    let said = Serve::guest(guests::FAULTY).tcp().args(["--coredump", file.to_str().unwrap()]).run().stderr;
    assert!(said.contains("core dumps can't be kept in") && said.contains("a-file"), "{said}");
}
