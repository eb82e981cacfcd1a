//! `barkeep learn`.

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::json;

use super::{configure, connect, end, folder, lines, server};

/// What the plugin does, of which not all is granted at first.
async fn work(client: &Client, url: &str) -> usize {
    let mut failed = 0;
    for path in ["/items/1", "/items/2", "/items/3", "/about", "/other/a"] {
        let result = client.call("probe__get", json!({ "url": format!("{url}{path}") })).await;
        failed += usize::from(result.is_error == Some(true));
    }
    let post = json!({ "url": format!("{url}/about"), "method": "POST" });
    failed + usize::from(client.call("probe__get", post).await.is_error == Some(true))
}

#[tokio::test]
async fn what_is_learned_covers_the_same_calls_with_nothing_refused() {
    let url = server().await;
    let folder = folder(
        "",
        &format!(
            "env = {{ A = \"1\" }}\nhttp = [{{ url = \"{url}/items/**\", private = true, headers = {{ x-a = \"b\" }} }}]"
        ),
    );
    let (host, client) = connect(&folder).await;
    assert_eq!(work(&client, &url).await, 3);
    end(host, client).await;

    let output = folder.run(&["learn", "probe", "--from-audit"]).await;
    let learned = String::from_utf8(output.stdout).expect("it is text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(learned.contains(&format!("{url}/items/*")) && learned.contains("x-a"), "{learned}");
    assert!(learned.contains("REFUSED once: leave this line out if the plugin should not have it"), "{learned}");
    let json = folder.run(&["learn", "probe", "--from-audit", "-o", "json"]).await.stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(json["plugins"]["probe"]["grants"]["env"], json!({ "A": "1" }));
    let (before, after) = learned.split_once("[plugins.probe.grants]").expect("the table is there");
    assert!(before.lines().all(|line| line.starts_with('#')), "{before}");
    std::fs::remove_dir_all(folder.path("record")).expect("removed");
    configure(&folder, "", after);

    let (host, client) = connect(&folder).await;
    assert_eq!(work(&client, &url).await, 0, "{learned}");
    assert_eq!(client.text("probe__variable", json!({ "name": "A" })).await, "1");
    client.failure("probe__get", json!({ "url": format!("{url}/never") })).await;
    end(host, client).await;
    let refused: Vec<_> = lines(&folder).into_iter().filter(|line| line["allowed"] == false).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0]["what"], format!("GET {url}/never"));
}

#[tokio::test]
async fn learning_serves_and_prints_at_the_end_what_was_used() {
    let url = server().await;
    let folder = Folder::with_guests(&["probe"]);
    folder.configure("folder = \"plugins\"\n[audit]\nenabled = false\nfile = \"record/audit.jsonl\"\n");
    let slip = folder.run(&["learn", "prob"]).await;
    let words = String::from_utf8_lossy(&slip.stderr).into_owned();
    assert!(words.contains("there is no plugin `prob`; did you mean `probe`?"), "{words}");
    let mut host = Host::stdio_by(folder.command(&["learn", "probe"]));
    let client = host.client(Era::Stateless).await;
    client.failure("probe__get", json!({ "url": format!("{url}/a") })).await;
    let log = host.log().clone();
    end(host, client).await;
    let line = format!("{{ url = \"{url}/a\", methods = [\"GET\"], private = true }}");
    log.wait_for("[plugins.probe.grants]").await;
    log.wait_for(&line).await;
    assert!(!folder.path("record").exists(), "nobody wants a record to stay");

    folder.configure("folder = \"plugins\"\n[audit]\nfile = \"record/audit.jsonl\"\n");
    let nothing = folder.run(&["learn", "probe", "--from-audit"]).await;
    assert_eq!(nothing.status.code(), Some(1));
    let words = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(words.contains("no use of a capability by `probe` is recorded there"), "{words}");
}
