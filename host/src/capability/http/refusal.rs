//! Why a request is refused, and the line that would allow it.

use std::net::IpAddr;

use http::Method;
use indexmap::IndexMap;

use super::body::USUAL;
use super::target::Target;
use super::{Grant, Method as Granted, Pattern};
use crate::capability::net::Unresolved;
use crate::capability::size::Size;
use crate::capability::{Denial, Grants};

/// Bytes of a method that are shown.
pub(super) const MAX_METHOD: usize = 24;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// Its address can be read in several ways, or is none. The end of a sentence about it.
    Unclear(&'static str),
    /// No entry covers it. `by` covers the address, with other methods.
    NotGranted { by: Option<Box<Grant>> },
    /// The component's author does not ask for it.
    NotRequested,
    /// The entry `by` covers it, but it leads to an address that is not the internet's.
    NotPublic { by: Box<Grant>, address: IpAddr, kind: &'static str },
    /// The entry `by` covers it, but it is longer than that allows. Its `size` is known where it says so itself.
    TooLarge { by: Box<Grant>, way: Way, size: Option<u64> },
    /// It is compressed, in this way, so that secrets in it would not be found.
    Compressed { by: String },
    /// Its host is to be looked up, and too many names are.
    Lookups,
}

/// Which body is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// That of a request.
    Out,
    /// That of an answer.
    In,
}

impl Refusal {
    /// A sentence for people that says what was refused and what would allow it.
    ///
    /// It says of which kind an address is, not which: what a name of the inner network resolves to is not for guests.
    pub(super) fn tell(&self, plugin: &str, method: &Method, target: Option<&Target>) -> String {
        let asked = match target {
            Some(target) => target.shown(),
            None => "an address".to_owned(),
        };
        let method = method.as_str().get(..MAX_METHOD).unwrap_or(method.as_str());
        let refused = format!("plugin `{plugin}` may not {method} {asked}");
        let file = format!("[plugins.{plugin}.grants] of barkeep.toml");
        match self {
            Self::Unclear(what) => format!("{refused} that {what}; no grant allows that"),
            Self::NotRequested => format!(
                "{refused}: its author does not ask for it, so no grant allows it; `[requests]` in its plugin.toml would"
            ),
            Self::NotGranted { .. } if matches!(method, "CONNECT" | "TRACE") => {
                format!("{refused}: no grant allows {method}")
            }
            Self::NotGranted { by: Some(by) } => {
                format!("{refused}: add \"{method}\" to `methods` of the entry \"{}\" of http in {file}", by.url)
            }
            Self::NotGranted { by: None } => {
                let origin = target.map(Target::origin).unwrap_or_default();
                format!("{refused}: add {{ url = \"{origin}/**\", methods = [\"{method}\"] }} to http in {file}")
            }
            Self::NotPublic { by, kind, .. } => {
                let by = &by.url;
                format!("{refused}, which is at {kind}: add `private = true` to the entry \"{by}\" of http in {file}")
            }
            Self::TooLarge { by, way, .. } => {
                let (what, most, key) = match way {
                    Way::Out => ("sends", by.max_request, "max_request"),
                    Way::In => ("is answered with", by.max_response, "max_response"),
                };
                let by = &by.url;
                format!(
                    "{refused} when it {what} more than {most}: raise `{key}` of the entry \"{by}\" of http in {file}"
                )
            }
            Self::Compressed { by } => format!(
                "{refused}: its answer is compressed ({by}) though the server was asked not to, and secrets in it would \
                 not be found; no grant allows that"
            ),
            Self::Lookups => format!("{refused} now: {}", Unresolved::Busy),
        }
    }
}

impl Refusal {
    /// The sentence, with the least entry that would allow it: a new one, or the one that nearly does, with what it lacks.
    pub(super) fn deny(&self, plugin: &str, method: &Method, target: Option<&Target>) -> Denial {
        let entry = match (self, target) {
            (Self::NotGranted { by: Some(by) }, _) => method.as_str().parse().ok().map(|method| {
                let mut entry = Grant::clone(by);
                entry.methods.push(method);
                entry
            }),
            (Self::NotGranted { by: None }, Some(target)) => least(method, target),
            (Self::NotPublic { by, .. }, _) => Some(Grant { private: true, ..Grant::clone(by) }),
            (Self::TooLarge { by, way, size: Some(size) }, _) => Some(match way {
                Way::Out => Grant { max_request: Size::of(*size), ..Grant::clone(by) },
                Way::In => Grant { max_response: Size::of(*size), ..Grant::clone(by) },
            }),
            _ => None,
        };
        Denial { sentence: self.tell(plugin, method, target), needs: entry.map(granting) }
    }
}

/// The least entry that covers a request; none where no entry can.
pub(super) fn least(method: &Method, target: &Target) -> Option<Grant> {
    // In an entry a guest's own `*` would stand for other paths as well.
    if target.uri.path().contains('*') {
        return None;
    }
    let url: Pattern = format!("{}{}", target.origin(), target.uri.path()).parse().ok()?;
    let methods: Vec<Granted> = vec![method.as_str().parse().ok()?];
    let (headers, query) = (IndexMap::new(), IndexMap::new());
    Some(Grant { url, methods, headers, query, max_request: USUAL, max_response: USUAL, private: false })
}

