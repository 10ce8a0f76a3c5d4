//! What is wrong in a configuration file, worded as elsewhere: where, what, what to do.

use crate::Error;
use std::{ops::Range, path::Path};

/// Names that are as like as this are slips of each other.
const ALIKE: f64 = 0.75;

/// A file, to complain about.
pub(super) struct Complaint<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Complaint<'_> {
    /// What the parser says.
    pub(super) fn of(&self, error: &toml::de::Error) -> Error {
        let place = error.span().map_or_else(|| self.path.display().to_string(), |span| self.place(span.start));
        let message = error.message().trim_end().replace('\n', ": ");
        let Some(unknown) = Unknown::parse(&message) else {
            return Error::configuration(format!("{place}: {}", message.replace('`', "'")))
                .hint("docs/configuration.md has the keys and the forms of their values");
        };
        let known = unknown.known.join(", ");
        Error::configuration(format!("{place}: unknown key '{}'", unknown.key)).hint(match unknown.nearest() {
            Some(nearest) => format!("'{nearest}' is a key that may be meant; all keys here: {known}"),
            None => format!("the keys here are: {known}"),
        })
    }

    /// What is wrong with what stands there.
    pub(super) fn at(&self, span: &Range<usize>, error: &Error) -> Error {
        let complaint = Error::configuration(format!("{}: {}", self.place(span.start), error.message()));
        match error.advice() {
            Some(hint) => complaint.hint(hint),
            None => complaint,
        }
    }

    /// `path:line:column`, both from 1.
    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }
}

/// serde's words about a key that nobody knows: "unknown field `x`, expected one of `a`, `b`".
struct Unknown<'a> {
    key: &'a str,
    known: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
        Some(Self { key: quoted.next()?, known: quoted.collect() })
    }

    fn nearest(&self) -> Option<&'a str> {
        let alike = |known: &&str| strsim::jaro_winkler(self.key, known);
        let nearest = self.known.iter().copied().max_by(|one, other| alike(one).total_cmp(&alike(other)))?;
        (alike(&nearest) >= ALIKE).then_some(nearest)
    }
}
