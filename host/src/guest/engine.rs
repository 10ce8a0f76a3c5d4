//! The compiler and what all instances share.
#![allow(unused_variables, clippy::todo)]

use super::{Component, Host, Inspection};
use crate::pure::error::Result;
use std::path::PathBuf;

/// What an [`Engine`] is made for.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where compiled components are kept; none: they are compiled each time.
    pub cache_dir: Option<PathBuf>,
    /// Bytes that the cache may take; the oldest files go first.
    pub cache_size: u64,
    /// Instances alive at a time, of all plugins together, old generations and candidates included.
    pub max_instances: u32,
    /// The largest memory limit that any instance will be given, bytes.
    pub max_memory: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { cache_dir: None, cache_size: 1 << 30, max_instances: 256, max_memory: 256 << 20 }
    }
}

/// Compiles components and runs their instances; clones share one engine. The last one's end stops the ticker.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// Reserves address space for `config.max_instances` and starts the ticker thread.
    ///
    /// # Errors
    /// When the machine can't give that much address space or no thread.
    pub fn new(config: &EngineConfig) -> Result<Self> {
        todo!()
    }

    /// Checks and compiles the component in `bytes`, or takes it from the cache. `name` is for messages. Takes seconds
    /// for large components: not on a worker.
    ///
    /// # Errors
    /// When it isn't a component, lacks or mistypes an export, or imports what isn't provided.
    pub fn load<H: Host>(&self, bytes: &[u8], name: &str) -> Result<Component<H>> {
        todo!()
    }

    /// What the component in `bytes` offers and asks for, and why [`Engine::load`] would refuse it. Runs nothing.
    ///
    /// # Errors
    /// When it isn't Wasm at all.
    pub fn inspect(&self, bytes: &[u8]) -> Result<Inspection> {
        todo!()
    }
}
