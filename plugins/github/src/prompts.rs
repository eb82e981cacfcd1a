//! The prompt as clients see it, and what they may suggest while its arguments are typed.

use barkeep_sdk::{completion, prompt};

use crate::Result;
use crate::debug::{self, DebugIssue};
use crate::repository::names;
use crate::tools::github;

/// Fetches an issue with its comments, and asks for its cause and a fix under fixed headings.
#[prompt(title = "Debug an issue")]
pub(crate) fn debug_issue(args: DebugIssue) -> Result<String> {
    debug::debug(&github()?, &args)
}

/// The repositories of the owner that was typed.
#[completion(prompt = "debug_issue", argument = "repo")]
pub(crate) fn repositories(typed: &str) -> Result<Vec<String>> {
    Ok(names(&github()?, typed))
}
