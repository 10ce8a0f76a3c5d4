//! The code in the project's documents, so that what they show can be built and run. Also a part of `build.rs`.

/// A fenced block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The heading that it stands under.
    pub heading: String,
    /// What the fence says: `rust`, `sh`, `console`; may be empty.
    pub language: String,
    /// The line of its first line, from 1.
    pub line: usize,
    /// The code.
    pub text: String,
}

/// The blocks of a document, and what stands in single backticks in the rest of it, each with its line.
pub fn code(document: &str) -> (Vec<Block>, Vec<(usize, String)>) {
    let (mut blocks, mut spans) = (Vec::new(), Vec::new());
    let (mut heading, mut open) = (String::new(), None::<Block>);
    for (line, text) in (1..).zip(document.lines()) {
        match (open.take(), text.trim_start().strip_prefix("```")) {
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.text += text;
                block.text.push('\n');
                open = Some(block);
            }
            (None, Some(language)) => {
                let language = language.trim().to_owned();
                open = Some(Block { heading: heading.clone(), language, line: line + 1, text: String::new() });
            }
            (None, None) if text.starts_with('#') => heading = text.trim_start_matches('#').trim().to_owned(),
            (None, None) => {
                let between = text.split('`').skip(1).step_by(2);
                spans.extend(between.map(|span| (line, span.to_owned())));
            }
        }
    }
    (blocks, spans)
}

/// The one block in this language under this heading.
///
/// Errors: there is none, or there are several; for people.
pub fn block(document: &str, heading: &str, language: &str) -> Result<Block, String> {
    let (blocks, _) = code(document);
    let mut found = blocks.into_iter().filter(|block| block.heading == heading && block.language == language);
    match (found.next(), found.next()) {
        (Some(block), None) if !block.text.trim().is_empty() => Ok(block),
        (Some(block), None) => Err(format!("line {}: the ```{language} block under {heading:?} is empty", block.line)),
        (Some(_), Some(second)) => Err(format!("line {}: a second ```{language} block under {heading:?}", second.line)),
        (None, _) => Err(format!("no ```{language} block under a heading {heading:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# One\n`a b` and `c`\n```sh\n# no heading\n`x`\n```\n## Two\n```rust\nfn f() {}\n```\n```sh\n```\n";

    #[test]
    fn blocks_and_spans_know_where_they_stand() {
        let (blocks, spans) = code(DOCUMENT);
        let found: Vec<_> = blocks.iter().map(|b| (b.heading.as_str(), b.language.as_str(), b.line, b.text.as_str())).collect();
        assert_eq!(found, [("One", "sh", 4, "# no heading\n`x`\n"), ("Two", "rust", 9, "fn f() {}\n"), ("Two", "sh", 12, "")]);
        assert_eq!(spans, [(2, "a b".to_owned()), (2, "c".to_owned())]);
    }

    #[test]
    fn what_is_missing_is_an_error() {
        assert_eq!(block(DOCUMENT, "Two", "rust").unwrap().line, 9);
        assert!(block(DOCUMENT, "One", "rust").is_err());
        assert!(block(DOCUMENT, "Three", "sh").is_err());
        assert!(block(DOCUMENT, "Two", "sh").unwrap_err().contains("empty"));
        assert!(block(&DOCUMENT.repeat(2), "Two", "rust").unwrap_err().contains("second"));
    }
}
