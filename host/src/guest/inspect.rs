//! What a component offers and asks for.

use super::nobody::Nobody;
use super::{Digest, Engine, check, contract::Name, engine};
use crate::pure::error::{Error, Result};
use serde::{Deserialize, Serialize};
use wasmtime::component::Component;

/// A component as seen from outside, without running it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// Bytes of the file.
    pub size: u64,
    /// The version of `sockdock:plugin` that it was built for, as `0.1.0`.
    pub wit_version: Option<String>,
    /// Names of exported interfaces and functions.
    pub exports: Vec<String>,
    /// Names of imported interfaces.
    pub imports: Vec<String>,
    /// What it asks of its host, in words: `outbound connections`, `timers`, `randomness`, …
    pub asks_for: Vec<String>,
    /// Why a host would refuse it; empty if it would load.
    pub refusals: Vec<String>,
}

/// Looks at `bytes`.
///
/// # Errors
/// When they aren't WebAssembly.
pub(super) fn inspect(engine: &Engine, bytes: &[u8]) -> Result<Inspection> {
    if !bytes.starts_with(b"\0asm") {
        return check::header(bytes)
            .map(|()| Inspection::default())
            .map_err(|refusal| Error::guest(format!("the file {}", refusal.message)).hint(refusal.hint));
    }
    let digest = Digest::of(bytes);
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut inspection = Inspection { digest: digest.to_string(), size, ..Inspection::default() };
    let compiled = check::header(bytes).and_then(|()| engine.compile(bytes, &digest));
    let refusals = match compiled {
        Ok((component, _)) => {
            describe(&component, &mut inspection);
            engine::link::<Nobody>(&component).err().unwrap_or_default()
        }
        Err(refusal) => vec![refusal],
    };
    inspection.refusals = refusals.into_iter().map(|refusal| refusal.message).collect();
    Ok(inspection)
}

fn describe(component: &Component, inspection: &mut Inspection) {
    let ty = component.component_type();
    let engine = component.engine();
    inspection.exports = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
    inspection.imports = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let names = inspection.exports.iter().chain(&inspection.imports);
    inspection.wit_version =
        names.filter_map(|name| Name::parse(name)).map(|name| name.version.to_owned()).find(|version| !version.is_empty());
    for import in &inspection.imports {
        if let Some(words) = asks_for(import)
            && !inspection.asks_for.iter().any(|asked| asked == words)
        {
            inspection.asks_for.push(words.to_owned());
        }
    }
}

/// What an import means for an operator; none: nothing worth telling.
fn asks_for(import: &str) -> Option<&str> {
    let interface = import.split('@').next()?;
    Some(match interface.strip_prefix("sockdock:plugin/").unwrap_or(interface) {
        "types" => return None,
        "sockets" => "sockets",
        "outbound" => "outbound connections",
        "tls" => "TLS sessions",
        "timers" => "timers",
        "topics" => "topics",
        "logging" => "logging",
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => "randomness",
        "wasi:clocks/monotonic-clock" | "wasi:clocks/wall-clock" => "clocks",
        "wasi:cli/stdout" | "wasi:cli/stderr" => "standard output (into the log)",
        "wasi:cli/stdin" => "standard input (empty)",
        "wasi:cli/environment" => "the environment (empty)",
        "wasi:cli/exit" => "ending itself",
        "wasi:filesystem/preopens" | "wasi:filesystem/types" => "files (there are none)",
        name if name.starts_with("wasi:sockets/") => "sockets of its own (denied)",
        name if name.starts_with("wasi:io/") || name.starts_with("wasi:cli/terminal-") => return None,
        name => name,
    })
}
