//! The engine: how wasmtime is configured, the linker that every plugin shares, and the clock that stops the endless.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine, EngineWeak, PoolingAllocationConfig};

use super::bindings::barkeep::plugin::client;
use super::limits::MAX_TABLE;
use super::memory::{self, Memory};
use super::processors::{self, Processors};
use super::state::State;
use super::turns::Turns;
use crate::capability;

/// How often a running guest yields to the host: the longest that a deadline or a cancelled call waits for a busy guest.
pub const TICK: Duration = Duration::from_millis(5);

/// Calls that run at once in the whole process. Each owns one instance, so this is also the size of the pool: at the
/// default memory limit of 128 MiB it bounds guest memory to 64 GiB of address space, of which only what is touched is
/// real. More calls than this wait their turn for a while.
const MAX_CALLS: u32 = 512;

/// Core instances, memories and tables that one component may have. Components made of several modules (adapters,
/// language runtimes) have fewer than ten; more is an attack on the pool.
const MAX_PARTS_PER_COMPONENT: u32 = 24;

/// Bytes of a linear memory that stay resident when its slot returns to the pool: clearing them costs less than giving
/// them back to the operating system and faulting them in again. Most calls touch less.
const KEEP_RESIDENT: usize = 128 * 1024;

/// Bytes of stack that one guest may use; wasmtime's default, named because its overflow is a failure that users see.
const MAX_WASM_STACK: usize = 512 * 1024;

/// What all plugins share: the engine, the linker, the turns, the processors and the memory.
pub struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    turns: Turns,
    processors: Processors,
    memory: Arc<Memory>,
    of_machine: u64,
}

impl Runtime {
    /// Configures the engine, links what every plugin may import, and starts the ticker.
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly: no memory to reserve, or a processor that Cranelift does not know.
    pub fn new() -> wasmtime::Result<Self> {
        let engine = match Engine::new(&config(true)) {
            Ok(engine) => engine,
            // The pool reserves address space ahead. Where that is scarce (containers with a limit on it), instances are
            // allocated one by one: slower by some microseconds a call, otherwise the same.
            Err(error) => {
                tracing::warn!(%error, "no pool of instances on this machine; allocating on demand");
                Engine::new(&config(false))?
            }
        };
        let mut linker = Linker::new(&engine);
        capability::link(&mut linker)?;
        client::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        start_ticker(engine.weak())?;
        let processors = Processors::new(processors::count());
        let of_machine = memory::of_machine();
        let (turns, memory) = (Turns::new(MAX_CALLS), Memory::new(of_machine));
        Ok(Self { engine, linker, turns, processors, memory, of_machine })
    }

    /// Gives all guests together so many bytes of memory from now on, or what this machine has for them.
    pub fn bound_memory(&self, most: Option<u64>) {
        let most = most.unwrap_or(self.of_machine);
        if most != self.memory.most() {
            self.memory.set_most(most);
        }
    }

    /// The engine, for compiling.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self) -> &Linker<State> {
        &self.linker
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    pub(super) fn processors(&self) -> &Processors {
        &self.processors
    }
}

fn config(pooling: bool) -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(MAX_WASM_STACK);
    // Backtraces are for the log of the plugin's author; they are never part of an answer.
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(20));
    if pooling {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(MAX_CALLS);
        pool.total_core_instances(MAX_CALLS * 8);
        pool.total_memories(MAX_CALLS * 2);
        pool.total_tables(MAX_CALLS * 4);
        pool.total_stacks(MAX_CALLS * 2);
        pool.max_core_instances_per_component(MAX_PARTS_PER_COMPONENT);
        pool.max_memories_per_component(MAX_PARTS_PER_COMPONENT);
        pool.max_tables_per_component(MAX_PARTS_PER_COMPONENT);
        pool.max_memories_per_module(1);
        pool.table_elements(MAX_TABLE);
        pool.linear_memory_keep_resident(KEEP_RESIDENT);
        config.allocation_strategy(pool);
    }
    config
}

/// Moves the epoch on while the engine lives. A thread, not a task: it must tick when every worker is busy in a guest.
fn start_ticker(engine: EngineWeak) -> wasmtime::Result<()> {
    std::thread::Builder::new().name("barkeep-epoch".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}
