//! What the binary carries for `sockdock new`. `host/build.rs` gathers it from `guest-sdk` and `wit`.

use std::path::PathBuf;

/// Each file's name, as `template/LANGUAGE/…`, `kit/KIT/…` or `wit/…`, and what is in it; by name.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

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
        let mut languages: Vec<&str> =
            FILES.iter().filter_map(|(name, _)| name.strip_prefix("template/")?.split('/').next()).collect();
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
        let files = parts.iter().flat_map(|(prefix, place)| {
            FILES.iter().filter_map(move |(name, bytes)| Some((place.join(dotted(name.strip_prefix(&**prefix)?)), *bytes)))
        });
        files.collect()
    }
}

/// `a/dot.gitignore` is `a/.gitignore`.
fn dotted(name: &str) -> PathBuf {
    name.split('/').map(|part| part.strip_prefix(DOT).map_or_else(|| part.to_owned(), |rest| format!(".{rest}"))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_is_embedded_that_tools_have_left() {
        for (name, bytes) in FILES {
            let junk = ["node_modules", "__pycache__", "target/", ".venv", ".wasm"].iter().find(|junk| name.contains(**junk));
            assert_eq!(junk, None, "{name}");
            assert!(bytes.len() < 1 << 20, "{name} has {} bytes", bytes.len());
        }
    }

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
