//! Whether what came back is what was expected.

use barkeep_tests::Folder;
use serde_json::{Map, Value};

use crate::case::Sent;
use crate::conversation::{Reply, Way};
use crate::includes;

/// What means nothing to a client, or is none of its business: types of Rust, files and crates of the host.
const NEVER: [&str; 14] = [
    "/tmp/",
    "/root/",
    "/home/",
    ".rs",
    "rmcp",
    "serde",
    "struct ",
    "enum ",
    "::",
    "untagged",
    "usize",
    "u64",
    "i64",
    "panicked at",
];

/// All that is not as it should be.
pub(crate) fn faults(
    reply: &Reply,
    sent: &Sent,
    expected: &Map<String, Value>,
    way: Way,
    folder: &Folder,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    if let Some(status) = reply.status {
        let wanted = expected.get("status").and_then(Value::as_u64).unwrap_or_else(|| usual_status(expected, way));
        must(u64::from(status) == wanted, format!("the status is {status}, not {wanted}"));
    }
    let message = reply.message.clone().unwrap_or_default();
    let error = &message["error"];
    let words = error["message"].as_str().unwrap_or_default();
    if let Some(code) = expected.get("code") {
        must(error["code"] == *code, format!("the code is {}, not {code}", error["code"]));
        must(!words.is_empty(), "it has no words".to_owned());
    }
    if !expected.contains_key("nothing") && !expected.contains_key("hears") && !expected.contains_key("body") {
        let id = expected.get("id").or(sent.id.as_ref()).cloned().unwrap_or_default();
        must(message["id"] == id, format!("the id is {}, not {id}", message["id"]));
    }
    for text in texts(expected, "says") {
        must(words.contains(&text), format!("it does not say `{text}`"));
    }
    if let Some(data) = expected.get("data") {
        must(includes(&error["data"], data), format!("the data is {}, not {data}", error["data"]));
    }
    if let Some(most) = expected.get("shorter").and_then(Value::as_u64) {
        must((words.len() as u64) < most, format!("the words are {} bytes long, not below {most}", words.len()));
    }
    if let Some(result) = expected.get("result") {
        must(message.get("result").is_some_and(|found| includes(found, result)), format!("the result is not {result}"));
    }
    if expected.contains_key("fails") {
        must(message["result"]["isError"] == true, "it is no result that says that the tool failed".to_owned());
        let content = message["result"]["content"].to_string();
        for text in texts(expected, "fails") {
            let text = Value::from(text).to_string();
            must(content.contains(text.trim_matches('"')), format!("the result does not say {text}"));
        }
    }
    if expected.contains_key("nothing") {
        must(reply.message.is_none() && reply.body.is_empty(), "something came".to_owned());
    }
    if let Some(hears) = expected.get("hears") {
        let heard = reply.heard.iter().any(|heard| includes(heard, hears));
        must(heard, format!("{hears} is not heard"));
    }
    let root = folder.root().display().to_string();
    let all = if reply.message.is_some() { error.to_string() } else { reply.body.clone() };
    for never in NEVER.into_iter().chain([root.as_str()]) {
        must(!all.contains(never), format!("`{never}` is in it"));
    }
    faults
}

fn texts(expected: &Map<String, Value>, key: &str) -> Vec<String> {
    let texts = expected.get(key).and_then(Value::as_array).into_iter().flatten();
    texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// The status where a case says none (2026-07-28 basic/transports/streamable-http): earlier versions have their errors in the
/// stream of an answer.
fn usual_status(expected: &Map<String, Value>, way: Way) -> u64 {
    if expected.contains_key("nothing") {
        return 202;
    }
    match expected.get("code").and_then(Value::as_i64) {
        Some(-32601) if way.is_stateless() => 404,
        Some(-32022..=-32020) if way.is_stateless() => 400,
        _ => 200,
    }
}
