//! The project's documents: README.md and the other `.md` files.

use crate::markdown::{self, Block};
use crate::paths::repository;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A document of the repository.
#[derive(Debug)]
pub struct Document {
    name: String,
    text: String,
}

impl Document {
    /// The document at this path in the repository.
    #[track_caller]
    pub fn at(name: &str) -> Self {
        let text = fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// All of them.
    pub fn all() -> Vec<Self> {
        let mut names = Vec::new();
        gather(repository(), &mut names);
        names.sort();
        names.iter().map(|name| Self::at(name)).collect()
    }

    /// Its path in the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files of the repository that it links to, each with the link's line.
    pub fn links(&self) -> Vec<(usize, PathBuf)> {
        let folder = repository().join(&self.name);
        let folder = folder.parent().expect("a document lies in a folder");
        let lines = (1..).zip(self.text.lines());
        lines
            .flat_map(|(line, text)| {
                text.split("](").skip(1).map(move |rest| (line, rest.split([')', '#']).next().unwrap_or(rest)))
            })
            .filter(|(_, link)| !link.is_empty() && !link.contains(':'))
            .map(|(line, link)| (line, folder.join(link)))
            .collect()
    }

    /// The one block of code in this language under this heading.
    #[track_caller]
    pub fn block(&self, heading: &str, language: &str) -> Block {
        markdown::block(&self.text, heading, language).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The first block of code in this language.
    #[track_caller]
    pub fn first_block(&self, language: &str) -> Block {
        let (blocks, _) = markdown::code(&self.text);
        let found = blocks.into_iter().find(|block| block.language == language);
        found.unwrap_or_else(|| panic!("{}: no ```{language} block", self.name))
    }

    /// The text in single backticks that follows these words in the same line.
    #[track_caller]
    pub fn span_after(&self, words: &str) -> String {
        let span = self.text.split_once(words).and_then(|(_, rest)| rest.lines().next()?.split('`').nth(1));
        span.unwrap_or_else(|| panic!("{}: no `code` after {words:?}", self.name)).to_owned()
    }

    /// The commands that it tells people to give: the lines of `sh` blocks, those after `$` in `console` blocks, and
    /// what stands in backticks and begins with `sockdock`. Comments are left out. Each with its line.
    pub fn commands(&self) -> Vec<(usize, String)> {
        let (blocks, spans) = markdown::code(&self.text);
        let lines = blocks.iter().flat_map(|block| {
            (block.line..).zip(block.text.lines()).filter_map(|(line, text)| match block.language.as_str() {
                "sh" => Some((line, without_comment(text))),
                "console" => text.strip_prefix("$ ").map(|command| (line, without_comment(command))),
                _ => None,
            })
        });
        let spans = spans.into_iter().filter(|(_, text)| text.starts_with("sockdock "));
        lines.filter(|(_, text)| !text.is_empty()).chain(spans).collect()
    }
}

fn without_comment(line: &str) -> String {
    let end = if line.starts_with('#') { 0 } else { line.find(" #").unwrap_or(line.len()) };
    line[..end].trim().to_owned()
}

fn gather(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("read a folder of the repository") {
        let path = entry.expect("read a folder of the repository").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            // Not ours: what was built, or brought by a package manager.
            if !name.starts_with('.') && !["target", "node_modules"].contains(&&*name) {
                gather(&path, names);
            }
        } else if name.ends_with(".md") {
            names.push(path.strip_prefix(repository()).expect("it lies in the repository").display().to_string());
        }
    }
}
