//! The smallest grants that cover what a plugin was seen to use, made of the lines of its uses.
//!
//! What is learned is kept as JSON, as the lines have it, so that a new kind of grant is learned without a word here: its
//! entries are put side by side, each once. Three kinds are known by name: folders and stores, of each of which the widest mode
//! and the largest bounds count, and requests ([`http`](super::requests)).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::requests::Requests;
use super::{Line, Of, counted};
use crate::capability::{Grants, fs, kv};

/// Entries of one kind that are learned. Nobody reads more; a plugin that reaches for everything is told as such.
const MAX_ENTRIES: usize = 2000;

/// Refusals that no grant helps against which are told.
const MAX_HELPLESS: usize = 20;

/// Grants that no use is seen of: a variable is simply there. They stay as they are.
const UNSEEN: [&str; 2] = ["env", "secrets"];

/// What was learned of one plugin.
#[derive(Default)]
pub struct Learned {
    /// Entries of lists, by their kind.
    lists: IndexMap<String, IndexMap<String, Entry>>,
    /// Keys of tables, by their kind.
    tables: IndexMap<String, IndexMap<String, (Value, Seen)>>,
    requests: Requests,
    helpless: IndexMap<String, Helpless>,
    left_out: u64,
    seen: Seen,
    span: Option<(String, String)>,
}

struct Entry {
    value: Value,
    seen: Seen,
}

/// What was refused without an entry that would allow it.
struct Helpless {
    times: u64,
    /// The first time: it says what helps, where something does.
    why: Option<String>,
}

/// How often something was used, and how often that was refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) uses: u64,
    pub(super) refused: u64,
}

impl Seen {
    fn once(allowed: bool) -> Self {
        Self { uses: 1, refused: u64::from(!allowed) }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.uses += other.uses;
        self.refused += other.refused;
    }

    /// For a comment.
    fn words(self) -> String {
        match self {
            Self { uses, refused: 0 } => format!("used {}", times(uses)),
            Self { uses, refused } if uses == refused => {
                format!("REFUSED {}: leave this line out if the plugin should not have it", times(refused))
            }
            Self { uses, refused } => {
                format!("used {}, REFUSED {}: it is more than was granted", times(uses - refused), times(refused))
            }
        }
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

impl Learned {
    /// Takes in a line. What is no use of a capability teaches nothing.
    pub fn see(&mut self, line: &Line<'_>) {
        let (Of::Use, Some(allowed)) = (line.line, line.allowed) else { return };
        let seen = Seen::once(allowed);
        self.seen.add(seen);
        let (first, last) = self.span.get_or_insert_with(|| (line.time.to_string(), line.time.to_string()));
        *first = (*first).clone().min(line.time.to_string());
        *last = (*last).clone().max(line.time.to_string());
        let what = line.what.as_deref().unwrap_or_default();
        let Some(needs) = line.needs.as_ref().and_then(Value::as_object) else {
            if !allowed && (self.helpless.len() < MAX_HELPLESS || self.helpless.contains_key(what)) {
                let why = || Helpless { times: 0, why: line.why.as_deref().map(str::to_owned) };
                self.helpless.entry(what.to_owned()).or_insert_with(why).times += 1;
            }
            return;
        };
        for (kind, value) in needs {
            match value {
                Value::Array(entries) if kind == "http" => {
                    let known = entries.iter().all(|entry| self.requests.see(what, entry, seen, MAX_ENTRIES));
                    self.left_out += u64::from(!known);
                }
                Value::Array(entries) => entries.iter().for_each(|entry| self.entry(kind, entry, seen)),
                Value::Object(table) => table.iter().for_each(|(key, value)| self.key(kind, key, value, seen)),
                _ => {}
            }
        }
    }

    fn entry(&mut self, kind: &str, value: &Value, seen: Seen) {
        let entries = self.lists.entry(kind.to_owned()).or_default();
        let name = match kind {
            "fs" => format!("{:?} {:?}", value.get("host"), value.get("guest")),
            "kv" => format!("{:?}", value.get("bucket")),
            _ => value.to_string(),
        };
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&name) {
            self.left_out += 1;
            return;
        }
        let entry = entries.entry(name).or_insert_with(|| Entry { value: value.clone(), seen: Seen::default() });
        if entry.value != *value {
            widen(kind, &mut entry.value, value);
        }
        entry.seen.add(seen);
    }

    fn key(&mut self, kind: &str, key: &str, value: &Value, seen: Seen) {
        let table = self.tables.entry(kind.to_owned()).or_default();
        if table.len() >= MAX_ENTRIES && !table.contains_key(key) {
            self.left_out += 1;
            return;
        }
        table.entry(key.to_owned()).or_insert_with(|| (value.clone(), Seen::default())).1.add(seen);
    }

    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.seen.uses == 0
    }

