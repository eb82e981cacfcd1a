//! What a person answers is in the record of calls.

use barkeep_tests::{Era, Folder};
use serde_json::{Value, json};

use super::{Person, choosing, folder, seat, server};

async fn audit(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.run(&[&["audit"], arguments].concat()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

/// The lines of what was answered.
async fn answers(folder: &Folder) -> Vec<Value> {
    let all = audit(folder, &["-o", "json"]).await;
    let lines = all.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["line"] == "consent").collect()
}

#[tokio::test]
async fn each_answer_has_its_line() {
    let url = server().await;
    for era in Era::BOTH {
        let people = [
            ("once", choosing("once")),
            ("always", choosing("always")),
            ("never", choosing("never")),
            ("declined", Person::new(|_| json!({ "action": "decline" }))),
        ];
        for (answer, person) in people {
            let folder = folder("[audit]\nfile = \"record/audit.jsonl\"", &url);
            let (mut host, seat) = seat(&folder, era, person).await;
            let _ = seat.try_call("look", json!({ "url": format!("{url}/a") })).await;
            drop(seat);
            host.process.ended().await;
            let lines = answers(&folder).await;
            assert_eq!(lines.len(), 1, "{era:?} {answer}: {lines:?}");
            let line = &lines[0];
            let allows = matches!(answer, "once" | "always");
            assert_eq!((&line["answer"], &line["allowed"]), (&json!(answer), &json!(allows)), "{line}");
            assert_eq!((&line["plugin"], &line["name"]), (&json!("asker"), &json!("asker__look")), "{line}");
            assert_eq!(line["needs"]["http"][0]["methods"], json!(["HEAD", "GET"]), "{line}");
            assert!(
                line["what"].as_str().is_some_and(|what| what.contains("GET")) && line["call"].is_string(),
                "{line}"
            );

            let shown = audit(&folder, &[]).await;
            let words = if allows { answer.to_owned() } else { answer.to_uppercase() };
            assert!(shown.contains(&format!("a person was asked: {words}")), "{shown}");
            assert_eq!(audit(&folder, &["--denied"]).await.contains("a person was asked"), !allows, "{era:?} {answer}");
        }
    }
}
