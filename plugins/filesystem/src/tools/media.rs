//! Pictures, sounds and other bytes.

use barkeep_sdk::prelude::*;
use barkeep_sdk::serde_json::Value;
use barkeep_sdk::{Error, IntoToolResult};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::answer::object;
use crate::failure::Failure;
use crate::granted::granted;
use crate::{file, lexical, limits, uri};

// Which file.
#[arguments]
pub struct ReadMedia {
    path: String,
}

/// A file, and what it is.
pub struct Media {
    path: String,
    bytes: Vec<u8>,
}

/// Reads a file of any kind, with its MIME type: a picture or a sound comes as such, any other file as an embedded resource.
/// Only works within allowed directories.
#[tool(title = "Read Media File", read_only, open_world = false)]
pub fn read_media_file(args: ReadMedia) -> Result<Media, Failure> {
    let path = granted().validate(&args.path)?;
    let bytes = file::bytes(&path, limits::READ)?;
    Ok(Media { path, bytes })
}

/// What this tool calls the files that it knows. Others have no type of their own.
fn media_type(path: &str) -> &'static str {
    match lexical::extension(path).as_str() {
        ".png" => "image/png",
        ".jpg" | ".jpeg" => "image/jpeg",
        ".gif" => "image/gif",
        ".webp" => "image/webp",
        ".bmp" => "image/bmp",
        ".svg" => "image/svg+xml",
        ".mp3" => "audio/mpeg",
        ".wav" => "audio/wav",
        ".ogg" => "audio/ogg",
        ".flac" => "audio/flac",
        _ => "application/octet-stream",
    }
}

impl IntoToolResult for Media {
    fn output_schema() -> Result<Option<Value>, Error> {
        let text = json!({ "type": "string" });
        let picture_or_sound = object(
            &json!({ "type": { "type": "string", "enum": ["image", "audio"] }, "data": text, "mimeType": text }),
            &["type", "data", "mimeType"],
        );
        let contents = object(&json!({ "uri": text, "mimeType": text, "blob": text }), &["uri", "blob"]);
        let resource = object(
            &json!({ "type": { "type": "string", "const": "resource" }, "resource": contents }),
            &["type", "resource"],
        );
        let items = json!({ "anyOf": [picture_or_sound, resource] });
        Ok(Some(object(&json!({ "content": { "type": "array", "items": items } }), &["content"])))
    }

    fn into_tool_result(self) -> Result<ToolResult, Error> {
        let mime_type = media_type(&self.path);
        let data = Value::String(BASE64_STANDARD.encode(&self.bytes));
        let kind = mime_type.split('/').next().filter(|kind| matches!(*kind, "image" | "audio"));
        // Put together by hand: `json!` copies what it is given, and this is large.
        let (structured, content) = if let Some(kind) = kind {
            let make = if kind == "image" { Content::image } else { Content::audio };
            let structured = [("type", kind.into()), ("data", data), ("mimeType", mime_type.into())];
            (map(structured), make(self.bytes, mime_type))
        } else {
            let uri = uri::of(&self.path);
            let resource = map([("uri", uri.as_str().into()), ("mimeType", mime_type.into()), ("blob", data)]);
            let contents = ResourceContents::blob(uri, self.bytes).mime_type(mime_type);
            (map([("type", "resource".into()), ("resource", resource)]), Content::resource(contents))
        };
        Ok(ToolResult::new().with(content).structured(map([("content", Value::Array(vec![structured]))])))
    }
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
