//! A core module to a component: what compilers for `wasm32-unknown-unknown` and `wasm32-wasip1` leave to be done.

use crate::{Error, Result, control::embedded::files};
use std::path::Path;
use wasi_preview1_component_adapter_provider::{WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap, WorldId};

/// Interfaces of the contract that a plugin may export beside its handlers, each with a function of its own.
const OPTIONAL: [(&str, &str); 2] = [("lifecycle", "start"), ("timer-handler", "fired")];

/// The component that `module` is, or can be made into; `from` is named in errors. WASI preview 1 is brought to the preview that
/// the host offers; a module that doesn't say what it implements is taken for a plugin of the contract.
pub(super) fn component(module: Vec<u8>, from: &Path) -> Result<Vec<u8>> {
    let shown = from.display();
    let Outline { component, typed, exports } = Outline::of(&module).map_err(|error| {
        Error::guest(format!("{shown} is no WebAssembly: {error}")).hint("name a core module or a component, in binary form")
    })?;
    if component {
        return Ok(module);
    }
    let handlers = format!("{}#open", interface("socket-handlers"));
    let failed = |error: &dyn std::fmt::Display| {
        Error::guest(format!("{shown} can't be made a component: {error:#}")).hint(format!(
            "a plugin exports {handlers} and the like, and imports the contract's functions and those of WASI preview 1"
        ))
    };
    let mut module = module;
    if !typed {
        if !exports.contains(&handlers) {
            return Err(failed(&format!("it has no export {handlers}")));
        }
        let (resolve, world) = contract(&exports).map_err(|error| failed(&error))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(|error| failed(&error))?;
    }
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER))
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| failed(&format!("{error:#}")))
}

fn interface(name: &str) -> String {
    format!("sockdock:plugin/{name}@0.1.0")
}

/// What has to be known of a file beforehand.
struct Outline {
    component: bool,
    /// It says of itself which world it implements.
    typed: bool,
    exports: Vec<String>,
}

impl Outline {
    fn of(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut found = Self { component: false, typed: false, exports: Vec::new() };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding: Encoding::Component, .. } => return Ok(Self { component: true, ..found }),
                Payload::CustomSection(section) => found.typed |= section.name().starts_with("component-type"),
                Payload::ExportSection(exports) => {
                    for export in exports {
                        found.exports.push(export?.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The world of a plugin with these exports.
fn contract(exports: &[String]) -> Result<(Resolve, WorldId), String> {
    let mut resolve = Resolve::default();
    let mut sources = SourceMap::default();
    for (name, text) in files("wit/") {
        sources.push_str(name, String::from_utf8_lossy(text));
    }
    let group = sources.parse().map_err(|(_, error)| error.to_string())?;
    resolve.push_group(group).map_err(|error| error.to_string())?;

    let offers = |(name, function): &(&str, &str)| exports.contains(&format!("{}#{function}", interface(name)));
    let optional: String =
        OPTIONAL.iter().filter(|found| offers(found)).map(|(name, _)| format!("export {};\n", interface(name))).collect();
    let world = format!("package sockdock:built;\nworld built {{\ninclude {};\n{optional}}}\n", interface("plugin"));
    let package = resolve.push_source("built.wit", &world).map_err(|error| format!("{error:#}"))?;
    let world = resolve.select_world(&[package], Some("built")).map_err(|error| format!("{error:#}"))?;
    Ok((resolve, world))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Host, HostConfig, Plugin};

    /// A plugin that does nothing, as a compiler leaves it; `more` is a part of it.
    fn module(more: &str) -> Vec<u8> {
        let handlers = [
            ("open", "i64"),
            ("data", "i64 i32 i32"),
            ("drain", "i64"),
            ("end", "i64"),
            ("timeout", "i64"),
            ("handshake", "i64 i32 i32 i32"),
            ("error", "i64 i32 i32 i32"),
            ("close", "i64 i32 i32 i32 i32 i64"),
            ("connect-error", "i64 i32 i32 i32"),
        ];
        let functions: String = handlers
            .iter()
            .map(|(name, params)| format!(r#"(func (export "sockdock:plugin/socket-handlers@0.1.0#{name}") (param {params}))"#))
            .collect();
        let text = format!(
            r#"(module {more} (memory (export "memory") 1)
               (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable) {functions})"#
        );
        wat::parse_str(text).unwrap()
    }

    fn inspected(component: Vec<u8>) -> crate::Inspection {
        let host = Host::new(HostConfig::default()).unwrap();
        host.inspect(&Plugin::from_bytes("made", component)).unwrap()
    }

    #[test]
    fn a_module_without_types_is_a_plugin_of_the_contract() {
        let import = r#"(import "sockdock:plugin/sockets@0.1.0" "end" (func (param i64 i32)))"#;
        let made = component(module(import), Path::new("core.wasm")).unwrap();
        let found = inspected(made.clone());
        assert_eq!(found.refusals, [""; 0]);
        assert!(found.imports.contains(&"sockdock:plugin/sockets@0.1.0".to_owned()), "{:?}", found.imports);
        assert_eq!(found.exports, ["sockdock:plugin/socket-handlers@0.1.0"]);
        // What is a component already stays as it is.
        assert!(component(made.clone(), Path::new("x.wasm")).unwrap() == made);
    }

    #[test]
    fn what_it_exports_beside_is_kept() {
        let timers = r#"(func (export "sockdock:plugin/timer-handler@0.1.0#fired") (param i64))"#;
        let found = inspected(component(module(timers), Path::new("core.wasm")).unwrap());
        assert!(found.exports.contains(&"sockdock:plugin/timer-handler@0.1.0".to_owned()), "{:?}", found.exports);
    }

    #[test]
    fn preview_1_is_adapted() {
        let wasi = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
        let found = inspected(component(module(wasi), Path::new("core.wasm")).unwrap());
        assert!(found.imports.iter().any(|import| import.starts_with("wasi:io/streams@0.2.")), "{:?}", found.imports);
        assert_eq!(found.refusals, [""; 0]);
    }

    #[test]
    fn what_is_no_plugin_is_refused() {
        let empty = component(wat::parse_str("(module)").unwrap(), Path::new("empty.wasm")).unwrap_err();
        assert!(empty.message().contains("empty.wasm") && empty.message().contains("socket-handlers@0.1.0#open"), "{empty}");
        let strange = r#"(import "env" "puts" (func (param i32)))"#;
        let strange = component(module(strange), Path::new("c.wasm")).unwrap_err();
        assert!(strange.message().contains("env"), "{strange}");
        let text = component(b"hello".to_vec(), Path::new("notes.txt")).unwrap_err();
        assert!(text.message().starts_with("notes.txt is no WebAssembly"), "{text}");
    }
}
