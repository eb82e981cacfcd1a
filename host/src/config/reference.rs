//! The reference of `barkeep.toml`, a page for each kind of grant and one for each other part: made of the same types that
//! read the file, so that it says what this version does.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::Config;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By which it is asked for: `fs`, `limits`.
    pub name: String,
    /// What it says, in Markdown.
    pub text: String,
}

/// All pages: the file as a whole, one plugin, each kind of grant, the limits, and the record of calls.
pub fn reference() -> Vec<Page> {
    let schema = Config::schema().to_value();
    let defs = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let def = |name: &str| defs.get(name).unwrap_or(&Value::Null);
    let page = |name: &str, title: &str, schema: &Value| Page {
        name: name.to_owned(),
        text: Writer { defs: &defs, told: BTreeSet::new(), text: String::new() }.page(title, schema),
    };
    let mut pages =
        vec![page("file", "`barkeep.toml`", &schema), page("plugin", "`[plugins.ID]`", def("PluginConfig"))];
    for (kind, schema) in properties(def("Grants")).into_iter().flatten() {
        pages.push(page(kind, &format!("`{kind}`: a grant, in `[plugins.ID.grants]`"), schema));
    }
    pages.push(page("limits", "`[plugins.ID.limits]`", def("Limits")));
    pages.push(page("audit", "`[audit]`", def("AuditConfig")));
    pages
}

/// The parts that have a page of their own, and the page.
const ELSEWHERE: [(&str, &str); 4] =
    [("PluginConfig", "plugin"), ("Grants", "one page for each kind"), ("Limits", "limits"), ("AuditConfig", "audit")];

/// Writes one page. What a key refers to follows below it, once.
struct Writer<'a> {
    defs: &'a Map<String, Value>,
    told: BTreeSet<String>,
    text: String,
}

impl Writer<'_> {
    fn page(mut self, title: &str, schema: &Value) -> String {
        self.line(&format!("# {title}"));
        self.line(&words(schema));
        self.part(schema);
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text
    }

    /// Tells what `schema` is made of, and then the parts that it refers to.
    fn part(&mut self, schema: &Value) {
        if let Some(keys) = properties(schema).filter(|keys| !keys.is_empty()) {
            let needed: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            self.text.push_str("| key | value | unless said | what it is |\n|---|---|---|---|\n");
            for (key, value) in keys {
                let unless = if needed.contains(&key.as_str()) { "needed".to_owned() } else { default(value) };
                let what = words(value).replace('\n', " ").replace('|', "\\|");
                // Writing to a string does not fail.
                let _ = writeln!(self.text, "| `{key}` | {} | {unless} | {what} |", kind(value));
            }
            self.text.push('\n');
            for value in keys.values() {
                self.refer(value);
            }
        } else {
            self.refer(schema);
        }
    }

    /// The definitions that `value` refers to and that are not told yet, with a heading for each.
    fn refer(&mut self, value: &Value) {
        for name in references(value) {
            let elsewhere = ELSEWHERE.iter().any(|(part, _)| *part == name);
            if elsewhere || !self.told.insert(name.clone()) {
                continue;
            }
            let Some(schema) = self.defs.get(&name).cloned() else { continue };
            let choices: Vec<&Value> = choices(&schema).collect();
            self.line(&format!("## {}", heading(&name)));
            self.line(&words(&schema));
            for choice in &choices {
                let _ = writeln!(self.text, "- `{}`: {}", shown(choice.get("const")), words(choice).replace('\n', " "));
            }
            if !choices.is_empty() {
                self.text.push('\n');
            }
            self.part(&schema);
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\n\n");
    }
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The values of which one is to be chosen.
fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter(|choice| choice.get("const").is_some())
}

