//! Grants put together and taken apart as TOML has them, so that what a person wrote stays as it is written.
//!
//! What is granted twice is granted once: entries of one address or one guest path become one that allows what either did.
//! A kind of grant that is not named here needs nothing of it: its lists are joined, its tables are filled in.

use std::path::Path;

use toml::{Table, Value};

use super::Grants;
use super::fs::absolute;

/// The methods that an entry of `http` allows which names none.
const READING: [&str; 2] = ["GET", "HEAD"];

/// Keys by which a person names an entry of a list.
const NAMES: [&str; 6] = ["url", "guest", "host", "address", "name", "bucket"];

impl Grants {
    /// What both grant.
    ///
    /// # Errors
    ///
    /// When they cannot be had together: the end of a sentence about the plugin.
    pub fn with(&self, more: &Self) -> Result<Self, String> {
        let table = |grants: &Self| Table::try_from(grants).map_err(|error| error.to_string());
        let mut merged = table(self)?;
        merge(&mut merged, &table(more)?, Path::new(""))?;
        merged.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// Whether all of `other` is granted by it already.
    pub fn include(&self, other: &Self) -> bool {
        self.with(other).is_ok_and(|both| both == *self)
    }
}

/// Adds the grants `more` to `grants`. Paths of either are seen from `folder`.
///
/// # Errors
///
/// When they cannot be had together: the end of a sentence about the plugin.
pub fn merge(grants: &mut Table, more: &Table, folder: &Path) -> Result<(), String> {
    for (kind, more) in more {
        match (grants.get_mut(kind), more) {
            (Some(Value::Array(known)), Value::Array(more)) => {
                for entry in more {
                    merge_entry(kind, known, entry, folder)?;
                }
            }
            (Some(Value::Table(known)), Value::Table(more)) => known.extend(more.clone()),
            _ => {
                grants.insert(kind.clone(), more.clone());
            }
        }
    }
    Ok(())
}

fn merge_entry(kind: &str, known: &mut Vec<Value>, entry: &Value, folder: &Path) -> Result<(), String> {
    if known.contains(entry) {
        return Ok(());
    }
    let of_one = |known: &&mut Table| match (kind, entry) {
        ("http", Value::Table(entry)) => known.get("url") == entry.get("url"),
        ("tcp", Value::Table(entry)) => ["host", "port"].iter().all(|key| known.get(*key) == entry.get(*key)),
        ("fs", Value::Table(entry)) => known.get("guest") == entry.get("guest"),
        ("kv", Value::Table(entry)) => known.get("bucket") == entry.get("bucket"),
        _ => false,
    };
    match (known.iter_mut().filter_map(Value::as_table_mut).find(of_one), entry) {
        (Some(known), Value::Table(entry)) if kind == "http" => join_http(known, entry),
        // What more there is to an entry of `tcp` makes it wider.
        (Some(known), Value::Table(entry)) if kind == "tcp" => {
            known.extend(
                entry.iter().filter(|(_, value)| value.as_bool() != Some(false)).map(|(k, v)| (k.clone(), v.clone())),
            );
        }
        (Some(known), Value::Table(entry)) if kind == "kv" => known.extend(entry.clone()),
        (Some(known), Value::Table(entry)) => join_fs(known, entry, folder)?,
        _ => known.push(entry.clone()),
    }
    Ok(())
}

fn methods(entry: &Table) -> Vec<Value> {
    let named = entry.get("methods").and_then(Value::as_array);
    named.cloned().unwrap_or_else(|| READING.map(Value::from).to_vec())
}

fn join_http(known: &mut Table, more: &Table) {
    let mut joined = methods(known);
    let before = joined.len();
    for method in methods(more) {
        if !joined.contains(&method) {
            joined.push(method);
        }
    }
    if joined.len() > before {
        known.insert("methods".to_owned(), Value::Array(joined));
    }
    for (key, value) in more {
        match (key.as_str(), value, known.get_mut(key)) {
            ("methods", ..) | ("private", Value::Boolean(false), _) => {}
            ("query", Value::Table(more), Some(Value::Table(known))) => known.extend(more.clone()),
            ("headers", Value::Table(more), Some(Value::Table(known))) => {
                for (name, value) in more {
                    // A name is the same in any case.
                    let written = known.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
                    known.insert(written.unwrap_or_else(|| name.clone()), value.clone());
                }
            }
            _ => {
                known.insert(key.clone(), value.clone());
            }
        }
    }
}

fn join_fs(known: &mut Table, more: &Table, folder: &Path) -> Result<(), String> {
    let text = |table: &Table, key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let host = |table: &Table| absolute(folder, Path::new(&text(table, "host")));
    if host(known) != host(more) {
        let guest = text(more, "guest");
        return Err(format!("has another folder at {guest} already; choose another path, or revoke that one first"));
    }
    for (key, value) in more {
        let is_less = key == "mode" && text(known, "mode") == "read-write";
        let is_same = key == "host" || (key == "mode" && value.as_str() == Some("read") && !known.contains_key("mode"));
        if !is_less && !is_same {
            known.insert(key.clone(), value.clone());
        }
    }
    Ok(())
}

/// Takes what is named `value` of the kind `kind` out of `grants`, or all of that kind. Tells whether anything was there.
pub fn take_away(grants: &mut Table, kind: &str, value: Option<&str>) -> bool {
    let Some(value) = value else { return grants.remove(kind).is_some() };
    let (taken, left) = match grants.get_mut(kind) {
        Some(Value::Array(list)) => {
            let before = list.len();
            list.retain(|entry| !is_named(entry, value));
            (list.len() < before, list.len())
        }
        Some(Value::Table(table)) => {
            let name = value.split_once('=').map_or(value, |(name, _)| name);
            (table.remove(name).is_some(), table.len())
        }
        _ => return false,
    };
    if taken && left == 0 {
        grants.remove(kind);
    }
    taken
}

/// Whether `words` name this entry of a list: what it is, a word by which it is known, or `HOST:GUEST` and `HOST:PORT`.
fn is_named(entry: &Value, words: &str) -> bool {
    let Value::Table(table) = entry else { return entry.as_str() == Some(words) };
    let word = |key: &str| table.get(key).and_then(Value::as_str);
    NAMES.iter().any(|key| word(key) == Some(words))
        || matches!((word("host"), word("guest")), (Some(host), Some(guest)) if words == format!("{host}:{guest}"))
        || matches!((word("host"), table.get("port")), (Some(host), Some(port)) if words == format!("{host}:{}", plain(port)))
        || inline(words).is_some_and(|other| other == *entry)
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as TOML has it, such as `{ url = "…" }`.
pub fn inline(text: &str) -> Option<Value> {
    let mut table: Table = toml::from_str(&format!("value = {text}")).ok()?;
    table.remove("value").filter(|_| table.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("it is TOML")
    }

    #[test]
    fn what_is_granted_twice_is_granted_once_and_more_is_joined() {
        let (url, other) = ("https://a.example/**", "https://b.example/**");
        for (known, more, both) in [
            (String::new(), "secrets = [\"A\"]".to_owned(), "secrets = [\"A\"]".to_owned()),
            ("secrets = [\"A\"]".into(), "secrets = [\"B\", \"A\"]".into(), "secrets = [\"A\", \"B\"]".into()),
            (
                "env = { A = \"1\", B = \"2\" }".into(),
                "env = { A = \"3\" }".into(),
                "env = { A = \"3\", B = \"2\" }".into(),
            ),
            (
                format!("http = [{{ url = \"{url}\" }}]"),
                format!("http = [{{ url = \"{url}\", methods = [\"POST\", \"GET\"] }}, {{ url = \"{other}\" }}]"),
                format!(
                    "http = [{{ url = \"{url}\", methods = [\"GET\", \"HEAD\", \"POST\"] }}, {{ url = \"{other}\" }}]"
                ),
            ),
            (
                format!("http = [{{ url = \"{url}\", methods = [\"POST\"], headers = {{ Authorization = \"a\" }} }}]"),
                format!(
                    "http = [{{ url = \"{url}\", headers = {{ authorization = \"b\", x = \"c\" }}, private = true }}]"
                ),
                format!(
                    "http = [{{ url = \"{url}\", methods = [\"POST\", \"GET\", \"HEAD\"], private = true, \
                     headers = {{ Authorization = \"b\", x = \"c\" }} }}]"
                ),
            ),
            (
                "tcp = [{ host = \"db\", port = 1 }, { host = \"db\", port = 2 }]".into(),
                "tcp = [{ host = \"db\", port = 2, private = true }, { host = \"db\", port = 1, private = false }]"
                    .into(),
                "tcp = [{ host = \"db\", port = 1 }, { host = \"db\", port = 2, private = true }]".into(),
            ),
            (
                "fs = [{ host = \"data\", guest = \"/d\" }]".into(),
                "fs = [{ host = \"/x/data\", guest = \"/d\", mode = \"read-write\" }]".into(),
                "fs = [{ host = \"data\", guest = \"/d\", mode = \"read-write\" }]".into(),
            ),
            (
                "fs = [{ host = \"data\", guest = \"/d\", mode = \"read-write\" }]".into(),
                "fs = [{ host = \"data\", guest = \"/d\", mode = \"read\" }]".into(),
                "fs = [{ host = \"data\", guest = \"/d\", mode = \"read-write\" }]".into(),
            ),
        ] {
            let mut merged = table(&known);
            merge(&mut merged, &table(&more), Path::new("/x")).expect("they fit");
            assert_eq!(merged, table(&both), "{known} + {more}");
            let again = merged.clone();
            merge(&mut merged, &table(&more), Path::new("/x")).expect("they fit");
            assert_eq!(merged, again, "granted again");
        }
        let mut taken = table("fs = [{ host = \"a\", guest = \"/d\" }]");
        let more = table("fs = [{ host = \"b\", guest = \"/d\" }]");
        assert!(merge(&mut taken, &more, Path::new("/x")).expect_err("two folders").contains("/d already"));
    }

    #[test]
    fn grants_with_more_are_grants_and_include_both() {
        let grants = |text: &str| toml::from_str::<Grants>(text).expect("grants");
        let one = grants("http = [{ url = \"https://a.example/**\", methods = [\"GET\"] }]\nclient = [\"roots\"]");
        let two = grants("http = [{ url = \"https://a.example/**\", methods = [\"POST\"] }]\nenv = { A = \"1\" }");
        let both = one.with(&two).expect("they fit");
        assert!(both.include(&one) && both.include(&two) && !one.include(&two) && one.include(&Grants::default()));
        assert_eq!(both.http.len(), 1);
    }

    #[test]
    fn what_is_named_is_taken_away_and_nothing_else() {
        let whole = "secrets = [\"A\", \"B\"]\nenv = { A = \"1\" }\n\
                     tcp = [{ host = \"a\", port = 1 }, { host = \"a\", port = \"2-3\" }]\n\
                     fs = [{ host = \"x\", guest = \"/x\" }, { host = \"y\", guest = \"/y\" }]\n\
                     http = [{ url = \"https://a.example/**\", methods = [\"GET\"] }]";
        for (kind, value, left) in [
            ("secrets", Some("A"), Some("secrets = [\"B\"]")),
            ("tcp", Some("a:1"), Some("tcp = [{ host = \"a\", port = \"2-3\" }]")),
            ("tcp", Some("a:2-3"), Some("tcp = [{ host = \"a\", port = 1 }]")),
            ("secrets", None, None),
            ("env", Some("A"), None),
            ("env", Some("A=1"), None),
            ("fs", Some("/x"), Some("fs = [{ host = \"y\", guest = \"/y\" }]")),
            ("fs", Some("y:/y"), Some("fs = [{ host = \"x\", guest = \"/x\" }]")),
            ("http", Some("https://a.example/**"), None),
            ("http", Some("{ url = \"https://a.example/**\", methods = [\"GET\"] }"), None),
        ] {
            let mut grants = table(whole);
            assert!(take_away(&mut grants, kind, value), "{kind} {value:?}");
            assert_eq!(
                grants.get(kind),
                left.map(table).as_ref().and_then(|table| table.get(kind)),
                "{kind} {value:?}"
            );
            assert_eq!(grants.len(), 5 - usize::from(left.is_none()), "{kind} {value:?}");
        }
        for (kind, value) in [("secrets", Some("C")), ("env", Some("B")), ("client", None), ("fs", Some("{"))] {
            let mut grants = table(whole);
            assert!(!take_away(&mut grants, kind, value) && grants == table(whole), "{kind} {value:?}");
        }
    }
}
