//! What plugins offer beside tools reaches the client: resources by page, templates, prompts, completions.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::collections::HashSet;

use barkeep_tests::{Client, Era, Folder, Host};
use rmcp::model::{
    ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, PaginatedRequestParams, ReadResourceRequestParams,
    Reference,
};
use serde_json::{json, to_value};

/// A client of each lifecycle, of a host that serves the probe and the plugin of versions.
async fn clients() -> (Folder, Host, [Client; 2]) {
    let folder = Folder::with_guests(&["probe", "versioned"]);
    let mut host = Host::http(&folder).await;
    let clients = [host.client(Era::Initialize).await, host.client(Era::Stateless).await];
    (folder, host, clients)
}

#[tokio::test]
async fn resources_come_by_page_each_once() {
    let (_folder, _host, clients) = clients().await;
    for client in clients {
        let (mut uris, mut pages, mut cursor) = (Vec::new(), 0, None);
        loop {
            let mut params = PaginatedRequestParams::default();
            params.cursor = cursor;
            let page = client.list_resources(Some(params)).await.expect("a page");
            assert!(page.resources.len() < 200, "a page of {}", page.resources.len());
            uris.extend(page.resources.into_iter().map(|resource| resource.uri));
            pages += 1;
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert!(pages > 1, "{pages} pages");
        assert_eq!(uris.len(), 252);
        assert_eq!(uris.iter().collect::<HashSet<_>>().len(), 252);
        for uri in ["probe://bytes", "probe://items/1", "probe://items/250", "versioned://here"] {
            assert!(uris.iter().any(|listed| listed == uri), "{uri}");
        }
    }
}

#[tokio::test]
async fn a_resource_is_read_as_text_or_bytes_from_the_plugin_that_has_it() {
    let (_folder, _host, clients) = clients().await;
    for client in clients {
        let read = async |uri: &str| {
            let result = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect("it is read");
            to_value(&result.contents).expect("it is JSON")
        };
        let item = json!([{ "uri": "probe://items/7", "mimeType": "text/plain", "text": "item 7" }]);
        assert_eq!(read("probe://items/7").await, item);
        let bytes = json!([{ "uri": "probe://bytes", "mimeType": "application/octet-stream", "blob": "AJ+Slg==" }]);
        assert_eq!(read("probe://bytes").await, bytes);
        assert_eq!(read("versioned://here").await, json!([{ "uri": "versioned://here", "text": "version=00000000" }]));

        let templates = client.list_all_resource_templates().await.expect("they are listed");
        let templates: Vec<&str> = templates.iter().map(|template| template.uri_template.as_str()).collect();
        assert_eq!(templates, ["probe://items/{number}", "probe://broken/{how}"]);
    }
}

#[tokio::test]
async fn a_prompt_is_filled_in() {
    let (_folder, _host, clients) = clients().await;
    for client in clients {
        let prompts = client.list_all_prompts().await.expect("they are listed");
        let letter = prompts.iter().find(|prompt| prompt.name == "probe__letter").expect("it is listed");
        let arguments = json!([
            { "name": "to", "description": "To whom.", "required": true },
            { "name": "please", "description": "How often to say please.", "required": false },
        ]);
        assert_eq!(to_value(&letter.arguments).expect("it is JSON"), arguments);
        let filled = json!({ "to": "Ada", "please": "2" }).as_object().cloned().expect("an object");
        let params = GetPromptRequestParams::new("probe__letter").with_arguments(filled);
        let result = client.get_prompt(params).await.expect("it is filled in");
        assert_eq!(
            to_value(&result.messages).expect("it is JSON"),
            json!([
                { "role": "user", "content": { "type": "text", "text": "please please write to Ada" } },
                { "role": "assistant", "content": { "type": "text", "text": "Dear Sir or Madam," } },
            ])
        );
    }
}

#[tokio::test]
async fn a_completion_has_a_hundred_values_at_the_most() {
    let (_folder, _host, clients) = clients().await;
    for client in clients {
        let complete = async |reference: Reference, argument: &str| {
            let argument = ArgumentInfo::new(argument, "x");
            let result =
                client.complete(CompleteRequestParams::new(reference, argument)).await.expect("it is completed");
            result.completion
        };
        let people = complete(Reference::for_prompt("probe__letter"), "to").await;
        assert_eq!(people.values.len(), 100);
        assert_eq!((people.values.first().map(String::as_str), people.has_more), (Some("x001"), Some(true)));
        assert!(complete(Reference::for_prompt("probe__letter"), "please").await.values.is_empty());
        assert!(complete(Reference::for_prompt("versioned__ask"), "nothing").await.values.is_empty());
        assert!(complete(Reference::for_resource("probe://items/{number}"), "number").await.values.is_empty());
    }
}
