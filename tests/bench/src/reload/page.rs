//! `docs/reload-benchmark.md`: only ever written from a run.

use super::Section;
use std::fmt::Write as _;

/// The page. `setting` is a list of lines about the machine and the run.
pub fn document(sections: &[Section], setting: &[String]) -> String {
    let mut page = include_str!("introduction.md").to_owned();
    page += "\n## Where and when\n\n";
    setting.iter().for_each(|line| put(&mut page, format_args!("- {line}")));
    page += "\n## Aims\n\n| | found | aim | |\n|---|---|---|---|\n";
    for aim in sections.iter().flat_map(|section| &section.aims) {
        let verdict = if aim.reached { "reached" } else { "**missed**" };
        put(&mut page, format_args!("| {} | {} | {} | {verdict} |", aim.name, aim.found, aim.aim));
    }
    for section in sections {
        put(&mut page, format_args!("\n## {}\n\n{}\n", section.title, section.about));
        for (n, row) in section.table.iter().enumerate() {
            put(&mut page, format_args!("| {} |", row.join(" | ")));
            if n == 0 {
                put(&mut page, format_args!("|{}", "---:|".repeat(row.len())));
            }
        }
    }
    page
}

fn put(page: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string doesn't fail.
    let _ = writeln!(page, "{line}");
}

#[cfg(test)]
mod tests {
    use super::super::Aim;
    use super::*;

    #[test]
    fn the_page_says_what_was_missed() {
        let aims = vec![Aim::new("pause", "2 ms", "≤ 1 ms", false), Aim::new("losses", "0", "0", true)];
        let table = vec![vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "2".to_owned()]];
        let page = document(&[Section { title: "T".into(), about: "What.".into(), table, aims }], &["a machine".to_owned()]);
        assert!(page.contains("| pause | 2 ms | ≤ 1 ms | **missed** |\n| losses | 0 | 0 | reached |\n"), "{page}");
        assert!(page.contains("\n## T\n\nWhat.\n\n| a | b |\n|---:|---:|\n| 1 | 2 |\n"), "{page}");
        assert!(page.contains("- a machine\n"), "{page}");
    }
}
