//! What a fault leaves of an instance, for a core dump.

use super::{Host, Instance, store::Data};
use std::path::PathBuf;
use wasmtime::{Store, WasmCoreDump};

/// A dead instance's stack, and the file that it is to go into with the memory.
pub(super) struct Core {
    error: wasmtime::Error,
    file: Option<PathBuf>,
}

impl Core {
    /// What `error` holds, if core dumps were asked for and wasm code was running.
    pub(super) fn of(error: wasmtime::Error) -> Option<Self> {
        error.is::<WasmCoreDump>().then_some(Self { error, file: None })
    }

    fn serialize<H: Host>(self, store: &mut Store<Data<H>>, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let (file, dump) = (self.file?, self.error.downcast_ref::<WasmCoreDump>()?);
        Some((file, dump.serialize(store, name)))
    }
}

impl<H: Host> Instance<H> {
    /// Whether [`Instance::core_dump`] would have something to tell.
    pub fn has_core(&self) -> bool {
        self.core.is_some()
    }

    /// Whether its core dump is to go somewhere.
    pub fn owes_core(&self) -> bool {
        self.core.as_ref().is_some_and(|core| core.file.is_some())
    }

    /// Where its core dump is to go.
    pub fn keep_core(&mut self, file: PathBuf) {
        if let Some(core) = &mut self.core {
            core.file = Some(file);
        }
    }

    /// The core dump, and where it is to go, if that was said: a [Wasm core dump](https://github.com/WebAssembly/tool-conventions/blob/main/Coredump.md)
    /// with all memories, globals and the stack. Takes milliseconds per mebibyte of memory: not on a worker.
    pub fn core_dump(&mut self) -> Option<(PathBuf, Vec<u8>)> {
        self.core.take()?.serialize(&mut self.store, &self.settings.name)
    }
}
