//! Resources and a template.

use barkeep_sdk::prelude::*;
use barkeep_sdk::serde_json::Value;

use crate::media::PIXEL;

/// Which data.
#[arguments]
pub struct Which {
    /// Their id.
    id: String,
}

/// A text that stays as it is.
#[resource(uri = "test://static-text", title = "A text", mime_type = "text/plain")]
pub fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// A picture that stays as it is.
#[resource(uri = "test://static-binary", title = "A picture", mime_type = "image/png")]
pub fn static_binary() -> Vec<u8> {
    PIXEL.to_vec()
}

/// A text that can be watched.
#[resource(uri = "test://watched-resource", title = "A watched text", mime_type = "text/plain")]
pub fn watched_resource() -> &'static str {
    "This is the content of the watched resource."
}

/// Data of any id.
#[resource(template = "test://template/{id}/data", title = "Data", mime_type = "application/json")]
pub fn template_data(args: Which) -> Json<Value> {
    Json(json!({ "id": args.id, "templateTest": true, "data": format!("Data for ID: {}", args.id) }))
}

/// Ids that begin with what was typed.
#[completion(template = "test://template/{id}/data", argument = "id")]
pub fn ids(typed: &str) -> Vec<String> {
    ["123", "124", "256"].into_iter().filter(|id| id.starts_with(typed)).map(str::to_owned).collect()
}