fn words(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// What stands for a key that is left out.
fn default(schema: &Value) -> String {
    let empty = |value: &&Value| match value {
        Value::Null => false,
        Value::Object(map) => map.is_empty() || map.values().all(|value| !value.is_null()),
        _ => true,
    };
    match schema.get("default").filter(empty) {
        // A key that is not written where it is false.
        None if schema.get("type").is_some_and(|kind| kind == "boolean") => "`false`".to_owned(),
        // The defaults of what has a table of its own stand there.
        Some(Value::Object(_)) | None => String::new(),
        Some(value) if value.as_array().is_some_and(Vec::is_empty) => "none".to_owned(),
        Some(Value::String(text)) => format!("`\"{text}\"`"),
        Some(value) => format!("`{value}`"),
    }
}

/// What kind of value a key has, in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = references(schema).into_iter().next() {
        let elsewhere = ELSEWHERE.iter().find(|(part, _)| *part == name);
        let name = elsewhere.map_or_else(|| heading(&name), |(_, page)| format!("see {page}"));
        return match schema.get("type").and_then(Value::as_str) {
            Some("array") => format!("a list of: {name}"),
            Some("object") => format!("a table of: {name}"),
            _ => name,
        };
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect(),
        _ => Vec::new(),
    };
    match types.first() {
        Some(&"boolean") => "`true` or `false`".to_owned(),
        Some(&"integer" | &"number") => "a number".to_owned(),
        Some(&"array") => "a list of text".to_owned(),
        Some(&"object") => "a table of text".to_owned(),
        _ => "text".to_owned(),
    }
}

/// The names of the definitions that `schema` refers to by itself: not those within them.
fn references(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/")) {
        names.push(name.to_owned());
    }
    for key in ["items", "additionalProperties"] {
        names.extend(schema.get(key).into_iter().flat_map(references));
    }
    for key in ["anyOf", "oneOf"] {
        names.extend(schema.get(key).and_then(Value::as_array).into_iter().flatten().flat_map(references));
    }
    names
}

/// The name of a type as people say it: `GuestPath` is a guest path; the types of entries are all called `Grant`.
fn heading(name: &str) -> String {
    let name = name.trim_end_matches(|last: char| last.is_ascii_digit());
    if name == "Grant" {
        return "entry".to_owned();
    }
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn page(name: &str) -> String {
        reference().into_iter().find(|page| page.name == name).expect("it is there").text
    }

    /// The blocks of TOML on a page.
    fn examples(text: &str) -> Vec<String> {
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
    }

    #[test]
    fn each_grant_has_a_page_with_an_example_that_can_be_read() {
        let grants = Config::schema().to_value();
        let kinds = properties(&grants["$defs"]["Grants"]).expect("grants").keys().cloned().collect::<Vec<_>>();
        assert!(kinds.len() >= 5, "{kinds:?}");
        for kind in kinds {
            let text = page(&kind);
            let examples = examples(&text);
            assert!(!examples.is_empty(), "`{kind}` has no example:\n{text}");
            for example in examples {
                let config = Config::parse(&format!("[plugins.x.grants]\n{example}"), Path::new("/")).expect(&example);
                assert_ne!(config.plugins["x"].grants, crate::capability::Grants::default(), "{example}");
            }
        }
    }

    #[test]
    fn a_page_tells_keys_with_their_defaults_and_what_they_refer_to() {
        let text = page("fs");
        for line in [
            "# `fs`: a grant, in `[plugins.ID.grants]`",
            "## entry",
            "| `mode` | mode | `\"read\"` | What the plugin may do there. |",
            "## mode",
            "- `read-write`: That, and create, change, rename and remove.",
        ] {
            assert!(text.lines().any(|told| told == line), "`{line}` in\n{text}");
        }
        assert!(text.contains("| `guest` | guest path | needed |"), "{text}");
        assert!(page("limits").contains("| `time` | time | `\"30s\"` |"), "{}", page("limits"));
        assert!(page("file").contains("see plugin"), "{}", page("file"));
    }

    /// `cargo xtask reference` writes them.
    #[test]
    fn the_pages_of_the_repository_are_those_of_the_types() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
        let pages = reference();
        for page in &pages {
            let file = folder.join(format!("{}.md", page.name));
            let written = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
            assert_eq!(written, page.text, "{} is not up to date: run `cargo xtask reference`", file.display());
        }
        let files = std::fs::read_dir(&folder).expect("the folder").count();
        assert_eq!(files, pages.len(), "a page of something that is no more is in {}", folder.display());
    }
}
