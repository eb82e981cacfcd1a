//! What the client can be asked, its folders, and questions of resources and prompts.

use barkeep_sdk::prelude::*;

/// Lists the client's folders.
#[tool]
pub fn folders(context: &mut Context) -> Result<String> {
    let line = |root: barkeep_sdk::ask::Root| format!("{} {}", root.uri, root.name.unwrap_or_default());
    Ok(context.roots()?.into_iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Tells what the client can be asked.
#[tool]
pub fn can(context: &mut Context) -> String {
    let can = [
        ("form", context.can_elicit()),
        ("url", context.can_elicit_url()),
        ("sampling", context.can_sample()),
        ("tools", context.can_sample_with_tools()),
        ("roots", context.can_list_roots()),
    ];
    can.iter().filter(|(_, can)| *can).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

#[arguments]
struct Password {
    /// Speak, friend, and enter.
    word: String,
}

/// What only friends may read.
#[resource(uri = "asker://guarded", mime_type = "text/plain")]
pub fn guarded(context: &mut Context) -> Result<String> {
    match context.elicit::<Password>("Who is there?")?.accepted() {
        Some(Password { word }) if word == "mellon" => Ok("Come in.".into()),
        _ => Err(Error::access_denied("only friends may read this")),
    }
}

/// What is there only where somebody can be asked.
#[resource(uri = "asker://sometimes", mime_type = "text/plain")]
pub fn sometimes(context: &mut Context) -> Result<String> {
    if !context.can_elicit() {
        return Err(Error::not_found("nobody can be asked"));
    }
    let said = context.elicit::<Password>("What is the word?")?.accepted();
    Ok(said.map_or_else(|| "Nothing.".into(), |form| form.word))
}

/// Asks for a report on the client's folders.
#[prompt]
pub fn report(context: &mut Context) -> Result<String> {
    let uris: Vec<String> = context.roots()?.into_iter().map(|root| root.uri).collect();
    Ok(format!("Report on {}.", uris.join(", ")))
}
