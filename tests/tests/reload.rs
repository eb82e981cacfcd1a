//! What changes on disk is in force: grants, limits, plugins, files. What is bad leaves everything as it was, and is told.

use std::fs;

use barkeep_tests::{Client, Era, Folder, Heard, Host, Patched, with_section};
use rmcp::model::{ServerNotification, SubscriptionFilter};
use serde_json::{Value, json};

const FILE: &str = "plugins/versioned.wasm";

fn configuration(rest: &str) -> String {
    format!("folder = \"plugins\"\n{rest}\n")
}

async fn version(client: &Client) -> String {
    client.text("versioned__version", json!({})).await
}

/// What `barkeep list` says of a plugin.
async fn listed(folder: &Folder, plugin: &str) -> Value {
    let output = folder.run(&["list", "-o", "json"]).await;
    let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let plugins = list["plugins"].as_array().expect("a list");
    let found = plugins.iter().find(|entry| entry["id"] == plugin);
    let found = found.unwrap_or_else(|| panic!("`{plugin}` is not in {list}")).clone();
    assert_eq!(output.status.code(), Some(i32::from(plugins.iter().any(|entry| entry.get("problem").is_some()))));
    found
}

mod configuration_changes {
    use super::*;

    #[tokio::test]
    async fn a_grant_is_in_force_once_the_file_is_saved_and_gone_when_it_is_taken_out() {
        let folder = Folder::with_guests(&["probe"]);
        folder.write("data/file.txt", "content");
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let read = json!({ "path": "/data/file.txt" });
        client.failure("probe__read", read.clone()).await;

        let granted = configuration("[plugins.probe.grants]\nfs = [{ host = \"data\", guest = \"/data\" }]");
        host.until_loaded("probe", || folder.configure(&granted)).await;
        assert_eq!(client.text("probe__read", read.clone()).await, "content");

        host.until_loaded("probe", || folder.configure(&configuration(""))).await;
        client.failure("probe__read", read).await;
    }

