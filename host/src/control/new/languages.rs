//! The languages by all the names that people give them.

use super::Template;

/// A template's name, what the language is called, and what else people may type.
const LANGUAGES: [(&str, &str, &[&str]); 6] = [
    ("c", "C", &["c++", "cpp", "zig"]),
    ("go", "Go", &["golang"]),
    ("js", "JavaScript", &["javascript"]),
    ("python", "Python", &["py"]),
    ("rust", "Rust", &["rs"]),
    ("ts", "TypeScript", &["typescript"]),
];

impl Template {
    /// The template that somebody means; the error lists those that there are.
    pub(crate) fn meant(text: &str) -> Result<Self, String> {
        let asked = text.to_ascii_lowercase();
        let known = LANGUAGES.iter().find(|(name, _, others)| *name == asked || others.contains(&&*asked));
        let found = Self::find(known.map_or(&*asked, |(name, ..)| name));
        found.ok_or_else(|| format!("there is a template for {}", Self::list()))
    }

    /// What the language is called.
    pub(crate) fn title(&self) -> &'static str {
        let known = LANGUAGES.iter().find(|(name, ..)| *name == self.language());
        known.map_or(self.language(), |(_, title, _)| title)
    }

    /// All names, as a sentence lists them.
    fn list() -> String {
        let all = Self::all();
        let names: Vec<&str> = all.iter().map(Self::language).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_more_than_one_name() {
        for text in ["rust", "rs", "Rust"] {
            assert_eq!(Template::meant(text).map(|template| template.title()), Ok("Rust"));
        }
        let error = Template::meant("cobol").expect_err("there is none");
        assert!(error.contains("rust"), "{error}");
    }

    #[test]
    fn every_template_has_a_title() {
        for template in Template::all() {
            assert!(LANGUAGES.iter().any(|(name, ..)| *name == template.language()), "{}", template.language());
        }
    }
}
