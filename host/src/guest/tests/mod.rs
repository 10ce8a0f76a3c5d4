//! Components as text, loaded and called as the runtime does it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod caching;
mod calls;
mod faults;
mod imports;
mod lifecycle;
mod lines;
mod recorder;
mod refusals;
mod wasi;
mod wat;

use super::{Component, Engine, EngineConfig, Instance, Settings};
use crate::pure::limits::Limits;
use recorder::Recorder;
use std::sync::LazyLock;
use std::time::Duration;
use wat::Wat;

/// Room for the tests that run at once; all but the cache's share it.
fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(&EngineConfig { max_instances: 64, ..EngineConfig::default() }).unwrap());
    &ENGINE
}

fn load(wat: &Wat) -> Component<Recorder> {
    engine().load(&wat.build(), "test").unwrap()
}

/// Small limits, so that a test meets them soon.
fn settings() -> Settings {
    let limits = Limits {
        event_budget: Duration::from_millis(50),
        start_budget: Duration::from_millis(100),
        memory: 1 << 20,
        ..Limits::default()
    };
    Settings::new("test", &limits)
}

fn instance(wat: &Wat) -> Instance<Recorder> {
    Instance::new(&load(wat), &settings(), &mut Recorder::slot()).unwrap()
}

/// The words of the refusal that `bytes` meet.
fn refusal(bytes: &[u8]) -> String {
    engine().load::<Recorder>(bytes, "test").unwrap_err().to_string()
}
