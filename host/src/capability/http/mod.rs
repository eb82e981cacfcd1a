//! `http`: outgoing requests, by address and method, with headers and parameters of the query that the host puts in.
//!
//! A guest speaks wasi:http, 0.2 or 0.3; both come to one place, [`gate`], for each request:
//!
//! 1. [`target`]: its address is read strictly; what could be read in two ways is refused.
//! 2. [`Rules`]: one entry of the configuration must cover it, and one of the component's requests, where it has some.
//! 3. [`header`]: the guest's headers are cleaned, the entry's are put in; [`query`]: so are its parameters.
//! 4. [`connect`]: the name is resolved once; addresses that are not the internet's ([`super::net::address`]) are left out, unless
//!    the entry says `private = true`; what is connected to is what was looked at.
//! 5. [`body`]: what is sent and received is counted, and [`mask`] takes out secrets that come back.
//!
//! Redirects are answers like any other: a guest that follows one makes a new request, which is looked at again. Nothing
//! of the environment (proxies) is used, and nothing is decompressed: servers of a plugin in whose requests a secret is put are
//! asked not to compress, and an answer that is compressed all the same is refused.

mod body;
mod connect;
mod error;
mod forms;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod header;
mod mask;
mod method;
mod path;
mod pattern;
mod pool;
mod query;
mod refusal;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime_wasi::WasiView;
use wasmtime_wasi_http::{WasiHttpHooks, WasiHttpView};

use super::net::{Host, address};
use super::secrets::{Secret, Secrets, Template};
use super::size::Size;
use super::{CapabilityError, Uses};
pub use header::Name as HeaderName;
pub use method::Method;
pub(super) use method::{list as methods, only_read};
pub use pattern::Pattern;
pub use pool::Pool;
pub use query::Name as ParameterName;

/// Requests of all calls of one plugin that are under way at once. Each has a socket; 1,024 open files is what a process
/// may have as a rule, and one plugin must leave some to the others.
const MAX_OF_PLUGIN: usize = 128;

/// One entry of `http = [...]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The addresses: `scheme://host[:port]/path`, where `*` stands for one name and `/**` at the end for every path.
    pub url: Pattern,
    /// The methods: GET and HEAD unless others are named.
    #[serde(default = "method::reading", deserialize_with = "method::deserialize")]
    pub methods: Vec<Method>,
    /// Headers that Barkeep sets on the way out, in the place of the plugin's own. `${secret:NAME}` in a value stands for
    /// a secret; the plugin never sees it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "header::deserialize")]
    pub headers: IndexMap<HeaderName, Template>,
    /// Parameters that Barkeep puts into the query on the way out, in the place of the plugin's own. `${secret:NAME}` in a
    /// value stands for a secret; the plugin never sees it. Servers write addresses into their logs: where a header does,
    /// take a header.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<ParameterName, Template>,
    /// Bytes of the body of one request at the most: 64MiB unless said.
    #[serde(default = "body::usual", skip_serializing_if = "body::is_usual")]
    pub max_request: Size,
    /// Bytes of the body of one answer at the most: 64MiB unless said.
    #[serde(default = "body::usual", skip_serializing_if = "body::is_usual")]
    pub max_response: Size,
    /// Whether private, loopback and link-local addresses may be reached by it: this machine and its network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

impl Grant {
    /// One line for people.
    pub fn describe(&self) -> String {
        let mut line = format!("http {} {}", method::list(&self.methods), self.url);
        if !self.headers.is_empty() {
            let names: Vec<&str> = self.headers.keys().map(|name| name.get().as_str()).collect();
            line = format!("{line}, with the header {}", names.join(", "));
        }
        if !self.query.is_empty() {
            let names: Vec<String> = self.query.keys().map(ToString::to_string).collect();
            let and = if self.headers.is_empty() { ", with" } else { " and" };
            line = format!("{line}{and} the parameter {}", names.join(", "));
        }
        if !self.templates().all(Template::is_plain) && self.url.in_the_clear() {
            line.push_str(" (unencrypted)");
        }
        if self.private {
            line.push_str(", also at private addresses");
        }
        line
    }

    /// Whether it allows all that `before` did, with all that was put in.
    pub(super) fn still_grants(&self, before: &Self) -> bool {
        let Self { url, methods, headers, query, max_request, max_response, private } = before;
        self.url == *url
            && methods.iter().all(|method| self.methods.contains(method))
            && headers.iter().all(|(name, value)| self.headers.get(name) == Some(value))
            && query.iter().all(|(name, value)| self.query.get(name) == Some(value))
            && self.max_request >= *max_request
            && self.max_response >= *max_response
            && (self.private || !private)
    }

    /// All that is put in, secrets in it or not.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.headers.values().chain(self.query.values())
    }

    /// One entry after the other; the first that covers a request is the one that it is made by.
    fn allows(&self, method: &http::Method, target: &target::Target) -> bool {
        self.url.covers(target) && self.methods.iter().any(|granted| granted.is(method))
    }
}

/// The entry of `grants` that a request would be made by.
pub fn entry_of<'a>(grants: &'a [Grant], method: &str, url: &str) -> Option<&'a Grant> {
    let (method, target) = (method.parse().ok()?, target::Target::parse(&url.parse().ok()?).ok()?);
    grants.iter().find(|grant| grant.allows(&method, &target))
}

