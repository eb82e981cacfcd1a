//! What is taken back is out of force, whatever else fails; what is missing for a moment is not; what failed for want of
//! something is tried again.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::time::Instant;

use barkeep_tests::{Client, Era, Folder, Heard, Host, Patched};
use serde_json::{Value, json};

const FOLDER: &str = "folder = \"plugins\"\n";
const DATA: &str = "[plugins.probe.grants]\nfs = [{ host = \"data\", guest = \"/data\" }]\n";
/// For calls that end by themselves only.
const LONG: &str = "[plugins.probe.limits]\ntime = \"1h\"\n";

fn with(rest: &str) -> String {
    format!("{FOLDER}{rest}")
}

async fn version(client: &Client) -> String {
    client.text("versioned__version", json!({})).await
}

#[cfg(unix)]
fn private(folder: &Folder, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o600)).expect("changed");
}

#[cfg(not(unix))]
fn private(_: &Folder, _: &str) {}

mod taken_back {
    use super::*;

    #[tokio::test]
    async fn a_grant_is_gone_though_the_plugins_file_is_bad() {
        let folder = Folder::with_guests(&["probe"]);
        folder.write("data/file.txt", "content");
        folder.configure(&with(DATA));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let read = json!({ "path": "/data/file.txt" });
        assert_eq!(client.text("probe__read", read.clone()).await, "content");

        host.until("not loaded", || folder.write("plugins/probe.wasm", "no component")).await;
        assert_eq!(client.text("probe__read", read.clone()).await, "content");
        // The component that was there goes on, without the grant.
        host.until_loaded("probe", || folder.configure(FOLDER)).await;
        client.failure("probe__read", read).await;
        assert_eq!(client.text("probe__sleep", json!({ "ms": 1 })).await, "slept 1 ms");
    }

    /// What the host says once less is granted to a generation than it had.
    const TAKEN_BACK: &str = "is taken back: its calls end plugin=probe";

    fn folder() -> Folder {
        let folder = Folder::with_guests(&["probe"]);
        folder.write("data/file.txt", "content");
        folder.configure(&with(&format!("{LONG}{DATA}")));
        folder
    }

    #[tokio::test]
    async fn a_call_that_comes_meanwhile_waits_for_what_is_granted_now() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let read = json!({ "path": "/data/file.txt" });
        for _ in 0..3 {
            assert_eq!(client.text("probe__read", read.clone()).await, "content");
            host.until(TAKEN_BACK, || folder.configure(FOLDER)).await;
            assert_eq!(client.text("probe__sleep", json!({ "ms": 1 })).await, "slept 1 ms", "no call is lost");
            client.failure("probe__read", read.clone()).await;
            host.until_loaded("probe", || folder.configure(&with(DATA))).await;
        }
    }

    /// The plugin itself decides how long that takes.
    #[tokio::test]
    async fn a_version_that_hangs_while_it_is_listed_keeps_nothing_in_force() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let read = json!({ "path": "/data/file.txt" });
        assert_eq!(client.text("probe__read", read.clone()).await, "content");
        folder.write("plugins/probe.wasm", Patched::fault(9));
        host.until(TAKEN_BACK, || folder.configure(FOLDER)).await;
        let told = client.try_call("probe__read", read).await;
        assert!(told.as_ref().map_or(true, |result| result.is_error == Some(true)), "{told:?}");
    }

    #[tokio::test]
    async fn a_call_that_is_under_way_ends_and_says_why() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let ending = async {
            host.log().wait_for("sleeping").await;
            folder.configure(&with(LONG));
        };
        let (words, ()) = tokio::join!(client.failure("probe__sleep_forever", json!({})), ending);
        assert!(words.contains("a call of plugin `probe` was ended") && words.contains("is taken back"), "{words}");
    }

    #[tokio::test]
    async fn what_is_granted_more_ends_no_call() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let mut post = host.post();
        post.initialize().await;
        let call = json!({ "name": "probe__sleep_forever", "arguments": {} });
        let calling = tokio::spawn(async move { post.call("tools/call", call).await });
        host.log().wait_for("sleeping").await;
        let more = DATA.replace("}]", ", mode = \"read-write\" }, { host = \"data\", guest = \"/more\" }]");
        host.until_loaded("probe", || folder.configure(&with(&format!("{LONG}{more}")))).await;
        assert!(!calling.is_finished() && host.log().having(TAKEN_BACK).is_empty());
        host.until(TAKEN_BACK, || folder.configure(FOLDER)).await;
        let ended = calling.await.expect("it is answered").message();
        assert!(ended.to_string().contains("a call of plugin `probe` was ended"), "{ended}");
    }

    #[tokio::test]
    async fn a_secret_is_gone_with_its_file() {
        let folder = Folder::with_guests(&["probe", "versioned"]);
        folder.write("secrets.toml", "TOKEN = \"first\"\n");
        private(&folder, "secrets.toml");
        folder.configure(
            "folder = \"plugins\"\nsecrets_file = \"secrets.toml\"\n[plugins.probe.grants]\nsecrets = [\"TOKEN\"]\n",
        );
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.text("probe__variables", json!({})).await, r#"{"TOKEN":"first"}"#);

        host.until("is taken back", || folder.remove("secrets.toml")).await;
        client.try_call("probe__variables", json!({})).await.expect_err("the plugin is gone");
        assert_eq!(version(&client).await, "version=00000000");

        host.until_loaded("probe", || {
            folder.write("secrets.toml", "TOKEN = \"second\"\n");
            private(&folder, "secrets.toml");
        })
        .await;
        assert_eq!(client.text("probe__variables", json!({})).await, r#"{"TOKEN":"second"}"#);
    }
}

