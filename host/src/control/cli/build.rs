//! `sockdock build`: a plugin's source folder to a component.

use super::{
    inspect::{inspect, inspection_text},
    output::{Failure, print},
    run::default_cache,
};
use crate::{
    Plugin,
    control::build::{BuildOptions, CompilerOutput, build},
};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sockdock build                        the folder you are in: echo/ gives echo/echo.wasm
  sockdock build examples/kv -o kv.wasm
  sockdock build --debug                quicker to build, slower to run
  sockdock build core.wasm -o echo.wasm a core module, which another compiler has made

What a project is written in is told by a file in it, and what is missing to build
it is said:
  Cargo.toml       Rust: a library with crate-type = [\"cdylib\"]; cargo, and the target
                   wasm32-wasip2 (of rustup, or of `scripts/setup-guest-toolchain`)
  package.json     JavaScript, TypeScript: `main` is the plugin; esbuild and
                   componentize-qjs, of node_modules/ here or above, or on the PATH
  pyproject.toml   Python: the module app, or [tool.sockdock] module = \"NAME\";
                   componentize-py, of .venv/ here or above, $VIRTUAL_ENV or the PATH
  go.mod           Go: $GO, or go in .venv/ or on the PATH
  kit/sockdock.h   C, C++, Zig (main.zig): $ZIG, or zig in .venv/ or on the PATH

What hasn't changed isn't built again. `sockdock new` makes such a project.";

/// Build a plugin's source folder to a component
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BuildArgs {
    /// The plugin's source folder; or a core module to make a component of
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Where the component goes [default: NAME.wasm in the folder, by the folder's name]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Optimise it (the default)
    #[arg(long, conflicts_with = "debug")]
    release: bool,
    /// Don't optimise it, check its arithmetic and assertions
    #[arg(long)]
    debug: bool,
}

pub(super) fn run(args: BuildArgs) -> Result<(), Failure> {
    let options = BuildOptions { debug: args.debug && !args.release, to: args.output, output: CompilerOutput::Shown };
    let built = build(&args.dir, &options)?;
    // `serve` compiles the same: it will find it done.
    let found = inspect(&Plugin::from_file(&built.file)?, default_cache())?;
    print(&inspection_text(&built.file, &found))?;
    if found.refusals.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}
