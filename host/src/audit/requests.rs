//! Requests, learned: the fewest entries of `http` that cover them and not much else.
//!
//! Where many addresses of one origin differ in one name of their path alone, that name is likely a number or a word that
//! the plugin was given: `*` stands for it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::learn::Seen;
use crate::capability::http;

/// Different names in one place of a path from which on `*` stands for them. Two may well be all that there are.
const MANY: usize = 3;

/// What is requested, by one method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Address {
    /// `scheme://host[:port]`.
    origin: String,
    path: Vec<String>,
    method: String,
    private: bool,
}

/// How often, and one request that is among them.
#[derive(Debug, Clone)]
struct Known {
    seen: Seen,
    url: String,
}

#[derive(Default)]
pub(super) struct Requests(IndexMap<Address, Known>);

/// An entry without its methods, and these.
type Learned = (Seen, Map<String, Value>, Vec<String>);

impl Requests {
    /// Takes in a request of which people are told `what`, and which `entry` would cover. Tells whether there was room for
    /// it.
    pub(super) fn see(&mut self, what: &str, entry: &Value, seen: Seen, most: usize) -> bool {
        // An entry that would cover it may be one that is there, with more in it than was asked for.
        let said = what.split_once(' ').filter(|(_, url)| url.contains("://") && !url.ends_with("..."));
        let needed = || {
            let url = entry.get("url")?.as_str()?;
            Some((entry.get("methods")?.as_array()?.last()?.as_str()?, url))
        };
        let Some((method, url)) = said.or_else(needed) else { return true };
        let Some(at) = url.find("://").and_then(|at| Some(at + 3 + url.get(at + 3..)?.find('/')?)) else { return true };
        let (origin, path) = url.split_at(at);
        let private = entry.get("private") == Some(&Value::Bool(true)) || http::is_private(url);
        let path = path.split('/').skip(1).map(str::to_owned).collect();
        let address = Address { origin: origin.to_owned(), path, method: method.to_owned(), private };
        if self.0.len() >= most && !self.0.contains_key(&address) {
            return false;
        }
        let known = self.0.entry(address).or_insert_with(|| Known { seen: Seen::default(), url: url.to_owned() });
        known.seen.add(seen);
        true
    }

    /// The entries, with all that the entries of `granted` have by which requests are made: headers, and whether they may go
    /// to private addresses.
    pub(super) fn entries(&self, granted: &[http::Grant]) -> Vec<(Seen, Value)> {
        let mut entries: IndexMap<String, Learned> = IndexMap::new();
        for (address, known) in generalised(self.0.clone()) {
            let by = http::entry_of(granted, &address.method, &known.url);
            let mut table = match by.map(serde_json::to_value) {
                Some(Ok(Value::Object(table))) => table,
                _ => Map::new(),
            };
            table.insert("url".to_owned(), format!("{}/{}", address.origin, address.path.join("/")).into());
            table.insert("methods".to_owned(), Value::Null);
            if address.private {
                table.insert("private".to_owned(), true.into());
            }
            let entry = entries.entry(json!(table).to_string()).or_insert_with(|| (Seen::default(), table, Vec::new()));
            entry.0.add(known.seen);
            entry.2.push(address.method);
        }
        let with_methods = entries.into_values().map(|(seen, mut table, mut methods)| {
            methods.sort_unstable();
            table.insert("methods".to_owned(), json!(methods));
            (seen, Value::Object(table))
        });
        with_methods.collect()
    }
}

