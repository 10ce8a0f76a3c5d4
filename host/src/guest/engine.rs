//! The compiler, and what all instances share.

use super::check::{self, Refusal};
use super::{Component, Digest, Host, Inspection, LoadStats};
use super::{bindings, cache::Cache, inspect, pool, store::Data, ticker::Activity, ticker::Ticker, wasi};
use crate::pure::error::{Error, Result};
use std::{path::PathBuf, sync::Arc, time::Instant};
use wasmtime::component::Linker;

/// What an [`Engine`] is made for.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where compiled components are kept; none: they are compiled each time.
    pub cache_dir: Option<PathBuf>,
    /// Bytes that the cache may take; what was used longest ago goes first. 1 GiB: thirty Python plugins.
    pub cache_size: u64,
    /// Instances alive at a time, of all plugins together, old generations and candidates included. Each costs address
    /// space, not memory.
    pub max_instances: u32,
    /// The largest memory limit that an instance will be given, bytes; up to 4 GiB.
    pub max_memory: usize,
    /// Faults keep what [`Instance::core_dump`](super::Instance::core_dump) makes a core dump of.
    pub core_dumps: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { cache_dir: None, cache_size: 1 << 30, max_instances: 256, max_memory: 256 << 20, core_dumps: false }
    }
}

/// Compiles components and runs their instances. Clones share one engine; it ends with its last clone, component and
/// instance.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    engine: wasmtime::Engine,
    ticker: Ticker,
    cache: Option<Cache>,
}

impl Engine {
    /// Reserves address space for `config.max_instances` and starts the thread that bounds CPU time. A cache
    /// directory that can't be used is logged, and the engine goes without.
    ///
    /// # Errors
    /// When the machine has not that much address space, or no thread, to give.
    pub fn new(config: &EngineConfig) -> Result<Self> {
        let engine = pool::engine(config)?;
        let ticking = engine.weak();
        let ticker = Ticker::start(move || {
            if let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
            }
        })?;
        let cache = config.cache_dir.as_ref().and_then(|directory| {
            let opened = Cache::open(directory, config.cache_size, &engine);
            opened.inspect_err(|error| tracing::warn!("plugins are compiled without a cache: {error}")).ok()
        });
        Ok(Self(Arc::new(Shared { engine, ticker, cache })))
    }

    /// Checks and compiles the component in `bytes`, or takes it from the cache. `name` is for messages. Takes seconds
    /// for large components: not on a worker.
    ///
    /// # Errors
    /// When it isn't a component, lacks or mistypes an export, or imports what isn't provided.
    pub fn load<H: Host>(&self, bytes: &[u8], name: &str) -> Result<Component<H>> {
        let refused = |refusals: Vec<Refusal>| refused(name, &refusals);
        check::header(bytes).map_err(|refusal| refused(vec![refusal]))?;
        let digest = Digest::of(bytes);
        let (compiled, stats) = self.compile(bytes, &digest).map_err(|refusal| refused(vec![refusal]))?;
        let (pre, exports) = link::<H>(&compiled).map_err(refused)?;
        Ok(Component::new(self.clone(), pre, exports, digest, stats))
    }

    /// What the component in `bytes` offers and asks for, and why [`Engine::load`] would refuse it. Runs nothing, but
    /// compiles it.
    ///
    /// # Errors
    /// When it isn't WebAssembly at all.
    pub fn inspect(&self, bytes: &[u8]) -> Result<Inspection> {
        inspect::inspect(self, bytes)
    }

    /// The compiled component, and how it came about.
    ///
    /// # Errors
    /// Why it can't be compiled.
    pub(super) fn compile(&self, bytes: &[u8], digest: &Digest) -> Result<(wasmtime::component::Component, LoadStats), Refusal> {
        let Shared { engine, cache, .. } = &*self.0;
        let started = Instant::now();
        if let Some(compiled) = cache.as_ref().and_then(|cache| cache.load(engine, digest)) {
            return Ok((compiled, LoadStats { compile: started.elapsed(), cached: true }));
        }
        let compiled = wasmtime::component::Component::from_binary(engine, bytes).map_err(|error| Refusal {
            message: format!("isn't a component that can be run here: {error:#}"),
            hint: "if the file is whole, rebuild it with a toolchain for WASI 0.2; `wasm-tools validate` tells more".into(),
        })?;
        let stats = LoadStats { compile: started.elapsed(), cached: false };
        if let Some(cache) = cache {
            cache.store(digest, &compiled);
        }
        Ok((compiled, stats))
    }

    pub(super) fn raw(&self) -> &wasmtime::Engine {
        &self.0.engine
    }

    /// How often the thread that bounds CPU time had to be replaced.
    pub fn tickers_replaced(&self) -> u64 {
        self.0.ticker.replaced()
    }

    #[cfg(test)]
    pub(super) fn poison_ticker(&self) {
        self.0.ticker.poison();
    }

    pub(super) fn activity(&self) -> Activity {
        self.0.ticker.activity()
    }
}

type Linked<H> = (wasmtime::component::InstancePre<Data<H>>, check::Exports);

/// Checks and links a compiled component.
///
/// # Errors
/// Everything that speaks against it.
pub(super) fn link<H: Host>(compiled: &wasmtime::component::Component) -> Result<Linked<H>, Vec<Refusal>> {
    let mut linker = Linker::<Data<H>>::new(compiled.engine());
    let provided = bindings::link(&mut linker).and_then(|provided| wasi::link(&mut linker).map(|()| provided));
    let provided = provided.map_err(|error| {
        let hint = "this is a fault of sockdock's: please report it".into();
        vec![Refusal { message: format!("can't be linked, because the host's own functions can't be: {error:#}"), hint }]
    })?;
    let mut refusals = Vec::new();
    let exports = check::exports(compiled, &mut refusals);
    check::imports(compiled, &provided, &mut refusals);
    match exports {
        Some(exports) if refusals.is_empty() => match linker.instantiate_pre(compiled) {
            Ok(pre) => Ok((pre, exports)),
            Err(error) => Err(vec![Refusal {
                message: format!("imports something under a known name, but with another type: {error:#}"),
                hint: "build it against this host's `wit` folder and WASI 0.2".into(),
            }]),
        },
        _ => Err(refusals),
    }
}

fn refused(name: &str, refusals: &[Refusal]) -> Error {
    let messages: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    let error = Error::guest(format!("the plugin `{name}` {}", messages.join("; it ")));
    match refusals.first() {
        Some(refusal) => error.hint(&refusal.hint),
        None => error,
    }
}
