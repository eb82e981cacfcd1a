//! `barkeep grant` and `barkeep revoke`.

use std::fs;

use barkeep_tests::{Era, Folder, Host, with_section};
use insta::assert_snapshot;
use serde_json::json;

use super::{hello, run};

fn config(folder: &Folder) -> String {
    fs::read_to_string(folder.path("barkeep.toml")).expect("it is there")
}

#[tokio::test]
async fn a_grant_is_written_beside_what_a_person_wrote_and_taken_back() {
    let folder = hello();
    let before = "# mine\nfolder = \"plugins\"\n\n[plugins.hello] # greets\nprefix = \"\"\n";
    folder.configure(before);
    let said = run(
        &folder,
        &[
            "grant",
            "hello",
            "http",
            "https://api.example.com/**",
            "--methods",
            "GET,POST",
            "--header",
            "authorization=Bearer ${secret:T}",
        ],
    )
    .await;
    assert_snapshot!(said.whole(), @r"
    exit 0
    --- stdout
    granted to `hello`, in FOLDER/barkeep.toml
      http GET, POST https://api.example.com/**, with the header authorization
        risk: it can read from, send to and change things at that host; it acts there with your secret, which it does not see
      its author does not ask for it, so it has no effect: `barkeep inspect` shows what is asked for
    ");
    for (arguments, changed) in [
        (&["grant", "hello", "fs", "data:/data", "--read-write"][..], true),
        (&["grant", "hello", "tcp", "db.internal:5432"], true),
        (&["grant", "hello", "tcp", "db.internal:5432", "--private"], true),
        (&["grant", "hello", "tcp", "db.internal:5432"], false),
        (&["grant", "hello", "env", "LANG=C.UTF-8"], true),
        (&["grant", "hello", "config", "{ level = \"1\" }"], true),
        (&["grant", "hello", "secrets", "T"], true),
        (&["grant", "hello", "client", "sampling"], true),
        (&["grant", "hello", "client", "sampling"], false),
        (&["grant", "hello", "http", "{ url = \"https://api.example.com/**\", private = true }"], true),
    ] {
        let said = run(&folder, &[&["-o", "json"], arguments].concat()).await;
        assert_eq!((said.code, &said.json()["changed"]), (Some(0), &json!(changed)), "{arguments:?}: {}", said.whole());
    }
    // A person who wants it to have less is told that this is not the way, and that there is no such folder yet.
    let said = run(&folder, &["grant", "hello", "fs", "data:/data"]).await;
    assert_snapshot!(said.whole(), @r"
    exit 0
    --- stdout
    is granted already to `hello`, in FOLDER/barkeep.toml
      fs read data as /data
        risk: it can read every file in that folder
      together: it could send your files and the secrets that it holds to whomever it may talk to
      note: it has more than this already, and keeps it: `barkeep revoke hello` takes a grant back
      note: there is no folder FOLDER/data; make it, because without it the plugin is not served
      its author does not ask for it, so it has no effect: `barkeep inspect` shows what is asked for
    ");
    assert_eq!(
        config(&folder),
        format!(
            "{before}\n[plugins.hello.grants]\n\
             http = [{{ url = \"https://api.example.com/**\", methods = [\"GET\", \"POST\", \"HEAD\"], \
             headers = {{ authorization = \"Bearer ${{secret:T}}\" }}, private = true }}]\n\
             fs = [{{ host = \"data\", guest = \"/data\", mode = \"read-write\" }}]\n\
             tcp = [{{ host = \"db.internal\", port = 5432, private = true }}]\n\
             env = {{ LANG = \"C.UTF-8\" }}\nconfig = {{ level = \"1\" }}\nsecrets = [\"T\"]\nclient = [\"sampling\"]\n"
        )
    );
    for arguments in [
        &["revoke", "hello", "http", "https://api.example.com/**"][..],
        &["revoke", "hello", "fs", "/data"],
        &["revoke", "hello", "tcp", "db.internal"],
        &["revoke", "hello", "env"],
        &["revoke", "hello", "config", "level"],
        &["revoke", "hello", "secrets", "T"],
        &["revoke", "hello", "client"],
    ] {
        let said = run(&folder, arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.whole());
    }
    assert_eq!(config(&folder), format!("{before}\n[plugins.hello.grants]\n"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_told_and_nothing_is_written() {
    let folder = hello();
    let before = config(&folder);
    for (arguments, code, words) in [
        ("grant hallo env A=1", 1, "there is no plugin `hallo`; did you mean `hello`?"),
        ("grant zzz env A=1", 1, "there is no plugin `zzz`; `barkeep list` shows"),
        ("grant hello htp https://a.example/**", 2, "unknown kind of grant `htp`; did you mean `http`?"),
        ("grant hello http nonsense", 2, "begins with neither https:// nor http://"),
        ("grant hello http https://a.example/** --methods get", 2, "`get` is no method in capitals"),
        ("grant hello http https://a.example/** --header authorization", 2, "is not NAME=VALUE"),
        ("grant hello fs data", 2, "give it as HOST:GUEST"),
        ("grant hello fs data:/a/../b", 2, "a guest path has no"),
        ("grant hello env A", 2, "give NAME=VALUE"),
        ("grant hello secrets a-b", 2, "is no name of a secret"),
        ("grant hello client telepathy", 2, "unknown variant `telepathy`"),
        ("grant hello env A=1 --private", 2, "--private is for `http` and `tcp`, not for `env`"),
        ("grant hello tcp ::1", 2, "give it as HOST:PORT"),
        ("grant hello tcp db.internal:0", 2, "no port from 1 to 65535"),
        ("grant hello http https://a.example/** --read-write", 2, "--read-write is for `fs`"),
        ("grant hello http {url='https://a.example/**'} --private", 2, "leave out the flags"),
        ("revoke hello env A", 1, "plugin `hello` is not granted env A; `barkeep list` shows"),
        ("revoke hello http", 1, "plugin `hello` is not granted http; "),
        ("revoke hello htp", 2, "unknown kind of grant `htp`; did you mean `http`?"),
    ] {
        let said = run(&folder, &arguments.split(' ').collect::<Vec<_>>()).await;
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{arguments}: {}", said.whole());
        assert!(said.err.contains(words) && said.err.lines().count() == 1, "{arguments}: {}", said.err);
        assert_eq!(config(&folder), before, "{arguments}");
    }
}

#[tokio::test]
async fn a_host_that_runs_follows() {
    let folder = Folder::with_guests(&["probe"]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    let variable = async || client.text("probe__variable", json!({ "name": "COLOUR" })).await;
    assert_eq!(variable().await, "(not set)");
    for (arguments, told) in
        [(&["grant", "probe", "env", "COLOUR=red"][..], "red"), (&["revoke", "probe", "env", "COLOUR"], "(not set)")]
    {
        let mark = host.log().mark();
        let said = run(&folder, arguments).await;
        assert_eq!(said.code, Some(0), "{}", said.whole());
        host.log().wait_after(mark, "loaded plugin=probe").await;
        assert_eq!(variable().await, told);
    }
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let folder = hello();
    let grants: Vec<String> = (0..8).map(|number| format!("NAME_{number}=x")).collect();
    let running = grants.iter().map(async |grant| folder.run(&["grant", "hello", "env", grant]).await);
    for said in futures::future::join_all(running.collect::<Vec<_>>()).await {
        assert!(said.status.success(), "{said:?}");
    }
    let config = config(&folder);
    assert!((0..8).all(|number| config.contains(&format!("NAME_{number}"))), "{config}");
}

#[tokio::test]
async fn paths_are_seen_from_where_they_are_typed() {
    let folder = hello();
    fs::create_dir(folder.path("elsewhere")).expect("a folder");
    let mut command = folder.command(&["grant", "hello", "fs", "notes:/notes", "--config", "../barkeep.toml"]);
    let said = command.current_dir(folder.path("elsewhere")).output().await.expect("it runs");
    assert!(said.status.success(), "{said:?}");
    assert!(config(&folder).contains("elsewhere/notes\", guest = \"/notes\""), "{}", config(&folder));
}

#[tokio::test]
async fn inspect_shows_what_is_asked_for_with_its_risk() {
    let folder = hello();
    let hello = fs::read(folder.path("plugins/hello.wasm")).expect("it is there");
    let requests = json!({ "description": "x", "requests": {
        "fs": { "mode": "read", "why": "to read your notes" },
        "http": [{ "url": "https://*/**", "methods": ["POST"], "why": "to share\u{202e} them" }],
    } });
    folder.write("asks.wasm", with_section(&hello, "barkeep:requests", requests.to_string().as_bytes()));
    let said = run(&folder, &["inspect", "asks.wasm"]).await;
    let asks = said.out.lines().skip_while(|line| !line.starts_with("requests"));
    let told: Vec<&str> = asks.take_while(|line| !line.starts_with("tool")).collect();
    assert_eq!(
        told,
        [
            "requests  fs read: to read your notes",
            "          risk: it can read every file in the folders that you name",
            "requests  http POST https://*/**: to share\\u{202e} them",
            "          risk: it can read from, send to and change things at any host, so everything that it reads can go anywhere",
            "          together: it could send your files to whomever it may talk to",
        ]
    );
}
