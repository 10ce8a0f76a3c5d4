//! `sockdock build`: a plugin's source folder to a component.

use super::{
    inspect::{inspect, inspection_text},
    output::{Failure, print},
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

This version builds Rust: a folder with a Cargo.toml whose library has
crate-type = [\"cdylib\"]. The compiler is your own if it has the target
(`rustup target add wasm32-wasip2`), else the one that the project's
`scripts/setup-guest-toolchain` has put into $SOCKDOCK_TOOLCHAIN
(default: ~/.local/share/sockdock/guest-toolchain).";

/// Build a plugin's source folder to a component
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BuildArgs {
    /// The plugin's source folder
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
    let found = inspect(&Plugin::from_file(&built.file)?)?;
    print(&inspection_text(&built.file, &found))?;
    if found.refusals.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}
