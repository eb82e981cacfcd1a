//! Prompts, and a completion.

use barkeep_sdk::prelude::*;

use crate::media::PIXEL;

/// Two arguments.
#[arguments]
pub struct Two {
    /// First test argument
    arg1: String,
    /// Second test argument
    arg2: String,
}

/// Which resource.
#[arguments]
#[serde(rename_all = "camelCase")]
pub struct Embedded {
    /// URI of the resource to embed
    resource_uri: String,
}

/// A prompt without arguments.
#[prompt]
pub fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// A prompt with arguments.
#[prompt]
pub fn test_prompt_with_arguments(args: Two) -> String {
    format!("Prompt with arguments: arg1='{}', arg2='{}'", args.arg1, args.arg2)
}

/// A prompt with a resource in it.
#[prompt]
pub fn test_prompt_with_embedded_resource(args: Embedded) -> Vec<PromptMessage> {
    let text = "Embedded resource content for testing.";
    vec![
        PromptMessage::user(ResourceContents::text(args.resource_uri, text).mime_type("text/plain")),
        PromptMessage::user("Please process the embedded resource above."),
    ]
}

/// A prompt with a picture in it.
#[prompt]
pub fn test_prompt_with_image() -> Vec<PromptMessage> {
    vec![
        PromptMessage::user(Content::image(PIXEL, "image/png")),
        PromptMessage::user("Please analyze the image above."),
    ]
}

/// Words that begin with what was typed.
#[completion(prompt = "test_prompt_with_arguments", argument = "arg1")]
pub fn first_arguments(typed: &str) -> Vec<String> {
    ["paris", "park", "party", "testValue1"]
        .into_iter()
        .filter(|word| word.starts_with(typed))
        .map(str::to_owned)
        .collect()
}
