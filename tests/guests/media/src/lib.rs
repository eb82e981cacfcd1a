//! A guest with pictures, sounds and files of any size, as a tool, a resource and a prompt.

use barkeep_sdk::prelude::*;

/// What to make.
#[arguments]
enum Kind {
    Image,
    Audio,
    Embedded,
}

#[arguments]
struct Make {
    kind: Kind,
    /// How many bytes.
    bytes: u32,
}

#[arguments]
struct Size {
    /// How many bytes.
    bytes: u32,
}

/// The byte at a place: each stretch of a thousand is unlike the others.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|at| (at.wrapping_mul(31) % 251) as u8).collect()
}

/// Makes something to see, to hear or to keep.
#[tool(read_only)]
fn make(args: Make) -> Content {
    let data = bytes(args.bytes);
    match args.kind {
        Kind::Image => Content::image(data, "image/png"),
        Kind::Audio => Content::audio(data, "audio/wav"),
        Kind::Embedded => {
            Content::resource(ResourceContents::blob("media://embedded", data).mime_type("application/zip"))
        }
    }
}

/// A file of this many bytes.
#[resource(template = "media://files/{bytes}", mime_type = "application/octet-stream")]
fn file(args: Size) -> Vec<u8> {
    bytes(args.bytes)
}

/// Shows a picture of this many bytes.
#[prompt]
fn show(args: Size) -> PromptMessage {
    PromptMessage::user(Content::image(bytes(args.bytes), "image/png"))
}

plugin! { tools: [make], resources: [file], prompts: [show] }
