//! The JSON Schema of a form, as the protocol allows it: one flat object (MCP 2026-07-28, client/elicitation, "Requested Schema").

use serde_json::{Map, Value, json};

use super::Form;
use crate::{Error, Result, schema};

type Object = Map<String, Value>;

/// What labels any field.
const LABELS: [&str; 3] = ["title", "description", "default"];

/// Formats that the protocol knows.
const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

/// The form of the type `T`.
pub(super) fn of<T: Form>() -> Result<Value> {
    flat(&format!("`{}`", T::schema_name()), schema::plain::<T>())
}

/// The form of a schema, which an error calls `name`. Bounds that the protocol does not know are left out.
pub(super) fn flat(name: &str, schema: Value) -> Result<Value> {
    let wrong = |why: &str| Error::Other(format!("{name} cannot be a form: {why}"));
    let Value::Object(mut schema) = schema else { return Err(wrong("it is no JSON Schema of an object")) };
    let is_object = schema.get("type").is_none_or(|kind| kind == "object");
    let is_flat = !["oneOf", "anyOf", "allOf", "$ref"].iter().any(|key| schema.contains_key(*key));
    let Some(Value::Object(fields)) = schema.remove("properties") else {
        // No fields at all are a question to agree to.
        let is_open = schema.get("additionalProperties").is_some_and(|others| *others != Value::Bool(false));
        if schema.get("type").is_some_and(|kind| kind == "object") && is_flat && !is_open {
            return Ok(json!({ "type": "object", "properties": {} }));
        }
        return Err(wrong("it is not a struct with named fields"));
    };
    if !is_object || !is_flat {
        return Err(wrong("its fields are not always the same"));
    }
    let fields = fields
        .into_iter()
        .map(|(key, schema)| match field(schema) {
            Some(field) => Ok((key, Value::Object(field))),
            None => Err(wrong(&format!(
                "its field `{key}` is no text, number, `bool`, enum without fields, or list of such an enum"
            ))),
        })
        .collect::<Result<Object>>()?;
    let mut form = Object::new();
    form.insert("type".to_owned(), json!("object"));
    form.insert("properties".to_owned(), Value::Object(fields));
    form.extend(schema.remove_entry("required"));
    Ok(Value::Object(form))
}

/// One field; nothing where the protocol has no such one.
fn field(schema: Value) -> Option<Object> {
    let Value::Object(schema) = schema else { return None };
    let schema = without_null(schema);
    let kind = schema.get("type").and_then(Value::as_str);
    let mut field = match kind {
        Some("string") | None => text(&schema)?,
        Some("integer" | "number") => keep(&schema, &["type", "minimum", "maximum"]),
        Some("boolean") => keep(&schema, &["type"]),
        Some("array") => {
            let choices = choices(schema.get("items")?.as_object()?)?;
            let mut field = keep(&schema, &["type", "minItems", "maxItems"]);
            let items = if choices.iter().any(|choice| choice.title.is_some()) {
                json!({ "anyOf": titled(choices) })
            } else {
                json!({ "type": "string", "enum": values(choices) })
            };
            field.insert("items".to_owned(), items);
            field
        }
        Some(_) => return None,
    };
    field.extend(keep(&schema, &LABELS));
    if field.get("default").is_some_and(Value::is_null) {
        field.remove("default");
    }
    Some(field)
}

fn text(schema: &Object) -> Option<Object> {
    let Some(choices) = choices(schema) else {
        schema.get("type")?;
        let mut field = keep(schema, &["type", "minLength", "maxLength", "format"]);
        if field.get("format").and_then(Value::as_str).is_none_or(|format| !FORMATS.contains(&format)) {
            field.remove("format");
        }
        return Some(field);
    };
    let mut field = Object::new();
    field.insert("type".to_owned(), json!("string"));
    if choices.iter().any(|choice| choice.title.is_some()) {
        field.insert("oneOf".to_owned(), titled(choices));
    } else {
        field.insert("enum".to_owned(), values(choices));
        field.extend(keep(schema, &["enumNames"]));
    }
    Some(field)
}

/// One text of several.
struct Choice {
    value: String,
    title: Option<String>,
}

/// The choices of an enum without fields: names in a list, and those with a description each by itself.
fn choices(schema: &Object) -> Option<Vec<Choice>> {
    if let Some(values) = schema.get("enum") {
        let choice = |value: &Value| Some(Choice { value: value.as_str()?.to_owned(), title: None });
        return values.as_array()?.iter().filter(|value| !value.is_null()).map(choice).collect();
    }
    if let Some(value) = schema.get("const") {
        let title = schema.get("title").or_else(|| schema.get("description"));
        let title = title.and_then(Value::as_str).map(str::to_owned);
        return Some(vec![Choice { value: value.as_str()?.to_owned(), title }]);
    }
    let parts = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let parts = parts.iter().map(|part| choices(part.as_object()?)).collect::<Option<Vec<_>>>()?;
    Some(parts.into_iter().flatten().collect())
}

fn values(choices: Vec<Choice>) -> Value {
    choices.into_iter().map(|choice| choice.value).collect()
}

fn titled(choices: Vec<Choice>) -> Value {
    let one = |Choice { value, title }| json!({ "const": value, "title": title.as_ref().unwrap_or(&value) });
    choices.into_iter().map(one).collect()
}

