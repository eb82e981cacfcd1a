//! The table of `tests/filesystem-cases/`: what the reference server answered, and whether this plugin answers the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the functions that tests share are tests too"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use barkeep_sdk::serde_json::{self, Value, json};
use barkeep_sdk::{Content, Error, ResourceBody, ToolResult};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use filesystem::allowed::Allowed;
use filesystem::{PLUGIN, granted};

fn table(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/filesystem-cases").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// The folders of one group of cases.
struct Place {
    _folder: tempfile::TempDir,
    top: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        let place = Self { _folder: folder, top };
        for entry in table("tree.json") {
            place.make(&entry);
        }
        granted::set(Allowed::new([(format!("{}/root", place.top), true)], None));
        place
    }

    fn make(&self, entry: &Value) {
        let mut path = PathBuf::from(&self.top);
        for part in Path::new("root").join(text(entry, "path").unwrap()).components() {
            if part.as_os_str() == ".." {
                path.pop();
            } else {
                path.push(part);
            }
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if entry.get("folder").is_some() {
            fs::create_dir_all(path).unwrap();
        } else if let Some(target) = text(entry, "link") {
            symlink(self.fill(target), path).unwrap();
        } else if let Some(base64) = text(entry, "base64") {
            fs::write(path, BASE64_STANDARD.decode(base64).unwrap()).unwrap();
        } else {
            let repeat = entry.get("repeat").and_then(Value::as_u64).unwrap_or(1);
            fs::write(path, text(entry, "text").unwrap().repeat(usize::try_from(repeat).unwrap())).unwrap();
        }
    }

    /// The text with paths in the place of `{root}` and `{top}`.
    fn fill(&self, text: &str) -> String {
        text.replace("{root}", &format!("{}/root", self.top)).replace("{top}", &self.top)
    }

    fn fill_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(values) => values.iter().map(|value| self.fill_all(value)).collect(),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(key, value)| (key.clone(), self.fill_all(value))).collect())
            }
            other => other.clone(),
        }
    }
}

/// What is other in each run, put away: names of temporary files, times, what is told of permissions.
fn masked(text: &str, size: bool) -> String {
    let line = |line: &str| {
        let date = |rest: &str| if rest.ends_with(" GMT+0000 (Coordinated Universal Time)") { "{date}" } else { "?" };
        match line.split_once(": ") {
            Some((key @ ("created" | "permissions"), _)) => format!("{key}: {{any}}"),
            Some((key @ ("modified" | "accessed"), rest)) => format!("{key}: {}", date(rest)),
            Some(("size", rest)) if size && rest.parse::<u64>().is_ok() => "size: {any}".to_owned(),
            _ => line.to_owned(),
        }
    };
    let mut text = text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    if let Some(end) = text.find(".tmp'") {
        let digits = end - 32..end;
        if text.get(digits.clone()).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            text.replace_range(digits, "{random}");
        }
    }
    text
}

fn content(content: &Content) -> Value {
    let data = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    match content {
        Content::Text { text, .. } => json!({ "type": "text", "text": text }),
        Content::Image { data: bytes, mime_type, .. } => {
            json!({ "type": "image", "data": data(bytes), "mimeType": mime_type })
        }
        Content::Audio { data: bytes, mime_type, .. } => {
            json!({ "type": "audio", "data": data(bytes), "mimeType": mime_type })
        }
        Content::Resource { contents, .. } => {
            let ResourceBody::Blob(bytes) = &contents.body else { panic!("a resource of bytes") };
            let resource = json!({ "uri": contents.uri, "mimeType": contents.mime_type, "blob": data(bytes) });
            json!({ "type": "resource", "resource": resource })
        }
        Content::Link(_) => panic!("no tool answers with a link"),
    }
}

fn check(place: &Place, case: &Value) {
    let differs = case.get("differs");
    let arguments = place.fill_all(&case["arguments"]);
    let answer = PLUGIN.call_tool(text(case, "tool").unwrap(), arguments);
    // Not in a sandbox here.
    let expected = differs.filter(|differs| differs.get("sandbox").is_none()).unwrap_or(case);
    if expected.get("invalid").is_some() {
        // A host checks the rest of the schema.
        let is_checked_by_the_host = case["arguments"] == json!({ "paths": [] });
        assert!(matches!(answer, Err(Error::InvalidArguments(_))) || is_checked_by_the_host, "{case}: {answer:?}");
        return;
    }
    let size = case.get("mask").is_some();
    let wanted = expected.get("text").map(|text| place.fill(text.as_str().unwrap()));
    match (answer, expected.get("isError").is_some()) {
        (Err(error), true) => assert_eq!(masked(error.words(), size), wanted.unwrap(), "{case}"),
        (Ok(ToolResult { content: blocks, structured, is_error: false }), false) => {
            let [block] = blocks.as_slice() else { panic!("{case}: {blocks:?}") };
            match block {
                Content::Text { text, .. } => {
                    assert_eq!(masked(text, size), wanted.unwrap(), "{case}");
                    assert_eq!(structured, Some(json!({ "content": text })), "{case}");
                }
                other => {
                    let wanted = place.fill_all(&expected["content"]);
                    assert_eq!(json!([content(other)]), wanted, "{case}");
                    assert_eq!(structured, Some(json!({ "content": wanted })), "{case}");
                }
            }
        }
        (answer, _) => panic!("{case}: {answer:?}"),
    }
}

fn run(file: &str) {
    let place = Place::new();
    for case in table(file) {
        check(&place, &case);
    }
}

#[test]
fn reading_answers_as_the_reference_does() {
    run("read.json");
}

#[test]
fn listing_answers_as_the_reference_does() {
    run("list.json");
}

#[test]
fn searching_answers_as_the_reference_does() {
    run("search.json");
}

#[test]
fn what_is_known_of_files_is_told_as_the_reference_does() {
    run("info.json");
}

#[test]
fn writing_and_moving_answer_as_the_reference_does() {
    run("write.json");
}

#[test]
fn editing_answers_as_the_reference_does() {
    run("edit.json");
}

#[test]
fn ways_out_are_refused_as_the_reference_does() {
    let place = Place::new();
    for case in table("escape.json") {
        check(&place, &case);
    }
    let outside = fs::read_to_string(format!("{}/outside/secret.txt", place.top)).unwrap();
    assert_eq!(outside, "secret\n");
    assert_eq!(fs::read_dir(format!("{}/outside", place.top)).unwrap().count(), 1);
}
