//! One plugin: what its file says of itself, how it is compiled, checked and called.
//!
//! [`Plugin`] is one generation: a component that was compiled, linked, listed and found good. It never changes; a new
//! file makes a new one.

mod asks;
mod cache;
mod calls;
mod component;
pub(crate) mod convert;
mod file;
mod force;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
pub mod json;
mod load_error;
mod loader;
pub mod manifest;
mod menu;
mod outcome;
mod pin;
mod rest;
mod room;
mod schema;
mod threads;

pub use asks::Refused;
pub use cache::{Cache, digest};
pub use component::{Unread, read_component};
pub use file::File;
pub use handle::Plugin;
pub use load_error::LoadError;
pub use loader::Loader;
pub use menu::{Menu, PromptItem, SKILLS, ToolItem};
pub use outcome::{CallError, Outcome};
pub use pin::{Change, changes};
pub use rest::Notes;
pub use schema::{Fault, Schema};
