//! JSON Schema (draft 2020-12) of arguments and results, from their types.

use std::borrow::Cow;

use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::{Error, Result};

/// Formats of schemars that JSON Schema does not define: a client that is strict about formats refuses them.
const RUST_FORMATS: [&str; 15] = [
    "int", "int8", "int16", "int32", "int64", "int128", "uint", "uint8", "uint16", "uint32", "uint64", "uint128",
    "float", "double", "char",
];

/// The schema of a tool's arguments, a prompt's or a template's: an object.
pub fn input<T: JsonSchema>() -> Result<Value> {
    let root = generator(Contract::Deserialize).into_root_schema_for::<T>();
    tidy(root, &T::schema_name()).and_then(object).ok_or_else(|| {
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
        Some(schema) => object(schema).map(Some).ok_or_else(|| {
            Error::other(format!("`{}` is no JSON object, as a structured result must be", T::schema_name()))
        }),
    }
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
            settings.transforms.push(Box::new(RecursiveTransform(drop_rust_formats)));
        })
        .into_generator()
}

fn drop_rust_formats(schema: &mut Schema) {
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

fn object(schema: Map<String, Value>) -> Option<Value> {
    let kind = schema.get("type").map_or(Cow::Borrowed("object"), |kind| match kind {
        Value::String(kind) => Cow::Borrowed(kind.as_str()),
        other => Cow::Owned(other.to_string()),
    });
    if kind != "object" {
        return None;
    }
    let plain = !["oneOf", "anyOf", "allOf", "$ref"].iter().any(|key| schema.contains_key(*key));
    let mut to = Map::new();
    to.insert("type".to_owned(), json!("object"));
    to.extend(schema.into_iter().filter(|(key, _)| key != "type"));
    if plain && !to.contains_key("properties") && !to.contains_key("additionalProperties") {
        to.insert("properties".to_owned(), json!({}));
    }
    Some(Value::Object(to))
}
