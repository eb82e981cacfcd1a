//! What one call does with its key-value stores, whichever draft it speaks.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::store::{Place, Store, Trouble};
use super::{Bucket, Grant, Limits, MAX_BATCH, MAX_KEY, MAX_KEYS, MAX_NAME, MAX_VALUE, Rules};
use crate::capability::{Denial, Grants, Kind, Uses};

/// Characters of a key that are told. The rest may be data.
const MAX_SHOWN: usize = 128;

/// Refusals that are logged for each call. A guest that tries on would fill the log with the same.
const MAX_LOGGED: usize = 20;

/// What WASI calls a store without a name.
const DEFAULT: &str = "default";

/// Why an operation fails, as WASI has it.
#[derive(Debug)]
pub enum Failure {
    Denied,
    Other(String),
    Trap(wasmtime::Error),
}

impl From<wasmtime::component::ResourceTableError> for Failure {
    fn from(error: wasmtime::component::ResourceTableError) -> Self {
        match error {
            wasmtime::component::ResourceTableError::Full => Self::Other("too many handles are open".to_owned()),
            error => Self::Trap(error.into()),
        }
    }
}

/// A bucket that was opened.
#[derive(Debug, Clone)]
pub struct Opened {
    place: Arc<Place>,
    limits: Limits,
    store: Arc<dyn Store>,
}

/// The state of a key that a guest holds on to.
#[derive(Debug)]
pub struct Held {
    opened: Opened,
    key: String,
    version: Option<i64>,
}

/// What one call may do.
pub struct Calls {
    plugin: Arc<str>,
    rules: Arc<Rules>,
    uses: Uses,
    logged: AtomicUsize,
}

impl Calls {
    pub(super) fn new(plugin: Arc<str>, rules: Arc<Rules>, uses: Uses) -> Self {
        Self { plugin, rules, uses, logged: AtomicUsize::new(0) }
    }

    /// Another call begins on the same instance: of its refusals as many are logged again.
    pub fn refill(&self) {
        self.logged.store(0, Ordering::Relaxed);
    }

    /// Opens the bucket `name`; an empty name stands for `default`.
    pub(super) fn open(&self, name: &str) -> Result<Opened, Failure> {
        let name = if name.is_empty() { DEFAULT } else { name };
        let shown = shown(name, MAX_NAME);
        let what = format!("open {shown}");
        let Some((grant, store)) = self.rules.find(name).filter(|_| self.rules.is_asked(name)) else {
            let denial = self.deny(name, &shown);
            if self.logged.fetch_add(1, Ordering::Relaxed) < MAX_LOGGED {
                tracing::warn!(plugin = &*self.plugin, "{}", denial.sentence);
            }
            self.uses.refused(Kind::Kv, &what, denial);
            return Err(Failure::Denied);
        };
        self.uses.allowed(Kind::Kv, || (what, Some(granting(grant.clone()))));
        let place = Place { plugin: self.plugin.to_string(), bucket: name.to_owned() };
        let limits = Limits { bytes: grant.max_bytes.bytes(), keys: grant.max_keys };
        Ok(Opened { place: Arc::new(place), limits, store: Arc::clone(store) })
    }

    fn deny(&self, name: &str, shown: &str) -> Denial {
        let plugin = &self.plugin;
        let refused = format!("plugin `{plugin}` may not open the key-value store {shown}");
        if !self.rules.is_asked(name) {
            let sentence = format!(
                "{refused}: its author does not ask for it, so no grant allows it; `[requests]` in its plugin.toml would"
            );
            return Denial { sentence, needs: None };
        }
        match Bucket::try_from(name.to_owned()) {
            Ok(bucket) => {
                let sentence = format!(
                    "{refused}: add {{ bucket = \"{name}\" }} to kv in [plugins.{plugin}.grants] of barkeep.toml"
                );
                Denial { sentence, needs: Some(granting(Grant::of(bucket))) }
            }
            Err(_) => Denial { sentence: format!("{refused}: no bucket has such a name"), needs: None },
        }
    }

    pub(super) async fn get(&self, opened: &Opened, key: String) -> Result<Option<Vec<u8>>, Failure> {
        self.tell(opened, "get", &key)?;
        let found = opened.store.get(&opened.place, key).await;
        Ok(self.done(opened, found)?.map(|(_, value)| value))
    }

    pub(super) async fn exists(&self, opened: &Opened, key: String) -> Result<bool, Failure> {
        self.tell(opened, "look for", &key)?;
        let found = opened.store.version(&opened.place, key).await;
        Ok(self.done(opened, found)?.is_some())
    }