    #[tokio::test]
    async fn a_variable_and_a_secret_follow_their_files() {
        let folder = Folder::with_guests(&["probe"]);
        let secrets = |value: &str| {
            folder.write("secrets.toml", format!("TOKEN = \"{value}\"\n"));
            private(&folder, "secrets.toml");
        };
        secrets("first");
        let config = |variable: &str| {
            format!(
                "folder = \"plugins\"\nsecrets_file = \"secrets.toml\"\n[plugins.probe.grants]\nenv = {{ COLOUR = \
                 \"{variable}\" }}\nsecrets = [\"TOKEN\"]\n"
            )
        };
        folder.configure(&config("red"));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let variables = async || client.text("probe__variables", json!({})).await;
        assert_eq!(variables().await, r#"{"COLOUR":"red","TOKEN":"first"}"#);

        host.until_loaded("probe", || folder.configure(&config("green"))).await;
        assert_eq!(variables().await, r#"{"COLOUR":"green","TOKEN":"first"}"#);

        host.until_loaded("probe", || secrets("second")).await;
        assert_eq!(variables().await, r#"{"COLOUR":"green","TOKEN":"second"}"#);
        assert_eq!(host.log().having("second"), [""; 0], "a secret is not for the log");
    }

    #[cfg(unix)]
    fn private(folder: &Folder, name: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o600)).expect("changed");
    }

    #[cfg(not(unix))]
    fn private(_: &Folder, _: &str) {}

    #[tokio::test]
    async fn a_limit_is_in_force_for_the_next_call() {
        let folder = Folder::with_guests(&["probe"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let sleep = json!({ "ms": 50 });
        assert_eq!(client.text("probe__sleep", sleep.clone()).await, "slept 50 ms");

        let limited = configuration("[plugins.probe.limits]\ntime = \"10ms\"");
        host.until_loaded("probe", || folder.configure(&limited)).await;
        let words = client.failure("probe__sleep", sleep).await;
        assert!(words.contains("10ms"), "{words}");
    }

    #[tokio::test]
    async fn plugins_come_and_go_and_change_their_prefix() {
        let folder = Folder::new("");
        folder.write("one.wasm", Patched::version(1));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.tools().await, [""; 0]);

        host.until_loaded("a", || folder.configure("[plugins.a]\nsource = \"one.wasm\"\n")).await;
        client.news.wait_for(&Heard::Tools).await;
        assert_eq!(client.tools().await, ["a__version", "a__slow_version", "a__held_version"]);

        let renamed = "[plugins.a]\nsource = \"one.wasm\"\nprefix = \"b\"\n";
        host.until_loaded("a", || folder.configure(renamed)).await;
        assert_eq!(client.text("b__version", json!({})).await, "version=00000001");
        client.try_call("a__version", json!({})).await.expect_err("the name is gone");

        let unnamed = "[plugins.a]\nsource = \"one.wasm\"\nprefix = \"\"\n";
        host.until_loaded("a", || folder.configure(unnamed)).await;
        assert_eq!(client.text("version", json!({})).await, "version=00000001");

        host.until("gone plugin=a", || folder.configure("[plugins.a]\nsource = \"one.wasm\"\nenabled = false\n")).await;
        assert_eq!(client.tools().await, [""; 0]);
    }

    #[tokio::test]
    async fn a_bad_configuration_changes_nothing_and_is_told_with_its_place() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        for (bad, place) in [
            (
                "folder = \"plugins\"\nfodler = \"other\"\n",
                "line 2, column 1: unknown key `fodler`; did you mean `folder`?",
            ),
            ("folder = 3\n", "line 1, column 10"),
            ("folder = \"plugins", "line 1"),
            ("[plugins.versioned.limits]\nmemory = \"lots\"\n", "line 2, column 10"),
        ] {
            let mark = host.log().mark();
            folder.configure(bad);
            let line = host.log().wait_after(mark, "the configuration is not in force").await;
            assert!(line.contains(place), "{bad:?}: {line}");
            assert_eq!(version(&client).await, "version=00000000");
        }
        // The plugin's file is followed all the same.
        host.until_loaded("versioned", || folder.write(FILE, Patched::version(1))).await;
        assert_eq!(version(&client).await, "version=00000001");
        let granted = configuration("[plugins.versioned]\nprefix = \"v\"");
        host.until_loaded("versioned", || folder.configure(&granted)).await;
        assert_eq!(client.text("v__version", json!({})).await, "version=00000001");
    }

    #[tokio::test]
    async fn a_grant_that_cannot_be_had_leaves_the_plugin_as_it_was() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let nowhere = configuration("[plugins.versioned.grants]\nfs = [{ host = \"nowhere\", guest = \"/x\" }]");
        let mark = host.log().mark();
        folder.configure(&nowhere);
        let line = host.log().wait_after(mark, "not loaded").await;
        assert!(line.contains("nowhere cannot be opened") && line.contains("still_serving=1"), "{line}");
        assert_eq!(version(&client).await, "version=00000000");
    }

    #[tokio::test]
    async fn a_folder_that_is_made_later_is_served_from_then_on() {
        let folder = Folder::new(&configuration(""));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.tools().await, [""; 0]);
        host.until_loaded("versioned", || folder.put_guest("versioned", FILE)).await;
        assert_eq!(version(&client).await, "version=00000000");
    }
}

