//! The plugins, built beforehand by `scripts/build-languages` (Rust's by `sockdock build`).

use sockdock_tests::{Client, Guest, Host, Serve, example_folder, repository};
use std::{path::PathBuf, sync::OnceLock, time::Duration};

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    C,
    JavaScript,
    Python,
}

impl Language {
    pub(crate) const ALL: [Self; 4] = [Self::Rust, Self::C, Self::JavaScript, Self::Python];

    /// The component of its `echo`.
    pub(crate) fn echo(self) -> PathBuf {
        static COMPILED: [OnceLock<()>; 4] = [const { OnceLock::new() }; 4];
        let name = match self {
            Self::Rust => "echo",
            Self::C => "echo-c",
            Self::JavaScript => "echo-js",
            Self::Python => "echo-python",
        };
        compiled(example_folder(name).join(name).with_extension("wasm"), &COMPILED[self as usize])
    }

    /// The component that does what a test asks for: see `tests/languages/probe-js/probe.js`. Rust's does a part of it.
    pub(crate) fn probe(self) -> PathBuf {
        static COMPILED: [OnceLock<()>; 4] = [const { OnceLock::new() }; 4];
        let name = match self {
            Self::Rust => return Guest::named("writer").path(),
            Self::C => "probe-c",
            Self::JavaScript => "probe-js",
            Self::Python => "probe-python",
        };
        compiled(repository().join("tests/languages").join(name).join(name).with_extension("wasm"), &COMPILED[self as usize])
    }
}

/// The path, once the host's cache has the component in native code: compiling Python's takes longer than a test waits.
fn compiled(path: PathBuf, done: &OnceLock<()>) -> PathBuf {
    assert!(path.exists(), "{} is missing: run the tests by `make interop`, which builds it", path.display());
    done.get_or_init(|| drop(Serve::plugin(&path).tcp().patience(Duration::from_secs(300)).start()));
    path
}

/// Serves it over all that carries bytes.
pub(crate) fn everywhere(plugin: PathBuf) -> Serve {
    Serve::plugin(plugin).tcp().unix("plain.sock").tls().tls_unix("secret.sock")
}

/// One connection of each kind to such a host.
pub(crate) fn each_kind(host: &Host) -> [(&'static str, Client); 4] {
    [("tcp", host.tcp()), ("unix", host.unix("plain.sock")), ("tls", host.tls()), ("tls+unix", host.tls_unix("secret.sock"))]
}
