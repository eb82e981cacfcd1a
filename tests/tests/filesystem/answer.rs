//! What a tool answered, without what is other in each run, and the difference between two answers.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use super::tree::Tree;

/// An answer without what is other in each run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    content: Value,
    structured: Value,
    is_error: bool,
}

impl Answer {
    /// The result of a call on `tree`. `mask` has lines in it whose numbers are of no account.
    pub(crate) fn of(result: &Value, tree: &Tree, mask: Option<&Value>) -> Self {
        let known = ["content", "structuredContent", "isError"];
        for key in result.as_object().expect("a result is an object").keys() {
            assert!(known.contains(&key.as_str()), "the result has `{key}`: {result}");
        }
        let part = |key: &str| masked(&tree.blank(result.get(key).unwrap_or(&Value::Null)), mask.is_some());
        Self { content: part("content"), structured: part("structuredContent"), is_error: result["isError"] == true }
    }

    /// What a table says that is answered on `tree`.
    pub(crate) fn in_table(expected: &Value, tree: &Tree) -> Self {
        let expected = tree.blank(&tree.fill(expected));
        let is_error = expected["isError"] == true;
        let (content, told) = match expected.get("text") {
            Some(text) => (json!([{ "type": "text", "text": text }]), text.clone()),
            None => (expected["content"].clone(), expected["content"].clone()),
        };
        let structured = if is_error { Value::Null } else { json!({ "content": told }) };
        Self { content, structured, is_error }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.is_error
    }
}

impl fmt::Display for Answer {
    /// One line of text a line, so that a difference is found.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", if self.is_error { "failed" } else { "worked" })?;
        for block in self.content.as_array().into_iter().flatten() {
            match block["text"].as_str() {
                Some(text) => writeln!(formatter, "{}", text.replace('\r', "\\r"))?,
                None => writeln!(formatter, "{block}")?,
            }
        }
        let same = self.structured["content"] == self.content || self.structured["content"] == self.content[0]["text"];
        let structured = if same { "the same".to_owned() } else { self.structured.to_string() };
        write!(formatter, "(structured: {structured})")
    }
}

/// The lines of both, with those of the first alone behind `-`, and those of the second alone behind `+`.
pub(crate) fn difference(expected: &Answer, found: &Answer) -> String {
    let (expected, found) = (expected.to_string(), found.to_string());
    let (mut old, mut new): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (same_tail, _) = (old.split_off(old.len() - tail), new.split_off(new.len() - tail));
    let mut text = String::new();
    for (mark, lines) in [(' ', &old[..head]), ('-', &old[head..]), ('+', &new[head..]), (' ', &same_tail[..])] {
        for line in lines {
            let _ = writeln!(text, "    {mark} {line}");
        }
    }
    text
}

/// Without times, permissions, and names of temporary files; and without sizes, which folders have as their file system
/// likes.
fn masked(value: &Value, sizes: bool) -> Value {
    match value {
        Value::String(text) => Value::String(masked_text(text, sizes)),
        Value::Array(values) => values.iter().map(|value| masked(value, sizes)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(value, sizes))).collect(),
        other => other.clone(),
    }
}

fn masked_text(text: &str, sizes: bool) -> String {
    let line = |line: &str| match line.split_once(": ") {
        // When a file was made is not told to a sandbox, nor who may do what with it.
        Some((key @ ("created" | "permissions"), _)) => format!("{key}: {{any}}"),
        Some((key @ ("modified" | "accessed"), date)) if date.ends_with(" GMT+0000 (Coordinated Universal Time)") => {
            format!("{key}: {{date}}")
        }
        Some(("size", number)) if sizes && number.parse::<u64>().is_ok() => "size: {any}".to_owned(),
        _ => line.to_owned(),
    };
    let mut text = text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    if let Some(end) = text.find(".tmp'") {
        let digits = end.saturating_sub(32)..end;
        if text.get(digits.clone()).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            text.replace_range(digits, "{random}");
        }
    }
    text
}
