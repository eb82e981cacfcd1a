//! The cases as the tables have them: see `tests/protocol-cases/README.md`.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use barkeep_tests::stateless;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::VERSIONS;
use crate::conversation::{Conversation, Way};

/// The keys that a case can have: a word that nobody knows is a mistake.
const KEYS: [&str; 17] = [
    "name", "why", "versions", "over", "fresh", "first", "method", "params", "id", "meta", "text", "base64", "headers",
    "verb", "answer", "differs", "note",
];

/// Those of an answer.
const ANSWER: [&str; 11] =
    ["code", "status", "id", "says", "data", "shorter", "result", "fails", "nothing", "hears", "body"];

/// Of these an answer has one at the most; `code` is that of the table where it has none.
const KINDS: [&str; 6] = ["code", "result", "fails", "nothing", "hears", "body"];

/// The id of the next request that says none: one that was cancelled may still be known by its own.
static NEXT_ID: AtomicU64 = AtomicU64::new(1000);

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) why: String,
    pub(crate) fresh: bool,
    fields: Map<String, Value>,
    /// What the whole table expects.
    default: Map<String, Value>,
}

/// What is sent, in bytes and headers.
pub(crate) struct Sent {
    pub(crate) verb: String,
    pub(crate) bytes: Vec<u8>,
    /// The id that an answer must have.
    pub(crate) id: Option<Value>,
    /// Headers of HTTP, where several of one name may be.
    pub(crate) headers: Vec<(String, String)>,
    /// Headers that are left out, of those that a client sends by itself.
    pub(crate) without: Vec<String>,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = String::from_utf8_lossy(&self.bytes).chars().take(600).collect();
        write!(f, "sent: {} {shown} {:?}", self.verb, self.headers)
    }
}

/// What was taken from earlier answers, by its name.
pub(crate) type Taken = HashMap<String, String>;

/// The tables: the name of each and its cases.
pub(crate) fn tables() -> Vec<(String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-cases");
    let files = std::fs::read_dir(&folder).expect("the tables").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    assert!(!files.is_empty(), "there are tables in {}", folder.display());
    files.iter().map(|file| table(file)).collect()
}

fn table(file: &Path) -> (String, Vec<Case>) {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).expect("a table");
    let table: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let all = table["all"].as_object().expect("`all` is an object");
    let cases: Vec<Case> =
        table["cases"].as_array().expect("`cases` is a list").iter().map(|case| Case::new(all, case)).collect();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(twice.is_none(), "{name}: two cases of one name: {twice:?}");
    (name, cases)
}

impl Case {
    fn new(all: &Map<String, Value>, case: &Value) -> Self {
        let mut fields = all.clone();
        let default = fields.remove("answer").map(|answer| answer.as_object().expect("an object").clone());
        for (key, value) in case.as_object().expect("a case is an object") {
            assert!(KEYS.contains(&key.as_str()), "`{key}` in {case}");
            fields.insert(key.clone(), value.clone());
        }
        let answers = fields.get("answer").into_iter();
        let answers = answers.chain(fields.get("differs").and_then(Value::as_object).into_iter().flat_map(Map::values));
        for key in answers.flat_map(|answer| answer.as_object().expect("an object").keys()) {
            assert!(ANSWER.contains(&key.as_str()), "`{key}` in an answer of {case}");
        }
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("`{key}` of {case}"));
        let (name, why) = (text("name").to_owned(), text("why").to_owned());
        let fresh = fields.get("fresh") == Some(&Value::Bool(true));
        Self { name, why, fresh, fields, default: default.unwrap_or_default() }
    }

    /// Whether it is played in this way.
    pub(crate) fn is_for(&self, way: Way) -> bool {
        let over = self.fields.get("over").and_then(Value::as_str);
        let versions = self.fields.get("versions").and_then(Value::as_array);
        over.is_none_or(|over| (over == "http") == way.http)
            && versions.map_or(VERSIONS.contains(&way.version), |versions| versions.contains(&json!(way.version)))
    }

    /// What must come back in this way.
    pub(crate) fn expected(&self, way: Way) -> Map<String, Value> {
        let own = self.fields.get("differs").and_then(|differs| differs.get(way.version));
        let own = own.or_else(|| self.fields.get("answer")).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut expected = self.default.clone();
        if KINDS.iter().any(|kind| own.contains_key(*kind)) {
            expected.retain(|key, _| !KINDS.contains(&key.as_str()));
        }
        expected.extend(own);
        let kinds = KINDS.iter().filter(|kind| expected.contains_key(**kind)).count();
        assert!(kinds == 1, "{}: one of {KINDS:?} is expected", self.name);
        expected
    }

    /// Sends what comes first, and takes from its answers what the case needs.
    pub(crate) async fn prepare(&self, talk: &mut Conversation, way: Way) -> Result<Taken, String> {
        let mut taken = Taken::new();
        for step in self.fields.get("first").and_then(Value::as_array).into_iter().flatten() {
            for number in 0..step.get("times").and_then(Value::as_u64).unwrap_or(1) {
                taken.insert("n".to_owned(), number.to_string());
                let sent = request(step.as_object().expect("a step"), way, &taken);
                let expected = json!({ "result": {} });
                let reply = talk.exchange(&sent, expected.as_object().expect("an object")).await?;
                let message = reply.message.unwrap_or_default();
                if message.get("result").is_none() && step.get("refused").is_none() {
                    return Err(format!("what comes first: {message}\n    {sent}"));
                }
                for (name, pointer) in step.get("take").and_then(Value::as_object).into_iter().flatten() {
                    let value = message.pointer(pointer.as_str().expect("a pointer")).and_then(Value::as_str);
                    let value = value.ok_or_else(|| format!("`{name}` is not in {message}"))?;
                    taken.insert(name.clone(), value.to_owned());
                }
            }
        }
        Ok(taken)
    }

    /// What is sent in this way.
    pub(crate) fn sent(&self, way: Way, taken: &Taken) -> Sent {
        request(&self.fields, way, taken)
    }
}

