//! The ways to fail.

use crate::setting;
use bindings::sockdock::plugin::logging::{self, Level};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) fn fail() -> Result<(), String> {
    match setting("how").as_str() {
        "loop" => loop {
            black_box(());
        },
        "memory" => eat(),
        "stack" => drop(black_box(recurse(black_box(0)))),
        "busy" => busy(),
        "error" => return Err("the plugin said no".to_owned()),
        _ => panic!("told to trap"),
    }
    Ok(())
}

/// Takes its time, and says when that has begun.
fn busy() {
    logging::log(Level::Info, &format!("in the middle of {}", setting("in")));
    let until = Instant::now() + Duration::from_millis(setting("milliseconds").parse().expect("milliseconds"));
    while Instant::now() < until {}
}

fn eat() {
    let mut all = Vec::new();
    loop {
        all.push(black_box(vec![1_u8; 1 << 20]));
    }
}

#[expect(unconditional_recursion, reason = "that is the fault")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    black_box(recurse(depth + 1)) + frame[7]
}
