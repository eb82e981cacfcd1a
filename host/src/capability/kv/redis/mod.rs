//! Redis as the keeper of values, where a grant has the address of a server.
//!
//! A bucket is three of the server's keys, named `barkeep:{PLUGIN:BUCKET}:` and then
//!
//! | key | what it is |
//! |---|---|
//! | `values` | a hash: each key's value, after the 16 digits of its version |
//! | `order` | a sorted set: the keys as they came, so that a list goes on where it was |
//! | `totals` | a hash: what keys and values come to, and the last place in the order |
//!
//! A plugin's keys are fields of its own hash: there is no key by which it could name another's. Each operation is one
//! [script](scripts), which the server runs whole: what it counts and what it keeps go together, whichever host asks.

mod address;
mod line;
mod measured;
mod reason;
mod scripts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use redis::{Script, ScriptInvocation};
use rustls::ClientConfig;

use super::store::{PAGE, Place, Store, Trouble, Versioned};
use super::{Limits, MAX_BATCH};
use crate::capability::CapabilityError;
use crate::capability::net::Resolver;
use crate::capability::secrets::Secrets;
pub use address::Address;
use line::{Answer, Line, Network, Patience, Target};
use reason::Reason;

/// Digits of a version.
const VERSION: usize = 16;

/// The servers that are known, so that plugins which name the same one share a connection. One that nobody names any more
/// is let go.
pub struct Servers {
    network: Network,
    known: Mutex<Vec<Weak<Server>>>,
}

impl Servers {
    /// None yet.
    pub(in crate::capability) fn new(resolver: Resolver, tls: Arc<ClientConfig>) -> Self {
        Self { network: Network { resolver, tls }, known: Mutex::default() }
    }

    /// The server at `address`, which is not spoken to before it is used.
    ///
    /// # Errors
    ///
    /// When a secret is not there.
    pub(super) fn at(&self, address: &Address, secrets: &Secrets) -> Result<Arc<Server>, CapabilityError> {
        let [user, password] =
            [&address.user, &address.password].map(|part| part.as_ref().map(|part| part.fill(secrets)).transpose());
        let target = Target { way: address.way.clone(), database: address.database, user: user?, password: password? };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|server| server.strong_count() > 0);
        if let Some(server) = known.iter().filter_map(Weak::upgrade).find(|server| server.0.target == target) {
            return Ok(server);
        }
        let server = Arc::new(Server(Arc::new(Line::new(target, self.network.clone(), Patience::USUAL))));
        known.push(Arc::downgrade(&server));
        Ok(server)
    }
}

/// A server.
pub(super) struct Server(Arc<Line>);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis {}", self.0.target.way)
    }
}

impl Server {
    async fn run(&self, script: ScriptInvocation<'static>) -> Result<Answer, Trouble> {
        let answer = self.0.run(script).await?;
        match answer.0.as_str() {
            "done" | "changed" => Ok(answer),
            "full" => Err(Trouble::Full),
            "too much" => Err(Trouble::TooMuch),
            "no number" => Err(Trouble::NO_NUMBER),
            "beyond" => Err(Trouble::BEYOND),
            _ => Err(Reason::Other.trouble()),
        }
    }

    /// Versions and values of `keys`.
    async fn read(&self, place: &Place, keys: &[String]) -> Result<Vec<Option<Versioned>>, Trouble> {
        let mut read = on(&scripts::READ, place);
        read.arg(MAX_BATCH).arg(keys);
        let (_, found) = self.run(read).await?;
        if found.len() != keys.len() {
            return Err(Reason::Foreign.trouble());
        }
        found.into_iter().map(|entry| entry.map(versioned).transpose()).collect()
    }
}