mod files {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_added_is_served_and_one_that_is_removed_is_not() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.tools().await.len(), 3);

        host.until_loaded("faulty", || folder.put_guest("faulty", "plugins/faulty.wasm")).await;
        client.news.wait_for(&Heard::Tools).await;
        assert_eq!(client.text("faulty__tool", json!({})).await, "well");

        client.news.clear();
        host.until("gone plugin=faulty", || folder.remove("plugins/faulty.wasm")).await;
        client.news.wait_for(&Heard::Tools).await;
        client.try_call("faulty__tool", json!({})).await.expect_err("the plugin is gone");
        assert_eq!(version(&client).await, "version=00000000");
    }

    #[tokio::test]
    async fn a_file_that_the_configuration_names_may_be_removed_and_come_back() {
        let folder = Folder::new("[plugins.a]\nsource = \"a.wasm\"\n");
        folder.write("a.wasm", Patched::version(1));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.text("a__version", json!({})).await, "version=00000001");

        host.until("its file a.wasm cannot be read", || folder.remove("a.wasm")).await;
        client.try_call("a__version", json!({})).await.expect_err("the plugin is gone");

        host.until_loaded("a", || folder.write("a.wasm", Patched::version(2))).await;
        assert_eq!(client.text("a__version", json!({})).await, "version=00000002");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_that_is_pointed_elsewhere_is_followed() {
        use std::os::unix::fs::symlink;
        let folder = Folder::new(&configuration(""));
        folder.write("builds/1.wasm", Patched::version(1));
        folder.write("builds/2.wasm", Patched::version(2));
        fs::create_dir(folder.path("plugins")).expect("a folder");
        symlink("../builds/1.wasm", folder.path(FILE)).expect("a link");
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(version(&client).await, "version=00000001");
        host.until_loaded("versioned", || {
            symlink("../builds/2.wasm", folder.path("plugins/new")).expect("a link");
            fs::rename(folder.path("plugins/new"), folder.path(FILE)).expect("renamed");
        })
        .await;
        assert_eq!(version(&client).await, "version=00000002");
    }

    #[tokio::test]
    async fn a_file_that_is_half_written_is_no_error_until_it_is_left_so() {
        let folder = Folder::with_guests(&["versioned"]);
        folder.configure(&configuration("").replace("folder", "log = \"debug\"\nfolder"));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let new = Patched::version(1);
        let half = &new.bytes()[..new.bytes().len() / 2];
        host.until("seems to be half written", || folder.overwrite(FILE, half)).await;
        assert_eq!(version(&client).await, "version=00000000");
        host.until_loaded("versioned", || folder.overwrite(FILE, &new)).await;
        assert_eq!(version(&client).await, "version=00000001");
        assert_eq!(host.log().having("not loaded"), [""; 0]);

        host.until("the file is cut short or damaged", || folder.overwrite(FILE, half)).await;
        assert_eq!(version(&client).await, "version=00000001");
    }

    /// What a file can be that is no plugin, and a part of the sentence that says so.
    fn bad_files() -> Vec<(Vec<u8>, &'static str)> {
        let component = |text: &str| wat::parse_str(text).expect("it is WAT");
        let guest = Patched::version(1);
        let guest = guest.bytes();
        let mut bad = vec![
            (vec![], "the file is empty"),
            (b"#!/bin/sh\necho hello\n".to_vec(), "the file is not WebAssembly"),
            (guest[..guest.len() - 1].to_vec(), "the file is cut short or damaged"),
            (
                b"\0asm\x01\0\0\0".to_vec(),
                "core WebAssembly module, not a component; build it for the target wasm32-wasip2",
            ),
            (component("(component)"), "exports none of the interfaces of barkeep:plugin@0.1.0"),
            (
                component(r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#),
                "it exports `wasi:cli/run@0.2.0`",
            ),
            (
                component(r#"(component (instance $i) (export "barkeep:plugin/tools@7.0.0" (instance $i)))"#),
                "is built for `barkeep:plugin/tools@7.0.0`, but this host speaks barkeep:plugin@0.1.0",
            ),
            (
                component(
                    r#"(component
                        (import "acme:cloud/api@1.0.0" (instance (export "f" (func))))
                        (instance $i)
                        (export "barkeep:plugin/tools@0.1.0" (instance $i)))"#,
                ),
                "imports `acme:cloud/api@1.0.0`, which Barkeep does not offer",
            ),
            (
                component(r#"(component (instance $i) (export "barkeep:plugin/tools@0.1.0" (instance $i)))"#),
                "but it has not all of that interface's functions",
            ),
            (with_section(guest, "barkeep:requests", b"{ no JSON"), "what the component asks for is not known"),
            (with_section(guest, "barkeep:requests", b"\xff"), "is not UTF-8"),
        ];
        for (fault, words) in [
            (1, "it panicked or aborted"),
            (2, "it failed when it was asked what it offers: the menu is being printed"),
            (3, "has a tool `tool` whose input schema is not JSON"),
            (4, "has a tool `tool` whose input schema is not a JSON Schema"),
            (5, "whose input schema is not of type `object`"),
            (6, "offers two tools named `tool`"),
            (7, "offers a tool named `a tool`"),
            (8, "whose output schema is not a JSON"),
            (10, "offers 2001 tools; 2000 is the most"),
            (11, "whose input schema is not a JSON Schema"),
        ] {
            bad.push((Patched::fault(fault).bytes().to_vec(), words));
        }
        bad
    }

    #[tokio::test]
    async fn a_bad_file_leaves_the_plugin_as_it_was_and_the_reason_is_told() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        for (bytes, words) in bad_files() {
            let mark = host.log().mark();
            folder.write(FILE, &bytes);
            let line = host.log().wait_after(mark, "not loaded").await;
            assert!(line.contains(words) && line.contains("still_serving=1"), "{words}: {line}");
            assert_eq!(version(&client).await, "version=00000000");
        }
        host.until_loaded("versioned", || folder.write(FILE, Patched::version(2))).await;
        assert_eq!(version(&client).await, "version=00000002");
        assert_eq!(client.news.all(), [], "no list changed");
    }

    #[tokio::test]
    async fn a_bad_file_is_told_by_list() {
        let folder = Folder::with_guests(&["versioned"]);
        for (at, (bytes, words)) in bad_files().into_iter().enumerate() {
            folder.write(&format!("plugins/bad{at}.wasm"), bytes);
            let entry = listed(&folder, &format!("bad{at}")).await;
            assert_eq!(entry["status"], "not served", "{entry}");
            assert!(entry["problem"].as_str().is_some_and(|problem| problem.contains(words)), "{words}: {entry}");
            folder.remove(&format!("plugins/bad{at}.wasm"));
        }
        assert_eq!(listed(&folder, "versioned").await["status"], "serving");
    }

    /// It has ten seconds for that; the others are served all the same, and wait only at the start.
    #[tokio::test]
    async fn a_plugin_that_never_ends_to_list_is_given_up() {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let mark = host.log().mark();
        folder.write("plugins/faulty.wasm", Patched::fault(9));
        folder.write(FILE, Patched::version(1));
        let line = host.log().wait_after(mark, "not loaded").await;
        assert!(line.contains("it took longer than 10s") && line.contains("plugin=faulty"), "{line}");
        assert_eq!(version(&client).await, "version=00000001");
    }

    #[tokio::test]
    async fn of_two_plugins_with_one_name_the_second_is_not_loaded_and_says_so() {
        let two = "[plugins.first]\nsource = \"a.wasm\"\nprefix = \"\"\n[plugins.second]\nsource = \"b.wasm\"\nprefix = \"\"\n";
        let folder = Folder::new(two);
        folder.write("a.wasm", Patched::version(1));
        folder.write("b.wasm", Patched::version(2));
        let entry = listed(&folder, "second").await;
        assert_eq!(entry["status"], "not served");
        let words =
            "it offers the tool `version`, which plugin `first` offers already; give one of them another `prefix`";
        assert!(entry["problem"].as_str().is_some_and(|problem| problem.starts_with(words)), "{entry}");
        assert_eq!(listed(&folder, "first").await["status"], "serving");

        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.text("version", json!({})).await, "version=00000001");
        // Once the first is gone, there is room for the second.
        host.until("gone plugin=first", || {
            folder.configure(two.split_at(two.find("[plugins.second]").expect("it is there")).1)
        })
        .await;
        assert_eq!(client.text("version", json!({})).await, "version=00000002");
    }
}

