//! A project to begin with, per language.

use crate::control::embedded::files;
use std::path::PathBuf;

/// How a template's files are called whose names begin with a dot: what lies in the repository must not act there.
const DOT: &str = "dot.";

/// A language's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    language: &'static str,
}

impl Template {
    /// All that there are, by their languages' names.
    pub(crate) fn all() -> Vec<Self> {
        let mut languages: Vec<&str> = files("template/").filter_map(|(name, _)| name.split('/').next()).collect();
        languages.dedup();
        languages.into_iter().map(|language| Self { language }).collect()
    }

    /// The template for the language of this name.
    pub(crate) fn find(language: &str) -> Option<Self> {
        Self::all().into_iter().find(|template| template.language == language)
    }

    /// As it is called: `rust`, `ts`.
    pub(crate) fn language(&self) -> &'static str {
        self.language
    }

    /// The files of a project, with their places in it.
    pub(super) fn files(&self) -> Vec<(PathBuf, &'static [u8])> {
        // TypeScript's kit is JavaScript's.
        let kit = if self.language == "ts" { "js" } else { self.language };
        let parts = [
            (format!("template/{}/", self.language), PathBuf::new()),
            (format!("kit/{kit}/"), PathBuf::from("kit")),
            ("wit/".to_owned(), PathBuf::from("kit/wit")),
        ];
        parts.iter().flat_map(|(prefix, place)| files(prefix).map(|(name, bytes)| (place.join(dotted(name)), bytes))).collect()
    }
}

/// `a/dot.gitignore` is `a/.gitignore`.
fn dotted(name: &str) -> PathBuf {
    name.split('/').map(|part| part.strip_prefix(DOT).map_or_else(|| part.to_owned(), |rest| format!(".{rest}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn places_in_a_project_are_unlike_each_other() {
        for template in Template::all() {
            let files = template.files();
            let places: BTreeSet<_> = files.iter().map(|(place, _)| place).collect();
            assert_eq!(places.len(), files.len(), "{}", template.language());
        }
    }

    #[test]
    fn dots_come_back() {
        assert_eq!(dotted("dot.vscode/settings.json"), PathBuf::from(".vscode/settings.json"));
        assert_eq!(dotted("src/dotted.rs"), PathBuf::from("src/dotted.rs"));
    }
}
