//! `docs/benchmarks.md`: only ever written from a run.

use super::Results;
use crate::servers::Kind;
use std::fmt::Write as _;

/// What sockdock's cost is aimed at: scenario (at each number of connections), compared with, at most, and whether it must be.
const AIMS: [(&str, Kind, f64, bool); 8] = [
    ("echo-64", Kind::Native, 1.12, true),
    ("echo-16k", Kind::Native, 1.12, true),
    ("echo-64", Kind::Bun, 1.0, false),
    ("echo-16k", Kind::Bun, 0.85, false),
    ("echo-64", Kind::Envoy, 0.7, false),
    ("echo-16k", Kind::Envoy, 0.7, false),
    ("five-writes", Kind::Bun, 0.45, false),
    ("idle-memory", Kind::Bun, 1.0, false),
];

/// The page. `setting` is a list of lines about the machine and the run.
pub fn document(results: &[Results], setting: &[String], chart: &str) -> String {
    let mut page = include_str!("introduction.md").to_owned();
    page += "\n## Where and when\n\n";
    for line in setting {
        put(&mut page, format_args!("- {line}"));
    }
    page += "\n## Aims\n\n| | median | aim | |\n|---|---|---|---|\n";
    for (name, to, most, must) in AIMS {
        for result in results.iter().filter(|result| result.scenario.name == name) {
            let ratio = result.ratio(Kind::Sockdock, to);
            if ratio.median.is_nan() {
                continue;
            }
            let verdict = match (ratio.median <= most, must) {
                (true, _) => "reached",
                (false, true) => "**missed**",
                (false, false) => "not reached",
            };
            put(
                &mut page,
                format_args!("| `{}`: sockdock ÷ {} | {ratio} | ≤ {most} | {verdict} |", result.scenario.id(), to.name()),
            );
        }
    }
    put(&mut page, format_args!("\n![What a unit costs each server]({chart})\n\n## Figures"));
    for result in results {
        let scenario = &result.scenario;
        put(&mut page, format_args!("\n### `{}`: {}, {} at a time\n", scenario.id(), scenario.title, scenario.connections));
        for (n, row) in result.table().iter().enumerate() {
            put(&mut page, format_args!("| {} |", row.join(" | ")));
            if n == 0 {
                put(&mut page, format_args!("|---|{}", "---:|".repeat(row.len() - 1)));
            }
        }
    }
    page + include_str!("findings.md")
}

fn put(page: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string doesn't fail.
    let _ = writeln!(page, "{line}");
}