mod news {
    use super::*;

    #[tokio::test]
    async fn clients_hear_only_of_lists_that_really_changed() {
        for http in [false, true] {
            let folder = Folder::with_guests(&["versioned"]);
            let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
            let client = host.client(Era::Initialize).await;
            assert_eq!(version(&client).await, "version=00000000");
            let swap = async |new: Patched| host.until_loaded("versioned", || folder.write(FILE, new)).await;

            // Another version with the same menu is no news; what is told next shows that nothing came before.
            swap(Patched::version(1)).await;
            swap(Patched::version(2).set("prompts", 1)).await;
            client.news.wait_for(&Heard::Prompts).await;
            assert_eq!(client.news.all(), [Heard::Prompts], "http: {http}");
            swap(Patched::version(3).set("prompts", 1).set("resources", 1)).await;
            client.news.wait_for(&Heard::Resources).await;
            assert_eq!(client.news.all(), [Heard::Prompts, Heard::Resources], "http: {http}");
            swap(Patched::version(4).set("prompts", 1).set("resources", 1).set("tools", 1)).await;
            client.news.wait_for(&Heard::Tools).await;
            assert_eq!(client.news.all(), [Heard::Prompts, Heard::Resources, Heard::Tools], "http: {http}");

            let tools = client.list_all_tools().await.expect("they are listed");
            assert!(tools[0].description.as_ref().is_some_and(|words| words.contains("tools=00000001")), "{tools:?}");
        }
    }