mod for_a_moment {
    use super::*;

    #[tokio::test]
    async fn a_configuration_that_is_emptied_or_gone_is_looked_at_again() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(version(&client).await, "version=00000000");

        folder.overwrite("barkeep.toml", "");
        let prefix = with("[plugins.versioned]\nprefix = \"v\"\n");
        host.until_loaded("versioned", || folder.overwrite("barkeep.toml", &prefix)).await;
        assert_eq!(client.text("v__version", json!({})).await, "version=00000000");
        host.until("the configuration is not in force", || folder.remove("barkeep.toml")).await;
        assert_eq!(client.text("v__version", json!({})).await, "version=00000000");
        assert_eq!(host.log().having("gone plugin"), [""; 0]);

        host.until("gone plugin=versioned", || folder.configure("")).await;
        assert_eq!(client.tools().await, [""; 0]);
    }

    #[tokio::test]
    async fn a_folder_of_plugins_may_be_moved_away_and_back() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(version(&client).await, "version=00000000");
        host.until("cannot be read", || fs::rename(folder.path("plugins"), folder.path("away")).expect("moved")).await;
        assert_eq!(version(&client).await, "version=00000000");
        fs::rename(folder.path("away"), folder.path("plugins")).expect("moved");
        host.until_loaded("versioned", || folder.write("plugins/versioned.wasm", Patched::version(1))).await;
        assert_eq!(version(&client).await, "version=00000001");
        assert_eq!(host.log().having("gone plugin"), [""; 0]);

        host.until("gone plugin=versioned", || fs::remove_dir_all(folder.path("plugins")).expect("removed")).await;
        host.until_loaded("versioned", || folder.write("plugins/versioned.wasm", Patched::version(2))).await;
        host.until_loaded("versioned", || folder.write("plugins/versioned.wasm", Patched::version(3))).await;
        assert_eq!(version(&client).await, "version=00000003");
    }

    #[tokio::test]
    async fn a_folder_that_is_granted_may_be_made_later() {
        let folder = Folder::with_guests(&["probe"]);
        folder.configure(&with(DATA));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.tools().await, [""; 0]);
        host.until_loaded("probe", || folder.write("data/file.txt", "content")).await;
        assert_eq!(client.text("probe__read", json!({ "path": "/data/file.txt" })).await, "content");
    }
}

#[tokio::test]
async fn a_list_without_plugins_tells_why() {
    for (config, words) in
        [("folder = \"gone\"\n", "the folder of plugins cannot be read"), ("[plugins.a]\n", "it has no `source`")]
    {
        let folder = Folder::new(config);
        let output = folder.run(&["list", "-o", "json"]).await;
        assert_eq!(output.status.code(), Some(1), "{config}");
        let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        assert!(list["plugins"][0]["problem"].as_str().is_some_and(|told| told.contains(words)), "{list}");
    }
}

#[tokio::test]
async fn a_plugin_that_hangs_while_it_is_listed_does_not_hold_back_the_others() {
    let folder = Folder::with_guests(&["versioned"]);
    folder.write("plugins/faulty.wasm", Patched::fault(9));
    folder.write("plugins/hangs.wasm", Patched::fault(9));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    assert_eq!(version(&client).await, "version=00000000");
    assert_eq!(host.log().having("not loaded"), [""; 0], "it is not known yet");
    // What comes later is told.
    folder.write("plugins/faulty.wasm", Patched::fault(0));
    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.text("faulty__tool", json!({})).await, "well");
}

#[tokio::test]
async fn what_one_change_does_is_told_at_once() {
    let folder = Folder::with_guests(&["versioned", "probe"]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    assert_eq!(version(&client).await, "version=00000000");
    let renamed = with("[plugins.probe]\nprefix = \"p\"\n[plugins.versioned]\nprefix = \"v\"\n");
    host.until_loaded("versioned", || folder.configure(&renamed)).await;
    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.text("p__sleep", json!({ "ms": 1 })).await, "slept 1 ms");
    let told = client.news.all().into_iter().filter(|heard| *heard == Heard::Tools).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_plugin_that_is_listed_again_stays_the_generation_that_it_is() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("shared/other", "");
    folder.configure(&with(
        "log = \"debug\"\n[plugins.probe]\ninstance = \"plugin\"\n[plugins.probe.grants]\nfs = [{ host = \"shared\", guest = \"/shared\" }]\n",
    ));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.log().wait_for("loaded plugin=probe").await;
    let begun = Instant::now();
    for _ in 0..20 {
        client.text("probe__announce", json!({ "list": "resources" })).await;
    }
    folder.write("shared/extra", "");
    client.text("probe__announce", json!({ "list": "resources" })).await;
    client.news.wait_for(&Heard::Resources).await;
    assert_eq!(host.log().having("loaded plugin=probe").len(), 1);
    // At the beginning, at the end, and once a second in between.
    let most = 3 + begun.elapsed().as_secs();
    assert!(host.log().having("listed again").len() as u64 <= most, "{:?}", host.log().having("listed again"));
}
