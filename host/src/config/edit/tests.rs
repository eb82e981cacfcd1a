use super::*;

/// A file with this text, beside nothing else.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("barkeep.toml");
    std::fs::write(&file, text).expect("written");
    (folder, file)
}

fn id(text: &str) -> PluginId {
    text.parse().expect("an id")
}

fn table(text: &str) -> Table {
    toml::from_str(text).expect("it is TOML")
}

fn grant(text: &str) -> Edit {
    Edit::Grant { id: id("x"), part: Part::Grants, more: table(text) }
}

fn revoke(kind: &str, value: Option<&str>) -> Edit {
    Edit::Revoke { id: id("x"), kind: kind.to_owned(), value: value.map(str::to_owned) }
}

/// What `text` is after `edit`.
fn after(text: &str, edit: &Edit) -> String {
    let (_folder, file) = file(text);
    edit.apply(&file).unwrap_or_else(|error| panic!("{error}, of\n{text}"));
    std::fs::read_to_string(&file).expect("it is there")
}

const GET: &str = "http = [{ url = \"https://b.example/**\", methods = [\"GET\"] }]";

#[test]
fn an_entry_is_added_in_the_looks_of_the_others() {
    let b = "{ url = \"https://b.example/**\", methods = [\"GET\"] }";
    let a = "{ url = \"https://a.example/**\" }";
    for (before, text) in [
        (
            format!("[plugins.x.grants]\nhttp = [{a}]  # why\n"),
            format!("[plugins.x.grants]\nhttp = [{a}, {b}]  # why\n"),
        ),
        (
            format!("[plugins.x.grants]\nhttp = [{a},\n        {a}]\n"),
            format!("[plugins.x.grants]\nhttp = [{a},\n        {a},\n        {b}]\n"),
        ),
        (
            format!("[plugins.x.grants]\nhttp = [\n  # one\n  {a}, # its end\n]\n"),
            format!("[plugins.x.grants]\nhttp = [\n  # one\n  {a}, # its end\n  {b},\n]\n"),
        ),
        (
            format!("[plugins.x.grants]\nhttp = [\n  {a} # its end\n]\nenv = {{}}\n"),
            format!("[plugins.x.grants]\nhttp = [\n  {a}, # its end\n  {b}\n]\nenv = {{}}\n"),
        ),
        (
            "# top\n[plugins.x]\nsource = \"x.wasm\" # it\n\n[http]\n# bottom\n".to_owned(),
            format!(
                "# top\n[plugins.x]\nsource = \"x.wasm\" # it\n\n[plugins.x.grants]\nhttp = [{b}]\n\n[http]\n# bottom\n"
            ),
        ),
        (
            "[plugins]\nx = { source = \"x.wasm\" } # one\n".to_owned(),
            format!("[plugins]\nx = {{ source = \"x.wasm\", grants = {{ http = [{b}] }} }} # one\n"),
        ),
        (
            "[plugins.x]\ngrants.env = { A = \"1\" }\n".to_owned(),
            format!("[plugins.x]\ngrants.env = {{ A = \"1\" }}\ngrants.http = [{b}]\n"),
        ),
        (
            "[[plugins.x.grants.http]]\nurl = \"https://a.example/**\"\n".to_owned(),
            "[[plugins.x.grants.http]]\nurl = \"https://a.example/**\"\n\n\
             [[plugins.x.grants.http]]\nurl = \"https://b.example/**\"\nmethods = [\"GET\"]\n"
                .to_owned(),
        ),
        (
            "# of the file\n\n# last\n".to_owned(),
            format!("# of the file\n\n# last\n\n[plugins.x.grants]\nhttp = [{b}]\n"),
        ),
    ] {
        let written = after(&before, &grant(GET));
        assert_eq!(written, text);
    }
}

