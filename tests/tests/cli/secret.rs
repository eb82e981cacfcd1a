//! `barkeep secret`: values go in by stdin and come out nowhere.

use std::fs;
use std::process::Stdio;

use barkeep_tests::{Era, Folder, Host};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{Said, run};

const FILE: &str = "folder = \"plugins\"\nsecrets_file = \"secrets.toml\"\n";
const VALUE: &str = "s3cret-of-the-user";

/// Runs `barkeep` with `input` on stdin, and holds that it says nothing of [`VALUE`].
async fn with(folder: &Folder, arguments: &[&str], input: &[u8]) -> Said {
    let mut command = folder.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("it can be started");
    let mut stdin = child.stdin.take().expect("a pipe");
    // One that refuses its arguments does not read.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
    assert!(!said.whole().contains(VALUE), "{}", said.whole());
    said
}

#[tokio::test]
async fn a_secret_is_set_in_the_file_listed_and_deleted_and_never_shown() {
    let folder = Folder::new(FILE);
    let said = with(&folder, &["secret", "set", "TOKEN", "--file"], format!("{VALUE}\n").as_bytes()).await;
    assert_eq!((said.code, said.out.as_str()), (Some(0), "TOKEN is set in the secrets file\n"), "{}", said.err);
    let file = folder.path("secrets.toml");
    let text = || fs::read_to_string(&file).expect("it is there");
    assert!(text().ends_with(&format!("TOKEN = \"{VALUE}\"\n")), "{}", text());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(fs::metadata(&file).expect("it is there").mode() & 0o777, 0o600);
    }
    folder.configure(&format!("{FILE}[plugins.probe.grants]\nsecrets = [\"TOKEN\", \"OTHER\"]\n"));
    let list = with(&folder, &["secret", "list", "-o", "json"], b"").await.json();
    assert_eq!(
        list["secrets"],
        json!([
            { "name": "OTHER", "from": null, "plugins": ["probe"] },
            { "name": "TOKEN", "from": "file", "plugins": ["probe"] },
        ])
    );
    let said = with(&folder, &["secret", "list"], b"").await;
    assert!(said.out.starts_with("OTHER  (nowhere)         probe\nTOKEN  the secrets file  probe\n"), "{}", said.out);
    assert_eq!(with(&folder, &["secret", "delete", "TOKEN", "--file"], b"").await.code, Some(0));
    assert!(!text().contains("TOKEN"), "{}", text());
    let said = with(&folder, &["secret", "delete", "TOKEN", "--file"], b"").await;
    assert!(said.code == Some(1) && said.err.contains("TOKEN is not in the secrets file"), "{}", said.err);
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused_and_the_file_stays() {
    let folder = Folder::new(FILE);
    let long = "x".repeat(64 * 1024 + 1);
    // Wherever it is cut, that is in the middle of a letter, or of the next.
    let (letters, shifted) = ("\u{20ac}".repeat(100_000), format!("x{}", "\u{20ac}".repeat(100_000)));
    for (input, words) in [
        (&b"\n"[..], "empty"),
        (long.as_bytes(), "65536 bytes"),
        (letters.as_bytes(), "65536 bytes"),
        (shifted.as_bytes(), "65536 bytes"),
        (b"a\0b", "NUL"),
        (&[0xff, 0xfe], "UTF-8"),
    ] {
        let said = with(&folder, &["secret", "set", "TOKEN", "--file"], input).await;
        assert!(said.code == Some(1) && said.err.contains(words), "{}", said.err);
    }
    // On the command line everybody on this machine would see it.
    assert_eq!(run(&folder, &["secret", "set", "TOKEN", "value", "--file"]).await.code, Some(2));
    assert_eq!(run(&folder, &["secret", "set", "no name", "--file"]).await.code, Some(2));
    assert!(!folder.path("secrets.toml").exists());
    let none = Folder::new("folder = \"plugins\"\n");
    let said = with(&none, &["secret", "set", "TOKEN", "--file"], VALUE.as_bytes()).await;
    assert!(said.code == Some(1) && said.err.contains("secrets_file ="), "{}", said.err);
}

// Elsewhere there is a keyring, and it is the developer's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_machine_without_a_keyring_says_where_else_a_secret_can_be() {
    let folder = Folder::new(FILE);
    let said = with(&folder, &["secret", "set", "TOKEN"], VALUE.as_bytes()).await;
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("no keyring on this machine") && said.err.contains("secret set TOKEN --file"),
        "{}",
        said.err
    );
    let said = with(&folder, &["secret", "list"], b"").await;
    assert!(said.code == Some(0) && said.out.contains("note: there is no keyring"), "{}", said.whole());
}

#[tokio::test]
async fn a_host_that_runs_takes_in_what_is_set_and_tells_who_goes_before_it() {
    let folder = Folder::with_guests(&["probe"]);
    let config = format!("{FILE}[plugins.probe.grants]\nsecrets = [\"TOKEN\"]\n");
    folder.configure(&config);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.log().wait_for("its secret TOKEN is not there").await;
    let mark = host.log().mark();
    with(&folder, &["secret", "set", "TOKEN", "--file"], VALUE.as_bytes()).await;
    host.log().wait_after(mark, " loaded plugin=probe").await;
    assert_eq!(client.text("probe__variables", json!({})).await, json!({ "TOKEN": VALUE }).to_string());
    assert_eq!(host.log().having(VALUE), [""; 0], "a secret is not for the log");

    let mut command = folder.command(&["secret", "list", "-o", "json"]);
    let output = command.env("TOKEN", "of the environment").output().await.expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"from\": \"environment\""));
}
