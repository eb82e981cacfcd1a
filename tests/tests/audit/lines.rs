//! What is in the lines.

use barkeep_tests::{Client, Era, Folder, Host};
use rmcp::model::{
    ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, PromptReference, ReadResourceRequestParams, Reference,
};
use serde_json::{Value, json};

use super::{connect, end, folder, having, lines, server};

#[tokio::test]
async fn a_call_and_what_it_reached_are_recorded_and_no_secret_is() {
    let url = server().await;
    let folder = folder(
        "",
        &format!(
            "http = [{{ url = \"{url}/open/**\", private = true, headers = {{ x-a = \"${{secret:TOKEN}}\", \
             x-b = \"written-down\" }} }}]"
        ),
    );
    let mut command = folder.command(&["serve"]);
    command.env("TOKEN", "s3cret-of-the-user");
    let mut host = Host::stdio_by(command);
    let client = host.client(Era::Initialize).await;
    let one = json!({ "url": format!("{url}/open/a?q=of-the-query"), "headers": { "x-c": "of-the-guest" } });
    client.text("probe__get", one).await;
    // The same arguments in another order.
    let two = json!({ "headers": { "x-c": "of-the-guest" }, "url": format!("{url}/open/a?q=of-the-query") });
    client.text("probe__get", two).await;
    client.failure("probe__get", json!({ "url": format!("{url}/closed") })).await;
    client.failure("probe__get", json!({ "url": 7 })).await;
    client.try_call("probe__nowhere", json!({})).await.expect_err("there is no such tool");
    end(host, client).await;

    let lines = lines(&folder);
    let text = json!(lines).to_string();
    for secret in ["s3cret", "written-down", "of-the-query", "of-the-guest"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let ended: Vec<_> = having(&lines, &[("line", "call"), ("method", "tools/call")])
        .iter()
        .map(|line| {
            format!("{} {}", line["name"].as_str().unwrap_or_default(), line["ended"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        ended,
        ["probe__get ok", "probe__get ok", "probe__get denied", "probe__get refused", "probe__nowhere refused"]
    );
    let calls = having(&lines, &[("line", "call"), ("name", "probe__get")]);
    for call in &calls {
        assert_eq!((&call["plugin"], call["generation"].as_u64()), (&json!("probe"), Some(1)));
        assert_eq!(call["client"]["transport"], "stdio");
        assert!(call["client"]["name"].is_string() && call["ms"].is_number(), "{call}");
        assert_eq!(call["arguments"], Value::Null);
    }
    assert_eq!(calls[0]["arguments_sha256"], calls[1]["arguments_sha256"]);
    assert_ne!(calls[0]["arguments_sha256"], calls[2]["arguments_sha256"]);

    let uses = having(&lines, &[("line", "use")]);
    let what: Vec<_> = uses.iter().map(|line| (&line["what"], &line["allowed"], &line["call"])).collect();
    let (open, closed) = (json!(format!("GET {url}/open/a")), json!(format!("GET {url}/closed")));
    let (yes, no) = (json!(true), json!(false));
    let ids: Vec<_> = calls.iter().map(|line| &line["call"]).collect();
    assert_eq!(what, [(&open, &yes, ids[0]), (&open, &yes, ids[1]), (&closed, &no, ids[2])]);
    assert!(uses[2]["why"].as_str().is_some_and(|why| why.contains("may not GET")), "{}", uses[2]);
    assert_eq!(uses[2]["needs"]["http"][0]["url"], format!("{url}/closed"));

    let loaded = having(&lines, &[("line", "plugin"), ("event", "loaded")]);
    assert_eq!(loaded.len(), 1);
    assert!(loaded[0]["grants"][0].as_str().is_some_and(|grant| grant.contains("/open/**")), "{}", loaded[0]);
    assert_eq!(lines.first().map(|line| &line["event"]), Some(&json!("started")));
    assert_eq!(lines.last().map(|line| &line["event"]), Some(&json!("ended")));
}

#[tokio::test]
async fn arguments_are_shown_where_somebody_asks_for_it() {
    let folder = folder("arguments = true", "");
    let (host, client) = connect(&folder).await;
    client.text("probe__variable", json!({ "name": "shown-to-all" })).await;
    client.failure("probe__get", json!({ "url": "x", "headers": { "Authorization": "hidden" } })).await;
    end(host, client).await;
    let calls = having(&lines(&folder), &[("line", "call"), ("method", "tools/call")]);
    assert_eq!(calls[0]["arguments"], "{\"name\":\"shown-to-all\"}");
    let shown = calls[1]["arguments"].as_str().unwrap_or_default();
    assert!(shown.contains("Authorization") && !shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn every_request_that_reaches_a_plugin_has_its_line() {
    let folder = Folder::new("folder = \"plugins\"\n[audit]\nfile = \"record/audit.jsonl\"\n");
    let hello = std::fs::read(barkeep_tests::Environment::plugin("hello")).expect("it was built");
    folder.write("plugins/hello.wasm", hello);
    let mut host = Host::http(&folder).await;
    for era in Era::BOTH {
        let client: Client = host.client(era).await;
        let resources = client.list_all_resources().await.expect("they are listed");
        client.read_resource(ReadResourceRequestParams::new(resources[0].uri.clone())).await.expect("it is read");
        client.read_resource(ReadResourceRequestParams::new("nowhere://a")).await.expect_err("it is not there");
        let prompt = client.list_all_prompts().await.expect("they are listed")[0].name.clone();
        let arguments = [("name".to_owned(), json!("Ada"))].into_iter().collect();
        let params = GetPromptRequestParams::new(prompt.clone()).with_arguments(arguments);
        client.get_prompt(params).await.expect("it is filled in");
        let reference = Reference::Prompt(PromptReference::new(prompt));
        let argument = ArgumentInfo::new("name", "A");
        client.complete(CompleteRequestParams::new(reference, argument)).await.expect("it is completed");
        client.close().await;
    }
    host.process.terminate();
    host.process.ended().await;
    let calls = having(&lines(&folder), &[("line", "call")]);
    let told = |call: &Value| {
        let text = |key: &str| call[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("method"), text("plugin"), text("ended"))
    };
    let each = [
        "resources/list hello ok",
        "resources/read hello ok",
        "resources/read - refused",
        "prompts/get hello ok",
        "completion/complete hello ok",
    ];
    let expected: Vec<_> = ["load hello ok"].iter().chain(&each).chain(&each).copied().collect();
    assert_eq!(calls.iter().map(told).collect::<Vec<_>>(), expected);
    let sessions: Vec<_> = calls.iter().skip(1).map(|call| call["client"]["session"].is_string()).collect();
    assert_eq!(sessions, [[true; 5], [false; 5]].concat());
    assert!(calls.iter().skip(1).all(|call| call["client"]["transport"] == "http"));
}

#[tokio::test]
async fn questions_to_the_client_are_uses_too() {
    let folder = Folder::with_guests(&["asker"]);
    let grants = |client: &str| {
        folder.configure(&format!(
            "folder = \"plugins\"\n[audit]\nfile = \"record/audit.jsonl\"\n[plugins.asker.grants]\nclient = [{client}]\n"
        ));
    };
    for granted in ["", "\"roots\""] {
        grants(granted);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        // Where it is granted, this client still has no folders to tell of.
        client.failure("asker__folders", json!({})).await;
        end(host, client).await;
    }
    let lines = lines(&folder);
    let refused = having(&lines, &[("line", "use"), ("capability", "client")]);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((&refused[0]["what"], &refused[0]["allowed"]), (&json!("roots"), &json!(false)));
    assert_eq!(refused[0]["needs"], json!({ "client": ["roots"] }));
    let ended: Vec<_> = having(&lines, &[("line", "call"), ("name", "asker__folders")]);
    assert_eq!(ended.iter().map(|line| &line["ended"]).collect::<Vec<_>>(), ["denied", "failed"]);
}

#[tokio::test]
async fn how_a_call_ended_is_told() {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(
        "folder = \"plugins\"\n[audit]\nfile = \"record/audit.jsonl\"\n[plugins.probe.limits]\ntime = \"2s\"\n\
         memory = \"16MiB\"\n",
    );
    let (host, client) = connect(&folder).await;
    for (tool, arguments) in
        [("crash", json!({})), ("spin", json!({})), ("allocate", json!({ "bytes": 64 * 1024 * 1024 }))]
    {
        client.failure(&format!("probe__{tool}"), arguments).await;
    }
    end(host, client).await;
    let calls = having(&lines(&folder), &[("line", "call"), ("method", "tools/call")]);
    assert_eq!(calls.iter().map(|line| &line["ended"]).collect::<Vec<_>>(), ["trap", "deadline", "memory"]);
    assert!(calls.iter().all(|line| line["why"].as_str().is_some_and(|why| why.starts_with("plugin `probe`"))));
}
