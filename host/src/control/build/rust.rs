//! Rust: `cargo build` of a `cdylib` for `wasm32-wasip2`, whose linker makes the component.

use super::{
    BuildOptions, CompilerOutput, Language,
    toolchain::{TARGET, Toolchain},
    tools::run,
};
use crate::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How to get a compiler.
const INSTALL: &str = "install Rust (https://rustup.rs), or run the project's `scripts/setup-guest-toolchain`";

pub(super) struct Rust;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "Rust"
    }

    fn claims(&self, folder: &Path) -> bool {
        folder.join("Cargo.toml").is_file()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let folder = &folder
            .canonicalize()
            .map_err(|error| Error::configuration(format!("cannot resolve the folder {}: {error}", folder.display())))?;
        let toolchain = Toolchain::find(folder)?;
        check_package(&toolchain, folder)?;
        let mut cargo = toolchain.cargo(folder);
        cargo.args(["build", "--lib", "--target", TARGET, "--message-format=json-render-diagnostics"]);
        if !options.debug {
            cargo.arg("--release");
        }
        if options.output == CompilerOutput::Complaints {
            cargo.arg("--quiet");
        }
        let messages = run(cargo, options.output).map_err(|trouble| trouble.into_error(folder, "cannot be built", INSTALL))?;
        artifact(&messages, &folder.join("Cargo.toml")).ok_or_else(|| {
            Error::host(format!("cargo built {} but named no .wasm file among its results", folder.display()))
                .hint(format!("does the project's own configuration keep `--target {TARGET}` from working?"))
        })
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        let found = Toolchain::find(folder).ok().and_then(|toolchain| path_dependencies(&toolchain, folder));
        found.unwrap_or_default()
    }
}

/// The folders of the packages on this machine that the one in `folder` depends on.
fn path_dependencies(toolchain: &Toolchain, folder: &Path) -> Option<Vec<PathBuf>> {
    let mut cargo = toolchain.cargo(folder);
    cargo.args(["metadata", "--format-version", "1", "--offline", "--filter-platform", TARGET]);
    let metadata: Metadata = serde_json::from_slice(&run(cargo, CompilerOutput::InError).ok()?).ok()?;
    let local = metadata.packages.into_iter().filter(|package| package.source.is_none());
    Some(local.filter_map(|package| package.manifest_path.parent().map(Path::to_owned)).collect())
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// The registry that it is from; none for one on this machine.
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

impl Target {
    fn is_cdylib(&self) -> bool {
        self.crate_types.iter().any(|kind| kind == "cdylib")
    }
}

/// A line of cargo's JSON messages; those that are about something else have no target.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Refuses what can't become a component before minutes are spent on compiling it.
fn check_package(toolchain: &Toolchain, folder: &Path) -> Result<()> {
    let mut cargo = toolchain.cargo(folder);
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let answer = run(cargo, CompilerOutput::InError)
        .map_err(|trouble| trouble.into_error(folder, "is no valid Cargo project", INSTALL))?;
    let metadata: Metadata = serde_json::from_slice(&answer)
        .map_err(|error| Error::host(format!("cannot understand the answer of `cargo metadata`: {error}")))?;
    judge_package(&metadata, folder)
}

fn judge_package(metadata: &Metadata, folder: &Path) -> Result<()> {
    let manifest = folder.join("Cargo.toml");
    let Some(package) = metadata.packages.iter().find(|package| package.manifest_path == manifest) else {
        let members: Vec<String> = metadata
            .packages
            .iter()
            .filter_map(|package| Some(format!("{} ({})", package.name, package.manifest_path.parent()?.display())))
            .collect();
        let error = Error::configuration(format!("{} is a workspace, not a package", manifest.display()));
        return Err(error.hint(format!("name the folder of one of its packages: {}", members.join(", "))));
    };
    if package.targets.iter().any(Target::is_cdylib) {
        return Ok(());
    }
    Err(Error::configuration(format!("package `{}` has no `cdylib` library, so it can't become a component", package.name))
        .hint(format!("add to {}:\n\n[lib]\ncrate-type = [\"cdylib\"]\n\nwith the plugin in src/lib.rs", manifest.display())))
}

/// The component among the results that cargo has named.
fn artifact(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<CargoMessage>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.manifest_path.as_deref() == Some(manifest))
        .filter(|message| message.target.as_ref().is_some_and(Target::is_cdylib))
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::fs;

    #[test]
    fn the_component_is_found_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","manifest_path":"/dep/Cargo.toml","target":{"crate_types":["cdylib"]},"filenames":["/t/dep.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","target":{"crate_types":["bin"]},"filenames":["/t/build-script.wasm"]}
not json
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","target":{"crate_types":["cdylib","rlib"]},"filenames":["/t/libp.rlib","/t/p.wasm"]}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(artifact(messages, Path::new("/p/Cargo.toml")), Some("/t/p.wasm".into()));
        assert_eq!(artifact(b"", Path::new("/p/Cargo.toml")), None);
    }

    /// Asks the cargo that runs this test, so that the shape of its answer is the true one.
    fn metadata_of(folder: &Path) -> Metadata {
        let mut cargo = Toolchain::default().cargo(folder);
        cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
        let answer = run(cargo, CompilerOutput::InError)
            .unwrap_or_else(|trouble| panic!("{}", trouble.into_error(folder, "fails", INSTALL)));
        serde_json::from_slice(&answer).unwrap()
    }

    fn project(manifest: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    const PACKAGE: &str = "[package]\nname = \"p\"\nversion = \"0.0.0\"\nedition = \"2021\"\n";

    #[test]
    fn what_is_not_a_cdylib_is_told_what_to_add() {
        let (_folder, path) = project(PACKAGE);
        let error = judge_package(&metadata_of(&path), &path).unwrap_err();
        assert!(error.message().contains("package `p` has no `cdylib` library"), "{error}");
        assert!(error.advice().unwrap().contains("[lib]\ncrate-type = [\"cdylib\"]"), "{error}");
    }

    #[test]
    fn a_cdylib_passes() {
        let (_folder, path) = project(&format!("{PACKAGE}[lib]\ncrate-type = [\"cdylib\"]\n"));
        assert!(judge_package(&metadata_of(&path), &path).is_ok());
    }

    #[test]
    fn a_workspace_names_its_packages() {
        let (_folder, path) = project("[workspace]\nresolver = \"2\"\nmembers = [\"inner\"]\n");
        let inner = path.join("inner");
        fs::create_dir_all(inner.join("src")).unwrap();
        fs::write(inner.join("src/lib.rs"), "").unwrap();
        fs::write(inner.join("Cargo.toml"), PACKAGE).unwrap();
        let error = judge_package(&metadata_of(&path), &path).unwrap_err();
        assert!(error.message().contains("is a workspace"), "{error}");
        assert!(error.advice().unwrap().contains(&format!("p ({})", inner.display())), "{error}");
    }

    #[test]
    fn a_broken_manifest_is_quoted() {
        let (_folder, path) = project("[package\n");
        let error = check_package(&Toolchain::default(), &path).unwrap_err();
        assert!(error.message().ends_with("is no valid Cargo project"), "{error}");
        assert!(error.advice().unwrap().contains("Cargo.toml"), "{error}");
    }
}
