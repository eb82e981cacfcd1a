//! From a file to a plugin that is ready to be called: read, checked, compiled or taken from the cache, linked, listed.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::cache::{Cache, digest as digest_of};
use super::handle::{CallError, Plugin};
use super::manifest::{Manifest, ManifestError};
use super::menu::Menu;
use super::threads;
use crate::capability::secrets::Secrets;
use crate::capability::{Capabilities, CapabilityError, Shared};
use crate::config::{Instance, PluginConfig, PluginId};
use crate::runtime::{Failure, Runtime, Template};

/// Bytes of a component. Language runtimes have some 20 MiB; what is larger is hardly a plugin, and compiling it would
/// take all the memory there is.
const MAX_COMPONENT: u64 = 256 * 1024 * 1024;

/// How long a plugin may take to say what it offers. Others wait meanwhile, at the start the first clients too; the
/// slowest interpreters need a second.
const LISTING: Duration = Duration::from_secs(10);

/// Why a file did not become a plugin: the end of a sentence about the plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("its file {file} cannot be read: {reason}")]
    Unreadable {
        /// The file's name, without its folder.
        file: String,
        /// The operating system's words.
        reason: std::io::Error,
    },
    /// The file is too large.
    #[error("its file has {size} bytes; {MAX_COMPONENT} is the most")]
    TooLarge {
        /// Bytes.
        size: u64,
    },
    /// Not a component, or not for us.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// What it is granted, or asks for, cannot be had.
    #[error(transparent)]
    Capability(#[from] CapabilityError),
    /// It does not compile.
    #[error("the component does not compile: {0}; build it again, with current tools")]
    Compile(String),
    /// It needs what Barkeep does not have.
    #[error(
        "the component imports `{0}`, which Barkeep does not offer; build it against barkeep:plugin@0.1.0 and WASI 0.2 or 0.3 alone"
    )]
    UnknownImport(String),
    /// It says that it has an interface, and does not have its functions.
    #[error(
        "the component exports `barkeep:plugin/{0}@0.1.0`, but it has not all of that interface's functions; build it again with a matching SDK"
    )]
    Hollow(String),
    /// It cannot be linked for another reason.
    #[error("the component does not fit this host: {0}")]
    Link(String),
    /// It cannot be listed.
    #[error("it failed when it was asked what it offers: {0}")]
    Listing(String),
}

impl LoadError {
    /// Whether a file that is just being written would look like this.
    pub fn may_be_unfinished(&self) -> bool {
        match self {
            Self::Manifest(error) => error.may_be_unfinished(),
            Self::Unreadable { .. } | Self::Compile(_) => true,
            _ => false,
        }
    }
}

/// Loads plugins.
pub struct Loader {
    runtime: Arc<Runtime>,
    cache: Arc<Cache>,
    shared: Arc<Shared>,
    generation: AtomicU64,
}

impl Loader {
    /// A loader that compiles for `runtime`, keeps compiled code in `cache`, and lets plugins reach out by `shared`.
    pub fn new(runtime: Arc<Runtime>, cache: Cache, shared: Arc<Shared>) -> Self {
        Self { runtime, cache: Arc::new(cache), shared, generation: AtomicU64::new(0) }
    }

    /// Makes one generation of the plugin `id` from `file`, with the secrets as they are now.
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
    ) -> Result<Plugin, LoadError> {
        let path = file.to_owned();
        let bytes = threads::load(move || read(&path)).await.ok_or_else(stopped)??;
        let manifest = Manifest::read(&bytes)?;
        manifest.check()?;
        let plugin_id: Arc<str> = id.as_str().into();
        let capabilities = Capabilities::check(
            Arc::clone(&plugin_id),
            &config.grants,
            manifest.requests.as_deref(),
            secrets,
            Arc::clone(&self.shared),
        )?;

        let (cache, engine) = (Arc::clone(&self.cache), self.runtime.engine().clone());
        let compiling = threads::load(move || {
            let digest = digest_of(&bytes);
            cache.load(&engine, &bytes).map(|component| (component, digest))
        });
        let (component, digest) =
            compiling.await.ok_or_else(stopped)?.map_err(|error| LoadError::Compile(one_line(&error)))?;

        let template = Template::new(
            Arc::clone(&self.runtime),
            &component,
            Arc::clone(&plugin_id),
            config.limits.memory.as_u64(),
            config.limits.time.as_duration(),
            config.instance == Instance::Plugin,
        )
        .map_err(|error| match manifest.unknown_import() {
            Some(import) => LoadError::UnknownImport(import.to_owned()),
            None => LoadError::Link(one_line(&error)),
        })?;
        if let Some(interface) = manifest.interfaces().find(|interface| !template.exports().has(interface)) {
            return Err(LoadError::Hollow(interface.to_owned()));
        }
        let mut plugin = Plugin {
            id: plugin_id,
            generation: self.generation.fetch_add(1, Ordering::Relaxed) + 1,
            digest,
            manifest,
            menu: Menu::default(),
            template,
            capabilities,
        };
        plugin.menu = tokio::time::timeout(LISTING, plugin.list(config.prefix(id.as_str())))
            .await
            .map_err(|_| LoadError::Listing(format!("it took longer than {LISTING:?}")))?
            .map_err(|error| listing(&error))?;
        Ok(plugin)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |reason| LoadError::Unreadable {
        file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        reason,
    };
    // Opening a pipe would wait for somebody to write to it.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::other("it is no regular file")));
    }
    let opened = File::open(file).map_err(unreadable)?;
    let size = opened.metadata().map_err(unreadable)?.len();
    if size > MAX_COMPONENT {
        return Err(LoadError::TooLarge { size });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // The file may grow while it is read.
    opened.take(MAX_COMPONENT).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn stopped() -> LoadError {
    LoadError::Compile("the compiler stopped".to_owned())
}

fn listing(error: &CallError) -> LoadError {
    LoadError::Listing(match error {
        CallError::Guest(error) => error.words().to_owned(),
        CallError::Host(Failure::Invalid { what, .. }) => format!("it {what}"),
        CallError::Host(failure) => failure.to_string(),
    })
}

/// wasmtime's innermost reason, without its chain of where it was.
fn one_line(error: &wasmtime::Error) -> String {
    error.root_cause().to_string().lines().next().unwrap_or("unknown reason").to_owned()
}
