//! What a JSON Schema applies to what: its subschemas, and which of them see the same value, its members, its items.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Subschemas of one schema. The largest in use have some hundred; compiling recurses over them.
const MAX_SUBSCHEMAS: usize = 2000;

/// One subschema, by the numbers of those that it applies.
#[derive(Default)]
pub(super) struct Node<'a> {
    /// To the same value.
    pub(super) same: Vec<usize>,
    /// To the member of a name, or to any.
    pub(super) members: Vec<(Option<&'a str>, usize)>,
    /// To the item of a place, or to any.
    pub(super) items: Vec<(Option<usize>, usize)>,
    /// Whether it looks at the same value again, for what the others left over.
    pub(super) looks_again: bool,
}

/// Reads the subschemas that are reached from `root`, which is the first.
///
/// # Errors
///
/// When it refers to what is not in it, or has parts with names of their own, by which references mean something else.
pub(super) fn read(root: &Value) -> Result<Vec<Node<'_>>, String> {
    let mut reader = Reader { root, anchors: HashMap::new(), numbers: HashMap::new(), found: Vec::new() };
    reader.find_anchors();
    reader.number(root)?;
    let mut nodes = Vec::new();
    while let Some(schema) = reader.found.get(nodes.len()).copied() {
        nodes.push(reader.node(schema)?);
    }
    Ok(nodes)
}

struct Reader<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, Vec<&'a Value>>,
    /// Subschemas by where they lie in memory: one that is referred to twice is one.
    numbers: HashMap<*const Value, usize>,
    found: Vec<&'a Value>,
}

impl<'a> Reader<'a> {
    fn find_anchors(&mut self) {
        let mut left = vec![self.root];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items),
                Value::Object(members) => {
                    for name in ["$anchor", "$dynamicAnchor"].iter().filter_map(|key| members.get(*key)?.as_str()) {
                        self.anchors.entry(name).or_default().push(value);
                    }
                    left.extend(members.values());
                }
                _ => {}
            }
        }
    }

    fn number(&mut self, schema: &'a Value) -> Result<usize, String> {
        if let Some(number) = self.numbers.get(&std::ptr::from_ref(schema)) {
            return Ok(*number);
        }
        if self.found.len() >= MAX_SUBSCHEMAS {
            return Err(format!("has more than {MAX_SUBSCHEMAS} subschemas"));
        }
        if let Value::Object(members) = schema {
            self.has_no_own_name(schema, members)?;
        }
        let number = self.found.len();
        self.numbers.insert(std::ptr::from_ref(schema), number);
        self.found.push(schema);
        Ok(number)
    }

    /// References within a part that has a name or a dialect of its own would not mean what they mean here.
    fn has_no_own_name(&self, schema: &Value, members: &Map<String, Value>) -> Result<(), String> {
        if std::ptr::eq(schema, self.root) {
            return Ok(());
        }
        let dialect = self.root.get("$schema");
        let is_old = dialect.and_then(Value::as_str).is_some_and(|dialect| dialect.contains("draft-04"));
        let named = |key: &str| members.get(key).is_some_and(Value::is_string);
        if named("$id") || (is_old && named("id")) {
            return Err("has a part with an `$id` of its own; only the whole may have one".to_owned());
        }
        if named("$schema") && members.get("$schema") != dialect {
            return Err("has a part with a `$schema` of its own; only the whole may have one".to_owned());
        }
        Ok(())
    }

    fn node(&mut self, schema: &'a Value) -> Result<Node<'a>, String> {
        let mut node = Node::default();
        let Value::Object(keywords) = schema else { return Ok(node) };
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                    for target in self.targets(reference)? {
                        node.same.push(self.number(target)?);
                    }
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                    for one in schemas {
                        node.same.push(self.number(one)?);
                    }
                }
                ("not" | "if" | "then" | "else", one) => node.same.push(self.number(one)?),
                ("dependentSchemas" | "dependencies", Value::Object(schemas)) => {
                    for one in schemas.values().filter(|one| one.is_object()) {
                        node.same.push(self.number(one)?);
                    }
                }
                ("properties", Value::Object(schemas)) => {
                    for (name, one) in schemas {
                        node.members.push((Some(name), self.number(one)?));
                    }
                }
                ("patternProperties", Value::Object(schemas)) => {
                    for one in schemas.values() {
                        node.members.push((None, self.number(one)?));
                    }
                }
                ("additionalProperties" | "unevaluatedProperties" | "propertyNames", one) => {
                    node.members.push((None, self.number(one)?));
                }
                ("prefixItems" | "items", Value::Array(schemas)) => {
                    for (place, one) in schemas.iter().enumerate() {
                        node.items.push((Some(place), self.number(one)?));
                    }
                }
                ("items" | "additionalItems" | "unevaluatedItems" | "contains", one) => {
                    node.items.push((None, self.number(one)?));
                }
                _ => {}
            }
            node.looks_again |= matches!(keyword.as_str(), "unevaluatedProperties" | "unevaluatedItems");
        }
        Ok(node)
    }

    fn targets(&self, reference: &str) -> Result<Vec<&'a Value>, String> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let own = self.root.get("$id").or_else(|| self.root.get("id")).and_then(Value::as_str).unwrap_or_default();
        if !document.is_empty() && document != own.trim_end_matches('#') {
            return Err(format!(
                "refers to another document, `{}`; put what it refers to into its `$defs`",
                reference.escape_debug().take(200).collect::<String>()
            ));
        }
        let nowhere = || {
            let shown: String = reference.escape_debug().take(200).collect();
            format!("refers to `{shown}`, which is not in it")
        };
        let fragment = decoded(fragment).ok_or_else(nowhere)?;
        if fragment.is_empty() {
            return Ok(vec![self.root]);
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            return self.anchors.get(fragment.as_str()).cloned().ok_or_else(nowhere);
        };
        let mut value = self.root;
        for token in pointer.split('/') {
            let token = token.replace("~1", "/").replace("~0", "~");
            let next = match value {
                Value::Object(members) => {
                    self.has_no_own_name(value, members)?;
                    members.get(&token)
                }
                Value::Array(items) => token.parse().ok().and_then(|place: usize| items.get(place)),
                _ => None,
            };
            value = next.ok_or_else(nowhere)?;
        }
        Ok(vec![value])
    }
}