    pub(super) async fn get_many(
        &self,
        opened: &Opened,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Failure> {
        self.tell_all(opened, "get", keys.iter())?;
        let found = opened.store.get_many(&opened.place, keys).await;
        self.done(opened, found)
    }

    pub(super) async fn set(&self, opened: &Opened, key: String, value: Vec<u8>) -> Result<(), Failure> {
        self.set_many(opened, vec![(key, value)]).await
    }

    /// All or nothing, which is more than WASI asks for.
    pub(super) async fn set_many(&self, opened: &Opened, values: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
        self.tell_all(opened, "set", values.iter().map(|(key, _)| key))?;
        values.iter().try_for_each(|(_, value)| bounded(value))?;
        if values.iter().map(|(_, value)| value.len()).sum::<usize>() > MAX_BATCH {
            return Err(Failure::Other(Trouble::TooMuch.to_string()));
        }
        let set = opened.store.set(&opened.place, opened.limits, values).await;
        self.done(opened, set)
    }

    pub(super) async fn delete(&self, opened: &Opened, keys: Vec<String>) -> Result<(), Failure> {
        self.tell_all(opened, "delete", keys.iter())?;
        let gone = opened.store.delete(&opened.place, keys).await;
        self.done(opened, gone)
    }

    pub(super) async fn list(
        &self,
        opened: &Opened,
        cursor: Option<u64>,
    ) -> Result<(Vec<String>, Option<u64>), Failure> {
        let what = format!("list {}", opened.place.bucket);
        self.uses.allowed(Kind::Kv, || (what, self.least(opened)));
        let listed = opened.store.list(&opened.place, cursor.unwrap_or_default()).await;
        self.done(opened, listed)
    }

    pub(super) async fn increment(
        &self,
        opened: &Opened,
        key: String,
        delta: i128,
        range: RangeInclusive<i128>,
    ) -> Result<i128, Failure> {
        self.tell(opened, "increment", &key)?;
        let sum = opened.store.increment(&opened.place, opened.limits, key, delta, range).await;
        self.done(opened, sum)
    }

    pub(super) async fn hold(&self, opened: &Opened, key: String) -> Result<Held, Failure> {
        self.tell(opened, "get", &key)?;
        let version = opened.store.version(&opened.place, key.clone()).await;
        Ok(Held { opened: opened.clone(), version: self.done(opened, version)?, key })
    }

    /// The value that is there now, whose state is held from now on.
    pub(super) async fn current(&self, held: &mut Held) -> Result<Option<Vec<u8>>, Failure> {
        let found = held.opened.store.get(&held.opened.place, held.key.clone()).await;
        let (version, value) = self.done(&held.opened, found)?.unzip();
        held.version = version;
        Ok(value)
    }

    /// Sets the value, if it is still as it is held. Else gives what it is now, to be held.
    pub(super) async fn swap(&self, held: Held, value: Vec<u8>) -> Result<Result<(), Held>, Failure> {
        let Held { opened, key, version } = held;
        self.tell(&opened, "swap", &key)?;
        bounded(&value)?;
        let swapped = opened.store.swap(&opened.place, opened.limits, key.clone(), version, value).await;
        Ok(self.done(&opened, swapped)?.map_err(|version| Held { opened, key, version }))
    }

    /// Looks at a key, and tells what is done with it.
    fn tell(&self, opened: &Opened, verb: &str, key: &str) -> Result<(), Failure> {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Failure::Other(format!("a key has 1 to {MAX_KEY} bytes")));
        }
        let place = &opened.place.bucket;
        self.uses.allowed(Kind::Kv, || (format!("{verb} {place}/{}", shown(key, MAX_SHOWN)), self.least(opened)));
        Ok(())
    }

    fn tell_all<'a>(
        &self,
        opened: &Opened,
        verb: &str,
        mut keys: impl ExactSizeIterator<Item = &'a String>,
    ) -> Result<(), Failure> {
        if keys.len() > MAX_KEYS {
            return Err(Failure::Other(format!("one operation is on {MAX_KEYS} keys at the most")));
        }
        keys.try_for_each(|key| self.tell(opened, verb, key))
    }

    fn least(&self, opened: &Opened) -> Option<Grants> {
        self.rules.find(&opened.place.bucket).map(|(grant, _)| granting(grant.clone()))
    }

    fn done<T>(&self, opened: &Opened, result: Result<T, Trouble>) -> Result<T, Failure> {
        result.map_err(|trouble| {
            let words = match trouble {
                Trouble::Full => self.full(opened),
                trouble => trouble.to_string(),
            };
            Failure::Other(words)
        })
    }

    /// Nothing was written: what is there already stays.
    fn full(&self, opened: &Opened) -> String {
        let (plugin, bucket) = (&self.plugin, &opened.place.bucket);
        let Limits { bytes, keys } = opened.limits;
        let sentence = format!(
            "plugin `{plugin}` has filled its key-value store {bucket}: it may keep {} and {keys} keys; raise `max_bytes` or \
             `max_keys` of the entry of kv in [plugins.{plugin}.grants] of barkeep.toml",
            super::Size::of(bytes)
        );
        self.uses.refused(Kind::Kv, &format!("fill {bucket}"), Denial { sentence, needs: None });
        format!("the store is full: it may keep {} and {keys} keys", super::Size::of(bytes))
    }
}

fn bounded(value: &[u8]) -> Result<(), Failure> {
    if value.len() > MAX_VALUE {
        return Err(Failure::Other(format!("a value has {MAX_VALUE} bytes at the most")));
    }
    Ok(())
}

/// A guest's name or key, for people: its beginning, in one line.
fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).collect::<String>().escape_debug().to_string()
}

fn granting(grant: Grant) -> Grants {
    Grants { kv: vec![grant], ..Grants::default() }
}

#[cfg(test)]
mod tests;
