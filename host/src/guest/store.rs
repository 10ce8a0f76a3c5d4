//! What lives in an instance's store, beside its memory.

use super::{Host, Settings, Slot, budget::CpuBudget, limiter::MemoryCap, log::PluginLog, wasi::Wasi};
use std::sync::Arc;
use wasmtime::Result;

/// The data of an instance's store.
pub(super) struct Data<H: Host> {
    /// The host's side, while it is lent.
    slot: Slot<H>,
    /// The CPU time of the call under way.
    pub(super) budget: CpuBudget,
    /// The memory that the instance has.
    pub(super) memory: MemoryCap,
    /// What WASI needs.
    pub(super) wasi: Wasi,
    log: Arc<PluginLog>,
    copy_limit: usize,
}

impl<H: Host> Data<H> {
    pub(super) fn new(settings: &Settings, budget: CpuBudget) -> Self {
        let log = Arc::new(PluginLog::new(settings));
        Self {
            slot: None,
            budget,
            memory: MemoryCap::new(settings.memory, settings.account.clone()),
            wasi: Wasi::new(&settings.name, &log),
            log,
            copy_limit: settings.event_fuel,
        }
    }

    /// Exchanges the host's side with `slot`: in before a call, out after it.
    pub(super) fn swap(&mut self, slot: &mut Slot<H>) {
        std::mem::swap(&mut self.slot, slot);
    }

    /// The host's side.
    ///
    /// # Errors
    /// A trap while none is lent.
    pub(super) fn host(&mut self) -> Result<&mut H> {
        self.slot.as_deref_mut().ok_or_else(not_lent)
    }

    /// Takes the host's side out, so that the rest of the store can be read while it works.
    ///
    /// # Errors
    /// A trap while none is lent.
    pub(super) fn take_host(&mut self) -> Result<Box<H>> {
        self.slot.take().ok_or_else(not_lent)
    }

    /// Puts back what [`Self::take_host`] took.
    pub(super) fn put_host(&mut self, host: Box<H>) {
        self.slot = Some(host);
    }

    /// What the plugin says goes here.
    pub(super) fn log(&self) -> &PluginLog {
        &self.log
    }

    /// Bytes that one host call may copy out of the guest.
    pub(super) fn copy_limit(&self) -> usize {
        self.copy_limit
    }
}

#[cold]
fn not_lent() -> wasmtime::Error {
    wasmtime::Error::msg("called its host outside of an event: sockets are there only while a handler runs")
}