    #[tokio::test]
    async fn subscribers_of_the_stateless_protocol_hear_what_they_asked_for() {
        for http in [false, true] {
            let folder = Folder::with_guests(&["versioned"]);
            let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
            let client = host.client(Era::Stateless).await;
            let mut filter = SubscriptionFilter::default();
            filter.tools_list_changed = Some(true);
            filter.resources_list_changed = Some(true);
            let mut subscription = client.listen(filter).await.expect("it is accepted");
            assert_eq!(version(&client).await, "version=00000000");
            let swap = async |new: Patched| host.until_loaded("versioned", || folder.write(FILE, new)).await;

            swap(Patched::version(1)).await;
            swap(Patched::version(2).set("prompts", 1)).await;
            swap(Patched::version(3).set("prompts", 1).set("resources", 1)).await;
            let heard = subscription.next().await.expect("the subscription goes on").expect("there is news");
            assert!(matches!(heard, ServerNotification::ResourceListChangedNotification(_)), "http: {http}: {heard:?}");
            swap(Patched::version(4).set("prompts", 1).set("resources", 1).set("tools", 1)).await;
            let heard = subscription.next().await.expect("the subscription goes on").expect("there is news");
            assert!(matches!(heard, ServerNotification::ToolListChangedNotification(_)), "http: {http}: {heard:?}");
            subscription.cancel().await.expect("it can be cancelled");
        }
    }

    #[tokio::test]
    async fn a_plugin_that_says_its_list_changed_is_listed_again() {
        let folder = Folder::with_guests(&["probe"]);
        folder.write("shared/other", "");
        folder.configure(&configuration("[plugins.probe.grants]\nfs = [{ host = \"shared\", guest = \"/shared\" }]"));
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.tools().await.iter().filter(|name| *name == "probe__announce").count(), 1);

        folder.write("shared/extra", "");
        assert_eq!(client.text("probe__announce", json!({ "list": "resources" })).await, "announced");
        client.news.wait_for(&Heard::Resources).await;
        assert_eq!(client.news.all(), [Heard::Resources]);
    }
}
