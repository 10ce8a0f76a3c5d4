//! The plugins under test.

use sockdock_tests::{Serve, repository};
use std::{path::PathBuf, time::Duration};

/// A conformance plugin, by the name of its language.
#[derive(Clone, Debug)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Those of the repository's kits, in the table's order; and what has been made by the C kit in other languages.
const KITS: [&str; 10] = ["rust", "js", "ts", "python", "c", "go", "cpp-echo", "zig-echo", "cpp-chat", "zig-chat"];

/// Those that `SOCKDOCK_CONFORMANCE` names (`NAME=PATH,…`, from the repository on), else those of the kits.
pub(crate) fn all() -> Result<Vec<Plugin>, String> {
    let Ok(list) = std::env::var("SOCKDOCK_CONFORMANCE") else {
        let folder = repository().join("tests/conformance");
        let kit = |name: &str| Plugin { name: name.to_owned(), path: folder.join(name).join(name).with_extension("wasm") };
        return Ok(KITS.map(kit).to_vec());
    };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, path)) => Ok(Plugin { name: name.to_owned(), path: repository().join(path) }),
        None => Err(format!("SOCKDOCK_CONFORMANCE: `{pair}` is no NAME=PATH")),
    };
    list.split(',').filter(|word| !word.is_empty()).map(pair).collect()
}

/// What a plugin does, and so which stories are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Conformance,
    Echo,
    Chat,
}

impl Plugin {
    /// By the end of its name.
    pub(crate) fn kind(&self) -> Kind {
        match self.name.rsplit_once('-') {
            Some((_, "echo")) => Kind::Echo,
            Some((_, "chat")) => Kind::Chat,
            _ => Kind::Conformance,
        }
    }

    /// The same thing in other languages, of those that are there.
    pub(crate) fn others_like_it(&self) -> Vec<Self> {
        let all = all().expect("plugins");
        all.into_iter().filter(|other| other.kind() == self.kind() && other.name != self.name && other.path.exists()).collect()
    }

    /// Has the host's cache take it in as native code: compiling Python's takes longer than a story waits.
    pub(crate) fn prepare(&self) -> Result<(), String> {
        if !self.path.exists() {
            return Err(format!("{} is missing: run scripts/build-conformance {}", self.path.display(), self.name));
        }
        let output = std::panic::catch_unwind(|| Serve::plugin(&self.path).tcp().patience(Duration::from_secs(300)).start());
        output.map(drop).map_err(|_| format!("{} can't be served: see above", self.path.display()))
    }

    /// By which name its messages stand in the log.
    pub(crate) fn stem(&self) -> &str {
        self.path.file_stem().and_then(|stem| stem.to_str()).expect("a file's name")
    }

    /// Python's interpreter keeps what is written: see `guest-sdk/python/README.md`.
    pub(crate) fn keeps_what_it_writes(&self) -> bool {
        self.name.starts_with("python")
    }
}
