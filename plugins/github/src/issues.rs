//! Issues: `create_issue`, `get_issue`, `list_issues`, `search_issues`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::api::{Answer, Api};
use crate::arguments::{Number, as_reference};
use crate::endpoint::Endpoint;
use crate::search::Order;
use crate::transport::Transport;

/// Arguments of `create_issue`; but for the first two they are the body of the request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct CreateIssue {
    /// Who owns the repository: a user or an organisation
    #[serde(skip_serializing)]
    owner: String,
    /// The repository's name, without its owner
    #[serde(skip_serializing)]
    repo: String,
    /// What the issue is about, in one line
    title: String,
    /// The issue's text, in Markdown
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Logins of the people to assign
    #[serde(skip_serializing_if = "Option::is_none")]
    assignees: Option<Vec<String>>,
    /// The number of the milestone it belongs to
    #[serde(skip_serializing_if = "Option::is_none")]
    milestone: Option<Number>,
    /// Names of the labels to put on it
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<String>>,
}

/// Arguments of `get_issue`.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct GetIssue {
    /// Who owns the repository: a user or an organisation
    owner: String,
    /// The repository's name, without its owner
    repo: String,
    /// The issue's number, as in `#7`
    issue_number: Number,
}

/// Arguments of `list_issues`.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct ListIssues {
    /// Who owns the repository: a user or an organisation
    owner: String,
    /// The repository's name, without its owner
    repo: String,
    /// Which way to sort; GitHub's default is desc
    direction: Option<Order>,
    /// Only issues that have all of these labels
    labels: Option<Vec<String>>,
    /// Which page of the results, from 1
    page: Option<Number>,
    /// Results on a page: 30 unless said, 100 at the most
    per_page: Option<Number>,
    /// Only issues changed since then, such as 2026-07-28T12:00:00Z
    since: Option<String>,
    /// What to sort by; GitHub's default is created
    sort: Option<ListSort>,
    /// Only issues in this state; GitHub's default is open
    state: Option<ListState>,
}

// No doc comments on variants of these: they would turn the plain `enum` of the schema into a choice of constants.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum ListSort {
    Created,
    Updated,
    Comments,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum ListState {
    Open,
    Closed,
    All,
}

impl ListSort {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Comments => "comments",
        }
    }
}

impl ListState {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }
}

/// The endpoint of one issue.
pub(crate) fn issue(owner: &str, repo: &str, number: Number) -> Result<Endpoint> {
    Ok(Endpoint::repository(owner, repo)?.segment("issues").segment(number))
}

/// Creates an issue.
pub(crate) fn create<T: Transport>(api: &Api<T>, args: &CreateIssue) -> Result<Answer> {
    api.post(&Endpoint::repository(&args.owner, &args.repo)?.segment("issues"), args)
}

/// Reads one issue.
pub(crate) fn get<T: Transport>(api: &Api<T>, args: &GetIssue) -> Result<Answer> {
    api.get(&issue(&args.owner, &args.repo, args.issue_number)?)
}

/// Reads one page of a repository's issues.
pub(crate) fn list<T: Transport>(api: &Api<T>, args: &ListIssues) -> Result<Answer> {
    let endpoint = Endpoint::repository(&args.owner, &args.repo)?
        .segment("issues")
        .maybe("direction", args.direction.map(Order::word))
        .maybe("labels", args.labels.as_ref().map(|labels| labels.join(",")))
        .maybe("page", args.page)
        .maybe("per_page", args.per_page)
        .maybe("since", args.since.as_ref())
        .maybe("sort", args.sort.map(ListSort::word))
        .maybe("state", args.state.map(ListState::word));
    api.get(&endpoint)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::transport::script::Script;

    #[test]
    fn a_new_issue_has_only_what_was_given() {
        let script = Script::default().json(&json!({"number": 1}));
        let args = json!({"owner": "o", "repo": "r", "title": "t\n\"", "labels": ["bug"], "milestone": 2.0, "x": 1});
        create(&script.api(), &from_value(args).unwrap()).unwrap();
        let [(method, path, body)] = script.asked().try_into().unwrap();
        assert_eq!((method, path.as_str()), ("POST", "/repos/o/r/issues"));
        let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
        assert_eq!(body, json!({"title": "t\n\"", "milestone": 2, "labels": ["bug"]}));
    }

    #[test]
    fn one_issue_is_read_by_its_number() {
        let script = Script::default().json(&json!({"number": 7}));
        let answer = get(&script.api(), &from_value(json!({"owner": "o", "repo": "r", "issue_number": 7})).unwrap());
        assert_eq!(answer.unwrap().value, json!({"number": 7}));
        assert_eq!(script.asked(), [("GET", "/repos/o/r/issues/7".into(), None)]);
    }

    #[test]
    fn a_list_without_filters_asks_without_parameters() {
        let script = Script::default().json(&json!([]));
        list(&script.api(), &from_value(json!({"owner": "o", "repo": "r"})).unwrap()).unwrap();
        assert_eq!(script.asked()[0].1, "/repos/o/r/issues");
    }

    #[test]
    fn every_filter_is_sent_and_encoded() {
        let script = Script::default().json(&json!([]));
        let args = json!({"owner": "o", "repo": "r", "direction": "asc", "labels": ["a b", "c&state=all"], "page": 2,
            "per_page": 50, "since": "2026-07-28T12:00:00Z", "sort": "comments", "state": "closed"});
        list(&script.api(), &from_value(args).unwrap()).unwrap();
        assert_eq!(
            script.asked()[0].1,
            "/repos/o/r/issues?direction=asc&labels=a%20b%2Cc%26state%3Dall&page=2&per_page=50\
             &since=2026-07-28T12%3A00%3A00Z&sort=comments&state=closed"
        );
    }

    #[test]
    fn a_hostile_owner_asks_nothing() {
        let script = Script::default();
        let args = json!({"owner": "o/../../user", "repo": "r", "title": "t"});
        assert!(create(&script.api(), &from_value(args).unwrap()).is_err());
        assert!(script.asked().is_empty());
    }
}
