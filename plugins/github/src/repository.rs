//! Repositories: what one is, and which ones somebody has.

use serde_json::Value;

use crate::Result;
use crate::api::Api;
use crate::endpoint::Endpoint;
use crate::print::print;
use crate::shape::{METADATA, keep};
use crate::transport::Transport;

/// The most that GitHub gives on a page, and that MCP takes as a completion.
const MOST: u64 = 100;

/// Reads a repository's metadata.
pub(crate) fn metadata<T: Transport>(api: &Api<T>, owner: &str, repo: &str) -> Result<String> {
    print(&keep(api.get(&Endpoint::repository(owner, repo)?)?.value, METADATA))
}

/// The most recently changed repositories of the owner in `owner/beginning`, as full names. While somebody types, a
/// failure is no news: it is an empty list. The search would find them from less, but has 30 requests a minute, and
/// those are the tools'.
pub(crate) fn names<T: Transport>(api: &Api<T>, typed: &str) -> Vec<String> {
    let Some((owner, beginning)) = typed.split_once('/') else { return Vec::new() };
    let endpoint = Endpoint::owner(owner).map(|owner| owner.segment("repos").query("sort", "pushed"));
    let answer = endpoint.and_then(|endpoint| api.get(&endpoint.query("per_page", MOST)));
    let Ok(Value::Array(found)) = answer.map(|answer| answer.value) else { return Vec::new() };
    let beginning = beginning.to_ascii_lowercase();
    let begins = |repository: &Value| {
        let name = repository.get("name")?.as_str()?;
        let begins = name.to_ascii_lowercase().starts_with(&beginning);
        begins.then(|| repository.get("full_name")?.as_str().map(str::to_owned))?
    };
    found.iter().filter_map(begins).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Error;
    use crate::transport::Response;
    use crate::transport::script::Script;

    #[test]
    fn the_metadata_is_what_helps_to_judge_a_repository() {
        let answer = json!({"keys_url": "x", "full_name": "o/r", "owner": {"login": "o", "id": 1}, "topics": ["a"]});
        let script = Script::default().json(&answer);
        let text = metadata(&script.api(), "o", "r").unwrap();
        let expected = "{\n  \"full_name\": \"o/r\",\n  \"owner\": {\n    \"login\": \"o\"\n  },\n  \"topics\": [\n    \"a\"\n  ]\n}";
        assert_eq!(text, expected);
        assert_eq!(script.asked()[0].1, "/repos/o/r");
    }

    #[test]
    fn the_names_of_an_owners_repositories_begin_as_typed() {
        let found = json!([{"name": "Hello", "full_name": "o/Hello"}, {"name": "x", "full_name": "o/x"}, {"odd": 1}]);
        let script = Script::default().json(&found);
        assert_eq!(names(&script.api(), "O/heL"), ["o/Hello"]);
        assert_eq!(script.asked()[0].1, "/users/O/repos?sort=pushed&per_page=100");
    }

    #[test]
    fn while_an_owner_is_typed_nothing_is_asked() {
        let script = Script::default();
        for typed in ["", "o", "/", "../x", "o p/"] {
            assert!(names(&script.api(), typed).is_empty(), "{typed}");
        }
        assert!(script.asked().is_empty());
    }

    #[test]
    fn a_refusal_is_an_empty_list() {
        let script = Script::default().then(Response::new(404, &[], "{}")).fail(Error::access_denied("no grant"));
        assert!(names(&script.api(), "o/").is_empty() && names(&script.api(), "o/").is_empty());
    }
}
