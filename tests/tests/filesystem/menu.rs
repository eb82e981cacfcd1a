//! The menus: a prompt that names tools and arguments of the reference works unchanged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::Server;
use super::tree::Tree;

/// What a client's model must know of a tool to call it: by name, its arguments with their types, and what it promises.
async fn tools(server: &mut Server) -> BTreeMap<String, Value> {
    let answer = server.request("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().expect("tools").iter();
    tools.map(|tool| (tool["name"].as_str().expect("a name").to_owned(), essence(tool))).collect()
}

fn essence(tool: &Value) -> Value {
    let arguments = tool["inputSchema"]["properties"].as_object().into_iter().flatten();
    let arguments: BTreeMap<_, _> = arguments.map(|(name, schema)| (name, &schema["type"])).collect();
    let mut required: Vec<_> = tool["inputSchema"]["required"].as_array().into_iter().flatten().collect();
    required.sort_by_key(|name| name.as_str());
    let mut hints = tool["annotations"].clone();
    // Where clients of 2025-03-26 look for it.
    hints.as_object_mut().expect("hints").remove("title");
    json!({
        "title": tool["title"],
        "arguments": arguments,
        "required": required,
        "result": tool["outputSchema"]["properties"]["content"]["type"],
        "hints": hints,
    })
}

#[tokio::test]
async fn the_tools_are_those_of_the_reference() {
    let mut reference = Server::reference(Tree::empty()).await;
    let mut ours = Server::ours(Tree::empty()).await;
    let (theirs, ours) = (tools(&mut reference).await, tools(&mut ours).await);
    for (name, tool) in &theirs {
        let found = ours.get(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        assert_eq!(found, tool, "`{name}`");
    }
    assert_eq!(ours.len(), theirs.len(), "{:?}", ours.keys());
}
