//! JSON Schema (draft 2020-12) of arguments and results, from their types.

use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::arguments::Arguments;
use crate::{Error, Result};

/// Formats of schemars that JSON Schema does not define: a client that is strict about formats refuses them.
const RUST_FORMATS: [&str; 15] = [
    "int", "int8", "int16", "int32", "int64", "int128", "uint", "uint8", "uint16", "uint32", "uint64", "uint128",
    "float", "double", "char",
];

/// The schema of a tool's arguments, a prompt's or a template's: an object.
pub fn input<T: Arguments>() -> Result<Value> {
    let root = generator(Contract::Deserialize).into_root_schema_for::<T>();
    let schema = tidy(root, &T::schema_name()).and_then(object).map(|mut schema| {
        // What the arguments are is said by what takes them.
        schema.remove("description");
        Value::Object(schema)
    });
    schema.ok_or_else(|| {
        Error::other(format!("`{}` is not a struct with named fields, and so cannot be arguments", T::schema_name()))
    })
}

/// The schema of no arguments at all.
pub fn nothing() -> Result<Value> {
    Ok(json!({ "type": "object", "properties": {}, "additionalProperties": false }))
}

/// The schema of a structured result: an object, or nothing where the type may be any JSON.
pub fn output<T: JsonSchema>() -> Result<Option<Value>> {
    let root = generator(Contract::Serialize).into_root_schema_for::<T>();
    match tidy(root, &T::schema_name()) {
        None => Ok(None),
        Some(schema) if schema.is_empty() => Ok(None),
        Some(schema) => object(schema).map(|schema| Some(Value::Object(schema))).ok_or_else(|| {
            Error::other(format!("`{}` is no JSON object, as a structured result must be", T::schema_name()))
        }),
    }
}

/// The schema of any type that is deserialized.
pub(crate) fn plain<T: Arguments>() -> Value {
    generator(Contract::Deserialize).into_root_schema_for::<T>().to_value()
}

/// The fields that the schema of arguments names: the name, its schema, and whether it is required.
pub(crate) fn fields(schema: &Value) -> impl Iterator<Item = (&str, &Value, bool)> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = move |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(move |(name, schema)| (name.as_str(), schema, is_required(name)))
}

fn generator(contract: Contract) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.meta_schema = None;
            // Models read a schema from top to bottom, and some clients follow no references.
            settings.inline_subschemas = true;
            settings.contract = contract;
            settings.transforms.push(Box::new(RecursiveTransform(drop_rust)));
        })
        .into_generator()
}

/// Without what only Rust knows: its formats, and what serde leaves out one way or the other.
fn drop_rust(schema: &mut Schema) {
    schema.remove("writeOnly");
    schema.remove("readOnly");
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| RUST_FORMATS.contains(&format)) {
        schema.remove("format");
    }
}

