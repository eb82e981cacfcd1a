//! `env`: environment variables, as the configuration gives them. Nothing of the host's own environment is passed on.

use std::collections::BTreeMap;

use wasmtime_wasi::WasiCtxBuilder;

use super::secrets::NOT_IN_VALUES;
use super::{CapabilityError, Named};

/// `env = { NAME = "value" }`.
pub type Grant = BTreeMap<String, String>;

/// Bytes of all names and values together. What is larger is data, and belongs into a file.
const MAX: usize = 64 * 1024;

/// What the plugin gets of `grant`: what it asks for as well, where it says what it asks for.
///
/// # Errors
///
/// When a name or value cannot be one of a variable.
pub(super) fn check(grant: &Grant, requests: Option<&[Named]>) -> Result<Vec<(String, String)>, CapabilityError> {
    let wrong = |name: &str, reason| Err(CapabilityError::Env { name: name.escape_debug().to_string(), reason });
    let mut total = 0;
    for (name, value) in grant {
        if name.is_empty() || name.contains(['=', '\0']) {
            return wrong(name, "a name is not empty and has neither `=` nor NUL");
        }
        if value.contains('\0') {
            return wrong(name, "a value has no NUL");
        }
        if value.contains("${secret:") {
            return wrong(name, NOT_IN_VALUES);
        }
        total += name.len() + value.len();
        if total > MAX {
            return wrong(name, "all variables together have 64 KiB at the most");
        }
    }
    let asked = |name: &str| requests.is_none_or(|requests| requests.iter().any(|asked| asked.name == name));
    Ok(grant.iter().filter(|(name, _)| asked(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Gives them to one call.
pub(super) fn build(granted: &[(String, String)], wasi: &mut WasiCtxBuilder) {
    wasi.envs(granted);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(pairs: &[(&str, &str)]) -> Grant {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_plugin_gets_what_it_asks_for_and_is_granted() {
        let asked = [Named { name: "A".into(), why: "y".into() }, Named { name: "C".into(), why: "y".into() }];
        let granted = grant(&[("A", "1"), ("B", "2")]);
        let names = |requests| {
            let all = check(&granted, requests).expect("it is good");
            all.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(Some(&asked)), ["A"]);
        assert_eq!(names(None), ["A", "B"]);
        assert!(names(Some(&[])).is_empty());
    }

    #[test]
    fn what_cannot_be_a_variable_is_refused() {
        let long = "x".repeat(MAX);
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "\0"), ("A", "${secret:T}"), ("A", &long)] {
            assert!(check(&grant(&[(name, value)]), None).is_err(), "{name:?}");
        }
    }
}
