//! `barkeep audit`.

use std::io::Write as _;
use std::process::Stdio;

use barkeep_tests::{Folder, within};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

use super::{connect, end, folder, lines, server};

async fn audit(folder: &Folder, arguments: &[&str]) -> (String, String) {
    let output = folder.run(&[&["audit"], arguments].concat()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn shows_what_is_asked_for() {
    let url = server().await;
    let folder = folder("", &format!("http = [{{ url = \"{url}/open\", private = true }}]"));
    assert!(audit(&folder, &[]).await.1.starts_with("nothing of that is recorded in "));
    let (host, client) = connect(&folder).await;
    client.text("probe__get", json!({ "url": format!("{url}/open") })).await;
    client.failure("probe__get", json!({ "url": format!("{url}/closed") })).await;
    client.text("probe__variable", json!({ "name": "A" })).await;
    end(host, client).await;
    // What others wrote there, and what was cut off.
    let mut file = std::fs::File::options().append(true).open(folder.path("record/audit.jsonl")).expect("a file");
    file.write_all(b"\xff\xfe no line\n{\"time\":\"2026").expect("written");

    let (all, note) = audit(&folder, &["-o", "json"]).await;
    let raw = std::fs::read(folder.path("record/audit.jsonl")).expect("it is there");
    assert!(raw.starts_with(all.as_bytes()), "the lines as they are");
    assert!(note.contains("left out, because cut off or not of the record: 1 line\n"), "{note}");
    let count = async |arguments: &[&str]| audit(&folder, arguments).await.0.lines().count();
    let all = all.lines().count();
    assert_eq!(count(&[]).await, all);
    assert_eq!(count(&["--plugin", "probe"]).await, all - 2);
    assert_eq!(count(&["--plugin", "other"]).await, 0);
    assert_eq!(count(&["--tool", "probe__get"]).await, 4);
    assert_eq!(count(&["--tool", "probe__get", "--denied"]).await, 2);
    assert_eq!(count(&["--tool", "probe__get", "--last", "3"]).await, 3);
    assert_eq!(count(&["--client", "nobody"]).await, 0);
    assert_eq!(count(&["--since", "1h"]).await, all);
    assert_eq!(count(&["--since", "2999-01-01"]).await, 0);
    let (denied, _) = audit(&folder, &["--denied"]).await;
    let words: Vec<&str> = denied.lines().collect();
    assert!(words[0].contains(&format!("http GET {url}/closed  REFUSED: plugin `probe` may not GET")), "{denied}");
    assert!(words[1].contains("probe  tools/call  probe__get  DENIED"), "{denied}");
    let wrong = folder.run(&["audit", "--since", "soon"]).await;
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test]
async fn follows_what_is_written_in_whatever_file_it_is() {
    const CALLS: usize = 300;
    let folder = folder("max_size = \"64KiB\"\nkeep = 100", "");
    let (host, client) = connect(&folder).await;
    end(host, client).await;
    let mut command = folder.command(&["audit", "--follow", "-o", "json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut following = command.spawn().expect("it starts");
    let mut shown = BufReader::new(following.stdout.take().expect("it is piped")).lines();
    // What is there already comes first: then it follows.
    let mut seen = Vec::new();
    within("it follows", until_the_end(&mut shown, &mut seen)).await;
    let (host, client) = connect(&folder).await;
    let calling = async {
        for _ in 0..CALLS {
            client.text("probe__variable", json!({ "name": "A" })).await;
        }
        end(host, client).await;
    };
    let showing = async { tokio::join!(until_the_end(&mut shown, &mut seen), calling) };
    Box::pin(within("all is shown", showing)).await;
    assert!(super::files(&folder).len() > 1);
    assert_eq!(seen, lines(&folder));
}

/// Takes lines in until one says that a host ended.
async fn until_the_end(shown: &mut Lines<BufReader<ChildStdout>>, seen: &mut Vec<Value>) {
    while let Some(line) = shown.next_line().await.expect("it can be read") {
        let line: Value = serde_json::from_str(&line).expect("it is JSON");
        let is_last = line["event"] == "ended";
        seen.push(line);
        if is_last {
            return;
        }
    }
}
