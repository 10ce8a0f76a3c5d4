//! What a guest may ask for: that the names and types are the contract's, and that arguments arrive.

use super::*;
use crate::pure::socket::{ConnectOptions, SocketId, TlsOptions};

const SOCKET: SocketId = SocketId(7);

const ERROR_CODE: &str = "(type $e (enum \"closed\" \"reset\" \"refused\" \"unreachable\" \"timed-out\" \"name-resolution\" \
     \"tls\" \"not-allowed\" \"invalid-argument\" \"limit-exceeded\" \"in-progress\" \"unsupported\" \"io\" \"other\"))
     (export \"error-code\" (type $error-code (eq $e)))";

fn with_connect() -> Wat {
    let signature = format!(
        "{ERROR_CODE}
         (type $t (record (field \"server-name\" (option string)) (field \"alpn\" (list string)) (field \"credentials\" (option string))))
         (export \"tls-options\" (type $tls-options (eq $t)))
         (type $c (record (field \"tls\" (option $tls-options)) (field \"timeout-milliseconds\" (option u32))
                          (field \"allow-half-open\" bool) (field \"context\" (list u8))))
         (export \"connect-options\" (type $connect-options (eq $c)))
         (export \"connect\" (func (param \"address\" string) (param \"options\" $connect-options)
           (result (result u64 (error $error-code)))))"
    );
    let flat = "(param i32 i32  i32 i32 i32 i32 i32 i32 i32 i32 i32  i32 i32  i32  i32 i32  i32)";
    Wat::plugin()
        .import("sockdock:plugin/outbound@0.1.0", "connect", &signature, flat)
        .put("data-segments", "(data (i32.const 600) \"db:5432\") (data (i32.const 616) \"h2h3\")")
        // A list of two strings: (616, 2), (618, 2).
        .put("data-segments", "(data (i32.const 624) \"\\68\\02\\00\\00\\02\\00\\00\\00\\6a\\02\\00\\00\\02\\00\\00\\00\")")
}

/// `data` connects, then tells its socket the answer's first byte and the byte of the value, as digits.
fn connecting(context_length: u32) -> Wat {
    with_connect().put(
        "data",
        &format!(
            "(call $connect (i32.const 600) (i32.const 7)
               (i32.const 1) (i32.const 1) (i32.const 600) (i32.const 2) (i32.const 624) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)
               (i32.const 1) (i32.const 250) (i32.const 1) (i32.const 600) (i32.const {context_length}) (i32.const 640))
             (i32.store8 (i32.const 96) (i32.add (i32.const 48) (i32.load8_u (i32.const 640))))
             (i32.store8 (i32.const 97) (i32.add (i32.const 48) (i32.load8_u (i32.const 648))))
             (drop (call $say (local.get $socket) (i32.const 96) (i32.const 2)))"
        ),
    )
}

#[test]
fn every_import_has_the_contracts_types() {
    load(&with_connect().put("imports", include_str!("everything.wat")));
}

#[test]
fn connect_gets_its_options() {
    let slot = &mut Recorder::slot();
    instance(&connecting(3)).data(slot, SOCKET, b"").unwrap();
    let recorder = slot.as_mut().unwrap();
    let tls = TlsOptions { server_name: Some("db".into()), alpn: vec!["h2".into(), "h3".into()], credentials: None };
    let options =
        ConnectOptions { tls: Some(tls), timeout_milliseconds: Some(250), allow_half_open: true, context: b"db:".to_vec() };
    assert_eq!(recorder.calls, [format!("connect db:5432 {options:?}")]);
    // ok(42), and 48 + 42 is a `Z`.
    assert_eq!(recorder.take_written(), ["#7 0Z", "#7 "]);
}

#[test]
fn copies_are_bounded_and_the_guest_is_told() {
    let slot = &mut Recorder::slot();
    let few = Settings { event_fuel: 1_000, ..settings() };
    Instance::new(&load(&connecting(2_000)), &few, slot).unwrap().data(slot, SOCKET, b"").unwrap();
    let recorder = slot.as_mut().unwrap();
    assert_eq!(recorder.calls, [""; 0], "the host isn't asked");
    // err(limit-exceeded), which is 9.
    assert_eq!(recorder.take_written(), ["#7 19", "#7 "]);
}

#[test]
fn contexts_go_in_and_out() {
    let set = format!(
        "{ERROR_CODE}
         (export \"set-context\" (func (param \"socket\" u64) (param \"context\" (list u8)) (result (result (error $error-code)))))"
    );
    let get = format!(
        "{ERROR_CODE} (export \"context\" (func (param \"socket\" u64) (result (result (list u8) (error $error-code)))))"
    );
    let wat = Wat::plugin()
        .import("sockdock:plugin/sockets@0.1.2", "set-context", &set, "(param i64 i32 i32 i32)")
        .import("sockdock:plugin/sockets@0.1.3", "context", &get, "(param i64 i32)")
        .put("open", "(call $set-context (local.get $socket) (i32.const 64) (i32.const 4) (i32.const 640))")
        .put(
            "drain",
            "(call $context (local.get $socket) (i32.const 640))
             (drop (call $say (local.get $socket) (i32.load (i32.const 644)) (i32.load (i32.const 648))))",
        );
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    instance.open(slot, SOCKET).unwrap();
    instance.drain(slot, SOCKET).unwrap();
    let recorder = slot.as_mut().unwrap();
    assert_eq!(recorder.take_written(), ["#7 open", "#7 time", "#7 drain"]);
    assert_eq!(recorder.calls, ["#7 set-context time", "#7 context"]);
}

#[test]
fn messages_are_published_from_where_they_are() {
    let publish = format!(
        "{ERROR_CODE} (export \"publish\" (func (param \"topic\" string) (param \"data\" (list u8)) (param \"skip\" (option u64))
           (result (result u32 (error $error-code)))))"
    );
    let wat = Wat::plugin()
        .import("sockdock:plugin/topics@0.1.0", "publish", &publish, "(param i32 i32 i32 i32 i32 i64 i32)")
        .put(
            "data",
            "(call $publish (i32.const 16) (i32.const 4) (local.get $at) (local.get $length) (i32.const 1) (local.get $socket) (i32.const 640))",
        );
    let slot = &mut Recorder::slot();
    instance(&wat).data(slot, SOCKET, b"news").unwrap();
    assert_eq!(slot.as_ref().unwrap().calls, ["publish open news Some(SocketId(7))"]);
}

#[test]
fn a_string_that_isnt_utf8_is_a_trap() {
    let subscribe = format!(
        "{ERROR_CODE} (export \"subscribe\" (func (param \"socket\" u64) (param \"topic\" string) (result (result (error $error-code)))))"
    );
    let wat = Wat::plugin()
        .import("sockdock:plugin/topics@0.1.0", "subscribe", &subscribe, "(param i64 i32 i32 i32)")
        .put("data", "(call $subscribe (local.get $socket) (local.get $at) (local.get $length) (i32.const 640))");
    let slot = &mut Recorder::slot();
    let mut instance = instance(&wat);
    instance.data(slot, SOCKET, "täglich".as_bytes()).unwrap();
    let fault = instance.data(slot, SOCKET, b"\xff").unwrap_err();
    assert!(fault.message.contains("utf-8"), "{fault}");
    assert!(slot.is_some(), "the host's side is back even so");
    assert_eq!(slot.as_ref().unwrap().calls, ["#7 subscribe täglich"]);
}
