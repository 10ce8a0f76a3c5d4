//! Go: its own compiler makes a core module for WASI preview 1, which is made a component here.

use super::{
    BuildOptions, Language,
    tools::{Places, VENV, find, kit, run_talking, step},
    workshop::Workshop,
};
use crate::{Error, Result};
use std::{
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
        let go = find(folder, &["go"], Places { variable: Some("GO"), folder: Some(VENV) }).ok_or_else(|| {
            Error::configuration(format!("there is no Go compiler to build {}", folder.display())).hint(INSTALL)
        })?;
        let workshop = Workshop::of(folder)?;
        let core = workshop.path("core.wasm");
        // It has a cache of its own, and knows what has changed.
        step(options.output, "Compiling", &format!("{} (Go)", folder.display()));
        let mut command = Command::new(go);
        command.current_dir(folder).env("GOOS", "wasip1").env("GOARCH", "wasm").args([
            "build",
            "-buildmode=c-shared",
            "-trimpath",
        ]);
        if !options.debug {
            // A quarter smaller, and so quicker to compile to native code; the stack of a panic is in its message.
            command.arg("-ldflags=-s -w");
        }
        command.arg("-o").arg(&core).arg(".");
        run_talking(command, options.output).map_err(|trouble| trouble.into_error(folder, "cannot be built", INSTALL))?;
        workshop.component_of(&core)
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        kit(folder, "go", "go.mod").into_iter().collect()
    }
}
