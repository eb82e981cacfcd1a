//! Edits of a file, with the diff that they make.

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::edit::{self, Edit};
use crate::failure::Failure;
use crate::granted::granted;
use crate::text::line_feeds;
use crate::{diff, file, limits, replace};

// Which file, and what to change in it.
#[arguments]
pub struct EditFile {
    path: String,
    edits: Vec<EditOperation>,
    /// Preview changes using git-style diff format
    #[serde(rename = "dryRun", default)]
    dry_run: bool,
}

// One change.
#[arguments]
#[serde(rename_all = "camelCase")]
pub struct EditOperation {
    /// Text to search for - must match exactly
    old_text: String,
    /// Text to replace with
    new_text: String,
}

/// Changes a text file: each edit puts new lines in the place of the first ones that match. Answers with a git-style diff of what
/// changed. Only works within allowed directories.
#[tool(title = "Edit File", read_only = false, destructive, idempotent = false, open_world = false)]
pub fn edit_file(args: EditFile) -> Result<Text, Failure> {
    let allowed = granted();
    let path = allowed.validate(&args.path)?;
    if !args.dry_run {
        allowed.writable(&path)?;
    }
    let before = String::from_utf8(file::bytes(&path, limits::EDIT)?)
        .map_err(|_| Failure::words(format!("{path} is not text in UTF-8: an edit would damage the rest of it")))?;
    let before = line_feeds(&before);
    let edits = args.edits.into_iter().map(|edit| Edit { old: edit.old_text, new: edit.new_text });
    let after = edit::apply(&before, edits)?;
    let answer = fenced(&diff::unified(&path, &before, &after));
    if !args.dry_run {
        replace::over(&path, after.as_bytes())?;
    }
    Ok(Text(answer))
}

/// The diff as a block of Markdown, in more backticks than stand together in it.
fn fenced(diff: &str) -> String {
    let mut fence = "```".to_owned();
    while diff.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}diff\n{diff}{fence}\n\n")
}
