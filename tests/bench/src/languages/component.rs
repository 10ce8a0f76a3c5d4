//! What there is before the first connection: a file, its native code, an instance.

use super::{ALL, Bench, Section, row};
use crate::{reload::Host, report::middle};
use anyhow::Result;
use std::fs;

/// Instances that are made of each.
const TIMES: usize = 15;

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let base = bench.component(&ALL[0]);
    // Its cache is empty, and is its own.
    let host = Host::start(&bench.sockdock, &base, &bench.credentials, scratch.path(), ["--start-budget", "30s"])?;
    let mut table = vec![row(["", "component", "compile", "from the cache", "instance and `start`"])];
    for language in &ALL {
        let path = bench.component(language);
        let first = host.reload(&path)?;
        let times = if bench.quick { 3 } else { TIMES };
        let again = (0..times).map(|_| host.reload(&path)).collect::<Result<Vec<_>>>()?;
        let starts = again.iter().flat_map(|reload| &reload.start).map(|us| *us as f64).collect();
        let cached = again.iter().map(|reload| reload.compile as f64).collect();
        table.push(vec![
            language.name.to_owned(),
            size(fs::metadata(&path)?.len()),
            // What the host was started with is compiled already.
            if path == base { "–".to_owned() } else { time(first.compile as f64) },
            time(middle(cached)),
            time(middle(starts)),
        ]);
    }
    Ok(Section {
        title: "A component",
        about: "The file as `sockdock build` makes it; the time that Cranelift takes for native code when the component is met for the first \
                time; the same from the host's cache; and a fresh instance with its first call. Medians.",
        table,
        aims: Vec::new(),
    })
}

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{:.0} KiB", bytes as f64 / 1024.0)
    } else {
        format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
    }
}

fn time(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{us:.0} µs"),
        us if us < 1e6 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}
