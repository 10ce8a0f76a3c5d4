//! The host's log. A message stands in it under the plugin's name; the operator chooses from which [`Level`] on.
//!
//! One longer than 8 KiB is cut, and of more than 1,000 in a second the rest are only counted (defaults). What a plugin
//! prints goes to the same log, line by line, and so does a panic, with its message and place.

pub use crate::bindings::sockdock::plugin::logging::Level;
use crate::host;
use std::fmt::Arguments;

/// Logs one message. The macros ([`info!`](crate::info) and its like) format theirs.
pub fn log(level: Level, message: &str) {
    host::logging::log(level, message);
}

/// Logs a message that is still to be formatted.
pub fn format(level: Level, message: Arguments<'_>) {
    match message.as_str() {
        Some(text) => log(level, text),
        None => log(level, &message.to_string()),
    }
}

macro_rules! levels {
    ($dollar:tt $($name:ident $level:ident $text:literal;)*) => {$(
        #[doc = concat!("Logs at level ", $text, ", with the arguments of [`format!`].")]
        #[macro_export]
        macro_rules! $name {
            ($dollar($dollar argument:tt)*) => {
                $crate::log::format($crate::log::Level::$level, ::core::format_args!($dollar($dollar argument)*))
            };
        }
    )*};
}

levels! {
    $
    trace Trace "trace: every step, for the plugin's author";
    debug Debug "debug: what helps to find a fault";
    info Info "info: what an operator wants to read on a good day";
    warn Warn "warn: something is wrong, and handled";
    error Error "error: something has failed";
}

/// From now on a panic is logged, with its message and place, before the trap that follows it.
pub(crate) fn log_panics() {
    // Natively the test harness has a hook of its own.
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| {
        format(Level::Error, format_args!("{panic}"))
    }));
}
