//! What plugins may reach: one file for each kind of grant, each of the same shape.
//!
//! | name | what it does |
//! |---|---|
//! | `Grant` | what `barkeep.toml` says |
//! | `link` | adds host functions to the linker, once |
//! | `check` | at load: what both the configuration grants and the component asks for |
//! | `build` | gives that to one call |
//!
//! Nothing listed means nothing granted.

pub mod client;
pub mod config;
pub mod env;
mod error;
pub mod fs;
mod grants;
pub mod hidden;
pub mod http;
pub mod kv;
#[cfg(test)]
pub(crate) mod logged;
pub mod merge;
mod net;
mod requests;
pub mod risk;
pub mod secrets;
mod share;
pub mod size;
pub mod tcp;
mod uses;

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime_wasi::{WasiCtxBuilder, WasiView};
use wasmtime_wasi_http::{WasiHttpHooks, WasiHttpView};

pub use error::CapabilityError;
pub use grants::{Grants, Still};
use requests::shown;
pub use requests::{Named, Requests, Wish};
use secrets::{Secret, Secrets};
pub use uses::{Denial, Kind, Use, Uses, Witness};

/// Bytes of randomness that a guest gets at once: programs ask for keys and seeds, of some ten bytes. The host makes them
/// while the guest waits and nobody else has that processor: this many take some milliseconds.
const MAX_RANDOM: u64 = 1024 * 1024;

/// What all plugins share: connections, the resolver, how many sockets there may be, and what keeps the values of
/// key-value stores.
pub struct Shared {
    pool: http::Pool,
    network: tcp::Network,
    stores: kv::Stores,
}

impl Shared {
    /// No connection yet. Key-value stores are kept in the folder `kv`, or end with the host where there is none.
    ///
    /// # Errors
    ///
    /// When this machine has no certificates to trust.
    pub fn new(kv: Option<PathBuf>) -> Result<Self, CapabilityError> {
        let roots = net::tls::trusted();
        let tls = net::tls::client(Arc::clone(&roots), &[]);
        let tls = tls.map_err(|error| CapabilityError::Kv(format!("needs TLS: {error}")))?;
        let database = Arc::new(kv::Database::in_folder(kv));
        let resolver = net::Resolver::system();
        Ok(Self {
            pool: http::Pool::new(roots, &resolver)?,
            network: tcp::Network::new(resolver.clone()),
            stores: kv::Stores { database, servers: kv::Servers::new(resolver, tls) },
        })
    }
}

/// What the grants of a plugin come to for one call. What is large is in boxes, for it goes from future to future.
pub struct Sandbox {
    /// WASI: environment. Nothing is inherited from the host.
    pub wasi: Box<WasiCtxBuilder>,
    /// Its folders.
    pub fs: Box<fs::FsCtx>,
    /// What happens to outgoing HTTP requests.
    pub http: Box<dyn WasiHttpHooks>,
    /// What happens to sockets.
    pub tcp: tcp::Gate,
    /// Values that it reads by `wasi:config`.
    pub config: config::Values,
    /// Its key-value stores.
    pub kv: kv::Calls,
    /// What it does with them, and what is refused on the way.
    pub uses: Uses,
}

/// What one plugin may reach: what both it asks for and is granted.
pub struct Capabilities {
    plugin: Arc<str>,
    shared: Arc<Shared>,
    fs: Arc<fs::Rules>,
    http: Arc<http::Rules>,
    tcp: Arc<tcp::Rules>,
    env: Vec<(String, String)>,
    config: Arc<config::Grant>,
    kv: Arc<kv::Rules>,
    secrets: Vec<(String, Secret)>,
    client: Vec<client::Kind>,
    told: Vec<String>,
    origin: Origin,
}

/// What capabilities were made of.
struct Origin {
    grants: Grants,
    requests: Option<String>,
    secrets: Secrets,
}

/// Adds what plugins may import beside Barkeep's own interfaces. What is linked is not yet granted.
///
/// # Errors
///
/// When an interface is there twice.
pub fn link<T>(linker: &mut Linker<T>) -> wasmtime::Result<()>
where
    T: WasiView + WasiHttpView + fs::FsView + config::View + kv::View + tcp::View + 'static,
{
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    fs::link(linker)?;
    tcp::link(linker)?;
    http::link(linker)?;
    config::link(linker)?;
    kv::link(linker)
}

