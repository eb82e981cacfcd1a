//! Searches: `search_issues`, `search_code`, `search_repositories`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Result;
use crate::api::{Answer, Api};
use crate::arguments::{Number, as_reference};
use crate::endpoint::Endpoint;
use crate::shape::{REPOSITORIES, keep};
use crate::transport::Transport;

/// Which way to sort.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Order {
    Asc,
    Desc,
}

impl Order {
    /// As GitHub spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// Arguments of `search_code`.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct SearchCode {
    /// What to find, in GitHub's search syntax, such as `panic repo:octocat/hello-world language:rust`
    q: String,
    /// Which way to sort; GitHub's default is desc
    order: Option<Order>,
    /// Which page of the results, from 1
    #[schemars(range(min = 1))]
    page: Option<Number>,
    /// Results on a page: 30 unless said
    #[schemars(range(min = 1, max = 100))]
    per_page: Option<Number>,
}

/// Arguments of `search_issues`.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct SearchIssues {
    /// What to find, in GitHub's search syntax, such as `crash is:issue is:open repo:octocat/hello-world`
    q: String,
    /// Which way to sort; GitHub's default is desc
    order: Option<Order>,
    /// Which page of the results, from 1
    #[schemars(range(min = 1))]
    page: Option<Number>,
    /// Results on a page: 30 unless said
    #[schemars(range(min = 1, max = 100))]
    per_page: Option<Number>,
    /// What to sort by; the best match comes first unless said
    sort: Option<IssueSort>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
enum IssueSort {
    #[serde(rename = "comments")]
    Comments,
    #[serde(rename = "reactions")]
    Reactions,
    #[serde(rename = "reactions-+1")]
    ThumbsUp,
    #[serde(rename = "reactions--1")]
    ThumbsDown,
    #[serde(rename = "reactions-smile")]
    Smile,
    #[serde(rename = "reactions-thinking_face")]
    ThinkingFace,
    #[serde(rename = "reactions-heart")]
    Heart,
    #[serde(rename = "reactions-tada")]
    Tada,
    #[serde(rename = "interactions")]
    Interactions,
    #[serde(rename = "created")]
    Created,
    #[serde(rename = "updated")]
    Updated,
}

impl IssueSort {
    fn word(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Reactions => "reactions",
            Self::ThumbsUp => "reactions-+1",
            Self::ThumbsDown => "reactions--1",
            Self::Smile => "reactions-smile",
            Self::ThinkingFace => "reactions-thinking_face",
            Self::Heart => "reactions-heart",
            Self::Tada => "reactions-tada",
            Self::Interactions => "interactions",
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }
}

/// Arguments of `search_repositories`: it spells two of them in its own way, as the reference does.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct SearchRepositories {
    /// What to find, in GitHub's search syntax, such as `wasm language:rust stars:>100`
    query: String,
    /// Which page of the results, from 1 (default: 1)
    page: Option<Number>,
    /// Results on a page (default: 30, max: 100)
    #[serde(rename = "perPage")]
    per_page: Option<Number>,
}

/// Searches code.
pub(crate) fn code<T: Transport>(api: &Api<T>, args: &SearchCode) -> Result<Answer> {
    let endpoint = Endpoint::fixed("search/code")
        .query("q", &args.q)
        .maybe("order", args.order.map(Order::word))
        .maybe("page", args.page)
        .maybe("per_page", args.per_page);
    api.get(&endpoint)
}

/// Searches issues and pull requests.
pub(crate) fn issues<T: Transport>(api: &Api<T>, args: &SearchIssues) -> Result<Answer> {
    let endpoint = Endpoint::fixed("search/issues")
        .query("q", &args.q)
        .maybe("order", args.order.map(Order::word))
        .maybe("page", args.page)
        .maybe("per_page", args.per_page)
        .maybe("sort", args.sort.map(IssueSort::word));
    api.get(&endpoint)
}

/// Searches repositories.
pub(crate) fn repositories<T: Transport>(api: &Api<T>, args: &SearchRepositories) -> Result<Answer> {
    let endpoint = Endpoint::fixed("search/repositories")
        .query("q", &args.query)
        .query("page", args.page.unwrap_or(Number(1)))
        .query("per_page", args.per_page.unwrap_or(Number(30)));
    let Answer { value, pages } = api.get(&endpoint)?;
    Ok(Answer { value: keep(value, REPOSITORIES), pages })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::transport::script::Script;

    #[test]
    fn a_query_cannot_add_parameters() {
        let script = Script::default().json(&json!({}));
        code(&script.api(), &from_value(json!({"q": "a&per_page=1#x\r\ny", "per_page": 5})).unwrap()).unwrap();
        assert_eq!(script.asked()[0].1, "/search/code?q=a%26per_page%3D1%23x%0D%0Ay&per_page=5");
    }

    #[test]
    fn issues_are_sorted_as_asked() {
        let script = Script::default().json(&json!({}));
        let args = json!({"q": "x", "sort": "reactions-+1", "order": "asc", "page": 2});
        issues(&script.api(), &from_value(args).unwrap()).unwrap();
        assert_eq!(script.asked()[0].1, "/search/issues?q=x&order=asc&page=2&sort=reactions-%2B1");
    }

    #[test]
    fn every_sort_is_sent_as_the_schema_spells_it() {
        let schema = serde_json::to_value(schemars::schema_for!(IssueSort)).unwrap();
        for sort in schema["enum"].as_array().unwrap() {
            assert_eq!(from_value::<IssueSort>(sort.clone()).unwrap().word(), sort.as_str().unwrap());
        }
    }

    #[test]
    fn repositories_have_defaults_and_the_references_shape() {
        let script = Script::default().json(&json!({"items": [{"id": 1, "stars": 2}], "total_count": 1}));
        let answer = repositories(&script.api(), &from_value(json!({"query": "x"})).unwrap()).unwrap();
        assert_eq!(answer.value.to_string(), r#"{"total_count":1,"items":[{"id":1}]}"#);
        assert_eq!(script.asked()[0].1, "/search/repositories?q=x&page=1&per_page=30");
    }
}
