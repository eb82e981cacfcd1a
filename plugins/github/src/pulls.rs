//! Pull requests: `create_pull_request`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::api::{Answer, Api};
use crate::arguments::as_reference;
use crate::endpoint::Endpoint;
use crate::shape::{PULL_REQUEST, keep};
use crate::transport::Transport;

/// Arguments of `create_pull_request`; but for the first two they are the body of the request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct CreatePullRequest {
    /// Who owns the repository: a user or an organisation
    #[serde(skip_serializing)]
    owner: String,
    /// The repository's name, without its owner
    #[serde(skip_serializing)]
    repo: String,
    /// What the pull request does, in one line
    title: String,
    /// Its text, in Markdown
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The branch that has the changes; `owner:branch` for one in a fork
    head: String,
    /// The branch to merge them into
    base: String,
    /// Whether to open it as a draft
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
    /// Whether those who maintain the repository may push to the branch
    #[serde(skip_serializing_if = "Option::is_none")]
    maintainer_can_modify: Option<bool>,
}

/// Opens a pull request.
pub(crate) fn create<T: Transport>(api: &Api<T>, args: &CreatePullRequest) -> Result<Answer> {
    let Answer { value, pages } = api.post(&Endpoint::repository(&args.owner, &args.repo)?.segment("pulls"), args)?;
    Ok(Answer { value: keep(value, PULL_REQUEST), pages })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::transport::script::Script;

    #[test]
    fn the_body_has_what_was_given_and_the_answer_the_references_shape() {
        let script = Script::default().json(&json!({"merged": false, "number": 3, "head": {"ref": "b", "x": 1}}));
        let args = json!({"owner": "o", "repo": "r", "title": "t", "head": "b", "base": "main", "draft": true});
        let answer = create(&script.api(), &from_value(args).unwrap()).unwrap();
        assert_eq!(answer.value.to_string(), r#"{"number":3,"head":{"ref":"b"}}"#);
        let [(method, path, body)] = script.asked().try_into().unwrap();
        assert_eq!((method, path.as_str()), ("POST", "/repos/o/r/pulls"));
        let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
        assert_eq!(body, json!({"title": "t", "head": "b", "base": "main", "draft": true}));
    }
}