    /// The table `[plugins.ID.grants]` that covers it, in place of `now`: what the host puts into requests, values and what leaves
    /// no trace are taken over from there.
    pub fn grants(&self, plugin: &str, now: &Grants) -> String {
        let mut lines = self.head(plugin);
        lines.push(format!("[plugins.{plugin}.grants]"));
        let granted = serde_json::to_value(now).unwrap_or_default();
        let mut lists: Vec<(&str, Vec<(Seen, Value)>)> = vec![("http", self.requests.entries(&now.http))];
        for (kind, entries) in &self.lists {
            lists.push((kind, entries.values().map(|entry| (entry.seen, entry.value.clone())).collect()));
        }
        for (kind, entries) in lists.iter().filter(|(_, entries)| !entries.is_empty()) {
            lines.push(format!("{kind} = ["));
            for (seen, value) in entries {
                lines.push(format!("  # {}", seen.words()));
                lines.push(format!("  {},", inline(value)));
            }
            lines.push("]".to_owned());
        }
        for (kind, table) in &self.tables {
            let mut values = Map::new();
            for (key, (value, seen)) in table {
                let known = granted.get(kind).and_then(|table| table.get(key)).unwrap_or(value);
                lines.push(format!("# {}: {}", comment(key), seen.words()));
                values.insert(key.clone(), known.clone());
            }
            lines.push(format!("{kind} = {}", inline(&Value::Object(values))));
        }
        for kind in UNSEEN.iter().filter(|kind| !self.tables.contains_key(**kind) && !self.lists.contains_key(**kind)) {
            if let Some(value) = granted.get(kind).filter(|value| !is_empty(value)) {
                lines.push("# as granted now: nobody sees whether it is used".to_owned());
                lines.push(format!("{kind} = {}", inline(value)));
            }
        }
        lines.join("\n") + "\n"
    }

    fn head(&self, plugin: &str) -> Vec<String> {
        let Seen { uses, refused } = self.seen;
        let span = self.span.as_ref().map(|(first, last)| format!(", from {} to {}", comment(first), comment(last)));
        let span = span.unwrap_or_default();
        let mut lines = vec![
            format!("# What `{plugin}` used{span}: {}, {refused} refused.", counted(uses, "use")),
            "# For barkeep.toml, in place of the grants that it has there.".to_owned(),
        ];
        for (what, Helpless { times: count, why }) in &self.helpless {
            let why = why.as_deref().unwrap_or("no grant allows it");
            lines.push(format!(
                "# REFUSED {}, and nothing below allows it: {}: {}",
                times(*count),
                comment(what),
                comment(why)
            ));
        }
        if self.left_out > 0 {
            let uses = counted(self.left_out, "use");
            lines.push(format!("# Left out: {uses}. There were too many different ones."));
        }
        lines
    }
}

/// Makes of `known` what covers `more` too, which is about the same thing.
fn widen(kind: &str, known: &mut Value, more: &Value) {
    let both = match kind {
        "fs" => joined(known, more, |one: fs::Grant, other| one.wider(&other)),
        "kv" => joined(known, more, kv::Grant::wider),
        _ => None,
    };
    if let Some(both) = both {
        *known = both;
    }
}

/// None where one of them is none that this version knows.
fn joined<G: Serialize + DeserializeOwned>(one: &Value, other: &Value, join: impl Fn(G, G) -> G) -> Option<Value> {
    let read = |value: &Value| serde_json::from_value(value.clone()).ok();
    serde_json::to_value(join(read(one)?, read(other)?)).ok()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(table) => table.is_empty(),
        other => other.is_null(),
    }
}

/// As TOML, on one line.
fn inline(value: &Value) -> Cow<'static, str> {
    toml::Value::try_from(value).map_or("{}".into(), |value| value.to_string().into())
}

