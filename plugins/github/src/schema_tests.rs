//! The tools' arguments are those of the reference server.

use serde_json::Value;

use crate::PLUGIN;

/// Each argument's name and type, in order; a `!` where it must be given.
fn arguments(tool: &str) -> Vec<String> {
    let schema = PLUGIN.tools().unwrap().into_iter().find(|info| info.name == tool).unwrap().input_schema;
    let keys = ["type", "properties", "required"];
    assert!(schema.as_object().unwrap().keys().all(|key| keys.contains(&key.as_str())), "{schema}");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let one = |(name, property): (&String, &Value)| {
        let mut kind = property["type"].as_str().expect("one type").to_owned();
        if let Some(items) = property["items"]["type"].as_str() {
            kind = format!("{items} list");
        }
        if let Some(words) = property["enum"].as_array() {
            kind = words.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join("|");
        }
        for bound in ["minimum", "maximum"] {
            if let Some(number) = property[bound].as_f64() {
                kind = format!("{kind} {bound} {number}");
            }
        }
        assert!(property["description"].is_string(), "{name} has no description");
        let keys = ["type", "description", "items", "enum", "minimum", "maximum"];
        assert!(property.as_object().unwrap().keys().all(|key| keys.contains(&key.as_str())), "{property}");
        let must = if required.contains(&name.as_str().into()) { "!" } else { "" };
        format!("{name}: {kind}{must}")
    };
    schema["properties"].as_object().unwrap().iter().map(one).collect()
}

#[test]
fn issues_are_created_read_and_listed_as_in_the_reference() {
    assert_eq!(
        arguments("create_issue"),
        [
            "owner: string!",
            "repo: string!",
            "title: string!",
            "body: string",
            "assignees: string list",
            "milestone: number",
            "labels: string list",
        ]
    );
    assert_eq!(arguments("get_issue"), ["owner: string!", "repo: string!", "issue_number: number!"]);
    assert_eq!(
        arguments("list_issues"),
        [
            "owner: string!",
            "repo: string!",
            "direction: asc|desc",
            "labels: string list",
            "page: number",
            "per_page: number",
            "since: string",
            "sort: created|updated|comments",
            "state: open|closed|all",
        ]
    );
}

#[test]
fn searches_are_as_in_the_reference() {
    let page = ["page: number minimum 1", "per_page: number minimum 1 maximum 100"];
    assert_eq!(arguments("search_code"), [["q: string!", "order: asc|desc"], page].concat());
    let sort = "sort: comments|reactions|reactions-+1|reactions--1|reactions-smile|reactions-thinking_face|\
                reactions-heart|reactions-tada|interactions|created|updated";
    assert_eq!(arguments("search_issues"), [["q: string!", "order: asc|desc"].as_slice(), &page, &[sort]].concat());
    assert_eq!(arguments("search_repositories"), ["query: string!", "page: number", "perPage: number"]);
}

#[test]
fn files_and_pull_requests_are_as_in_the_reference() {
    assert_eq!(arguments("get_file_contents"), ["owner: string!", "repo: string!", "path: string!", "branch: string"]);
    assert_eq!(
        arguments("create_pull_request"),
        [
            "owner: string!",
            "repo: string!",
            "title: string!",
            "body: string",
            "head: string!",
            "base: string!",
            "draft: boolean",
            "maintainer_can_modify: boolean",
        ]
    );
}

#[test]
fn the_prompt_takes_a_number_and_a_repository() {
    let prompt = PLUGIN.prompts().unwrap().remove(0);
    let arguments: Vec<_> =
        prompt.arguments.iter().map(|argument| (argument.name.as_str(), argument.required)).collect();
    assert_eq!(arguments, [("issue_number", true), ("repo", true)]);
}
