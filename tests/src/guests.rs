//! The guest programs (`tests/guests`), built once per run by cargo for `wasm32-wasip2`.

use crate::paths::repository;
use std::{
    fs,
    path::{Path, PathBuf},
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
    let target = repository().join("target/guests");
    let output = Command::new("cargo")
        .args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(repository().join("tests/guests"))
        // What the outer cargo set for its own build.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN")
        .envs(toolchain())
        .stdin(Stdio::null())
        .output()
        .expect("run cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the guests don't build:\n{said}");
    target.join(TARGET).join("release")
}

/// The environment of the private guest toolchain; empty where rustup has the target.
fn toolchain() -> Vec<(String, String)> {
    let known = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .is_ok_and(|found| found.status.success() && Path::new(String::from_utf8_lossy(&found.stdout).trim()).exists());
    if known {
        return Vec::new();
    }
    let home = std::env::var_os("SOCKDOCK_TOOLCHAIN").map(PathBuf::from).unwrap_or_else(|| {
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        data.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".local/share"))
            .join("sockdock/guest-toolchain")
    });
    let file = home.join("env");
    let lines = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("no {TARGET} toolchain ({}: {error}): run scripts/setup-guest-toolchain", file.display()));
    lines.lines().filter_map(|line| line.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
