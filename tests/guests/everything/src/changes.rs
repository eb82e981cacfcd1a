//! Lists that change: how often each was told to is part of a schema in it, and stands in a file, because each call has an
//! instance of its own.

use std::fs;

use barkeep_sdk::client;
use barkeep_sdk::prelude::*;

/// Where the tools' number is.
const TOOLS: &str = "/state/tools";

/// Where the prompts' number is.
const PROMPTS: &str = "/state/prompts";

/// Nothing to say, but the schema is new after each change.
#[arguments]
#[schemars(extend("x-changes" = changes(TOOLS)))]
pub struct ToolChange {}

/// What to say.
#[arguments]
pub struct Note {
    #[schemars(extend("description" = format!("A note on change number {}", changes(PROMPTS))))]
    note: Option<String>,
}

/// Changes the list of tools.
#[tool]
pub fn test_trigger_tool_change(_: ToolChange) -> Result<&'static str> {
    change(TOOLS)?;
    client::list_changed(Menu::Tools);
    Ok("The list of tools has changed.")
}

/// Changes the list of prompts.
#[tool]
pub fn test_trigger_prompt_change() -> Result<&'static str> {
    change(PROMPTS)?;
    client::list_changed(Menu::Prompts);
    Ok("The list of prompts has changed.")
}

/// A prompt whose description changes.
#[prompt]
pub fn test_changing_prompt(args: Note) -> String {
    args.note.unwrap_or_else(|| "Nothing to note.".to_owned())
}

/// How often the list was changed; never where no folder is granted.
fn changes(file: &str) -> u32 {
    fs::read_to_string(file).ok().and_then(|number| number.trim().parse().ok()).unwrap_or_default()
}

fn change(file: &str) -> Result<()> {
    Ok(fs::write(file, changes(file).wrapping_add(1).to_string())?)
}
