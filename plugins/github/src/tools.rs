//! The tools as clients see them: names, arguments and results of the reference server.

use barkeep_sdk::{Content, ToolResult, tool};

use crate::Result;
use crate::api::{Answer, Api};
use crate::files::{self, GetFileContents};
use crate::host::Host;
use crate::issues::{self, CreateIssue, GetIssue, ListIssues};
use crate::print::print;
use crate::pulls::{self, CreatePullRequest};
use crate::search::{self, SearchCode, SearchIssues, SearchRepositories};

/// Creates an issue in a repository on GitHub.
#[tool(title = "Create an issue", destructive = false, open_world)]
pub(crate) fn create_issue(args: CreateIssue) -> Result<ToolResult> {
    result(&issues::create(&github()?, &args)?)
}

/// Reads one issue, or pull request, of a repository on GitHub. Its comments are not part of it.
#[tool(title = "Read an issue", read_only, open_world)]
pub(crate) fn get_issue(args: GetIssue) -> Result<ToolResult> {
    result(&issues::get(&github()?, &args)?)
}

/// Lists a repository's issues on GitHub, pull requests among them, with filters and by page.
#[tool(title = "List issues", read_only, open_world)]
pub(crate) fn list_issues(args: ListIssues) -> Result<ToolResult> {
    result(&issues::list(&github()?, &args)?)
}

/// Searches issues and pull requests in all of GitHub.
#[tool(title = "Search issues and pull requests", read_only, open_world)]
pub(crate) fn search_issues(args: SearchIssues) -> Result<ToolResult> {
    result(&search::issues(&github()?, &args)?)
}

/// Searches code in all of GitHub: it finds files, which `get_file_contents` reads.
#[tool(title = "Search code", read_only, open_world)]
pub(crate) fn search_code(args: SearchCode) -> Result<ToolResult> {
    result(&search::code(&github()?, &args)?)
}

/// Searches repositories on GitHub.
#[tool(title = "Search repositories", read_only, open_world)]
pub(crate) fn search_repositories(args: SearchRepositories) -> Result<ToolResult> {
    result(&search::repositories(&github()?, &args)?)
}

/// Reads a file of a repository on GitHub, as text, or lists a folder.
#[tool(title = "Read a file or a folder", read_only, open_world)]
pub(crate) fn get_file_contents(args: GetFileContents) -> Result<ToolResult> {
    let answer = files::contents(&github()?, &args)?;
    let note = files::note(&answer.value);
    Ok(with(result(&answer)?, note))
}

/// Opens a pull request in a repository on GitHub.
#[tool(title = "Open a pull request", destructive = false, open_world)]
pub(crate) fn create_pull_request(args: CreatePullRequest) -> Result<ToolResult> {
    result(&pulls::create(&github()?, &args)?)
}

/// The API that this plugin is granted.
pub(crate) fn github() -> Result<Api<Host>> {
    Api::from_env(Host)
}

/// The answer as JSON, which programs may parse, and apart from it where more is to be had.
fn result(answer: &Answer) -> Result<ToolResult> {
    Ok(with(ToolResult::text(print(&answer.value)?), answer.pages.note()))
}

fn with(result: ToolResult, note: Option<String>) -> ToolResult {
    match note {
        Some(note) => result.with(Content::text(note)),
        None => result,
    }
}

#[cfg(test)]
mod tests {
    use barkeep_sdk::http::Response;
    use barkeep_sdk::testing::serve_http;
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn what_pages_follow_is_told_apart_from_the_json() {
        let _server = serve_http(|request| {
            assert!(request.url().ends_with("/repos/o/r/issues"));
            let link = "<https://api.github.com/repositories/1/issues?page=2>; rel=\"next\"";
            Ok(Response::new(200).with_header("link", link).with_json(&json!([{"number": 7}])))
        });
        let listed = list_issues(from_value(json!({"owner": "o", "repo": "r"})).unwrap()).unwrap();
        let json = Content::text("[\n  {\n    \"number\": 7\n  }\n]");
        let note = Content::text("There are more results: call again with page 2 for the next page.");
        assert_eq!(listed.content, [json, note]);
    }
}
