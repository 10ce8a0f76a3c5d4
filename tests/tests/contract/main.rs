//! The contract with plugins, `sockdock:plugin@0.1.0`, stays as it was frozen: components that were built against it go on
//! loading and meaning the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sockdock_tests::{Contract, repository};

/// Where the frozen items are listed.
const FROZEN: &str = "tests/frozen/sockdock-plugin-0.1.0.txt";

fn frozen() -> Contract {
    let path = repository().join(FROZEN);
    Contract::from_text(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{FROZEN}: {error}")))
}

/// What stands against the freeze, in words for who has changed something.
fn complaint(now: &Contract) -> Option<String> {
    let frozen = frozen();
    let mut changes = frozen.broken_by(now);
    changes.extend(frozen.added_by(now));
    (!changes.is_empty()).then(|| {
        format!(
            "The package as it is now:\n\n{}\n\
             wit/ is no longer sockdock:plugin@0.1.0 as it was frozen in {FROZEN}:\n\n  {}\n\n\
             Plugins have been built against that version, and must go on loading. Take the change back (comments may change \
             at will), or put what is new into new interfaces of a new version of the package, with a list of its own beside \
             that one; an enum or a record can't grow.",
            now.to_text(),
            changes.join("\n  "),
        )
    })
}

#[test]
fn the_contract_is_as_it_was_frozen() {
    let said = complaint(&Contract::in_folder(&repository().join("wit")));
    assert!(said.is_none(), "{}", said.unwrap_or_default());
}

/// The contract after these edits of its files, each of which must find its place once.
#[track_caller]
fn edited(edits: &[(&str, &str)]) -> Contract {
    let folder = tempfile::tempdir().unwrap();
    let mut found = vec![0; edits.len()];
    for entry in std::fs::read_dir(repository().join("wit")).unwrap() {
        let path = entry.unwrap().path();
        let mut text = std::fs::read_to_string(&path).unwrap();
        for ((from, to), found) in edits.iter().zip(&mut found) {
            *found += text.matches(from).count();
            text = text.replace(from, to);
        }
        std::fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
    }
    assert_eq!(found, vec![1; edits.len()], "where in wit/ stands {edits:?}?");
    Contract::in_folder(folder.path())
}

#[test]
fn each_kind_of_change_is_named() {
    for (from, to, named) in [
        ("  /// The peer reset the connection.\n    reset,\n", "", "types.error-code was `enum { closed, reset, "),
        ("peer-certificates: func(", "certificates: func(", "tls.peer-certificates is gone"),
        ("unsent: u64,", "unsent: u32,", "types.close-info was "),
        ("  live: func() -> list<socket-id>;", "", "sockets.live is gone"),
        ("live: func()", "live: func(all: bool)", "sockets.live was `func() -> list<sockets.socket-id>` and is `func(all: bool)"),
        (
            "set-timer: func(token: u64, delay-milliseconds: u32)",
            "set-timer: func(name: u64, delay-milliseconds: u32)",
            "timers.set-timer was ",
        ),
        ("type socket-id = u64;", "type socket-id = u32;", "types.socket-id was `type u64` and is `type u32`"),
        ("  flush: func(", "  extra: func();\n  flush: func(", "sockets.extra is new: `func()`"),
        ("  import topics;\n", "", "world plugin imports sockdock:plugin/topics@0.1.0 is gone"),
        ("  export lifecycle;\n", "", "world plugin-full exports sockdock:plugin/lifecycle@0.1.0 is gone"),
        ("world plugin {", "interface later {}\nworld plugin {", "interface later is new"),
    ] {
        let complaint = complaint(&edited(&[(from, to)])).unwrap_or_else(|| panic!("no complaint about {to:?} for {from:?}"));
        assert!(complaint.contains(named), "no {named:?} in: {complaint}");
    }
}

#[test]
fn the_order_of_cases_and_fields_counts() {
    let swapped = edited(&[("enum level { trace, debug, info,", "enum level { debug, trace, info,")]);
    assert!(complaint(&swapped).is_some_and(|said| said.contains("logging.level was ")));
    let swapped = edited(&[("resumed: bool", "x: bool"), ("verified: bool", "resumed: bool"), ("x: bool", "verified: bool")]);
    assert!(complaint(&swapped).is_some_and(|said| said.contains("tls.session-info was ")));
}

#[test]
fn comments_and_the_order_of_functions_do_not_count() {
    let live = "  live: func() -> list<socket-id>;";
    let moved = edited(&[(live, ""), ("  flush: func(", &format!("{live}\n  /// A comment.\n  flush: func("))]);
    let said = complaint(&moved);
    assert!(said.is_none(), "{}", said.unwrap_or_default());
}
