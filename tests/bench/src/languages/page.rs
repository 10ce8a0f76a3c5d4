//! `docs/languages.md`: its tables only ever come from a run; what is known of each toolchain stands in `traps.md`.

use super::Section;
use std::fmt::Write as _;

/// The page. `setting` is a list of lines about the machine and the run.
pub fn document(sections: &[Section], setting: &[String]) -> String {
    let mut page = include_str!("introduction.md").to_owned();
    // Writing to a string doesn't fail.
    let mut put = |line: std::fmt::Arguments<'_>| {
        let _ = writeln!(page, "{line}");
    };
    put(format_args!("\n## Where and when\n"));
    setting.iter().for_each(|line| put(format_args!("- {line}")));
    put(format_args!("\n## Aims\n\n| | median | aim | |\n|---|---|---|---|"));
    for (name, found, aim, reached) in sections.iter().flat_map(|section| &section.aims) {
        put(format_args!("| {name} | {found} | {aim} | {} |", if *reached { "reached" } else { "**missed**" }));
    }
    for section in sections {
        put(format_args!("\n## {}\n\n{}\n", section.title, section.about));
        for (n, row) in section.table.iter().enumerate() {
            put(format_args!("| {} |", row.join(" | ")));
            if n == 0 {
                put(format_args!("|---|{}", "---:|".repeat(row.len().saturating_sub(1))));
            }
        }
    }
    page + "\n" + include_str!("traps.md")
}
