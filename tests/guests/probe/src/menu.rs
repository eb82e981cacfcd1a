//! Resources, prompts and completions, well and badly.

use std::path::Path;

use barkeep_sdk::client;
use barkeep_sdk::prelude::*;

/// Resources in all.
const ITEMS: u32 = 250;

/// Resources of one page.
const PAGE: u32 = 40;

/// While this file is there, there is one more resource.
const EXTRA: &str = "/shared/extra";

/// Which resource.
#[arguments]
pub struct Item {
    /// Its number.
    number: u32,
}

/// To whom, and how.
#[arguments]
pub struct Letter {
    /// To whom.
    to: String,
    /// How often to say please.
    please: Option<u8>,
}

/// Which list.
#[arguments]
pub struct Announce {
    /// The list.
    list: List,
}

/// The lists.
#[arguments]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// Tools.
    Tools,
    /// Prompts.
    Prompts,
    /// Resources.
    Resources,
}

/// One of many.
#[resource(template = "probe://items/{number}", mime_type = "text/plain")]
pub fn item(args: Item) -> Result<String> {
    if (1..=ITEMS).contains(&args.number) {
        return Ok(format!("item {}", args.number));
    }
    Err(Error::not_found(format!("items have the numbers 1 to {ITEMS}")))
}

/// Bytes that are no text.
#[resource(uri = "probe://bytes", mime_type = "application/octet-stream")]
pub fn bytes() -> Vec<u8> {
    vec![0, 159, 146, 150]
}

/// Why it cannot be read.
#[arguments]
pub struct Broken {
    /// The kind of failure.
    how: String,
}

/// What cannot be read.
#[resource(template = "probe://broken/{how}")]
pub fn broken(args: Broken) -> Result<String> {
    match args.how.as_str() {
        "denied" => Err(Error::access_denied("the vault is closed")),
        "unavailable" => Err(Error::unavailable("the archive is on holiday")),
        "invalid" => Err(Error::invalid_arguments("read something else")),
        "trap" => panic!("the probe was told to panic"),
        how => Err(Error::other(format!("broken: {how}"))),
    }
}

/// The items, by page.
pub fn items(cursor: Option<&str>) -> Result<ResourcePage> {
    let first: u32 = cursor.map_or(Ok(1), str::parse).map_err(|_| Error::invalid_arguments("there is no such page"))?;
    let last = (first + PAGE - 1).min(ITEMS);
    let item = |number: u32| ResourceInfo::new(format!("probe://items/{number}"), number.to_string());
    let extra = Path::new(EXTRA).exists().then(|| ResourceInfo::new("probe://extra", "extra"));
    Ok(ResourcePage {
        resources: extra.filter(|_| first == 1).into_iter().chain((first..=last).map(item)).collect(),
        next_cursor: (last < ITEMS).then(|| (last + 1).to_string()),
    })
}

/// Tells the host that a list changed.
#[tool]
pub fn announce(args: Announce) -> &'static str {
    client::list_changed(match args.list {
        List::Tools => Menu::Tools,
        List::Prompts => Menu::Prompts,
        List::Resources => Menu::Resources,
    });
    "announced"
}

/// Asks for a letter.
#[prompt(title = "Write a letter")]
pub fn letter(args: Letter) -> Vec<PromptMessage> {
    let please = "please ".repeat(usize::from(args.please.unwrap_or(1)));
    vec![PromptMessage::user(format!("{please}write to {}", args.to)), PromptMessage::assistant("Dear Sir or Madam,")]
}

/// A prompt that never works.
#[prompt]
pub fn refuse() -> Result<String> {
    Err(Error::unavailable("the writer is on holiday"))
}

/// More people than a client takes.
#[completion(prompt = "letter", argument = "to")]
pub fn people(typed: &str) -> Vec<String> {
    (1..=150).map(|number| format!("{typed}{number:03}")).collect()
}
