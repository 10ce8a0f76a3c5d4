//! The guest programs (`tests/guests`), built once per run by cargo for `wasm32-wasip2`.

use crate::paths::repository;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

const TARGET: &str = "wasm32-wasip2";

/// A guest program's name; its component is built on first use.
#[derive(Clone, Copy, Debug)]
pub struct Guest(&'static str);

impl Guest {
    /// The program in `tests/guests/NAME`. Only the generated registry calls this.
    pub const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// The name, which is a listener's name unless it is given another.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Its component.
    pub fn path(self) -> PathBuf {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        let path = BUILT.get_or_init(build).join(format!("{}.wasm", self.0.replace('-', "_")));
        assert!(path.exists(), "{} was not built", path.display());
        path
    }
}

/// Builds all of them: seconds once, then a glance by cargo.
fn build() -> PathBuf {
    let output = Command::new(repository().join("scripts/guest-cargo"))
        .args(["build", "--release", "--locked", "--target", TARGET])
        .current_dir(repository().join("tests/guests"))
        // What the outer cargo set for its own build.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("run scripts/guest-cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the guests don't build:\n{said}");
    repository().join("target/guests").join(TARGET).join("release")
}