/// The request that `fields` describe.
fn request(fields: &Map<String, Value>, way: Way, taken: &Taken) -> Sent {
    let mut sent =
        Sent { verb: "POST".to_owned(), bytes: Vec::new(), id: None, headers: Vec::new(), without: Vec::new() };
    if let Some(verb) = fields.get("verb").and_then(Value::as_str) {
        verb.clone_into(&mut sent.verb);
    } else if let Some(text) = fields.get("text").and_then(Value::as_str) {
        sent.bytes = fill(text, taken).into_bytes();
    } else if let Some(text) = fields.get("base64").and_then(Value::as_str) {
        sent.bytes = BASE64_STANDARD.decode(text).expect("base64");
    } else {
        let mut message = message(fields, way);
        fill_all(&mut message, taken);
        sent.id = message.get("id").cloned();
        sent.headers = standard_headers(&message, way);
        sent.bytes = message.to_string().into_bytes();
    }
    // What is not agreed on yet is in no header.
    let begins = fields.get("method").is_some_and(|method| method == "initialize");
    if way.version >= "2025-06-18" && !begins {
        sent.headers.push(("mcp-protocol-version".to_owned(), way.version.to_owned()));
    }
    for (name, values) in fields.get("headers").and_then(Value::as_object).into_iter().flatten() {
        sent.headers.retain(|(header, _)| header != name);
        sent.without.push(name.clone());
        let values = values.as_array().cloned().unwrap_or_else(|| vec![values.clone()]);
        let values = values.iter().filter_map(Value::as_str).map(|value| (name.clone(), fill(value, taken)));
        sent.headers.extend(values);
    }
    sent
}

fn message(fields: &Map<String, Value>, way: Way) -> Value {
    let method = fields.get("method").unwrap_or_else(|| panic!("no method in {fields:?}"));
    let id = fields.get("id").cloned().unwrap_or_else(|| json!(NEXT_ID.fetch_add(1, Ordering::Relaxed)));
    let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
    let mut params = fields.get("params").cloned().unwrap_or_else(|| json!({}));
    if params.is_null() {
        return message;
    }
    let own = params.get("_meta").is_some();
    if own && params["_meta"].is_null() {
        params.as_object_mut().expect("an object").remove("_meta");
    }
    if way.is_stateless() && !own {
        params = stateless(params);
    }
    for (key, value) in fields.get("meta").and_then(Value::as_object).into_iter().flatten() {
        if value.is_null() {
            params["_meta"].as_object_mut().expect("an object").remove(key);
        } else {
            params["_meta"][key] = value.clone();
        }
    }
    message["params"] = params;
    message
}

/// The headers that tell what the body says, where the version has them.
fn standard_headers(message: &Value, way: Way) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let method = message["method"].as_str().unwrap_or_default();
    if !way.is_stateless() {
        return headers;
    }
    headers.push(("mcp-method".to_owned(), method.to_owned()));
    let name = match method {
        "tools/call" | "prompts/get" => message.pointer("/params/name"),
        "resources/read" => message.pointer("/params/uri"),
        _ => None,
    };
    if let Some(name) = name.and_then(Value::as_str) {
        let is_plain = name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && name.trim() == name;
        let encoded = || format!("=?base64?{}?=", BASE64_STANDARD.encode(name));
        headers.push(("mcp-name".to_owned(), if is_plain { name.to_owned() } else { encoded() }));
    }
    headers
}

fn fill_all(value: &mut Value, taken: &Taken) {
    match value {
        Value::String(text) => *text = fill(text, taken),
        Value::Array(values) => values.iter_mut().for_each(|value| fill_all(value, taken)),
        Value::Object(values) => values.values_mut().for_each(|value| fill_all(value, taken)),
        _ => {}
    }
}

/// `«text*7»` is seven times the text, `«name»` is what was taken by this name.
fn fill(text: &str, taken: &Taken) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('«') {
        let (inside, behind) = behind.split_once('»').expect("« has its »");
        filled.push_str(before);
        match inside.rsplit_once('*').and_then(|(text, times)| Some((text, times.parse::<usize>().ok()?))) {
            Some((text, times)) => filled.push_str(&text.repeat(times)),
            None => filled.push_str(taken.get(inside).unwrap_or_else(|| panic!("`{inside}` was not taken"))),
        }
        rest = behind;
    }
    filled + rest
}
