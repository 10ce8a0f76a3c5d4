//! `sockdock inspect`: what a component offers and asks for, without running it.

use super::{
    human::{bytes, count, plain},
    output::{Failure, print, print_json},
};
use crate::{
    Error, Host, HostConfig, Inspection, Plugin, Result,
    control::{build::CompilerOutput, source::Source},
};
use clap::Args;
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Examples:
  sockdock inspect echo.wasm
  sockdock inspect echo.wasm --json | jq .imports

The exit code is 1 if `sockdock serve` would refuse the component.";

/// Show what a component offers and asks for
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InspectArgs {
    /// A .wasm component, or a plugin's source folder, which is built first
    plugin: PathBuf,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: InspectArgs) -> Result<(), Failure> {
    let plugin = Source::new(&args.plugin, Vec::new())?.load(CompilerOutput::Shown)?;
    let found = inspect(&plugin, None)?;
    if args.json {
        print_json(&found)?;
    } else {
        print(&inspection_text(plugin.path().unwrap_or(&args.plugin), &found))?;
    }
    if found.refusals.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

/// By a host that only looks: it serves nothing, so it needs no more than one worker. What it compiles it keeps in `cache`, if it can.
pub(super) fn inspect(plugin: &Plugin, cache: Option<PathBuf>) -> Result<Inspection> {
    let plain = HostConfig::default().workers(NonZeroUsize::MIN);
    let cached = cache.and_then(|cache| Host::new(HostConfig { cache_dir: Some(cache), ..plain.clone() }).ok());
    let host = cached.map_or_else(|| Host::new(plain), Ok)?;
    host.inspect(plugin).map_err(|error| {
        let file = plugin.path().map(|path| format!("{}: ", path.display())).unwrap_or_default();
        let found = Error::new(error.fault(), file + error.message());
        match error.advice() {
            Some(advice) => found.hint(advice),
            None => found,
        }
    })
}

pub(super) fn inspection_text(file: &Path, found: &Inspection) -> String {
    let mut text = format!("{}\n", plain(&file.to_string_lossy()));
    let mut lines = |label: &str, values: &[String]| {
        let mut label = label;
        for value in values {
            text.push_str(&format!("  {label:<9} {}\n", plain(value)));
            label = "";
        }
    };
    let none_if_empty = |values: &[String], none: &str| if values.is_empty() { vec![none.to_owned()] } else { values.to_vec() };
    lines("size", &[format!("{} ({} bytes)", bytes(found.size), count(found.size))]);
    lines("digest", &[format!("sha256:{}", found.digest)]);
    let contract = found.wit_version.as_ref().map_or("none".to_owned(), |version| format!("sockdock:plugin@{version}"));
    lines("contract", &[contract]);
    lines("exports", &none_if_empty(&found.exports, "nothing"));
    lines("imports", &none_if_empty(&found.imports, "nothing"));
    lines("asks for", &none_if_empty(&found.asks_for, "nothing"));
    if found.refusals.is_empty() {
        lines("verdict", &["can be served".to_owned()]);
    } else {
        lines("refused", &found.refusals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_in_words() {
        let found = Inspection {
            digest: "ab".repeat(32),
            size: 49_480,
            wit_version: Some("0.1.0".into()),
            exports: vec!["sockdock:plugin/socket-handlers@0.1.0".into()],
            imports: vec!["sockdock:plugin/sockets@0.1.0".into(), "wasi:random/random@0.2.0".into()],
            asks_for: vec![],
            refusals: vec![],
        };
        assert_eq!(
            inspection_text(Path::new("echo.wasm"), &found),
            format!(
                "echo.wasm\n  size      48.3 KiB (49,480 bytes)\n  digest    sha256:{}\n  contract  sockdock:plugin@0.1.0\n  \
                 exports   sockdock:plugin/socket-handlers@0.1.0\n  imports   sockdock:plugin/sockets@0.1.0\n            \
                 wasi:random/random@0.2.0\n  asks for  nothing\n  verdict   can be served\n",
                "ab".repeat(32)
            )
        );
    }

    #[test]
    fn refusals_take_the_verdicts_place() {
        let found = Inspection { refusals: vec!["no export".into(), "evil\x1b[0m".into()], ..Inspection::default() };
        let text = inspection_text(Path::new("x.wasm"), &found);
        assert!(text.contains("  contract  none\n"), "{text}");
        assert!(text.ends_with("  refused   no export\n            evil\\u{1b}[0m\n"), "{text}");
    }
}
