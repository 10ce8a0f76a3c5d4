//! One suite for the plugins of all kits: the same stories for each language, and each takes over from each.
//!
//! `tests/conformance/README.md` says what such a plugin does, and how this is run.
#![deny(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

/// Names the stories of a module, for the table: `writing::a_short_write_is_followed_by_one_drain`.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        pub(crate) const STORIES: &[crate::Story] =
            &[$(crate::Story { name: concat!(module_path!(), "::", stringify!($story)), tell: $story }),+];
    };
}

mod bytes;
mod chat;
mod echo;
mod ending;
mod errors;
mod events;
mod facts;
mod hand_over;
mod lifecycle;
mod logging;
mod memory;
mod options;
mod outbound;
mod plugins;
mod runner;
mod table;
mod timers;
mod tls;
mod topics;
mod traps;
mod world;
mod writing;

/// What must come out the same in each language.
pub(crate) struct Story {
    name: &'static str,
    tell: fn(&plugins::Plugin),
}

const STORIES: &[&[Story]] = &[
    events::STORIES,
    bytes::STORIES,
    writing::STORIES,
    ending::STORIES,
    facts::STORIES,
    options::STORIES,
    outbound::STORIES,
    tls::STORIES,
    timers::STORIES,
    topics::STORIES,
    logging::STORIES,
    errors::STORIES,
    lifecycle::STORIES,
    traps::STORIES,
    memory::STORIES,
    echo::STORIES,
    chat::STORIES,
];

fn main() -> std::process::ExitCode {
    runner::main()
}