/// Each way to write one configuration, each change, and each change taken back: the comments stay, and it means what it
/// should, which [`Edit::apply`] itself compares.
#[test]
fn whatever_way_it_is_written_it_means_what_it_should() {
    let ways = [
        "[plugins.x]\nsource = \"x.wasm\"\n[plugins.x.grants]\nfs = [{ host = \"d\", guest = \"/d\" }] # c1\n\
         http = [{ url = \"https://a.example/**\", headers = { a = \"1\" } }] # c2\nenv = { A = \"1\" } # c3\nsecrets = [\"S\"]\n",
        "[plugins]\nx = { source = \"x.wasm\", grants = { fs = [{ host = \"d\", guest = \"/d\" }], http = [\
         { url = \"https://a.example/**\", headers = { a = \"1\" } }], env = { A = \"1\" }, secrets = [\"S\"] } } # c1 c2 c3\n",
        "[plugins.x]\nsource = \"x.wasm\" # c1\ngrants.fs = [{ host = \"d\", guest = \"/d\" }] # c2\ngrants.env.A = \"1\"\n\
         grants.secrets = [\n  \"S\", # c3\n]\ngrants.http = [\n  { url = \"https://a.example/**\", headers.a = \"1\" },\n]\n",
        "plugins.x.source = \"x.wasm\" # c1\nplugins.x.grants = { fs = [{ host = \"d\", guest = \"/d\" }], secrets = [\"S\"], \
         env.A = \"1\", http = [{ url = \"https://a.example/**\", headers.a = \"1\" }] } # c2\nlog = \"info\" # c3\n",
        "[plugins.x]\nsource = \"x.wasm\" # c1\n[[plugins.x.grants.fs]]\nhost = \"d\" # c2\nguest = \"/d\"\n\
         [plugins.x.grants.env]\nA = \"1\" # c3\n[plugins.x.grants]\nsecrets = [\"S\"]\n\
         [[plugins.x.grants.http]]\nurl = \"https://a.example/**\"\n[plugins.x.grants.http.headers]\na = \"1\"\n",
        "\u{feff}\"plugins\".'x'.source = 'x.wasm' # c1\r\n[plugins.x.\"grants\"] # c2\r\nfs = [ # c3\r\n{host='d',guest='/d'}]\r\n\
         http=[{url='https://a.example/**',headers={a='1'}}]\r\nenv={A='1'}\r\nsecrets=['S']\r\n",
    ];
    let meaning = |text: &str| Config::parse(text, Path::new("/etc")).expect("it is good").plugins;
    for way in ways {
        assert_eq!(meaning(way), meaning(ways[0]), "{way}");
        for more in [
            GET,
            "http = [{ url = \"https://a.example/**\", methods = [\"POST\"], headers = { b = \"2\" }, private = true }]",
            "fs = [{ host = \"d\", guest = \"/d\", mode = \"read-write\" }, { host = \"~/e\", guest = \"/e\" }]",
            "env = { A = \"2\", B = \"\\\"3\\n\" }",
            "secrets = [\"T\"]\nclient = [\"roots\"]",
        ] {
            let granted = after(way, &grant(more));
            assert!(["c1", "c2", "c3"].iter().all(|comment| granted.contains(comment)), "{granted}");
            assert_eq!(
                granted.contains('\r'),
                way.contains('\r') && granted.matches("\r\n").count() == granted.matches('\n').count()
            );
            assert_eq!(granted.find('\u{feff}'), way.find('\u{feff}'), "{granted:?}");
            assert_eq!(after(&granted, &grant(more)), granted, "it says so already");
            assert_eq!(meaning(&granted), meaning(&after(ways[0], &grant(more))), "{granted}");
        }
        for (kind, value) in [("fs", Some("/d")), ("http", None), ("env", Some("A")), ("secrets", Some("S"))] {
            let revoked = after(way, &revoke(kind, value));
            assert_eq!(meaning(&revoked), meaning(&after(ways[0], &revoke(kind, value))), "{revoked}");
            assert_ne!(meaning(&revoked), meaning(way));
        }
    }
}

