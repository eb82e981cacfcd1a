//! The parts of an answer that the reference server hands on, in its order. It checks three answers against shapes of
//! its own (repositories, file contents, pull requests) and drops every key that those do not name. What GitHub leaves
//! out here is left out too: a missing key is no reason to withhold the rest.

use serde_json::{Map, Value};

/// The keys of an object that are kept.
pub(crate) type Shape = &'static [Key];

/// One key, and the shape of what it holds: empty means as it is.
pub(crate) struct Key(&'static str, Shape);

const fn key(name: &'static str) -> Key {
    Key(name, &[])
}

const PERSON: Shape = &[key("login"), key("id"), key("avatar_url"), key("url"), key("html_url")];

const OWNER: Shape =
    &[key("login"), key("id"), key("node_id"), key("avatar_url"), key("url"), key("html_url"), key("type")];

const LABEL: Shape =
    &[key("id"), key("node_id"), key("url"), key("name"), key("color"), key("default"), key("description")];

const REPOSITORY: Shape = &[
    key("id"),
    key("node_id"),
    key("name"),
    key("full_name"),
    key("private"),
    Key("owner", OWNER),
    key("html_url"),
    key("description"),
    key("fork"),
    key("url"),
    key("created_at"),
    key("updated_at"),
    key("pushed_at"),
    key("git_url"),
    key("ssh_url"),
    key("clone_url"),
    key("default_branch"),
];

/// The answer of `search/repositories`.
pub(crate) const REPOSITORIES: Shape = &[key("total_count"), key("incomplete_results"), Key("items", REPOSITORY)];

/// One file.
pub(crate) const FILE: Shape = &[
    key("name"),
    key("path"),
    key("sha"),
    key("size"),
    key("url"),
    key("html_url"),
    key("git_url"),
    key("download_url"),
    key("type"),
    key("content"),
    key("encoding"),
    Key("_links", &[key("self"), key("git"), key("html")]),
];

/// One entry of a folder.
pub(crate) const ENTRY: Shape = &[
    key("type"),
    key("size"),
    key("name"),
    key("path"),
    key("sha"),
    key("url"),
    key("git_url"),
    key("html_url"),
    key("download_url"),
];

const BRANCH: Shape = &[key("label"), key("ref"), key("sha"), Key("user", PERSON), Key("repo", REPOSITORY)];

/// A pull request.
pub(crate) const PULL_REQUEST: Shape = &[
    key("url"),
    key("id"),
    key("node_id"),
    key("html_url"),
    key("diff_url"),
    key("patch_url"),
    key("issue_url"),
    key("number"),
    key("state"),
    key("locked"),
    key("title"),
    Key("user", PERSON),
    key("body"),
    key("created_at"),
    key("updated_at"),
    key("closed_at"),
    key("merged_at"),
    key("merge_commit_sha"),
    Key("assignee", PERSON),
    Key("assignees", PERSON),
    Key("requested_reviewers", PERSON),
    Key("labels", LABEL),
    Key("head", BRANCH),
    Key("base", BRANCH),
];

/// What the resource of a repository tells: the above, and what helps to judge it. The rest of GitHub's answer is some
/// forty addresses that a program makes from the name.
pub(crate) const METADATA: Shape = &[
    key("id"),
    key("name"),
    key("full_name"),
    key("description"),
    key("private"),
    key("visibility"),
    Key("owner", &[key("login"), key("type"), key("html_url")]),
    key("html_url"),
    key("homepage"),
    key("topics"),
    key("language"),
    Key("license", &[key("spdx_id"), key("name")]),
    key("default_branch"),
    key("fork"),
    Key("parent", &[key("full_name"), key("html_url")]),
    key("archived"),
    key("disabled"),
    key("is_template"),
    key("has_issues"),
    key("stargazers_count"),
    key("subscribers_count"),
    key("forks_count"),
    key("open_issues_count"),
    key("size"),
    key("created_at"),
    key("updated_at"),
    key("pushed_at"),
    key("clone_url"),
    key("ssh_url"),
];

/// Keeps what `shape` names, in its order; of a list, from each of its items.
pub(crate) fn keep(value: Value, shape: Shape) -> Value {
    match value {
        Value::Object(mut object) if !shape.is_empty() => {
            let kept = shape.iter().filter_map(|Key(name, inner)| {
                object.remove(*name).map(|value| ((*name).to_owned(), keep(value, inner)))
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| keep(item, shape)).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_go_and_the_order_is_the_shapes() {
        let file = keep(json!({"content": "x", "extra": 1, "name": "n", "_links": {"x": 1, "git": null}}), FILE);
        assert_eq!(file.to_string(), r#"{"name":"n","content":"x","_links":{"git":null}}"#);
    }

    #[test]
    fn lists_are_kept_item_by_item() {
        let found = keep(json!({"items": [{"id": 1, "topics": []}], "total_count": 1}), REPOSITORIES);
        assert_eq!(found.to_string(), r#"{"total_count":1,"items":[{"id":1}]}"#);
    }

    #[test]
    fn nothing_where_an_object_could_be_stays_nothing() {
        assert_eq!(keep(json!({"assignee": null}), PULL_REQUEST).to_string(), r#"{"assignee":null}"#);
    }
}
