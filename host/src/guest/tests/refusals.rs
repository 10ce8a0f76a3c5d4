//! What is no plugin, and what the operator is told about it.

use super::*;
use crate::pure::error::Fault;

#[track_caller]
fn assert_refused(bytes: &[u8], words: &[&str]) {
    let refusal = refusal(bytes);
    for words in words {
        assert!(refusal.contains(words), "`{words}` isn't in: {refusal}");
    }
    assert!(refusal.lines().count() == 2, "a message and a hint: {refusal}");
    // Inspecting tells the same, without failing, whenever there is WebAssembly to look at.
    if bytes.starts_with(b"\0asm") {
        assert_eq!(engine().inspect(bytes).unwrap().refusals.len(), 1);
    } else {
        assert_eq!(engine().inspect(bytes).unwrap_err().fault(), Fault::Guest);
    }
}

#[test]
fn what_is_no_component() {
    assert_refused(b"", &["is empty"]);
    assert_refused(b"#!/bin/sh", &["isn't WebAssembly", "sockdock build"]);
    assert_refused(b"(component)", &["text", "wasm-tools parse"]);
    assert_refused(&::wat::parse_str("(module)").unwrap(), &["core WebAssembly module", "wasm32-wasip2", "sockdock build"]);
    assert_refused(b"\0asm\x0e\0\x01\0", &["unknown version"]);
    let mut cut = Wat::plugin().build();
    cut.truncate(cut.len() / 2);
    assert_refused(&cut, &["isn't a component that can be run", "out of bounds"]);
}

#[test]
fn a_component_without_handlers() {
    let bytes = ::wat::parse_str("(component)").unwrap();
    assert_refused(&bytes, &["doesn't export `sockdock:plugin/socket-handlers@0.1.0`", "a program with a `main`"]);
}

#[test]
fn another_version_names_what_was_found_and_wanted() {
    let wat = Wat::plugin().replace("socket-handlers@0.1.0", "socket-handlers@0.2.0");
    let words = ["`sockdock:plugin/socket-handlers@0.2.0`", "wanted: `sockdock:plugin/socket-handlers@0.1.0`"];
    assert_refused(&wat.build(), &words);
    let wat = Wat::plugin().replace("plugin/sockets@0.1.0", "plugin/sockets@1.0.0");
    assert_refused(&wat.build(), &["`sockdock:plugin/sockets@1.0.0`", "wanted: `sockdock:plugin/sockets@0.1.0`"]);
}

#[test]
fn a_later_patch_version_is_welcome() {
    load(&Wat::plugin().with_lifecycle().replace("@0.1.0", "@0.1.9"));
}

#[test]
fn missing_handlers_are_named() {
    let wat = Wat::plugin().replace("(export \"drain\" (func $drain))", "").replace("(export \"end\" (func $end))", "");
    assert_refused(&wat.build(), &["exports `socket-handlers` without `drain`, `end`"]);
}

#[test]
fn mistyped_handlers_are_named() {
    let wat = Wat::plugin().replace("(export \"open\" (func $open))", "(export \"open\" (func $data))");
    assert_refused(
        &wat.build(),
        &["other types", "`open` must be `func(socket: u64)` and is `func(socket: u64, data: list<u8>)`"],
    );
}

#[test]
fn an_incomplete_lifecycle_is_refused() {
    let wat = Wat::plugin().with_lifecycle().replace("(export \"restore\" (func $restore))", "");
    assert_refused(&wat.build(), &["exports `lifecycle` without `restore`"]);
}

#[test]
fn unknown_imports_are_all_named() {
    let wat = Wat::plugin()
        .put("imports", "(import \"wasi:http/types@0.2.0\" (instance (export \"f\" (func))))")
        .put("imports", "(import \"acme:metrics/count\" (instance (export \"f\" (func))))")
        .put("imports", "(import \"bare\" (func))");
    assert_refused(&wat.build(), &["`wasi:http/types@0.2.0`", "`acme:metrics/count`", "`bare`"]);
}

#[test]
fn functions_that_a_later_patch_version_may_have_are_named() {
    let later = "(import \"sockdock:plugin/timers@0.1.4\" (instance
        (export \"clear-timer\" (func (param \"token\" u64)))
        (export \"snooze\" (func))))";
    let later_still = "(import \"sockdock:plugin/weather@0.1.4\" (instance (export \"sunny\" (func))))";
    let wat = Wat::plugin().put("imports", later).put("imports", later_still);
    let refusal = refusal(&wat.build());
    assert!(refusal.contains("`timers.snooze`") && refusal.contains("`weather.sunny`"), "{refusal}");
    assert!(!refusal.contains("clear-timer") && refusal.contains("newer sockdock"), "{refusal}");
}

#[test]
fn a_mistyped_import_is_named() {
    let wat = Wat::plugin().put(
        "imports",
        "(import \"sockdock:plugin/timers@0.1.0\" (instance (export \"clear-timer\" (func (param \"token\" string)))))",
    );
    assert_refused(&wat.build(), &["sockdock:plugin/timers@0.1.0", "clear-timer"]);
}

#[test]
fn interfaces_of_types_alone_need_nobody() {
    let types = "(import \"acme:shapes/types\" (instance (type $s (record (field \"x\" u8))) (export \"shape\" (type (eq $s)))))";
    load(&Wat::plugin().put("imports", types));
}

#[test]
fn an_inspection_tells_what_a_component_is() {
    let wat = Wat::plugin()
        .with_lifecycle()
        .put(
            "imports",
            "(import \"sockdock:plugin/timers@0.1.0\" (instance (export \"clear-timer\" (func (param \"token\" u64)))))",
        )
        .put("imports", "(import \"wasi:random/random@0.2.1\" (instance (export \"get-random-u64\" (func (result u64)))))");
    let bytes = wat.build();
    let inspection = engine().inspect(&bytes).unwrap();
    assert_eq!(inspection.digest, load(&wat).digest().to_string());
    assert_eq!(inspection.size, u64::try_from(bytes.len()).unwrap());
    assert_eq!(inspection.wit_version.as_deref(), Some("0.1.0"));
    assert!(inspection.exports.iter().any(|name| name == "sockdock:plugin/lifecycle@0.1.0"));
    assert!(inspection.imports.iter().any(|name| name == "wasi:random/random@0.2.1"));
    assert_eq!(inspection.asks_for, ["sockets", "timers", "randomness"]);
    assert_eq!(inspection.refusals, [""; 0]);
}