/// `text` without its percent signs (RFC 3986, section 2.1).
fn decoded(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('%').unwrap_or((text, ""));
    let mut bytes = first.as_bytes().to_vec();
    if first.len() < text.len() {
        for part in rest.split('%') {
            bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
            bytes.extend(part.get(2..)?.as_bytes());
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_lead_to_pointers_anchors_and_the_whole() {
        let schema = json!({
            "$id": "https://example.com/a",
            "allOf": [
                { "$ref": "#/$defs/a%20~1b" }, { "$ref": "#here" }, { "$ref": "https://example.com/a#/allOf/0" }
            ],
            "$defs": { "a /b": { "$anchor": "here", "properties": { "again": { "$ref": "#" } } } },
        });
        let nodes = read(&schema).expect("it is whole");
        assert_eq!(nodes[0].same, [1, 2, 3]);
        assert_eq!([&nodes[1].same[..], &nodes[2].same, &nodes[3].same], [&[4], &[4], &[1]]);
        assert_eq!(nodes[4].members, [(Some("again"), 5)]);
        assert_eq!(nodes[5].same, [0]);
    }

    #[test]
    fn what_lies_elsewhere_is_refused() {
        let wrong = |schema: Value| read(&schema).err().expect("it is wrong");
        assert!(wrong(json!({ "$ref": "https://example.com/b" })).contains("another document"));
        assert!(wrong(json!({ "$ref": "#/$defs/a" })).contains("not in it"));
        assert!(wrong(json!({ "$ref": "#%f" })).contains("not in it"));
        let own = json!({ "$ref": "#/x/y", "x": { "$id": "b", "y": {} } });
        assert!(wrong(own).contains("`$id` of its own"));
        assert!(wrong(json!({ "not": { "$schema": "c" } })).contains("`$schema` of its own"));
        assert!(wrong(json!({ "allOf": vec![json!({}); MAX_SUBSCHEMAS] })).contains("more than 2000"));
    }
}