/// The same with `*` for names of which there are many.
fn generalised(mut all: IndexMap<Address, Known>) -> IndexMap<Address, Known> {
    let longest = all.keys().map(|address| address.path.len()).max().unwrap_or_default();
    for at in 0..longest {
        let mut names: IndexMap<Address, BTreeSet<String>> = IndexMap::new();
        for address in all.keys() {
            if let Some((name, with_any)) = any_at(address, at).filter(|(name, _)| !name.is_empty()) {
                names.entry(with_any).or_default().insert(name);
            }
        }
        names.retain(|_, names| names.len() >= MANY);
        let mut fewer: IndexMap<Address, Known> = IndexMap::new();
        for (address, known) in all {
            let with_any = any_at(&address, at).filter(|(name, _)| !name.is_empty()).map(|(_, with_any)| with_any);
            let address = with_any.filter(|with_any| names.contains_key(with_any)).unwrap_or(address);
            match fewer.get_mut(&address) {
                Some(first) => first.seen.add(known.seen),
                None => {
                    fewer.insert(address, known);
                }
            }
        }
        all = fewer;
    }
    all
}

/// The name at this place of the path, and the address with `*` there.
fn any_at(address: &Address, at: usize) -> Option<(String, Address)> {
    let mut with_any = address.clone();
    let name = std::mem::replace(with_any.path.get_mut(at)?, "*".to_owned());
    Some((name, with_any))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(whats: &[&str], granted: &str) -> Vec<String> {
        #[derive(serde::Deserialize)]
        struct Granted {
            http: Vec<http::Grant>,
        }
        let mut requests = Requests::default();
        for what in whats {
            let (method, url) = what.split_once(' ').expect("both");
            assert!(requests.see(what, &json!({ "url": url, "methods": [method] }), Seen { uses: 1, refused: 0 }, 100));
        }
        let granted: Granted = toml::from_str(&format!("http = [{granted}]")).expect("entries");
        let entries = requests.entries(&granted.http).into_iter();
        entries
            .map(|(seen, entry)| {
                // What is learned can be granted.
                let grant: http::Grant = serde_json::from_value(entry).expect("an entry");
                format!("{}x {}", seen.uses, grant.describe())
            })
            .collect()
    }

    #[test]
    fn one_name_that_differs_many_times_becomes_any_name() {
        let many = [
            "GET https://a.example/repos/1/issues",
            "GET https://a.example/repos/2/issues",
            "GET https://a.example/repos/3/issues",
            "POST https://a.example/repos/3/issues",
            "GET https://a.example/users/1",
            "GET https://a.example/users/2",
            "GET https://a.example/",
            "GET https://b.example/repos/4/issues",
        ];
        let learned = entries(&many, "");
        assert_eq!(
            learned,
            [
                "3x http GET https://a.example/repos/*/issues",
                "1x http POST https://a.example/repos/3/issues",
                "1x http GET https://a.example/users/1",
                "1x http GET https://a.example/users/2",
                "1x http GET https://a.example/",
                "1x http GET https://b.example/repos/4/issues",
            ]
        );
    }

    #[test]
    fn two_names_that_differ_become_any_names_one_after_the_other() {
        let urls: Vec<String> =
            (0..9).map(|number| format!("GET https://a.example/{}/x/{}", number / 3, number % 3)).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        assert_eq!(entries(&urls, ""), ["9x http GET https://a.example/*/x/*"]);
    }

    #[test]
    fn headers_and_private_addresses_are_those_of_the_entry_that_is_there() {
        let granted = "{ url = \"http://in.example/**\", headers = { a = \"${secret:A}\" }, private = true }";
        let learned =
            entries(&["GET http://in.example/a", "HEAD http://in.example/a", "POST http://in.example/a"], granted);
        assert_eq!(
            learned,
            [
                "2x http GET, HEAD http://in.example/a, with the header a (unencrypted), also at private addresses",
                "1x http POST http://in.example/a",
            ]
        );
        assert_eq!(
            entries(&["GET http://127.0.0.1:81/a", "GET http://localhost/a", "GET https://[::1]/"], ""),
            [
                "1x http GET http://127.0.0.1:81/a, also at private addresses",
                "1x http GET http://localhost/a, also at private addresses",
                "1x http GET https://[::1]/, also at private addresses",
            ]
        );
    }
}
