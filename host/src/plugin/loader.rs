//! From a file to a plugin that is ready to be called: read, checked, compiled or taken from the cache, linked, listed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::asks::Asks;
use super::cache::{Cache, digest as digest_of};
use super::component::{Unread, read_component};
use super::force::Force;
use super::handle::Plugin;
use super::load_error::LoadError;
use super::manifest::Manifest;
use super::menu::Menu;
use super::outcome::CallError;
use super::rest::{Notes, Rest};
use super::threads;
use crate::audit::{Audit, Ended, Subject};
use crate::capability::secrets::Secrets;
use crate::capability::{Capabilities, CapabilityError, Shared};
use crate::config::{Approval, Instance, PluginConfig, PluginId};
use crate::runtime::bindings::barkeep::plugin::types;
use crate::runtime::words::{self, MAX_REASON};
use crate::runtime::{CallLimits, Failure, Outbox, Runtime, Template};

/// How long a plugin may take to say what it offers; the slowest interpreters need a second.
const LISTING: Duration = Duration::from_secs(10);

/// Components that are read and compiled at once. The compiler uses all processors for one; a second keeps them busy while
/// the first is read.
const COMPILING: usize = 2;

/// Plugins that are listed at once. Some wait for the network or hang, which must not keep the next one from its turn; a few
/// that hang busily leave the machine to calls.
const LISTED: usize = 8;

/// Loads plugins.
pub struct Loader {
    runtime: Arc<Runtime>,
    cache: Arc<Cache>,
    shared: Arc<Shared>,
    audit: Audit,
    notes: Notes,
    generation: AtomicU64,
    compiling: Arc<Semaphore>,
    listing: Semaphore,
}

impl Loader {
    /// A loader that compiles for `runtime`, keeps compiled code in `cache`, and lets plugins reach out by `shared`.
    pub fn new(runtime: Arc<Runtime>, cache: Cache, shared: Arc<Shared>) -> Self {
        Self {
            runtime,
            cache: Arc::new(cache),
            shared,
            audit: Audit::off(),
            notes: Notes::default(),
            generation: AtomicU64::new(0),
            compiling: Arc::new(Semaphore::new(COMPILING)),
            listing: Semaphore::new(LISTED),
        }
    }

