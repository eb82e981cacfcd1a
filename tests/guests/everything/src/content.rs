//! Tools that answer with each kind of content.

use barkeep_sdk::prelude::*;

use crate::media::{PIXEL, SILENCE};

/// What the weather is like.
#[output]
pub struct Weather {
    /// Degrees Celsius.
    temperature: f64,
    /// In words.
    conditions: String,
}

/// Answers with text.
#[tool(read_only)]
pub fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Answers with a picture.
#[tool(read_only)]
pub fn test_image_content() -> Content {
    Content::image(PIXEL, "image/png")
}

/// Answers with a sound.
#[tool(read_only)]
pub fn test_audio_content() -> Content {
    Content::audio(SILENCE, "audio/wav")
}

/// Answers with a resource.
#[tool(read_only)]
pub fn test_embedded_resource() -> Content {
    let text = "This is an embedded resource content.";
    Content::resource(ResourceContents::text("test://embedded-resource", text).mime_type("text/plain"))
}

/// Answers with text, a picture and a resource.
#[tool(read_only)]
pub fn test_multiple_content_types() -> ToolResult {
    let data = json!({ "test": "data", "value": 123 }).to_string();
    ToolResult::text("Multiple content types test:")
        .with(Content::image(PIXEL, "image/png"))
        .with(ResourceContents::text("test://mixed-content-resource", data).mime_type("application/json"))
}

/// Answers with a structured result.
#[tool(read_only)]
pub fn test_structured_content() -> Json<Weather> {
    Json(Weather { temperature: 22.5, conditions: "Partly cloudy".to_owned() })
}
