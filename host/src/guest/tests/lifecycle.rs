//! `start`, `snapshot` and `restore`.

use super::*;
use crate::guest::FaultKind;
use crate::pure::socket::{SocketId, State};

fn config(value: &str) -> Vec<(String, String)> {
    vec![("key".into(), value.into()), ("another".into(), "one".into())]
}

#[test]
fn a_snapshot_of_one_instance_is_restored_by_another() {
    let component = load(&Wat::plugin().with_lifecycle());
    assert!(component.has_lifecycle() && component.has_restore() && !component.has_timer_handler());
    let slot = &mut Recorder::slot();
    let mut old = Instance::new(&component, &settings(), slot).unwrap();
    assert_eq!(old.snapshot(slot).unwrap(), None, "before `start` there is nothing to carry over");
    old.start(slot, &config("the value")).unwrap();
    let state = old.snapshot(slot).unwrap().unwrap();
    assert_eq!(state, State { version: "v1".into(), data: b"the value".to_vec() });

    let mut new = Instance::new(&component, &settings(), slot).unwrap();
    new.restore(slot, &state).unwrap();
    assert_eq!(new.snapshot(slot).unwrap().unwrap(), state);
    // The old one goes on, as after a reload that was rolled back.
    assert_eq!(old.snapshot(slot).unwrap().unwrap(), state);
}

#[test]
fn a_refusal_is_in_the_plugins_words_and_leaves_it_alive() {
    let mut instance = instance(&Wat::plugin().with_lifecycle());
    let slot = &mut Recorder::slot();
    let fault = instance.start(slot, &[]).unwrap_err();
    assert_eq!((fault.kind, fault.handler), (FaultKind::Refused, "start"));
    assert!(fault.message.contains("no configuration"), "{fault}");
    assert!(!instance.is_dead());
    instance.open(slot, SocketId(1)).unwrap();
}

#[test]
fn a_snapshot_above_the_limit_is_refused_and_costs_nothing_else() {
    let component = load(&Wat::plugin().with_lifecycle());
    let slot = &mut Recorder::slot();
    let mut instance = Instance::new(&component, &Settings { snapshot: 10, ..settings() }, slot).unwrap();
    instance.start(slot, &config("eight by")).unwrap();
    assert!(instance.snapshot(slot).unwrap().is_some());
    instance.start(slot, &config("nine byte")).unwrap();
    let fault = instance.snapshot(slot).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.message.contains("11 bytes"), "{fault}");
    instance.open(slot, SocketId(1)).unwrap();
}

#[test]
fn without_lifecycle_start_is_nothing_and_restore_is_refused() {
    let component = load(&Wat::plugin().with_timer());
    assert!(!component.has_lifecycle() && component.has_timer_handler());
    let slot = &mut Recorder::slot();
    let mut instance = Instance::new(&component, &settings(), slot).unwrap();
    instance.start(slot, &config("x")).unwrap();
    assert_eq!(instance.snapshot(slot).unwrap(), None);
    let fault = instance.restore(slot, &State { version: "v1".into(), data: vec![] }).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
}

#[test]
fn a_timer_without_its_handler_is_nothing() {
    let slot = &mut Recorder::slot();
    instance(&Wat::plugin()).fired(slot, 1).unwrap();
    assert!(slot.as_mut().unwrap().take_written().is_empty());
}
