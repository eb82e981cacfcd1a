//! One generation of a plugin: what it is, and what it may reach.

use std::sync::Arc;

use super::asks::Asks;
use super::force::Force;
use super::manifest::Manifest;
use super::menu::Menu;
use super::rest::Rest;
use crate::capability::{Capabilities, Grants};
use crate::config::Consent;
use crate::runtime::{Failure, Template};

/// One generation of a plugin.
pub struct Plugin {
    pub(super) id: Arc<str>,
    pub(super) generation: u64,
    pub(super) digest: String,
    pub(super) manifest: Manifest,
    pub(super) menu: Menu,
    pub(super) template: Arc<Template>,
    pub(super) capabilities: Arc<Capabilities>,
    pub(super) asks: Arc<Asks>,
    pub(super) rest: Arc<Rest>,
    pub(super) force: Force,
}

impl Plugin {
    /// Its id in the configuration.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which load this is, counted over all plugins of the process.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The SHA-256 of its component, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What its file says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it may reach.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What it is granted.
    pub fn granted(&self) -> &Grants {
        self.capabilities.granted()
    }

    /// Whom to ask for a grant that a call of it lacks.
    pub fn consent(&self) -> Consent {
        self.asks.consent
    }

    /// What nobody is asked for again.
    pub fn never(&self) -> &Grants {
        &self.asks.never
    }

    /// The same for one call, with `more` granted, on an instance of its own.
    ///
    /// # Errors
    ///
    /// When it cannot have that: the end of a sentence about the plugin.
    pub fn with(&self, more: &Grants) -> Result<Self, String> {
        Ok(Self {
            id: Arc::clone(&self.id),
            generation: self.generation,
            digest: self.digest.clone(),
            manifest: self.manifest.clone(),
            menu: Menu::default(),
            template: Template::apart(&self.template),
            capabilities: Arc::new(self.capabilities.with(more)?),
            asks: Arc::clone(&self.asks),
            rest: Arc::clone(&self.rest),
            force: self.force.clone(),
        })
    }

    /// Whether calls may begin. If not, they wait for the generation that comes after it.
    pub fn is_in_force(&self) -> bool {
        self.force.is_whole()
    }

    /// Leaves calls from now on to the generation that comes after it. Those that are under way go on.
    pub fn give_way(&self) {
        self.force.give_way();
    }

    /// The same, and ends those that are under way: something that it was granted is taken back.
    pub fn take_back(&self) {
        if self.force.take_back() {
            let generation = self.generation;
            tracing::info!(plugin = %self.id, generation, "something that it was granted is taken back: its calls end");
        }
    }

    /// Ends once something that it was granted is taken back.
    pub async fn taken_back(&self) {
        self.force.taken_back().await;
    }

    /// What it offers.
    pub fn menu(&self) -> &Menu {
        &self.menu
    }

    /// Whether it exports `resources`.
    pub fn has_resources(&self) -> bool {
        self.template.exports().resources.is_some()
    }

    /// Whether it exports `watching`.
    pub fn has_watching(&self) -> bool {
        self.template.exports().watching.is_some()
    }

    /// Whether its calls all begin alike and reach nothing outside of its component: what it says then is, but for the clock
    /// and for random numbers, what it says as long as this generation serves.
    pub fn is_self_contained(&self) -> bool {
        self.capabilities.is_empty() && !self.template.keeps_instance()
    }

    /// Whether it exports `completions`.
    pub fn has_completions(&self) -> bool {
        self.template.exports().completions.is_some()
    }

    /// That it cannot take this call now.
    pub fn busy(&self) -> Failure {
        Failure::Busy { plugin: self.id.to_string() }
    }

    pub(super) fn missing(&self, what: &'static str) -> Failure {
        Failure::Missing { plugin: self.id.to_string(), what }
    }

    pub(super) fn invalid(&self, what: String) -> Failure {
        Failure::Invalid { plugin: self.id.to_string(), what }
    }
}
