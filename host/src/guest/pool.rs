//! The engine's settings: what the compiler does, and how much room there is for instances.

use super::EngineConfig;
use crate::pure::error::{Error, Result};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// What one instance of a component consists of, at most on average: linkers of Python's shared libraries, shims, adapters.
/// The first two are counts only, tables cost 0.5 MiB of address space each.
const CORE_INSTANCES: u32 = 32;
const TABLES: u32 = 8;
/// A program's memory, and the heap of a garbage-collected language or the memory of a second program that it is
/// composed with.
const MEMORIES: u32 = 2;

/// Functions that a table holds; Python's has 13 thousand.
const TABLE_ELEMENTS: usize = 64 << 10;

/// Address space per memory that lets the compiler leave bounds checks out: the reach of a 32-bit index.
const WHOLE_MEMORY: u64 = 4 << 30;

/// A processor has 128 TiB of address space; what the pool may take of it with whole memories.
const ADDRESS_SPACE: u64 = 32 << 40;

/// Guests run on the stack of the thread that calls them. Threads have 2 MiB; interpreters that recurse like to have half.
const STACK: usize = 1 << 20;

/// Makes the engine.
///
/// # Errors
/// When there isn't enough address space.
pub(super) fn engine(config: &EngineConfig) -> Result<Engine> {
    let instances = config.max_instances.max(1);
    let max_memory = u64::try_from(config.max_memory).unwrap_or(u64::MAX);
    if max_memory > WHOLE_MEMORY {
        return Err(Error::configuration(format!("a memory limit of {max_memory} bytes is more than a plugin can address"))
            .hint("set it to 4 GiB (4294967296) at most"));
    }
    let memories = instances.saturating_mul(MEMORIES);
    let whole = u64::from(memories).checked_mul(WHOLE_MEMORY).is_some_and(|bytes| bytes <= ADDRESS_SPACE);
    // With very many instances memories are packed closely, and the code checks its bounds instead.
    let reservation = if whole { WHOLE_MEMORY } else { max_memory.next_multiple_of(64 << 10) };

    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(memories)
        .total_tables(instances.saturating_mul(TABLES))
        .total_gc_heaps(instances)
        // What an instance may have of it is the limiter's to say, which knows what to tell about it.
        .max_memory_size(usize::try_from(reservation).unwrap_or(usize::MAX))
        .max_tables_per_module(4)
        .max_memories_per_module(2)
        .table_elements(TABLE_ELEMENTS);

    let mut settings = Config::new();
    settings
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_reservation(reservation)
        .gc_heap_reservation(reservation)
        .memory_may_move(false)
        .gc_heap_may_move(false)
        .max_wasm_stack(STACK)
        // Calls are synchronous, on the caller's stack: no fiber, no task.
        .concurrency_support(false)
        .epoch_interruption(true)
        .coredump_on_trap(config.core_dumps)
        .wasm_component_model(true);
    Engine::new(&settings).map_err(|error| {
        Error::host(format!("can't make room for {instances} plugin instances: {error:#}"))
            .hint("lower max-instances or the memory limit, or raise the limit on address space (`ulimit -v`)")
    })
}
