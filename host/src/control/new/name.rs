//! What a project may be called: its name is that of a package in any of the languages, of a file and of a listener.

use crate::{Error, Result};

/// The longest name.
const LONGEST: usize = 50;

/// Names that cargo takes for its own, or that Rust can't import.
const RUSTS: [&str; 51] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "use",
    "where",
    "while",
];

/// Names of the kits' own packages.
const KITS: [&str; 3] = ["sockdock", "sockdock-guest", "guest"];

/// Refuses a name that some tool would refuse later, in words of its own.
pub(crate) fn check_name(name: &str, language: &str) -> Result<()> {
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let why = if name.is_empty() {
        "is empty".to_owned()
    } else if let Some(other) = name.chars().find(|c| !part(*c)) {
        format!("has `{}` in it", other.escape_default())
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "doesn't begin with a letter".to_owned()
    } else if name.len() > LONGEST {
        format!("is longer than {LONGEST} characters")
    } else if KITS.contains(&name) {
        "is that of sockdock's own package".to_owned()
    } else if language == "rust" && RUSTS.contains(&name) {
        "has a meaning of its own in Rust".to_owned()
    } else {
        return Ok(());
    };
    let error = Error::configuration(format!("the name `{}` {why}", name.escape_debug()));
    Err(error.hint("a name begins with a letter from a to z, and has letters, digits, - and _, as in my-plugin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "echo", "my-plugin", "kv_2", "test-server", "types"] {
            assert!(check_name(good, "rust").is_ok(), "{good}");
        }
        for bad in
            ["", "Echo", "2fast", "-x", "_x", "a b", "a.b", "grün", "a/b", "..", "sockdock", "sockdock-guest", "fn", "test"]
        {
            assert!(check_name(bad, "rust").is_err(), "{bad}");
        }
        assert!(check_name("test", "js").is_ok());
        assert!(check_name(&"x".repeat(LONGEST), "rust").is_ok());
        assert!(check_name(&"x".repeat(LONGEST + 1), "rust").is_err());
    }
}
