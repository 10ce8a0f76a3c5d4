//! What a guest does wrong, and what becomes of it.

use super::*;
use crate::guest::{FaultKind, GuestFault, Slot};
use crate::pure::socket::SocketId;

const SOCKET: SocketId = SocketId(7);

fn fault_of_data(instance: &mut Instance<Recorder>) -> GuestFault {
    let mut slot = Recorder::slot();
    let fault = instance.data(&mut slot, SOCKET, b"x").unwrap_err();
    assert!(slot.is_some(), "the host's side comes back from a fault");
    assert!(instance.is_dead());
    fault
}

#[test]
fn a_trap_names_its_place_and_ends_the_instance() {
    let wat = Wat::plugin().put("core", "(func $deep_down unreachable)").put("data", "(call $deep_down)");
    let mut instance = instance(&wat);
    let fault = fault_of_data(&mut instance);
    assert_eq!((fault.kind, fault.handler), (FaultKind::Trap, "data"));
    assert!(fault.message.contains("unreachable") && fault.message.contains("deep_down"), "{fault}");
    assert!(!fault.message.contains('\n'), "{fault}");

    let slot = &mut Recorder::slot();
    for fault in [
        instance.open(slot, SOCKET).unwrap_err(),
        instance.start(slot, &[]).unwrap_err(),
        instance.snapshot(slot).unwrap_err(),
        instance.fired(slot, 1).unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::Dead);
        assert!(fault.message.contains("deep_down"), "{fault}");
    }
    assert!(slot.as_ref().unwrap().written.is_empty());
}

#[test]
fn a_fault_has_its_backtrace_with_names_where_there_are_names() {
    let deep = Wat::plugin().put("core", "(func $deep_down unreachable)").put("data", "(call $deep_down)");
    let fault = fault_of_data(&mut instance(&deep));
    let innermost = &fault.backtrace[0];
    assert!(innermost.contains("deep_down@0x") && fault.backtrace.len() >= 2, "{:?}", fault.backtrace);
    assert!(fault.hint.unwrap().contains("backtrace"));

    // The second function of its module, after that of the import; its caller has no name either.
    let nameless = Wat::plugin().put("data", "unreachable");
    let fault = fault_of_data(&mut instance(&nameless));
    assert!(fault.backtrace[0].contains("<wasm function ") && fault.backtrace[0].contains("@0x"), "{:?}", fault.backtrace);
    assert!(fault.hint.unwrap().contains("names"));
}

#[test]
fn an_endless_loop_ends_though_the_ticker_has_died() {
    let engine = Engine::new(&EngineConfig { max_instances: 1, ..EngineConfig::default() }).unwrap();
    engine.poison_ticker();
    let component = engine.load(&Wat::plugin().put("data", "(loop $again (br $again))").build(), "test").unwrap();
    let mut instance = Instance::new(&component, &settings(), &mut Recorder::slot()).unwrap();
    assert_eq!(fault_of_data(&mut instance).kind, FaultKind::BudgetExceeded);
    assert_eq!(engine.tickers_replaced(), 1);
}

#[test]
fn instances_share_what_their_listener_may_have() {
    let account = std::sync::Arc::new(crate::pure::account::Account::new(3 << 16));
    let component = load(&Wat::plugin().put("data", "(drop (memory.grow (i32.const 1)))").put("drain", "(call $fill)").put(
        "core",
        "(func $fill (loop $again (if (i32.eq (i32.const -1) (memory.grow (i32.const 1))) (then unreachable)) (br $again)))",
    ));
    let shared = settings().account(Some(account.clone()));
    let slot = &mut Recorder::slot();
    let mut one = Instance::new(&component, &shared, slot).unwrap();
    let mut other = Instance::new(&component, &shared, slot).unwrap();
    one.data(slot, SOCKET, b"x").unwrap();
    assert_eq!((account.used(), account.refused()), (3 << 16, 0));
    let fault = other.drain(slot, SOCKET).unwrap_err();
    assert_eq!(fault.kind, FaultKind::OutOfMemory);
    assert!(fault.message.contains("196608") && fault.hint.unwrap().contains("total-memory"), "{}", fault.message);
    // Nobody else gets in, until one leaves.
    assert!(Instance::new(&component, &shared, slot).is_err());
    other.leave();
    drop(other);
    Instance::new(&component, &shared, slot).unwrap();
    drop(one);
    assert_eq!(account.used(), 0);
}