#[test]
fn of_a_list_the_one_that_is_meant_goes_and_the_others_keep_their_looks() {
    let list = "[plugins.x.grants]\nsecrets = [\n  # of a\n  \"A\",\n  \"B\", # of b\n  \"C\",\n]\n";
    assert_eq!(
        after(list, &revoke("secrets", Some("B"))),
        "[plugins.x.grants]\nsecrets = [\n  # of a\n  \"A\", # of b\n  \"C\",\n]\n"
    );
    assert_eq!(
        after("[plugins.x.grants]\nsecrets = [\"A\", \"B\"]\n", &revoke("secrets", Some("A"))),
        "[plugins.x.grants]\nsecrets = [\"B\"]\n"
    );
    assert_eq!(after(list, &revoke("secrets", Some("D"))), list);
}

#[test]
fn a_plugin_is_added_at_the_end() {
    let add = |grants: &str| Edit::Add { id: id("y"), source: "y.wasm".to_owned(), grants: table(grants) };
    let before =
        "folder = \"plugins\"\n\n[plugins.x]\nsource = \"x.wasm\"\n# of x\n\n[http]\nallowed_hosts = []\n# the end\n";
    assert_eq!(
        after(before, &add("client = [\"roots\"]\nenv = { A = \"1\" }")),
        format!(
            "{before}\n[plugins.y]\nsource = \"y.wasm\"\n\n[plugins.y.grants]\nclient = [\"roots\"]\nenv = {{ A = \"1\" }}\n"
        )
    );
    assert_eq!(after("", &add("")), "[plugins.y]\nsource = \"y.wasm\"\n");
    let (_folder, file) = file("[plugins.y]\nsource = \"z.wasm\"\n");
    assert!(add("").apply(&file).expect_err("it is there").to_string().contains("is in the configuration already"));
}

#[test]
fn what_cannot_be_meant_is_not_written() {
    for (text, edit, words) in [
        ("[plugins.x]\n", grant("http = [{ url = \"nonsense\" }]"), "is not changed, because it would say"),
        ("[plugins.x]\n", grant("htp = [\"a\"]"), "did you mean `http`?"),
        (
            "[plugins.x.grants]\nfs = [{ host = \"a\", guest = \"/a\" }]\n",
            grant("fs = [{ host = \"b\", guest = \"/a\" }]"),
            "has another folder at /a",
        ),
        ("[plugins.x]\nsorce = 1\n", grant(GET), "unknown key `sorce`"),
        ("[plugins.x\n", grant(GET), "line 1"),
    ] {
        let (_folder, file) = file(text);
        let error = edit.apply(&file).expect_err("it is refused").to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), text);
    }
    let error = grant(GET).apply(Path::new("/nowhere/barkeep.toml")).expect_err("it is not there").to_string();
    assert!(error.contains("/nowhere/barkeep.toml cannot be"), "{error}");
}

#[test]
fn many_changes_at_once_lose_nothing() {
    let (_folder, file) = file("[plugins.x.grants] # kept\n");
    std::thread::scope(|scope| {
        for number in 0..16 {
            let file = &file;
            scope.spawn(move || grant(&format!("secrets = [\"S{number}\"]")).apply(file).expect("changed"));
        }
    });
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert!((0..16).all(|number| text.contains(&format!("\"S{number}\""))) && text.contains("# kept"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_rights_stay_as_they_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = file("[plugins.x]\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("changed");
    let other = tempfile::tempdir().expect("a folder");
    let link = other.path().join("barkeep.toml");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    assert!(grant(GET).apply(&link).expect("changed"));
    assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
    let written = std::fs::metadata(&file).expect("it is there");
    assert_eq!(written.permissions().mode() & 0o777, 0o640);
    assert!(std::fs::read_to_string(&file).expect("it is there").contains("b.example"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}
