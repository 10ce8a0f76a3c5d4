//! Each handler, with its arguments.

use super::*;
use crate::guest::{FaultKind, Slot};
use crate::pure::socket::{CloseInfo, ErrorCode, SocketError, SocketId};

const SOCKET: SocketId = SocketId(7);

fn error() -> SocketError {
    SocketError { code: ErrorCode::Refused, message: "nobody there".into() }
}

fn written(slot: &mut Slot<Recorder>) -> Vec<String> {
    slot.as_mut().unwrap().take_written()
}

#[test]
fn handlers_are_called_with_their_arguments() {
    let mut instance = instance(&Wat::plugin().with_timer());
    let slot = &mut Recorder::slot();
    instance.open(slot, SOCKET).unwrap();
    instance.data(slot, SOCKET, b"some bytes").unwrap();
    instance.drain(slot, SOCKET).unwrap();
    instance.end(slot, SOCKET).unwrap();
    instance.timeout(slot, SOCKET).unwrap();
    assert_eq!(written(slot), ["#7 open", "#7 some bytes", "#7 drain", "#7 end", "#7 timeout"]);

    instance.handshake(slot, SOCKET, Ok(())).unwrap();
    instance.handshake(slot, SOCKET, Err("no certificate")).unwrap();
    assert_eq!(written(slot), ["#7 verified", "#7 no certificate"]);

    // `c` is the third of the error codes.
    instance.error(slot, SOCKET, &error()).unwrap();
    instance.connect_error(slot, SOCKET, &error()).unwrap();
    assert_eq!(written(slot), ["#7 c", "#7 nobody there", "#7 c", "#7 nobody there"]);

    instance.close(slot, SOCKET, &CloseInfo { error: Some(error()), unsent: 3 }).unwrap();
    instance.close(slot, SOCKET, &CloseInfo::default()).unwrap();
    assert_eq!(written(slot), ["#7 c", "#7 nobody there", "#7 \u{3}\0\0\0\0\0\0\0", "#7 \0\0\0\0\0\0\0\0"]);

    instance.fired(slot, 9).unwrap();
    assert_eq!(written(slot), ["#9 time"]);
}

#[test]
fn every_error_code_keeps_its_meaning() {
    use ErrorCode::*;
    let codes = [
        Closed,
        Reset,
        Refused,
        Unreachable,
        TimedOut,
        NameResolution,
        Tls,
        NotAllowed,
        InvalidArgument,
        LimitExceeded,
        InProgress,
        Unsupported,
        Io,
        Other,
    ];
    let mut instance = instance(&Wat::plugin());
    let slot = &mut Recorder::slot();
    for (letter, code) in ('a'..).zip(codes) {
        instance.error(slot, SOCKET, &SocketError { code, message: "x".into() }).unwrap();
        assert_eq!(written(slot), [format!("#7 {letter}"), "#7 x".into()], "{code:?}");
    }
}

#[test]
fn an_error_of_the_host_reaches_the_guest() {
    // `data` tells socket 7 the error code that a write to another socket met: `closed` is 0.
    let other = "(drop (call $write (i64.const 100) (i32.const 16) (i32.const 4) (i32.const 0)))"
        .replace("(drop ", "")
        .replace("0)))", "0))");
    let wat = Wat::plugin().put("data", &other).put(
        "data",
        "(i32.store8 (i32.const 96) (i32.add (i32.const 48) (i32.load8_u (i32.const 0))))
         (i32.store8 (i32.const 97) (i32.add (i32.const 48) (i32.load8_u (i32.const 4))))
         (drop (call $say (local.get $socket) (i32.const 96) (i32.const 2)))",
    );
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    instance.data(slot, SOCKET, b"x").unwrap();
    assert_eq!(written(slot), ["#7 10", "#7 x"]);
}

#[test]
fn a_write_as_large_as_the_memory_is_no_fault() {
    let wat = Wat::plugin().put("data", "(drop (call $say (local.get $socket) (i32.const 0) (i32.const 65536)))");
    let mut instance = Instance::new(&load(&wat), &Settings { event_fuel: 10, ..settings() }, &mut Recorder::slot()).unwrap();
    let slot = &mut Recorder::slot();
    instance.data(slot, SOCKET, b"x").unwrap();
    let written = &slot.as_ref().unwrap().written;
    assert_eq!(written.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(), [65_536, 1]);
}

#[test]
fn the_hosts_side_is_lent_for_a_call_and_no_longer() {
    let mut instance = instance(&Wat::plugin());
    let slot = &mut Recorder::slot();
    let before = std::ptr::from_ref(slot.as_deref().unwrap());
    instance.open(slot, SOCKET).unwrap();
    assert_eq!(std::ptr::from_ref(slot.as_deref().unwrap()), before);

    let fault = instance.open(&mut None, SOCKET).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Trap);
    assert!(fault.message.contains("outside of an event"), "{fault}");
}

#[test]
fn instances_may_change_threads() {
    fn check<T: Send>() {}
    check::<Instance<Recorder>>();
    check::<Component<Recorder>>();
    check::<Engine>();

    let mut instance = instance(&Wat::plugin());
    let slot = std::thread::spawn(move || {
        let mut slot = Recorder::slot();
        instance.open(&mut slot, SOCKET).unwrap();
        slot
    });
    assert_eq!(written(&mut slot.join().unwrap()), ["#7 open"]);
}

#[test]
fn instances_of_one_component_are_apart_and_report_their_memory() {
    let component = load(&Wat::plugin());
    let slot = &mut Recorder::slot();
    let mut one = Instance::new(&component, &settings(), slot).unwrap();
    let other = Instance::new(&component, &settings(), slot).unwrap();
    // The guest's allocator never frees: many events make its memory grow.
    let bytes = vec![b'x'; 60_000];
    (0..3).for_each(|_| one.data(slot, SOCKET, &bytes).unwrap());
    assert_eq!(other.memory_bytes(), 64 << 10);
    assert!(one.memory_bytes() > 180_000, "{}", one.memory_bytes());
}