    /// The same with a record of what plugins do while they are loaded.
    #[must_use]
    pub fn audited(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// The record.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The same, which notes by `notes` who rests.
    #[must_use]
    pub fn noting(mut self, notes: Notes) -> Self {
        self.notes = notes;
        self
    }

    /// Gives all plugins together so many bytes of memory, or what this machine has for them.
    pub fn bound_memory(&self, most: Option<u64>) {
        self.runtime.bound_memory(most);
    }

    /// Whether a component is being compiled now.
    pub fn compiles(&self) -> bool {
        self.compiling.available_permits() < COMPILING
    }

    /// Makes one generation of the plugin `id` from `file`, with the secrets as they are now, if it is what it may be.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being served.
    pub async fn load(
        &self,
        id: &PluginId,
        config: &PluginConfig,
        file: &Path,
        secrets: &Secrets,
        approval: &Approval,
    ) -> Result<Plugin, LoadError> {
        secrets.fetch(config.grants.secret_names()).await;
        let turn = Arc::clone(&self.compiling).acquire_owned().await;
        let path = file.to_owned();
        let bytes = threads::load(move || read(&path)).await.ok_or_else(stopped)??;
        let manifest = Manifest::read(&bytes)?;
        manifest.check()?;
        let plugin_id: Arc<str> = id.as_str().into();
        let capabilities = self.capabilities(&plugin_id, config, &manifest, secrets)?;

        let (cache, engine) = (Arc::clone(&self.cache), self.runtime.engine().clone());
        let compiling = threads::load(move || {
            // Held here: the compiler goes on when nobody waits for it any more.
            let _turn = turn;
            let digest = digest_of(&bytes);
            cache.load(&engine, &bytes).map(|component| (component, digest))
        });
        let (component, digest) =
            compiling.await.ok_or_else(stopped)?.map_err(|error| LoadError::compile(words::reason(&error)))?;

        let template =
            Template::new(Arc::clone(&self.runtime), &component, Arc::clone(&plugin_id), call_limits(config)).map_err(
                |error| match manifest.unknown_import() {
                    Some(import) => LoadError::UnknownImport(words::start(import, MAX_REASON)),
                    None => LoadError::Link(words::reason(&error)),
                },
            )?;
        if let Some(interface) = manifest.interfaces().find(|interface| !template.exports().has(interface)) {
            return Err(LoadError::Hollow(interface.to_owned()));
        }
        let rest = self.rest(&plugin_id, &digest);
        let mut plugin = Plugin {
            id: plugin_id,
            generation: self.next_generation(),
            digest,
            manifest,
            menu: Menu::default(),
            template: Arc::new(template),
            capabilities: Arc::new(capabilities),
            asks: Arc::new(Asks::of(config)),
            rest,
            force: Force::default(),
        };
        plugin.menu = self.list(&plugin, config).await?;
        plugin.is_approved(approval)?;
        Ok(plugin)
    }

    /// Makes one more generation of the component of `plugin`, with what `config` grants it now. Its file is not read: this
    /// is for when that cannot be loaded.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being served.
    pub async fn renew(
        &self,
        plugin: &Plugin,
        config: &PluginConfig,
        secrets: &Secrets,
        approval: &Approval,
    ) -> Result<Plugin, LoadError> {
        secrets.fetch(config.grants.secret_names()).await;
        let capabilities = self.capabilities(&plugin.id, config, &plugin.manifest, secrets)?;
        let template = plugin.template.afresh(call_limits(config));
        let mut renewed = Plugin {
            id: Arc::clone(&plugin.id),
            generation: self.next_generation(),
            digest: plugin.digest.clone(),
            manifest: plugin.manifest.clone(),
            menu: Menu::default(),
            template: Arc::new(template),
            capabilities: Arc::new(capabilities),
            asks: Arc::new(Asks::of(config)),
            rest: self.rest(&plugin.id, &plugin.digest),
            force: Force::default(),
        };
        renewed.menu = self.list(&renewed, config).await?;
        renewed.is_approved(approval)?;
        Ok(renewed)
    }

    /// Asks `plugin` again what it offers: the same generation, which keeps its warm instance, with a new menu.
    ///
    /// # Errors
    ///
    /// When it cannot be listed, or says what was not approved.
    pub async fn relist(
        &self,
        plugin: &Plugin,
        config: &PluginConfig,
        approval: &Approval,
    ) -> Result<Plugin, LoadError> {
        let menu = self.list(plugin, config).await?;
        let relisted = Plugin {
            id: Arc::clone(&plugin.id),
            generation: plugin.generation,
            digest: plugin.digest.clone(),
            manifest: plugin.manifest.clone(),
            menu,
            template: Arc::clone(&plugin.template),
            capabilities: Arc::clone(&plugin.capabilities),
            asks: Arc::clone(&plugin.asks),
            rest: Arc::clone(&plugin.rest),
            force: plugin.force.clone(),
        };
        relisted.is_approved(approval)?;
        Ok(relisted)
    }

    fn rest(&self, plugin: &Arc<str>, digest: &str) -> Arc<Rest> {
        Arc::new(Rest::new(Arc::clone(plugin), digest.to_owned(), self.notes.clone()))
    }

    fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn capabilities(
        &self,
        plugin: &Arc<str>,
        config: &PluginConfig,
        manifest: &Manifest,
        secrets: &Secrets,
    ) -> Result<Capabilities, CapabilityError> {
        let requests = manifest.requests.as_deref();
        Capabilities::check(Arc::clone(plugin), &config.grants, requests, secrets, Arc::clone(&self.shared))
    }

    async fn list(&self, plugin: &Plugin, config: &PluginConfig) -> Result<Menu, LoadError> {
        let _turn = self.listing.acquire().await;
        let call = self.audit.begin(Subject { name: &plugin.id, ..Subject::of("load") });
        call.reaches(&plugin.id, plugin.generation);
        let outbox = Outbox::closed().witnessed_by(call.witness(&plugin.id, plugin.generation));
        match tokio::time::timeout(LISTING, plugin.list(config.prefix(&plugin.id), &outbox)).await {
            Ok(Ok(menu)) => {
                call.ended(Ended::Ok, None);
                Ok(menu)
            }
            Ok(Err(error)) => {
                let error = listing(&error);
                call.ended(Ended::Error, Some(&error.to_string()));
                Err(error)
            }
            Err(_) => {
                call.ended(Ended::Deadline, None);
                Err(LoadError::Listing { words: format!("it took longer than {LISTING:?}"), may_pass: true })
            }
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, LoadError> {
    read_component(file).map_err(|error| match error {
        Unread::TooLarge { size } => LoadError::TooLarge { size },
        Unread::Unreadable(reason) => {
            LoadError::Unreadable { file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(), reason }
        }
    })
}

fn stopped() -> LoadError {
    LoadError::Compile("the compiler stopped".to_owned())
}

fn listing(error: &CallError) -> LoadError {
    let may_pass = match error {
        CallError::Guest(error) => matches!(error, types::Error::Unavailable(_)),
        CallError::Host(failure) => may_pass(failure),
    };
    let words = match error {
        CallError::Guest(error) => words::start(error.words(), MAX_REASON),
        CallError::Host(Failure::Invalid { what, .. }) => words::start(format_args!("it {what}"), MAX_REASON),
        CallError::Host(failure) => words::start(failure, MAX_REASON),
    };
    LoadError::Listing { words, may_pass }
}

/// Whether what went wrong is the time, or the room on this machine.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Busy { .. }
        | Failure::Full { .. }
        | Failure::TooOften { .. }
        | Failure::Deadline { .. }
        | Failure::Crowded { .. } => true,
        Failure::Denied { failure, .. } => may_pass(failure),
        _ => false,
    }
}

/// What the configuration says of each call.
fn call_limits(config: &PluginConfig) -> CallLimits {
    CallLimits {
        memory: config.limits.memory.as_u64(),
        time: config.limits.time.as_duration(),
        task_time: config.limits.task_time.as_duration(),
        cpu: config.limits.cpu.as_duration(),
        result: usize::try_from(config.limits.result.as_u64()).unwrap_or(usize::MAX),
        calls: config.limits.calls,
        calls_per_minute: config.limits.calls_per_minute,
        keep_warm: config.instance == Instance::Plugin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::ManifestError;

    #[test]
    fn what_is_not_in_the_file_may_pass() {
        let unreadable = |kind: std::io::ErrorKind| LoadError::Unreadable { file: "a".into(), reason: kind.into() };
        let secret = || CapabilityError::Secret { name: "A".into(), reason: "it is not set".into() };
        let busy = Failure::Busy { plugin: "a".into() }.after(vec!["no".into()]);
        let trap = Failure::Trap { plugin: "a".into(), reason: "x".into() };
        for (error, passes) in [
            (unreadable(std::io::ErrorKind::PermissionDenied), true),
            (unreadable(std::io::ErrorKind::NotFound), false),
            (secret().into(), true),
            (CapabilityError::Http("is wrong".into()).into(), false),
            (ManifestError::Empty.into(), false),
            (listing(&CallError::Host(busy)), true),
            (listing(&CallError::Host(trap)), false),
            (listing(&CallError::Guest(types::Error::Unavailable("later".into()))), true),
            (listing(&CallError::Guest(types::Error::Other("never".into()))), false),
        ] {
            assert_eq!(error.may_pass(), passes, "{error}");
        }
    }
}
