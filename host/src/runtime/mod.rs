//! The engine room: wasmtime's configuration, the bindings to the WIT package, and what one call owns.
//!
//! [`Runtime`] is made once. A [`Template`] is a component that is compiled and linked; [`Template::run`] gives one call
//! a store of its own, bounded in time and memory, and turns whatever goes wrong into a [`Failure`].

pub mod bindings;
mod counts;
mod engine;
mod exports;
mod failure;
mod limits;
mod memory;
mod meter;
mod outbox;
mod output;
mod processors;
mod rate;
mod state;
mod template;
mod turns;
pub mod words;

pub use engine::{Runtime, TICK};
pub use exports::Exports;
pub use failure::Failure;
pub use limits::MAX_TABLE;
pub use memory::Crowd;
pub use outbox::{Event, Outbox, Updates};
pub use output::Output;
pub use processors::workers;
pub use state::State;
pub use template::{CallLimits, Ended, Live, Pace, Template};
