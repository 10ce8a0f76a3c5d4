//! Which Rust compiler builds guests: the user's own, if it has the target, else the project's private one.

use crate::{Error, Result};
use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The target that yields components.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// A compiler for guests: what to put into cargo's environment to get it. Empty for the user's own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Toolchain {
    environment: Vec<(String, String)>,
}

impl Toolchain {
    /// The toolchain for a project in `folder` (a `rust-toolchain` file there counts).
    pub(super) fn find(folder: &Path) -> Result<Self> {
        if has_target(folder) {
            return Ok(Self::default());
        }
        match private_folder() {
            Some(private) if private.join("env").is_file() => Self::private(&private),
            _ => Err(Error::configuration(format!("no Rust compiler for {TARGET} is installed")).hint(format!(
                "run `rustup target add {TARGET}`, or the project's `scripts/setup-guest-toolchain` where there is no rustup"
            ))),
        }
    }

    /// The toolchain that `scripts/setup-guest-toolchain` has put into `folder`.
    fn private(folder: &Path) -> Result<Self> {
        let file = folder.join("env");
        let text = fs::read_to_string(&file).map_err(|error| {
            Error::host(format!("cannot read {}: {error}", file.display())).hint("run `scripts/setup-guest-toolchain` again")
        })?;
        let environment = parse_environment(&text).map_err(|line| {
            Error::host(format!("{}:{line}: not KEY=VALUE", file.display())).hint("run `scripts/setup-guest-toolchain` again")
        })?;
        Ok(Self { environment })
    }

    /// A cargo in `folder` that uses this toolchain.
    pub(super) fn cargo(&self, folder: &Path) -> Command {
        let own = self.environment.iter().find(|(key, _)| key == "CARGO").map(|(_, cargo)| OsString::from(cargo));
        // Whoever runs us under cargo has chosen one already.
        let program = own.or_else(|| env::var_os("CARGO")).unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command.current_dir(folder).envs(self.environment.iter().map(|(key, value)| (key, value)));
        // A relative one is meant from where we stand, not from the plugin's folder.
        if let Some(target) = env::var_os("CARGO_TARGET_DIR").and_then(|target| std::path::absolute(target).ok()) {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    }
}

/// Lines of `KEY=VALUE`; empty ones and those that start with `#` don't count. Err: the number of a line that is neither.
fn parse_environment(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut environment = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((key, value)) if !key.is_empty() && !key.contains(char::is_whitespace) => {
                environment.push((key.to_owned(), value.to_owned()));
            }
            _ => return Err(index + 1),
        }
    }
    Ok(environment)
}

/// Whether the user's own compiler has the target's standard library.
fn has_target(folder: &Path) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(answer) = asked else { return false };
    // The folder's name is printed for every target that the compiler knows of, installed or not.
    answer.status.success() && String::from_utf8(answer.stdout).is_ok_and(|path| has_standard_library(Path::new(path.trim())))
}

fn has_standard_library(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().starts_with(b"libstd-") && Path::new(&name).extension() == Some(OsStr::new("rlib"))
        })
    })
}

/// `$SOCKDOCK_TOOLCHAIN`, else in the user's data folder.
fn private_folder() -> Option<PathBuf> {
    let set = |key: &str| env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SOCKDOCK_TOOLCHAIN").or_else(|| {
        let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))?;
        Some(data.join("sockdock/guest-toolchain"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_private_toolchains_environment_is_read() {
        let text = "# made by a script\n\nRUSTC=/opt/x/bin/rustc\nCARGO_TARGET_WASM32_WASIP2_RUSTFLAGS=-C link-arg=a=b\nEMPTY=\n";
        let pairs = parse_environment(text).unwrap();
        let expected =
            [("RUSTC", "/opt/x/bin/rustc"), ("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", "-C link-arg=a=b"), ("EMPTY", "")];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(parse_environment("A=1\nexport B=2\n"), Err(2));
        assert_eq!(parse_environment("=1\n"), Err(1));
    }

    #[test]
    fn a_bad_environment_file_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("env"), "RUSTC=x\nnonsense\n").unwrap();
        let error = Toolchain::private(folder.path()).unwrap_err();
        assert!(error.message().ends_with("env:2: not KEY=VALUE"), "{error}");
    }

    #[test]
    fn a_target_counts_only_with_its_library() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_standard_library(&folder.path().join("nowhere")));
        assert!(!has_standard_library(folder.path()));
        fs::write(folder.path().join("libstd-0123.rlib"), "").unwrap();
        assert!(has_standard_library(folder.path()));
    }

    #[test]
    fn cargo_gets_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let toolchain =
            Toolchain { environment: vec![("CARGO".into(), "/opt/cargo".into()), ("RUSTC".into(), "/opt/rustc".into())] };
        let command = toolchain.cargo(folder.path());
        assert_eq!(command.get_program(), "/opt/cargo");
        assert!(command.get_envs().any(|pair| pair == (OsStr::new("RUSTC"), Some(OsStr::new("/opt/rustc")))));
        assert_eq!(command.get_current_dir(), Some(folder.path()));
    }
}
