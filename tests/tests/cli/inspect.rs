//! `barkeep inspect`: what a file is, and what hides where a model reads and a person does not look.

use std::fs;

use barkeep_tests::{Environment, Folder, Patched};
use serde_json::json;

use super::{hello, run};

/// `component` with the four bytes after the first of `before` made a letter that nobody sees.
fn hiding(component: &[u8], before: &str) -> Vec<u8> {
    let at = component.windows(before.len()).position(|bytes| bytes == before.as_bytes()).expect("it is there");
    let (start, rest) = component.split_at(at + before.len());
    let (_, end) = rest.split_at(4);
    [start, "\u{e0068}".as_bytes(), end].concat()
}

#[tokio::test]
async fn what_hides_in_the_text_of_a_prompt_or_in_a_skill_is_told() {
    let folder = Folder::new("");
    let hello = fs::read(Environment::plugin("hello")).expect("it was built");
    folder.write("hello.wasm", hiding(&hello, "Write a short, "));
    let said = run(&folder, &["inspect", "hello.wasm"]).await;
    let line = "hidden    text of prompt `write_greeting` at /messages/0/content/text, after 15 characters: U+E0068 (a tag: spells letters that nobody sees)";
    assert!(said.code == Some(0) && said.out.lines().any(|said| said == line), "{}", said.whole());

    let skilled = fs::read(Environment::guest("skilled")).expect("it was built");
    folder.write("skilled.wasm", hiding(&skilled, "\n---\n\n# A "));
    let said = run(&folder, &["inspect", "skilled.wasm"]).await;
    assert!(said.out.contains("hidden    file `skill://notes/SKILL.md`, after "), "{}", said.whole());
    let texts = &run(&folder, &["inspect", "skilled.wasm", "-o", "json"]).await.json()["texts"];
    assert_eq!(texts["hidden"][0]["codes"], json!(["U+E0068"]), "{texts}");
    assert!(texts["read"].as_u64() >= Some(2) && texts["unread"] == json!([]), "{texts}");
}

#[tokio::test]
async fn shows_what_a_component_exports_imports_and_asks_for() {
    let folder = hello();
    let said = run(&folder, &["inspect", "plugins/hello.wasm"]).await;
    assert_eq!(said.code, Some(0));
    for line in [
        "export    barkeep:plugin/tools@0.1.0",
        "export    barkeep:plugin/resources@0.1.0",
        "export    barkeep:plugin/prompts@0.1.0",
        "export    barkeep:plugin/completions@0.1.0",
        "import    barkeep:plugin/types@0.1.0",
    ] {
        assert!(said.out.lines().any(|said| said == line), "`{line}` in {}", said.out);
    }
    let said = run(&folder, &["inspect", "-o", "json", "plugins/hello.wasm"]).await.json();
    let bytes = fs::metadata(folder.path("plugins/hello.wasm")).expect("it is there").len();
    assert_eq!(said["bytes"], bytes);
    assert!(said["modules"].as_array().is_some_and(|modules| !modules.is_empty()));
    assert!(said["imports"].as_array().is_some_and(|imports| !imports.contains(&json!("wasi:http/types@0.2.12"))));
}

#[tokio::test]
async fn says_why_a_file_is_no_plugin() {
    let folder = Folder::new("");
    let guest = Patched::version(1);
    folder.write("cut.wasm", &guest.bytes()[..1000]);
    folder.write("core.wasm", b"\0asm\x01\0\0\0");
    folder.write("none.wasm", b"\0asm\x0d\0\x01\0");
    for (file, words) in [
        ("gone.wasm", "error: gone.wasm cannot be read: No such file"),
        ("barkeep.toml", "error: barkeep.toml is not a plugin: the file is empty"),
        ("core.wasm", "core WebAssembly module, not a component; build it for the target wasm32-wasip2"),
        ("cut.wasm", "error: cut.wasm is not a plugin: the file is cut short or damaged (at byte "),
    ] {
        let said = run(&folder, &["inspect", file]).await;
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{file}");
        assert!(said.err.contains(words), "{file}: {}", said.err);
    }
    let said = run(&folder, &["inspect", "none.wasm"]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("problem   the component exports none of the interfaces"), "{}", said.out);
}
