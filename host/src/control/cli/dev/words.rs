//! What `sockdock dev` says: a line per swap, and why there was none.

use crate::{
    ReloadReport,
    control::cli::human::{digest, micros, plain, plural},
};
use std::time::Duration;

/// Green for what serves, red for what doesn't, where somebody looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Green,
    Red,
    Dim,
}

/// `text` in colour, if there are colours.
pub(super) fn coloured(text: &str, colour: Colour, colours: bool) -> String {
    let code = match colour {
        Colour::Green => "32",
        Colour::Red => "31",
        Colour::Dim => "2",
    };
    if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// `built 0.41 s · compiled 62.1 ms · swapped 0.12 ms · 3 connections · echo.wasm sha256:0123456789ab`
pub(super) fn swapped(built: Duration, report: &ReloadReport, file: &str) -> String {
    let pause = report.pause_us.iter().max().copied().unwrap_or_default();
    format!(
        "built {} · compiled {} · swapped {} · {} · {} sha256:{}",
        seconds(built),
        micros(report.compile_us),
        micros(pause),
        plural(report.connections, "connection"),
        plain(file),
        digest(&report.to_digest),
    )
}

/// A build that made what serves already.
pub(super) fn same(built: Duration, file: &str) -> String {
    format!("built {} · {} is the same as before", seconds(built), plain(file))
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_line() {
        let report = ReloadReport {
            listener: "echo".into(),
            generation: 2,
            policy: "migrate".into(),
            from_digest: "01".repeat(32),
            to_digest: "23".repeat(32),
            from_version: None,
            connections: 1,
            pause_us: vec![120, 80],
            start_us: vec![],
            snapshot_us: vec![],
            restore_us: vec![],
            snapshot_bytes: 0,
            compile_us: 62_100,
            cached: false,
            dry_run: false,
            notes: vec![],
        };
        let line = swapped(Duration::from_millis(412), &report, "echo.wasm");
        assert_eq!(line, "built 0.41 s · compiled 62.1 ms · swapped 120 µs · 1 connection · echo.wasm sha256:232323232323");
        assert_eq!(same(Duration::from_millis(180), "echo.wasm"), "built 0.18 s · echo.wasm is the same as before");
    }

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(coloured("x", Colour::Green, true), "\x1b[32mx\x1b[0m");
        assert_eq!(coloured("x", Colour::Red, false), "x");
    }
}