#[test]
fn an_endless_loop_ends_with_its_budget() {
    let mut instance = instance(&Wat::plugin().put("data", "(loop $again (br $again))"));
    let fault = fault_of_data(&mut instance);
    assert_eq!(fault.kind, FaultKind::BudgetExceeded);
    assert!(fault.message.contains("`data`") && fault.message.contains("50ms"), "{fault}");
    assert!(fault.hint.unwrap().contains("event-budget"));
}

#[test]
fn start_has_its_own_budget() {
    let wat = Wat::plugin().with_lifecycle().put("start", "(loop $again (br $again))");
    let mut instance = instance(&wat);
    let fault = instance.start(&mut Recorder::slot(), &[]).unwrap_err();
    assert_eq!((fault.kind, fault.handler), (FaultKind::BudgetExceeded, "start"));
    assert!(fault.message.contains("100ms"), "{fault}");
    assert!(fault.hint.unwrap().contains("start-budget"));
}

#[test]
fn initialisers_have_a_budget_too() {
    let wat = Wat::plugin().put("core", "(func $init (loop $again (br $again))) (start $init)");
    let mut slot = Recorder::slot();
    let fault = Instance::new(&load(&wat), &settings(), &mut slot).err().unwrap();
    assert_eq!((fault.kind, fault.handler), (FaultKind::BudgetExceeded, "instantiate"));
    assert!(slot.is_some());
}

#[test]
fn a_call_within_its_budget_may_cross_ticks() {
    // About 100 ms of work in an interpreter-like loop, with a budget of a minute.
    let work = "(local $i i64) (local.set $i (i64.const 100000000))
                (loop $again (br_if $again (i64.ne (i64.const 0) (local.tee $i (i64.sub (local.get $i) (i64.const 1))))))";
    let wat = Wat::plugin().put("data", work);
    let patient = Settings { event_budget: Duration::from_secs(60), ..settings() };
    let slot = &mut Recorder::slot();
    Instance::new(&load(&wat), &patient, slot).unwrap().data(slot, SOCKET, b"x").unwrap();
    assert_eq!(slot.as_mut().unwrap().take_written(), ["#7 x"]);
}

#[test]
fn a_memory_eater_meets_its_limit() {
    // Grows as an allocator does, and gives up as one does.
    let eat = "(loop $again
                 (if (i32.eq (i32.const -1) (memory.grow (i32.const 1))) (then unreachable))
                 (br $again))";
    let mut instance = instance(&Wat::plugin().put("data", eat));
    let fault = fault_of_data(&mut instance);
    assert_eq!(fault.kind, FaultKind::OutOfMemory);
    assert!(fault.message.contains("1048576"), "{fault}");
    assert!(fault.hint.unwrap().contains("memory-limit"));
    assert_eq!(instance.memory_bytes(), 1 << 20);
}

#[test]
fn a_refused_growth_that_the_guest_survives_is_no_fault() {
    let wat = Wat::plugin().put("data", "(drop (memory.grow (i32.const 10000)))").put("drain", "unreachable");
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    instance.data(slot, SOCKET, b"x").unwrap();
    // Nor is memory to blame for what happens later.
    assert_eq!(instance.drain(slot, SOCKET).unwrap_err().kind, FaultKind::Trap);
}

#[test]
fn a_component_larger_than_the_limit_says_so() {
    let wat = Wat::plugin().replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 100)");
    let fault = Instance::new(&load(&wat), &settings(), &mut Recorder::slot()).err().unwrap();
    assert_eq!((fault.kind, fault.handler), (FaultKind::OutOfMemory, "instantiate"));
}

#[test]
fn recursion_without_end_is_a_trap() {
    let mut instance = instance(&Wat::plugin().put("core", "(func $down (call $down))").put("data", "(call $down)"));
    let fault = fault_of_data(&mut instance);
    assert_eq!(fault.kind, FaultKind::Trap);
    assert!(fault.message.contains("stack"), "{fault}");
}

#[test]
fn an_exhausted_pool_says_what_to_raise() {
    let engine = Engine::new(&EngineConfig { max_instances: 2, ..EngineConfig::default() }).unwrap();
    let component = engine.load(&Wat::plugin().build(), "test").unwrap();
    let slot: &mut Slot<Recorder> = &mut Recorder::slot();
    let one = Instance::new(&component, &settings(), slot).unwrap();
    let _two = Instance::new(&component, &settings(), slot).unwrap();
    let fault = Instance::new(&component, &settings(), slot).err().unwrap();
    assert_eq!(fault.kind, FaultKind::Host);
    assert!(fault.hint.unwrap().contains("max-instances"));
    drop(one);
    Instance::new(&component, &settings(), slot).unwrap();
}