/// Without the type's name for a title; the tool has one.
fn tidy(mut schema: Schema, name: &str) -> Option<Map<String, Value>> {
    if schema.get("title").and_then(Value::as_str) == Some(name) {
        schema.remove("title");
    }
    match schema.to_value() {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The schema with the type that the protocol asks for; nothing where it is one of something else.
fn object(schema: Map<String, Value>) -> Option<Map<String, Value>> {
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return None;
    }
    // Where the fields are said elsewhere, none are said here.
    let elsewhere = ["properties", "additionalProperties", "oneOf", "anyOf", "allOf", "$ref"];
    let says_nothing = !elsewhere.iter().any(|key| schema.contains_key(*key));
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("object"));
    object.extend(schema);
    if says_nothing {
        object.insert("properties".to_owned(), json!({}));
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use barkeep_sdk::{arguments, output};

    use super::*;

    /// What to look for.
    #[arguments]
    #[expect(dead_code, reason = "only the schema is asked for")]
    struct Search {
        /// Words of the text.
        query: String,
        /// How many to find.
        #[schemars(range(min = 1, max = 100))]
        limit: Option<u32>,
        /// In which order.
        #[serde(default)]
        order: Order,
        labels: Vec<String>,
    }

    #[arguments]
    #[derive(Default)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        #[default]
        Newest,
        Oldest,
    }

    #[output]
    #[arguments]
    struct Node {
        name: String,
        inner: Vec<Node>,
    }

    /// Both ways.
    #[output]
    #[arguments]
    #[expect(dead_code, reason = "only the schema is asked for")]
    struct Halves {
        /// Only taken.
        #[serde(skip_serializing)]
        taken: Inner,
        /// Only given.
        #[serde(skip_deserializing)]
        given: Inner,
    }

    /// Holds nothing.
    #[output]
    #[arguments]
    #[derive(Default)]
    struct Inner {}

    #[arguments]
    struct Unit;

    #[arguments]
    struct Empty {}

    #[arguments]
    #[serde(tag = "kind")]
    #[allow(dead_code, reason = "only the schema is asked for")]
    enum Tagged {
        Page { name: String },
        Image { width: f64 },
    }

    #[test]
    fn a_struct_is_one_schema_without_references() {
        assert_eq!(
            input::<Search>().unwrap(),
            json!({
                "type": "object",
                "properties": {
                    "query": { "description": "Words of the text.", "type": "string" },
                    "limit": { "description": "How many to find.", "type": ["integer", "null"], "minimum": 1, "maximum": 100 },
                    "order": { "description": "In which order.", "type": "string", "enum": ["newest", "oldest"] },
                    "labels": { "type": "array", "items": { "type": "string" } }
                },
                "required": ["query", "labels"]
            }),
        );
    }

    #[test]
    fn what_serde_leaves_out_one_way_is_no_matter_of_the_client() {
        let taken = input::<Halves>().unwrap();
        assert_eq!(taken["properties"], json!({ "taken": { "type": "object", "description": "Only taken." } }));
        let given = output::<Halves>().unwrap().unwrap();
        let only = json!({ "type": "object", "description": "Only given.", "default": {} });
        assert_eq!(given["properties"], json!({ "given": only }));
    }

    #[test]
    fn the_comment_on_arguments_is_for_who_reads_the_code_and_that_on_a_result_for_the_client() {
        #[arguments]
        #[expect(dead_code, reason = "only the schema is asked for")]
        struct Outer {
            inner: Inner,
        }
        assert_eq!(input::<Inner>().unwrap().get("description"), None);
        assert_eq!(input::<Outer>().unwrap()["properties"]["inner"]["description"], "Holds nothing.");
        assert_eq!(output::<Inner>().unwrap().unwrap()["description"], "Holds nothing.");
    }

    #[test]
    fn no_arguments_are_an_object_that_takes_none() {
        let nothing = nothing().unwrap();
        assert_eq!(nothing, json!({ "type": "object", "properties": {}, "additionalProperties": false }));
        assert_eq!(input::<Empty>(), Ok(json!({ "type": "object", "properties": {} })));
    }

    #[test]
    fn an_enum_of_objects_is_an_object() {
        let schema = input::<Tagged>().unwrap();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["oneOf"][0]["properties"]["kind"]["const"], "Page");
        assert_eq!(schema.get("properties"), None);
        let map = input::<HashMap<String, u8>>().unwrap();
        assert_eq!(map["additionalProperties"]["maximum"], 255);
    }

    #[test]
    fn a_type_that_holds_itself_refers_to_itself() {
        let schema = output::<Node>().unwrap().unwrap();
        assert_eq!(schema["type"], "object");
        assert!(schema.to_string().contains("$ref"), "{schema}");
    }

    #[test]
    fn what_is_no_object_cannot_be_arguments() {
        let words = "`Unit` is not a struct with named fields, and so cannot be arguments";
        assert_eq!(input::<Unit>(), Err(Error::other(words)));
        assert!(input::<String>().is_err());
        assert!(input::<Order>().is_err());
        assert!(input::<Option<Empty>>().is_err());
    }

    #[test]
    fn a_result_of_any_json_has_no_schema_and_a_list_is_refused() {
        assert_eq!(output::<Value>(), Ok(None));
        assert!(output::<Vec<u8>>().unwrap_err().words().contains("is no JSON object"));
    }

    #[test]
    fn fields_come_in_their_order_with_what_is_required() {
        let schema = input::<Search>().unwrap();
        let fields: Vec<_> = fields(&schema).map(|(name, _, required)| (name, required)).collect();
        assert_eq!(fields, [("query", true), ("limit", false), ("order", false), ("labels", true)]);
        assert_eq!(super::fields(&nothing().unwrap()).count(), 0);
    }
}