impl Capabilities {
    /// What `plugin` may reach, of `grants` and, where the component says it, of the JSON of its requests.
    ///
    /// # Errors
    ///
    /// When something of it cannot be had.
    pub fn check(
        plugin: Arc<str>,
        grants: &Grants,
        requests: Option<&str>,
        secrets: &Secrets,
        shared: Arc<Shared>,
    ) -> Result<Self, CapabilityError> {
        let origin = Origin { grants: grants.clone(), requests: requests.map(str::to_owned), secrets: secrets.clone() };
        let requests = requests.map(Requests::parse).transpose()?.map(|all| all.requests);
        let requests = requests.as_ref();
        let asks = match requests.map(|requests| requests.fs.as_ref()) {
            None => fs::Asks::Unsaid,
            Some(None) => fs::Asks::ForNone,
            Some(Some(request)) => fs::Asks::For(request),
        };
        let (fs, mut told) = fs::check(&plugin, &grants.fs, asks)?;
        let http = http::check(&grants.http, requests.map(|requests| requests.http.as_slice()), secrets)?;
        let tcp = tcp::check(&grants.tcp, requests.map(|requests| requests.tcp.as_slice()));
        let env = env::check(&grants.env, requests.map(|requests| requests.env.as_slice()))?;
        let config = config::check(&grants.config, requests.map(|requests| requests.config.as_slice()))?;
        let kv = kv::check(&grants.kv, requests.map(|requests| requests.kv.as_slice()), secrets, &shared.stores)?;
        let secrets = secrets::check(&grants.secrets, requests.map(|requests| requests.secrets.as_slice()), secrets)?;
        let client = client::check(&grants.client, requests.map(|requests| requests.client.as_slice()));
        if requests.is_none_or(|requests| !requests.http.is_empty()) {
            told.extend(grants.http.iter().map(http::Grant::describe));
        }
        if requests.is_none_or(|requests| !requests.tcp.is_empty()) {
            told.extend(grants.tcp.iter().map(tcp::Grant::describe));
        }
        told.extend(env.iter().map(|(name, _)| format!("env {name}")));
        told.extend(config.keys().map(|key| format!("config {}", shown(key))));
        told.extend(kv.describe());
        told.extend(secrets.iter().map(|(name, _)| format!("secret {name}")));
        told.extend(client.iter().map(|kind| format!("client {kind}")));
        Ok(Self {
            plugin,
            shared,
            fs,
            http: Arc::new(http),
            tcp: Arc::new(tcp),
            env,
            config,
            kv: Arc::new(kv),
            secrets,
            client,
            told,
            origin,
        })
    }

    /// The same with `more` granted.
    ///
    /// # Errors
    ///
    /// When it cannot be had: the end of a sentence about the plugin.
    pub fn with(&self, more: &Grants) -> Result<Self, String> {
        let Origin { grants, requests, secrets } = &self.origin;
        let (plugin, shared) = (Arc::clone(&self.plugin), Arc::clone(&self.shared));
        let checked = Self::check(plugin, &grants.with(more)?, requests.as_deref(), secrets, shared);
        checked.map_err(|error| error.to_string())
    }

    /// What is granted.
    pub fn granted(&self) -> &Grants {
        &self.origin.grants
    }

    /// One line for each thing that it has, for people.
    pub fn describe(&self) -> &[String] {
        &self.told
    }

    /// Whether it may reach nothing at all.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Which questions it may put to the client.
    pub fn client(&self) -> &[client::Kind] {
        &self.client
    }

    /// Its state for one call.
    pub fn build(&self) -> Sandbox {
        let mut wasi = Box::new(WasiCtxBuilder::new());
        wasi.max_random_size(MAX_RANDOM);
        let uses = Uses::default();
        let fs = Box::new(fs::build(&self.fs, &uses));
        env::build(&self.env, &mut wasi);
        secrets::build(&self.secrets, &mut wasi);
        let http = self.http.build(&self.plugin, &self.shared.pool, &uses);
        let tcp = self.tcp.build(&self.plugin, &self.shared.network, &uses);
        tcp.guard(&mut wasi);
        let config = config::build(&self.plugin, &self.config, &uses);
        let kv = kv::build(&self.plugin, &self.kv, &uses);
        Sandbox { wasi, fs, http, tcp, config, kv, uses }
    }
}