/// A script on a bucket.
fn on(script: &'static Script, place: &Place) -> ScriptInvocation<'static> {
    let Place { plugin, bucket } = place;
    let mut script = script.prepare_invoke();
    for part in ["values", "order", "totals"] {
        // The braces keep a bucket together where keys are spread over servers.
        script.key(format!("barkeep:{{{plugin}:{bucket}}}:{part}"));
    }
    script
}

/// The same, with a version that none was before and what may be kept.
fn changing(script: &'static Script, place: &Place, limits: Limits) -> ScriptInvocation<'static> {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    let mut script = on(script, place);
    script.arg(digits((high ^ low).cast_signed())).arg(limits.bytes).arg(limits.keys);
    script
}

fn digits(version: i64) -> String {
    format!("{:016x}", version.cast_unsigned())
}

fn version(digits: &[u8]) -> Result<i64, Trouble> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == VERSION);
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map(u64::cast_signed).ok_or(Reason::Foreign.trouble())
}

/// An entry as it is kept: its value after its version.
fn versioned(mut entry: Vec<u8>) -> Result<Versioned, Trouble> {
    let (digits, _) = entry.split_at_checked(VERSION).ok_or(Reason::Foreign.trouble())?;
    let version = version(digits)?;
    entry.drain(..VERSION);
    Ok((version, entry))
}

/// The one thing that an answer has, if it has one.
fn one(answer: Answer) -> Option<Vec<u8>> {
    answer.1.into_iter().next().flatten()
}

fn text(bytes: Option<Vec<u8>>) -> Result<String, Trouble> {
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Reason::Foreign.trouble())
}

#[async_trait]
impl Store for Server {
    async fn get(&self, place: &Place, key: String) -> Result<Option<Versioned>, Trouble> {
        Ok(self.read(place, &[key]).await?.pop().flatten())
    }

    async fn get_many(&self, place: &Place, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>, Trouble> {
        let found = self.read(place, &keys).await?;
        Ok(keys.into_iter().zip(found).map(|(key, found)| (key, found.map(|(_, value)| value))).collect())
    }

    async fn version(&self, place: &Place, key: String) -> Result<Option<i64>, Trouble> {
        let mut ask = on(&scripts::VERSION, place);
        ask.arg(key);
        one(self.run(ask).await?).map(|digits| version(&digits)).transpose()
    }

    async fn list(&self, place: &Place, cursor: u64) -> Result<(Vec<String>, Option<u64>), Trouble> {
        let mut list = on(&scripts::LIST, place);
        list.arg(cursor).arg(PAGE);
        let mut answer = self.run(list).await?.1.into_iter();
        let (mut keys, mut last) = (Vec::new(), None);
        while let (Some(key), Some(number)) = (answer.next(), answer.next()) {
            keys.push(text(key)?);
            last = Some(text(number)?.parse().map_err(|_| Reason::Foreign.trouble())?);
        }
        let more = last.filter(|_| keys.len() >= PAGE);
        Ok((keys, more))
    }

    async fn set(&self, place: &Place, limits: Limits, values: Vec<(String, Vec<u8>)>) -> Result<(), Trouble> {
        let mut set = changing(&scripts::SET, place, limits);
        for (key, value) in values {
            set.arg(key).arg(value);
        }
        self.run(set).await.map(|_| ())
    }

    async fn swap(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        expected: Option<i64>,
        value: Vec<u8>,
    ) -> Result<Result<(), Option<i64>>, Trouble> {
        let mut swap = changing(&scripts::SWAP, place, limits);
        swap.arg(expected.map(digits).unwrap_or_default()).arg(key).arg(value);
        let answer = self.run(swap).await?;
        if answer.0 == "done" {
            return Ok(Ok(()));
        }
        Ok(Err(one(answer).map(|digits| version(&digits)).transpose()?))
    }

    async fn increment(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        delta: i128,
        range: RangeInclusive<i128>,
    ) -> Result<i128, Trouble> {
        let mut increment = changing(&scripts::INCREMENT, place, limits);
        increment.arg(key);
        for number in [delta, *range.start(), *range.end()] {
            increment.arg(number.to_string());
        }
        text(one(self.run(increment).await?))?.parse().map_err(|_| Reason::Foreign.trouble())
    }

    async fn delete(&self, place: &Place, keys: Vec<String>) -> Result<(), Trouble> {
        let mut delete = on(&scripts::DELETE, place);
        delete.arg(keys);
        self.run(delete).await.map(|_| ())
    }
}