/// An entry, as grants.
pub(super) fn granting(entry: Grant) -> Grants {
    Grants { http: vec![entry], ..Grants::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str) -> Box<Grant> {
        Box::new(toml::from_str(&format!("url = \"{url}\"")).expect("an entry"))
    }

    fn needs(refusal: &Refusal, method: &Method, url: &str) -> Option<String> {
        let target = Target::parse(&url.parse().expect("a URI")).expect("a target");
        let needs = refusal.deny("x", method, Some(&target)).needs?;
        Some(needs.http.iter().map(Grant::describe).collect())
    }

    #[test]
    fn a_refusal_knows_the_least_entry_that_would_allow_it() {
        let none = Refusal::NotGranted { by: None };
        let asked = needs(&none, &Method::POST, "https://api.example.com:8443/a/b?token=t");
        assert_eq!(asked.as_deref(), Some("http POST https://api.example.com:8443/a/b"));
        assert_eq!(needs(&none, &Method::GET, "https://a.example/**"), None, "the guest's own star is none of ours");
        let other = Refusal::NotGranted { by: Some(entry("https://a.example/**")) };
        let asked = needs(&other, &Method::POST, "https://a.example/b");
        assert_eq!(asked.as_deref(), Some("http GET, HEAD, POST https://a.example/**"));
        let private =
            Refusal::NotPublic { by: entry("http://a.example/**"), address: [10, 0, 0, 1].into(), kind: "private" };
        let asked = needs(&private, &Method::GET, "http://a.example/b");
        assert_eq!(asked.as_deref(), Some("http GET, HEAD http://a.example/**, also at private addresses"));
        let large = Refusal::TooLarge { by: entry("http://a.example/**"), way: Way::In, size: Some(1 << 30) };
        let target = Target::parse(&"http://a.example/b".parse().expect("a URI")).expect("a target");
        let raised = large.deny("x", &Method::GET, Some(&target)).needs.expect("it is known");
        assert_eq!(raised.http[0].max_response.to_string(), "1GiB");
        assert_eq!(needs(&Refusal::NotRequested, &Method::GET, "http://a.example/"), None);
        assert_eq!(needs(&none, &Method::TRACE, "http://a.example/"), None);
        assert_eq!(needs(&Refusal::Unclear("is odd"), &Method::GET, "http://a.example/"), None);
    }

    fn tell(refusal: &Refusal, method: &Method, url: &str) -> String {
        let target = Target::parse(&url.parse().expect("a URI")).expect("a target");
        refusal.tell("x", method, Some(&target))
    }

    #[test]
    fn a_refusal_names_the_line_to_add() {
        let pattern = entry("https://api.example.com/**");
        let none = Refusal::NotGranted { by: None };
        assert_eq!(
            tell(&none, &Method::GET, "https://api.example.com/a?token=t"),
            "plugin `x` may not GET https://api.example.com/a: add { url = \"https://api.example.com/**\", \
             methods = [\"GET\"] } to http in [plugins.x.grants] of barkeep.toml"
        );
        let other = Refusal::NotGranted { by: Some(pattern.clone()) };
        assert_eq!(
            tell(&other, &Method::POST, "https://api.example.com/a"),
            "plugin `x` may not POST https://api.example.com/a: add \"POST\" to `methods` of the entry \
             \"https://api.example.com/**\" of http in [plugins.x.grants] of barkeep.toml"
        );
        let private = Refusal::NotPublic { by: pattern, address: [127, 0, 0, 1].into(), kind: "a loopback address" };
        let told = tell(&private, &Method::GET, "http://localhost/");
        assert!(
            told.contains("loopback") && told.contains("`private = true`") && !told.contains("127.0.0.1"),
            "{told}"
        );
        let large = |way| Refusal::TooLarge { by: entry("https://a.example/**"), way, size: None };
        assert_eq!(
            tell(&large(Way::In), &Method::GET, "https://a.example/x?token=t"),
            "plugin `x` may not GET https://a.example/x when it is answered with more than 64MiB: raise `max_response` of \
             the entry \"https://a.example/**\" of http in [plugins.x.grants] of barkeep.toml"
        );
        assert!(tell(&large(Way::Out), &Method::POST, "https://a.example/x").contains("`max_request`"));
        let asked = tell(&Refusal::NotRequested, &Method::GET, "http://a.b/");
        assert!(asked.contains("does not ask for it") && asked.contains("plugin.toml"), "{asked}");
        assert!(tell(&none, &Method::TRACE, "http://a.b/").ends_with("no grant allows TRACE"));
    }

    #[test]
    fn an_address_that_is_none_is_not_repeated() {
        let told = Refusal::Unclear("has a backslash in its path").tell("x", &Method::GET, None);
        assert_eq!(told, "plugin `x` may not GET an address that has a backslash in its path; no grant allows that");
    }
}