/// The schema of what an `Option` holds: forms leave out what is not filled in.
fn without_null(mut schema: Object) -> Object {
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_mut_slice() {
            let only = only.take();
            schema.insert("type".to_owned(), only);
        }
    }
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(parts)) = schema.get_mut(key) else { continue };
        let before = parts.len();
        parts.retain(|part| part.get("type").is_none_or(|kind| kind != "null"));
        if parts.len() < before
            && let [Value::Object(only)] = parts.as_mut_slice()
        {
            let mut inner = without_null(std::mem::take(only));
            schema.remove(key);
            // What is said of the field itself comes before what is said of its type.
            inner.extend(schema);
            return inner;
        }
    }
    schema
}

fn keep(schema: &Object, keys: &[&str]) -> Object {
    schema
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use barkeep_sdk::arguments;
    use serde::Deserialize;

    use super::*;

    /// Who comes.
    #[arguments]
    #[allow(dead_code, reason = "only the schema is asked for")]
    struct Guest {
        /// Your name.
        #[schemars(length(min = 1, max = 40), regex(pattern = "^[A-Z]"))]
        name: String,
        #[schemars(title = "E-mail", extend("format" = "email"))]
        mail: Option<String>,
        #[schemars(extend("format" = "uuid"))]
        id: String,
        #[schemars(range(min = 0, max = 120))]
        age: u8,
        size: Option<f32>,
        #[serde(default = "yes")]
        smoker: bool,
        #[serde(default)]
        note: Option<String>,
        letter: char,
        meal: Meal,
        drink: Option<Drink>,
        drinks: Vec<Drink>,
        meals: Option<Vec<Meal>>,
    }

    fn yes() -> bool {
        true
    }

    #[arguments]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code, reason = "only the schema is asked for")]
    enum Meal {
        Fish,
        Meat,
    }

    /// What to drink.
    #[arguments]
    #[allow(dead_code, reason = "only the schema is asked for")]
    enum Drink {
        /// From the tap.
        Water,
        Wine,
    }

    #[test]
    fn a_struct_becomes_what_the_protocol_allows() {
        let titled = json!([
            { "const": "Wine", "title": "Wine" },
            { "const": "Water", "title": "From the tap." },
        ]);
        assert_eq!(
            of::<Guest>().unwrap(),
            json!({
                "type": "object",
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 40, "description": "Your name." },
                    "mail": { "type": "string", "format": "email", "title": "E-mail" },
                    "id": { "type": "string" },
                    "age": { "type": "integer", "minimum": 0, "maximum": 120 },
                    "size": { "type": "number" },
                    "smoker": { "type": "boolean", "default": true },
                    "note": { "type": "string" },
                    "letter": { "type": "string", "minLength": 1, "maxLength": 1 },
                    "meal": { "type": "string", "enum": ["fish", "meat"] },
                    "drink": { "type": "string", "oneOf": titled, "description": "What to drink." },
                    "drinks": { "type": "array", "items": { "anyOf": titled } },
                    "meals": { "type": "array", "items": { "type": "string", "enum": ["fish", "meat"] } },
                },
                "required": ["name", "id", "age", "letter", "meal", "drinks"],
            }),
        );
    }

    #[test]
    fn no_fields_are_a_question_to_agree_to() {
        #[arguments]
        struct Sure {}
        assert_eq!(of::<Sure>(), Ok(json!({ "type": "object", "properties": {} })));
    }

    #[test]
    fn fields_that_no_form_has_are_told_by_their_names() {
        fn told<T: JsonSchemaOf>() -> String {
            let words = of::<Holder<T>>().unwrap_err().to_string();
            assert!(words.starts_with("`Holder") && words.contains("its field `inner` is no text"), "{words}");
            words
        }
        told::<Guest>();
        told::<Vec<String>>();
        told::<HashMap<String, u8>>();
        told::<(u8, u8)>();
        told::<Value>();
        told::<Option<Guest>>();
        told::<Either>();
    }

    trait JsonSchemaOf: serde::de::DeserializeOwned + schemars::JsonSchema {}
    impl<T: serde::de::DeserializeOwned + schemars::JsonSchema> JsonSchemaOf for T {}

    #[derive(Deserialize, schemars::JsonSchema)]
    #[serde(bound = "T: serde::de::DeserializeOwned")]
    #[allow(dead_code, reason = "only the schema is asked for")]
    struct Holder<T> {
        inner: T,
    }

    #[arguments]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only the schema is asked for")]
    enum Either {
        Text(String),
        Number(u8),
    }

    #[test]
    fn what_is_no_struct_is_no_form() {
        let words = |form: Result<Value>| form.unwrap_err().to_string();
        assert_eq!(words(of::<String>()), "`string` cannot be a form: it is not a struct with named fields");
        assert!(words(of::<Meal>()).contains("not a struct with named fields"));
        assert!(words(of::<HashMap<String, u8>>()).contains("not a struct with named fields"));
        assert!(words(of::<Value>()).starts_with("`AnyValue` cannot be a form"));
        let several = json!({ "type": "object", "properties": {}, "anyOf": [] });
        let several = words(flat("this schema", several));
        assert_eq!(several, "this schema cannot be a form: its fields are not always the same");
    }

    #[test]
    fn a_schema_of_the_plugins_own_keeps_what_the_protocol_knows() {
        let choice = json!({ "type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"], "x": 1, "default": "a" });
        let form = flat("f", json!({ "$schema": "x", "type": "object", "properties": { "choice": choice } })).unwrap();
        let kept = json!({ "type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"], "default": "a" });
        assert_eq!(form, json!({ "type": "object", "properties": { "choice": kept } }));
    }
}
