//! What a plugin meets of WASI: as little as can be, never a wait, never a panic, in or outside of an async runtime.

use super::*;
use crate::guest::{FaultKind, GuestFault};
use crate::pure::socket::SocketId;

/// `wasi:io/poll`, as far as clocks need it, and the clock.
const CLOCK: &str = r#"
    (import "wasi:io/poll@0.2.3" (instance $poll
      (export "pollable" (type (sub resource)))
      (export "[method]pollable.ready" (func (param "self" (borrow 0)) (result bool)))
      (export "[method]pollable.block" (func (param "self" (borrow 0))))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
      (alias outer 1 $pollable (type $p))
      (export "pollable" (type $pollable (eq $p)))
      (export "now" (func (result u64)))
      (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))"#;

/// The core function `name` stands for the function `function` of the imported instance.
fn lowered(wat: Wat, instance: &str, function: &str, name: &str, core: &str) -> Wat {
    wat.put(
        "lower",
        &format!("(core func ${name} (canon lower (func ${instance} \"{function}\") (memory $memory) (realloc $realloc)))"),
    )
    .put("core-imports", &format!("(import \"host\" \"{name}\" (func ${name} {core}))"))
    .replace("(;host;)", &format!("(export \"{name}\" (func ${name})) (;host;)"))
}

fn with_clock() -> Wat {
    let wat = Wat::plugin().put("imports", CLOCK);
    let wat = lowered(wat, "clock", "now", "now", "(result i64)");
    let wat = lowered(wat, "clock", "subscribe-duration", "subscribe", "(param i64) (result i32)");
    let wat = lowered(wat, "poll", "[method]pollable.ready", "ready", "(param i32) (result i32)");
    lowered(wat, "poll", "[method]pollable.block", "block", "(param i32)")
}

fn call_data(wat: &Wat) -> Result<Vec<String>, GuestFault> {
    let slot = &mut Recorder::slot();
    instance(wat).data(slot, SocketId(7), b"x")?;
    Ok(slot.as_mut().unwrap().take_written())
}

/// The same inside and outside of a runtime: in the one wasmtime-wasi's own functions would panic, in the other its timers.
fn everywhere(check: impl Fn()) {
    check();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { check() });
}

#[test]
fn a_wait_inside_a_handler_is_the_plugins_error() {
    let wat = with_clock().put("data", "(call $block (call $subscribe (i64.const 1000000000000)))");
    everywhere(|| {
        let fault = call_data(&wat).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Trap);
        assert!(fault.message.contains("handlers don't block"), "{fault}");
    });
}

#[test]
fn what_is_over_needs_no_wait() {
    let wat = with_clock().put("data", "(call $block (call $subscribe (i64.const 0)))").put(
        "data",
        "(if (call $ready (call $subscribe (i64.const 1000000000000))) (then unreachable))
         (if (i64.eqz (i64.or (call $now) (call $now))) (then unreachable))",
    );
    everywhere(|| assert_eq!(call_data(&wat).unwrap(), ["#7 x"]));
}

#[test]
fn exit_ends_the_instance() {
    let signature = "(export \"exit\" (func (param \"status\" (result))))";
    let wat =
        Wat::plugin().import("wasi:cli/exit@0.2.0", "exit", signature, "(param i32)").put("data", "(call $exit (i32.const 1))");
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    let fault = instance.data(slot, SocketId(7), b"x").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Exited);
    assert!(fault.message.contains("exit(1)"), "{fault}");
    assert_eq!(instance.open(slot, SocketId(7)).unwrap_err().kind, FaultKind::Dead);
}

#[test]
fn its_arguments_are_the_plugins_name_and_its_environment_is_empty() {
    let wat = Wat::plugin()
        .import(
            "wasi:cli/environment@0.2.0",
            "get-arguments",
            "(export \"get-arguments\" (func (result (list string))))",
            "(param i32)",
        )
        .import(
            "wasi:cli/environment@0.2.1",
            "get-environment",
            "(export \"get-environment\" (func (result (list (tuple string string)))))",
            "(param i32)",
        )
        .put(
            "data",
            "(call $get-environment (i32.const 640))
             (if (i32.load (i32.const 644)) (then unreachable))
             (call $get-arguments (i32.const 640))
             (if (i32.ne (i32.const 1) (i32.load (i32.const 644))) (then unreachable))
             (drop (call $say (local.get $socket)
               (i32.load (i32.load (i32.const 640))) (i32.load offset=4 (i32.load (i32.const 640)))))",
        );
    assert_eq!(call_data(&wat).unwrap(), ["#7 test", "#7 x"]);
}

#[test]
fn randomness_is_real() {
    let wat = Wat::plugin()
        .import("wasi:random/random@0.2.0", "get-random-u64", "(export \"get-random-u64\" (func (result u64)))", "(result i64)")
        .put("data", "(if (i64.eq (call $get-random-u64) (call $get-random-u64)) (then unreachable))");
    call_data(&wat).unwrap();
}

#[test]
fn sockets_are_denied() {
    let import = r#"
        (import "wasi:sockets/network@0.2.0" (instance $network
          (type $e (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
            "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
            "address-in-use" "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
            "datagram-too-large" "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
          (export "error-code" (type (eq $e)))
          (type $f (enum "ipv4" "ipv6"))
          (export "ip-address-family" (type (eq $f)))))
        (alias export $network "error-code" (type $net-error))
        (alias export $network "ip-address-family" (type $family))"#;
    let create = |transport: &str| {
        format!(
            r#"(import "wasi:sockets/{transport}@0.2.0" (instance ${transport}
                 (export "{transport}-socket" (type (sub resource)))))
               (alias export ${transport} "{transport}-socket" (type ${transport}-socket))
               (import "wasi:sockets/{transport}-create-socket@0.2.0" (instance $create-{transport}
                 (alias outer 1 $net-error (type $ne)) (export "error-code" (type $e (eq $ne)))
                 (alias outer 1 $family (type $fam)) (export "ip-address-family" (type $f (eq $fam)))
                 (alias outer 1 ${transport}-socket (type $so)) (export "{transport}-socket" (type $s (eq $so)))
                 (export "create-{transport}-socket" (func (param "address-family" $f) (result (result (own $s) (error $e)))))))"#
        )
    };
    let mut wat = Wat::plugin().put("imports", import);
    for transport in ["tcp", "udp"] {
        wat = wat.put("imports", &create(transport));
        let (instance, function) = (format!("create-{transport}"), format!("create-{transport}-socket"));
        wat = lowered(wat, &instance, &function, transport, "(param i32 i32)").put(
            "data",
            &format!(
                "(call ${transport} (i32.const 0) (i32.const 640))
                 (i32.store8 (i32.const 96) (i32.add (i32.const 48) (i32.load8_u (i32.const 640))))
                 (i32.store8 (i32.const 97) (i32.add (i32.const 48) (i32.load8_u (i32.const 644))))
                 (drop (call $say (local.get $socket) (i32.const 96) (i32.const 2)))"
            ),
        );
    }
    // err(access-denied), which is 1, for both.
    everywhere(|| assert_eq!(call_data(&wat).unwrap(), ["#7 11", "#7 11", "#7 x"]));
}
