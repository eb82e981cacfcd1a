//! The resources as clients see them.

use barkeep_sdk::{ResourceContents, arguments, resource};

use crate::Result;
use crate::files::{self, Readme};
use crate::repository::metadata;
use crate::tools::github;

/// Which repository.
#[arguments]
pub(crate) struct Place {
    /// Who owns the repository: a user or an organisation
    owner: String,
    /// The repository's name, without its owner
    repo: String,
}

/// What a repository on GitHub is: its description, topics, language, licence, default branch and numbers.
#[resource(template = "github://repos/{owner}/{repo}", title = "Repository", mime_type = "application/json")]
pub(crate) fn repository(args: Place) -> Result<String> {
    metadata(&github()?, &args.owner, &args.repo)
}

/// The README that GitHub shows for a repository.
#[resource(template = "github://repos/{owner}/{repo}/readme", title = "README", mime_type = "text/markdown")]
pub(crate) fn readme(args: Place) -> Result<ResourceContents> {
    let Place { owner, repo } = args;
    let Readme { text, mime_type } = files::readme(&github()?, &owner, &repo)?;
    Ok(ResourceContents::text(format!("github://repos/{owner}/{repo}/readme"), text).mime_type(mime_type))
}
