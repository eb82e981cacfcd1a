//! Tools whose schemas a host must pass on as they are.

use std::borrow::Cow;

use barkeep_sdk::prelude::*;
use barkeep_sdk::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use barkeep_sdk::serde::Deserialize;

/// How to reach somebody: the schema is the suite's, word for word.
#[derive(Deserialize)]
#[serde(crate = "barkeep_sdk::serde")]
pub struct Contact {
    name: Option<String>,
}

impl JsonSchema for Contact {
    fn schema_name() -> Cow<'static, str> {
        "Contact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
                }
            },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" }
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false
        })
    }
}

/// What a client sends in a header as well.
#[arguments]
pub struct Routed {
    /// Where to.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

/// Takes arguments of a schema with much of JSON Schema 2020-12.
#[tool(read_only)]
pub fn json_schema_2020_12_tool(args: Contact) -> String {
    format!("Hello, {}!", args.name.as_deref().unwrap_or("whoever you are"))
}

/// Takes an argument that a client sends in a header as well, for those on the way who cannot read the message.
#[tool(read_only)]
pub fn test_custom_header(args: Routed) -> String {
    format!("Routed to {}.", args.region)
}
