//! `barkeep call`.

use insta::assert_snapshot;
use serde_json::json;

use super::{hello, run};

#[tokio::test]
async fn gives_what_a_client_would_get() {
    let folder = hello();
    assert_snapshot!(run(&folder, &["call", "hello__greet", "--args", r#"{"name":"Ada"}"#]).await.whole(), @r"
    exit 0
    --- stdout
    Hello, Ada!
    ");
    let said = run(&folder, &["call", "-o", "json", "hello__greet", "--args", r#"{"name":"Ada"}"#]).await;
    assert_eq!(said.json()["content"], json!([{ "type": "text", "text": "Hello, Ada!" }]));
}

#[tokio::test]
async fn fails_as_the_tool_does() {
    let folder = hello();
    assert_snapshot!(run(&folder, &["call", "hello__greet", "--args", r#"{"name":" "}"#]).await.whole(), @r"
    exit 1
    --- stdout
    A greeting needs a name.
    --- stderr
    error: the tool failed
    ");
    assert_snapshot!(run(&folder, &["call", "hello__greet"]).await.whole(), @r#"
    exit 1
    --- stdout
    The arguments do not fit the schema of `hello__greet`: "name" is a required property
    --- stderr
    error: the tool failed
    "#);
    assert_snapshot!(run(&folder, &["call", "hello__gret"]).await.whole(), @r"
    exit 1
    --- stderr
    error: Unknown tool: hello__gret
    ");
}

#[tokio::test]
async fn takes_arguments_that_are_a_json_object_only() {
    let folder = hello();
    for arguments in ["{", "[1]", "name=Ada", "null"] {
        let said = run(&folder, &["call", "hello__greet", "--args", arguments]).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}");
        assert!(said.err.contains("it must be a JSON object, such as"), "{arguments}: {}", said.err);
    }
}

#[tokio::test]
async fn says_on_stderr_which_plugins_could_not_be_loaded() {
    let folder = hello();
    folder.write("plugins/bad.wasm", "bad");
    let said = run(&folder, &["call", "hello__greet", "--args", r#"{"name":"Ada"}"#]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(0), "Hello, Ada!\n"));
    assert!(said.err.contains("not loaded: the file is not WebAssembly"), "{}", said.err);
}
