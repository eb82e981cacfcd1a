//! `config`: values that a plugin reads by `wasi:config`, as the configuration gives them.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{HasData, Linker};

use super::secrets::NOT_IN_VALUES;
use super::{CapabilityError, Denial, Grants, Kind, Named, Uses};
use bindings::wasi::config::store;

mod bindings {
    #![allow(missing_docs, clippy::pedantic, clippy::all, reason = "generated")]
    wasmtime::component::bindgen!({ path: "wit/config.wit", world: "imports" });
}

/// `config = { key = "value" }`.
pub type Grant = BTreeMap<String, String>;

/// Bytes of all keys and values together. What is larger is data, and belongs into a file.
const MAX: usize = 64 * 1024;

/// Bytes of a key that are shown: keys that are granted are names, but a guest may ask for anything.
const MAX_SHOWN: usize = 128;

/// What the plugin gets of `grant`: what it asks for as well, where it says what it asks for.
///
/// # Errors
///
/// When a key is empty, a value names a secret, or there is too much.
pub(super) fn check(grant: &Grant, requests: Option<&[Named]>) -> Result<Arc<Grant>, CapabilityError> {
    let wrong = |key: &str, reason| Err(CapabilityError::Config { key: key.escape_debug().to_string(), reason });
    let mut total = 0;
    for (key, value) in grant {
        if key.is_empty() {
            return wrong(key, "a key is not empty");
        }
        if value.contains("${secret:") {
            return wrong(key, NOT_IN_VALUES);
        }
        total += key.len() + value.len();
        if total > MAX {
            return wrong(key, "all keys and values together have 64 KiB at the most");
        }
    }
    let asked = |key: &str| requests.is_none_or(|requests| requests.iter().any(|asked| asked.name == key));
    let given = grant.iter().filter(|(key, _)| asked(key)).map(|(key, value)| (key.clone(), value.clone()));
    Ok(Arc::new(given.collect()))
}

/// What one call is given, and its host functions.
pub struct Values {
    plugin: Arc<str>,
    given: Arc<Grant>,
    uses: Uses,
}

/// Gives the values to one call.
pub(super) fn build(plugin: &Arc<str>, given: &Arc<Grant>, uses: &Uses) -> Values {
    Values { plugin: Arc::clone(plugin), given: Arc::clone(given), uses: uses.clone() }
}

/// A store's data that has the values.
pub trait View {
    /// The values.
    fn config(&mut self) -> &mut Values;
}

struct HasValues;

impl HasData for HasValues {
    type Data<'a> = &'a mut Values;
}

/// Adds `wasi:config/store` to the linker.
///
/// # Errors
///
/// When it is there already.
pub(super) fn link<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    store::add_to_linker::<T, HasValues>(linker, T::config)
}

impl store::Host for Values {
    fn get(&mut self, key: String) -> Result<Option<String>, store::Error> {
        let Some(value) = self.given.get(&key) else {
            // No failure in itself: it is told where the call fails.
            self.uses.refused(Kind::Config, &what(&key), self.deny(&key));
            return Ok(None);
        };
        self.uses.allowed(Kind::Config, || (what(&key), Some(granting([(key.clone(), value.clone())]))));
        Ok(Some(value.clone()))
    }

    fn get_all(&mut self) -> Result<Vec<(String, String)>, store::Error> {
        let all: Vec<(String, String)> = self.given.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        self.uses.allowed(Kind::Config, || ("get all".to_owned(), Some(granting(all.iter().cloned()))));
        Ok(all)
    }
}

impl Values {
    /// Only a person knows the value that would do, so nothing can be granted without one.
    fn deny(&self, key: &str) -> Denial {
        let (plugin, key) = (&self.plugin, shown(key));
        let sentence = format!(
            "plugin `{plugin}` has no value for {key}: add {key} = \"...\" to config in [plugins.{plugin}.grants] of barkeep.toml"
        );
        Denial { sentence, needs: None }
    }
}

fn what(key: &str) -> String {
    format!("get {}", shown(key))
}

/// A guest's key, for people: bounded, and quoted where it is no bare key of TOML.
fn shown(key: &str) -> String {
    let cut: String = key.chars().take(MAX_SHOWN).collect();
    let is_bare =
        !cut.is_empty() && cut.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare { cut } else { format!("{cut:?}") }
}

fn granting(config: impl IntoIterator<Item = (String, String)>) -> Grants {
    Grants { config: config.into_iter().collect(), ..Grants::default() }
}

#[cfg(test)]
mod tests {
    use super::store::Host as _;
    use super::*;

    fn grant(pairs: &[(&str, &str)]) -> Grant {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn values(grant: &Grant, requests: Option<&[Named]>) -> Values {
        build(&"x".into(), &check(grant, requests).expect("it is good"), &Uses::default())
    }

    #[test]
    fn a_plugin_reads_what_it_asks_for_and_is_granted() {
        let granted = grant(&[("a", "1"), ("b", "2")]);
        let asked = [Named { name: "a".into(), why: "y".into() }, Named { name: "c".into(), why: "y".into() }];
        let mut some = values(&granted, Some(&asked));
        assert_eq!(some.get("a".into()).expect("no error").as_deref(), Some("1"));
        assert_eq!(some.get("b".into()).expect("no error"), None);
        assert_eq!(some.get_all().expect("no error"), [("a".to_owned(), "1".to_owned())]);
        assert_eq!(values(&granted, None).get_all().expect("no error").len(), 2);
        assert!(values(&granted, Some(&[])).get_all().expect("no error").is_empty());
    }

    #[test]
    fn what_is_missing_is_told_with_the_line_to_add() {
        let mut none = values(&Grant::new(), None);
        none.get("unit".into()).expect("no error");
        let long = format!("a b\u{1b}{}", "x".repeat(10_000));
        none.get(long).expect("no error");
        let told = none.uses.take_denials();
        assert_eq!(
            told[0].sentence,
            "plugin `x` has no value for unit: add unit = \"...\" to config in [plugins.x.grants] of barkeep.toml"
        );
        let other = &told[1].sentence;
        assert!(other.contains("\"a b\\u{1b}x") && other.len() < 500 && !other.contains('\u{1b}'), "{other}");
    }

    #[test]
    fn what_cannot_be_a_value_is_refused() {
        let long = "x".repeat(MAX);
        for (key, value) in [("", "x"), ("a", "${secret:T}"), ("a", &long)] {
            assert!(check(&grant(&[(key, value)]), None).is_err(), "{key:?}");
        }
        let told = check(&grant(&[("a", "Bearer ${secret:T}")]), None).expect_err("it is a secret").to_string();
        assert!(told.contains("`a`") && told.contains("grant it with `secrets`"), "{told}");
    }
}
