//! The interfaces that a component exports.

use wasmtime::component::InstancePre;

use super::bindings::exports::barkeep::plugin::{completions, prompts, resources, tools, watching};
use super::state::State;

/// The interfaces that a component exports, looked up once.
pub struct Exports {
    /// `barkeep:plugin/tools`.
    pub tools: Option<tools::GuestIndices>,
    /// `barkeep:plugin/resources`.
    pub resources: Option<resources::GuestIndices>,
    /// `barkeep:plugin/watching`.
    pub watching: Option<watching::GuestIndices>,
    /// `barkeep:plugin/prompts`.
    pub prompts: Option<prompts::GuestIndices>,
    /// `barkeep:plugin/completions`.
    pub completions: Option<completions::GuestIndices>,
}

impl Exports {
    pub(super) fn of(pre: &InstancePre<State>) -> Self {
        Self {
            tools: tools::GuestIndices::new(pre).ok(),
            resources: resources::GuestIndices::new(pre).ok(),
            watching: watching::GuestIndices::new(pre).ok(),
            prompts: prompts::GuestIndices::new(pre).ok(),
            completions: completions::GuestIndices::new(pre).ok(),
        }
    }

    /// Whether the interface of this name, such as `tools`, is there with all its functions.
    pub fn has(&self, interface: &str) -> bool {
        match interface {
            "tools" => self.tools.is_some(),
            "resources" => self.resources.is_some(),
            "watching" => self.watching.is_some(),
            "prompts" => self.prompts.is_some(),
            "completions" => self.completions.is_some(),
            _ => false,
        }
    }
}
