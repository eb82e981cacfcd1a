//! The boundary of the component: a [`Plugin`] behind the interfaces of the WIT package, one file for each.

mod asking;
mod completions;
mod incoming;
mod prompts;
mod resources;
#[cfg(test)]
mod tests;
mod tools;
mod types;
mod watching;

use crate::Plugin;

/// A type that `plugin!` makes, to carry the plugin to the exported functions.
pub trait Exported {
    /// The plugin.
    const PLUGIN: &'static Plugin;
}
