//! The resource of a repository: what it is, in JSON.

use crate::Result;
use crate::api::Api;
use crate::endpoint::Endpoint;
use crate::print::print;
use crate::shape::{METADATA, keep};
use crate::transport::Transport;

/// Reads a repository's metadata.
pub(crate) fn metadata<T: Transport>(api: &Api<T>, owner: &str, repo: &str) -> Result<String> {
    print(&keep(api.get(&Endpoint::repository(owner, repo)?)?.value, METADATA))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
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
}
