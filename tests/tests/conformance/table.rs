//! The table of languages and stories.

use crate::runner::Cell;
use std::{collections::BTreeMap, fs, process::ExitCode};

/// By story, then by language: whether it has passed.
pub(crate) struct Table {
    cells: BTreeMap<String, BTreeMap<String, bool>>,
    languages: Vec<String>,
    stories: Vec<String>,
}

impl Table {
    /// With room for these, in their order.
    pub(crate) fn of(cells: &[Cell]) -> Self {
        let mut table = Self { cells: BTreeMap::new(), languages: Vec::new(), stories: Vec::new() };
        for cell in cells {
            for (known, name) in [(&mut table.languages, &cell.language), (&mut table.stories, &cell.story)] {
                if !known.contains(name) {
                    known.push(name.clone());
                }
            }
        }
        table
    }

    pub(crate) fn add(&mut self, cell: &Cell, passed: bool) {
        self.cells.entry(cell.story.clone()).or_default().insert(cell.language.clone(), passed);
    }

    /// Prints it, keeps it in `target/conformance/table.md`, and sums up in the way of cargo's own tests.
    pub(crate) fn print(&self) -> ExitCode {
        let text = self.markdown();
        println!("\n{text}");
        let folder = sockdock_tests::repository().join("target/conformance");
        let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("table.md"), &text));
        if let Err(error) = kept {
            eprintln!("the table isn't kept: {}: {error}", folder.display());
        }
        let all: Vec<bool> = self.cells.values().flat_map(|row| row.values().copied()).collect();
        let (passed, failed) = (all.iter().filter(|passed| **passed).count(), all.iter().filter(|passed| !**passed).count());
        let verdict = if failed == 0 { "ok" } else { "FAILED" };
        println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn markdown(&self) -> String {
        let width = self.stories.iter().map(String::len).max().unwrap_or(0).max("story".len());
        let row = |first: &str, cells: Vec<String>| {
            let cells = cells.iter().zip(&self.languages).map(|(cell, language)| format!(" {cell:<0$} |", language.len().max(4)));
            format!("| {first:<width$} |{}\n", cells.collect::<String>())
        };
        let mut text = row("story", self.languages.clone());
        text += &row(&"-".repeat(width), self.languages.iter().map(|language| "-".repeat(language.len().max(4))).collect());
        for story in &self.stories {
            let cell = |language: &String| match self.cells[story].get(language) {
                Some(true) => "pass",
                Some(false) => "FAIL",
                None => "",
            };
            text += &row(story, self.languages.iter().map(|language| cell(language).to_owned()).collect());
        }
        let passed = |language: &String| {
            let column = self.cells.values().filter_map(|row| row.get(language));
            let (mut good, mut all) = (0, 0);
            for passed in column {
                (good, all) = (good + usize::from(*passed), all + 1);
            }
            format!("{good}/{all}")
        };
        text + &row("passed", self.languages.iter().map(passed).collect())
    }
}
