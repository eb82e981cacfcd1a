//! `kv`: key-value stores by `wasi:keyvalue`, in its drafts 0.2.0-draft and 0.2.0-draft2, which guests have today.
//!
//! Both come to one place, [`Calls`]: it finds the bucket, holds its limits and tells what is done. The values are in a
//! [store](store::Store), where no plugin sees another's: a database of the host's ([`Database`]), or a [Redis](redis) server
//! where the grant has its address.

mod calls;
mod database;
mod draft;
mod draft2;
mod redis;
mod store;
mod told;

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{HasData, Linker, ResourceTable};

use super::secrets::{Secrets, Template};
use super::size::Size;
use super::{CapabilityError, Named, Uses};
pub use calls::Calls;
pub use database::Database;
pub use redis::{Address, Servers};
use store::Store;

/// Buckets of one plugin. They are for kinds of data, not for data.
const MAX_BUCKETS: usize = 16;

/// Bytes of a bucket's name.
const MAX_NAME: usize = 64;

/// Bytes of a key.
const MAX_KEY: usize = 1024;

/// Bytes of a value. What is larger is a file.
const MAX_VALUE: usize = 1024 * 1024;

/// Keys of one operation on several, and bytes of their values together: the database's thread does nothing else meanwhile.
const MAX_KEYS: usize = 1000;
const MAX_BATCH: usize = 16 * 1024 * 1024;

/// One entry of `kv = [...]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The name by which the plugin opens it, such as `default`.
    pub bucket: Bucket,
    /// The most that it may keep, keys and values together.
    #[serde(default = "Grant::bytes")]
    pub max_bytes: Size,
    /// The most keys that it may keep.
    #[serde(default = "Grant::keys")]
    pub max_keys: u64,
    /// The Redis server that keeps it, in the place of Barkeep's own database. Every host that has the address shares what is
    /// kept under one id of a plugin and one name of a bucket: it is in the server's keys `barkeep:{ID:BUCKET}:…`, which belong
    /// to Barkeep alone. Users who share a server without sharing what is kept take a database of its own each. The server
    /// should evict nothing (`maxmemory-policy noeviction`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<Address>,
}

impl Grant {
    /// A bucket with the usual limits.
    fn of(bucket: Bucket) -> Self {
        Self { bucket, max_bytes: Self::bytes(), max_keys: Self::keys(), redis: None }
    }

    /// A cache or the state of a plugin; more is a database, and for its user to say.
    fn bytes() -> Size {
        Size::mib(64)
    }

    /// As many as the usual bytes have room for with some hundred bytes each.
    fn keys() -> u64 {
        100_000
    }

    /// What allows all that either does, of one bucket.
    pub(crate) fn wider(self, other: Self) -> Self {
        Self {
            max_bytes: self.max_bytes.max(other.max_bytes),
            max_keys: self.max_keys.max(other.max_keys),
            redis: self.redis.or(other.redis),
            ..self
        }
    }

    /// Whether it allows all that `before` did.
    pub(super) fn still_grants(&self, before: &Self) -> bool {
        let Self { bucket, max_bytes, max_keys, redis } = before;
        self.bucket == *bucket && self.max_bytes >= *max_bytes && self.max_keys >= *max_keys && self.redis == *redis
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let at = self.redis.as_ref().map_or_else(String::new, |address| format!(", in {}", address.describe()));
        format!("kv {}, up to {} and {} keys{at}", self.bucket.0, self.max_bytes, self.max_keys)
    }

    /// All that has secrets in it.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.redis.iter().flat_map(Address::templates)
    }
}

/// The name of a bucket: letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Bucket(String);

impl Bucket {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Bucket {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = (1..=MAX_NAME).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if fits {
            return Ok(Self(text));
        }
        let shown: String = text.chars().take(MAX_NAME).collect();
        Err(format!(
            "`{}` is no name of a bucket: 1 to {MAX_NAME} letters, digits, `.`, `_` and `-`",
            shown.escape_debug()
        ))
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.0
    }
}

/// What one bucket may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    bytes: u64,
    keys: u64,
}

/// What keeps values, for all plugins.
pub struct Stores {
    /// Barkeep's own database.
    pub database: Arc<Database>,
    /// The Redis servers.
    pub servers: Servers,
}

impl Stores {
    fn of(&self, grant: &Grant, secrets: &Secrets) -> Result<Arc<dyn Store>, CapabilityError> {
        Ok(match &grant.redis {
            None => Arc::<Database>::clone(&self.database),
            Some(address) => self.servers.at(address, secrets)?,
        })
    }
}

/// What a plugin may open: what its user grants, with what keeps it, and what its author asks for where that is said.
#[derive(Debug)]
pub struct Rules {
    grants: Vec<(Grant, Arc<dyn Store>)>,
    asked: Option<HashSet<String>>,
}

/// What the plugin may open.
///
/// # Errors
///
/// When there are too many buckets, or two of one name, or a secret is not there.
pub(super) fn check(
    grants: &[Grant],
    requests: Option<&[Named]>,
    secrets: &Secrets,
    stores: &Stores,
) -> Result<Rules, CapabilityError> {
    if grants.len() > MAX_BUCKETS {
        return Err(CapabilityError::Kv(format!("has {} buckets; {MAX_BUCKETS} is the most", grants.len())));
    }
    let mut names = HashSet::new();
    if let Some(twice) = grants.iter().find(|grant| !names.insert(&grant.bucket)) {
        return Err(CapabilityError::Kv(format!("names the bucket {} twice", twice.bucket.0)));
    }
    let asked = requests.map(|requests| requests.iter().map(|asked| asked.name.clone()).collect());
    let kept = grants.iter().map(|grant| Ok((grant.clone(), stores.of(grant, secrets)?)));
    Ok(Rules { grants: kept.collect::<Result<_, CapabilityError>>()?, asked })
}

impl Rules {
    /// One line for each bucket that it may open.
    pub(super) fn describe(&self) -> impl Iterator<Item = String> {
        self.grants.iter().filter(|(grant, _)| self.is_asked(&grant.bucket.0)).map(|(grant, _)| grant.describe())
    }

    fn find(&self, bucket: &str) -> Option<&(Grant, Arc<dyn Store>)> {
        self.grants.iter().find(|(grant, _)| grant.bucket.0 == bucket)
    }

    fn is_asked(&self, bucket: &str) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.contains(bucket))
    }
}

/// Gives the stores to one call.
pub(super) fn build(plugin: &Arc<str>, rules: &Arc<Rules>, uses: &Uses) -> Calls {
    Calls::new(Arc::clone(plugin), Arc::clone(rules), uses.clone())
}

/// A store's data that has stores of keys and values.
pub trait View: Send {
    /// They, and the table of its handles.
    fn kv(&mut self) -> Host<'_>;
}

/// What the host functions work on.
pub struct Host<'a> {
    /// What the call may do.
    pub calls: &'a Calls,
    /// Its handles.
    pub table: &'a mut ResourceTable,
}

struct HasHost;

impl HasData for HasHost {
    type Data<'a> = Host<'a>;
}

/// Adds `wasi:keyvalue` to the linker.
///
/// # Errors
///
/// When it is there already.
pub(super) fn link<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    draft::link(linker)?;
    draft2::link(linker)
}