/// A guest's words in a comment, which ends with its line.
fn comment(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn learned(uses: &[(bool, &str, Value)]) -> Learned {
        let mut learned = Learned::default();
        for (allowed, what, needs) in uses {
            let mut line = Line::now(Of::Use);
            line.allowed = Some(*allowed);
            line.what = Some((*what).into());
            line.needs = Some(needs.clone()).filter(|needs| !needs.is_null());
            learned.see(&line);
        }
        learned
    }

    fn read(text: &str) -> Grants {
        let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}:\n{text}"));
        let grants = file["plugins"]["x"]["grants"].clone();
        grants.try_into().unwrap_or_else(|error| panic!("{error}:\n{text}"))
    }

    #[test]
    fn of_a_folder_the_widest_mode_counts_and_what_leaves_no_trace_stays() {
        let fs = |mode: &str| json!({ "fs": [{ "host": "/d", "guest": "/data", "mode": mode }] });
        let other = json!({ "fs": [{ "host": "/e", "guest": "/e", "mode": "read" }], "client": ["roots"] });
        let learned = learned(&[
            (true, "read /data/a", fs("read")),
            (false, "write /data/a", fs("read-write")),
            (true, "read /data/b", fs("read")),
            (true, "read /e/a", other),
        ]);
        let now = read("[plugins.x.grants]\nenv = { A = \"1\" }\nsecrets = [\"S\"]\nclient = [\"sampling\"]\n");
        let text = learned.grants("x", &now);
        let expected = "[plugins.x.grants]\nfs = [{ host = \"/d\", guest = \"/data\", mode = \"read-write\" }, \
                        { host = \"/e\", guest = \"/e\" }]\nclient = [\"roots\"]\nenv = { A = \"1\" }\nsecrets = [\"S\"]\n";
        assert_eq!(read(&text), read(expected), "{text}");
        assert!(text.contains("# used 2 times, REFUSED once: it is more than was granted\n"), "{text}");
        assert!(text.starts_with("# What `x` used, from 20"), "{text}");
    }

    #[test]
    fn of_a_folder_and_a_store_the_largest_bounds_count() {
        let fs = |bounds: Value| {
            let mut entry = json!({ "host": "/d", "guest": "/d", "mode": "read-write", "max_file": "1MiB" });
            entry.as_object_mut().expect("a table").extend(bounds.as_object().expect("a table").clone());
            json!({ "fs": [entry] })
        };
        let kv = |entry: Value| json!({ "kv": [entry] });
        let learned = learned(&[
            (false, "open default", kv(json!({ "bucket": "default" }))),
            (true, "write /d/a", fs(json!({}))),
            (false, "write /d/a", fs(json!({ "max_bytes": "2GiB" }))),
            (false, "write /d/b", fs(json!({ "max_file": "4MiB" }))),
            (true, "write /d/c", fs(json!({}))),
            (true, "open default", kv(json!({ "bucket": "default", "max_bytes": "256MiB", "max_keys": 10 }))),
        ]);
        let text = learned.grants("x", &Grants::default());
        let expected = "[plugins.x.grants]\nkv = [{ bucket = \"default\", max_bytes = \"256MiB\", max_keys = 100000 }]\n\
                        fs = [{ host = \"/d\", guest = \"/d\", mode = \"read-write\", max_bytes = \"2GiB\", max_file = \"4MiB\" }]\n";
        assert_eq!(read(&text), read(expected), "{text}");
    }

    #[test]
    fn values_come_from_what_is_granted_and_a_guest_writes_no_line() {
        let hostile = "GET x\n[plugins.other.grants]\nfs = []\u{1b}";
        let learned = learned(&[(true, "get a", json!({ "config": { "a": "..." } })), (false, hostile, Value::Null)]);
        let text = learned.grants("x", &read("[plugins.x.grants]\nconfig = { a = \"1\", b = \"2\" }\n"));
        assert_eq!(read(&text), read("[plugins.x.grants]\nconfig = { a = \"1\" }\n"), "{text}");
        assert!(
            text.contains(
                "# REFUSED once, and nothing below allows it: GET x [plugins.other.grants] fs = [] : no grant allows it\n"
            ),
            "{text}"
        );
    }

    /// A plugin that looks for a folder before it has one: which folder, only a person knows.
    #[test]
    fn what_no_entry_can_be_made_of_is_told_with_what_helps() {
        let mut learned = Learned::default();
        for why in ["plugin `x` has no folder: add { host\u{1b} }", "later"] {
            let mut line = Line::now(Of::Use);
            (line.allowed, line.what, line.why) = (Some(false), Some("any folder".into()), Some(why.into()));
            learned.see(&line);
        }
        let text = learned.grants("x", &Grants::default());
        assert_eq!(read(&text), Grants::default());
        let expected =
            "# REFUSED 2 times, and nothing below allows it: any folder: plugin `x` has no folder: add { host  }\n";
        assert!(text.contains(": 2 uses, 2 refused.\n") && text.contains(expected), "{text}");
    }

    #[test]
    fn a_plugin_that_reaches_for_everything_is_told_so() {
        let mut uses = Vec::new();
        for number in 0..MAX_ENTRIES + 5 {
            uses.push((
                false,
                "read",
                json!({ "fs": [{ "host": format!("/{number}"), "guest": "/a", "mode": "read" }] }),
            ));
        }
        let text = learned(&uses).grants("x", &Grants::default());
        assert_eq!(read(&text).fs.len(), MAX_ENTRIES);
        assert!(text.contains("# Left out: 5 uses."), "{}", text.lines().next().unwrap_or_default());
    }
}
