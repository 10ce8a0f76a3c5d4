//! Go: its own compiler makes a core module for WASI preview 1, which is made a component here.

use super::{
    BuildOptions, Language,
    component::component,
    tools::{Places, find, kit, run_talking, step},
    workshop::Workshop,
};
use crate::{Error, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const INSTALL: &str = "install Go 1.24 or later (https://go.dev/dl), or name its `go` by $GO";

pub(super) struct Go;

impl Language for Go {
    fn name(&self) -> &'static str {
        "Go"
    }

    fn claims(&self, folder: &Path) -> bool {
        folder.join("go.mod").is_file()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let go = find(folder, &["go"], Places { variable: Some("GO"), ..Places::default() })
            .ok_or_else(|| Error::configuration(format!("there is no Go compiler to build {}", folder.display())).hint(INSTALL))?;
        let workshop = Workshop::of(folder)?;
        let core = workshop.path("core.wasm");
        // It has a cache of its own, and knows what has changed.
        step(options.output, "Compiling", &format!("{} (Go)", folder.display()));
        let mut command = Command::new(go);
        command.current_dir(folder).env("GOOS", "wasip1").env("GOARCH", "wasm").args(["build", "-buildmode=c-shared", "-trimpath"]);
        if !options.debug {
            // Names of functions stay: the backtrace of a trap takes them from elsewhere than what this leaves out.
            command.arg("-ldflags=-s -w");
        }
        command.arg("-o").arg(&core).arg(".");
        run_talking(command, options.output).map_err(|trouble| trouble.into_error(folder, "cannot be built", INSTALL))?;
        component_of(&core, &workshop)
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        kit(folder, "go", "go.mod").into_iter().collect()
    }
}

/// The component made of a core module, in the workshop.
pub(super) fn component_of(core: &Path, workshop: &Workshop) -> Result<PathBuf> {
    let bytes = fs::read(core).map_err(|error| Error::host(format!("cannot read what was compiled, {}: {error}", core.display())))?;
    let made = component(bytes, core)?;
    let file = workshop.path("component.wasm");
    super::place_bytes(&made, &file)?;
    Ok(file)
}
