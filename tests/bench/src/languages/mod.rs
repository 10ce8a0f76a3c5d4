//! What a plugin's language costs: `make bench-languages`. The same echo by the kit of each, beside servers without sockdock.

mod component;
mod echo;
mod memory;
mod page;

pub use self::page::document;
use crate::{credentials::Credentials, runner::Cores};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// A language, and its echo below the repository.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// For people: the language and its tool.
    pub name: &'static str,
    /// The component.
    pub component: &'static str,
}

const fn language(name: &'static str, component: &'static str) -> Language {
    Language { name, component }
}

/// As they stand in the tables.
pub const ALL: [Language; 8] = [
    language("Rust", "examples/echo/echo.wasm"),
    language("C", "tests/bench/languages/c/c.wasm"),
    language("C++", "tests/conformance/cpp-echo/cpp-echo.wasm"),
    language("Zig", "tests/conformance/zig-echo/zig-echo.wasm"),
    language("Go", "tests/bench/languages/go/go.wasm"),
    language("JavaScript (QuickJS)", "tests/bench/languages/js/js.wasm"),
    language("TypeScript (QuickJS)", "tests/bench/languages/ts/ts.wasm"),
    language("Python (CPython)", "tests/bench/languages/python/python.wasm"),
];

/// Where everything is.
#[derive(Debug)]
pub struct Bench {
    /// The repository.
    pub root: PathBuf,
    /// The host.
    pub sockdock: PathBuf,
    /// A look, no result.
    pub quick: bool,
    /// For listeners with TLS, which the hosts here have besides.
    pub credentials: Credentials,
    /// Who runs where.
    pub cores: Cores,
}

/// A table: headings, then rows; and what there is to say of it.
#[derive(Debug, Clone)]
pub struct Section {
    /// A heading.
    pub title: &'static str,
    /// What was done; Markdown.
    pub about: &'static str,
    /// Headings, then rows.
    pub table: Vec<Vec<String>>,
    /// What was aimed at: of what, found, aim, whether it was reached.
    pub aims: Vec<(String, String, String, bool)>,
}

impl Bench {
    /// Fails unless everything is there.
    pub fn check(&self) -> Result<()> {
        let components = ALL.iter().map(|language| self.component(language));
        for file in components.chain([self.sockdock.clone(), self.bun(), self.go_server()]) {
            ensure!(file.exists(), "there is no {}: `make bench-languages` makes it", file.display());
        }
        Ok(())
    }

    /// All tables.
    pub fn run(&self) -> Result<Vec<Section>> {
        Ok(vec![echo::measure(self)?, component::measure(self)?, memory::measure(self)?])
    }

    fn component(&self, language: &Language) -> PathBuf {
        self.root.join(language.component)
    }

    fn bun(&self) -> PathBuf {
        self.root.join("target/clients/bun/node_modules/.bin/bun")
    }

    /// Go's own echo server, built from `servers/go`.
    fn go_server(&self) -> PathBuf {
        self.root.join("target/bench/go-echo")
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}