/// Whether the host of this address is none of the public internet's by its very name.
pub fn is_private(url: &str) -> bool {
    let target = url.parse().ok().and_then(|uri| target::Target::parse(&uri).ok());
    target.is_some_and(|target| match target.host {
        Host::Ip(ip) => address::not_public(ip).is_some(),
        Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
    })
}

/// What a component's author asks for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The addresses.
    pub url: Pattern,
    /// The methods.
    #[serde(deserialize_with = "method::deserialize")]
    pub methods: Vec<Method>,
    /// The reason, for the person who grants it.
    pub why: String,
}

impl Request {
    /// One line for people.
    pub fn describe(&self) -> String {
        format!("http {} {}: {}", method::list(&self.methods), self.url, self.why)
    }

    fn asks_for(&self, method: &http::Method, target: &target::Target) -> bool {
        self.url.covers(target) && self.methods.iter().any(|asked| asked.is(method))
    }
}

/// One entry with its secrets filled in.
#[derive(Debug)]
struct Entry {
    grant: Grant,
    injection: header::Injection,
    query: query::Injection,
}

/// What a plugin may request: what both its author asks for and its user grants.
#[derive(Debug)]
pub struct Rules {
    entries: Vec<Entry>,
    /// Over all that comes back: what one entry puts in may be read by another, at the same host or elsewhere.
    mask: mask::Mask,
    requests: Option<Vec<Request>>,
    turns: Arc<Semaphore>,
}

/// What the plugin may request. `requests` are those of the component; a component that says nothing asks for whatever
/// it is granted.
///
/// # Errors
///
/// When a secret is not there, or cannot be put into a header, or would be sent to any host that the plugin likes.
pub fn check(grants: &[Grant], requests: Option<&[Request]>, secrets: &Secrets) -> Result<Rules, CapabilityError> {
    let entries = grants.iter().map(|grant| Entry::new(grant, secrets)).collect::<Result<_, _>>()?;
    let names: BTreeSet<_> = grants.iter().flat_map(Grant::templates).flat_map(Template::names).collect();
    let masked: Vec<Secret> = names.into_iter().map(|name| secrets.get(name)).collect::<Result<_, _>>()?;
    let (mask, requests) = (mask::Mask::of(&masked), requests.map(<[_]>::to_vec));
    Ok(Rules { entries, mask, requests, turns: Arc::new(Semaphore::new(MAX_OF_PLUGIN)) })
}

impl Entry {
    fn new(grant: &Grant, secrets: &Secrets) -> Result<Self, CapabilityError> {
        let wrong = |what: String| CapabilityError::Http(format!("for {} {what}", grant.url));
        let fill = |name: &dyn std::fmt::Display, template: &Template| {
            if grant.url.any_host() && !template.is_plain() {
                let what = format!("puts a secret into `{name}` for whatever host the plugin names; name the host");
                return Err(wrong(what));
            }
            template.fill(secrets)
        };
        let mut headers = Vec::new();
        for (name, template) in &grant.headers {
            let filled = fill(name, template)?;
            if header::value(&filled).is_none() {
                return Err(wrong(format!(
                    "cannot set `{name}`: with its secrets it has a line break or another character that no header has"
                )));
            }
            headers.push((name.get().clone(), filled));
        }
        let parameters = grant.query.iter().map(|(name, template)| Ok((name.clone(), fill(name, template)?)));
        let query = query::Injection::new(parameters.collect::<Result<_, CapabilityError>>()?);
        if query.size() > query::MAX_SIZE {
            return Err(wrong(format!("puts more than {} bytes into the query", query::MAX_SIZE)));
        }
        Ok(Self { grant: grant.clone(), injection: header::Injection::new(headers), query })
    }
}

impl Rules {
    /// What happens to the requests of one call.
    pub fn build(self: &Arc<Self>, plugin: &Arc<str>, pool: &Pool, uses: &Uses) -> Box<dyn WasiHttpHooks> {
        Box::new(gate::Gate::new(Arc::clone(self), Arc::clone(plugin), pool.clone(), uses.clone()))
    }

    /// Which entry a request is made by.
    fn find(&self, method: &http::Method, target: &target::Target) -> Result<usize, refusal::Refusal> {
        let asked = |requests: &Vec<Request>| requests.iter().any(|request| request.asks_for(method, target));
        if !self.requests.as_ref().is_none_or(asked) {
            return Err(refusal::Refusal::NotRequested);
        }
        let entry = self.entries.iter().position(|entry| entry.grant.allows(method, target));
        entry.ok_or_else(|| {
            let covers = self.entries.iter().find(|entry| entry.grant.url.covers(target));
            refusal::Refusal::NotGranted { by: covers.map(|entry| Box::new(entry.grant.clone())) }
        })
    }
}

/// Adds wasi:http, 0.2 and 0.3, to the linker.
///
/// Both send by [`WasiHttpHooks::send_request`] and nothing else: wasmtime-wasi-http is built without a way of its own.
///
/// # Errors
///
/// When it is there already.
pub fn link<T: WasiView + WasiHttpView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)
}
