//! Skills of plugins, as clients find them: `skills/list`, `skills/get`, `resources/directory/read`. What is wrong with one
//! leaves that one out, and nothing else.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use barkeep_tests::{Client, Era, Folder, Heard, Host, Patched, within};
use rmcp::model::{
    ErrorCode, GetSkillRequestParams, ListSkillsResult, PaginatedRequestParams, ReadResourceDirectoryRequestParams,
    ReadResourceRequestParams, ResourceContents, Skill, SkillResources,
};
use rmcp::service::ServiceError;
use serde_json::Value;

/// The guest `skilled` with the skills of this case.
fn case(number: u64) -> Patched {
    Patched::guest("skilled").set("case", number)
}

/// A folder whose plugins are these, each the guest `skilled` in this case.
fn folder(plugins: &[(&str, u64)]) -> Folder {
    let folder = Folder::with_guests(&[]);
    for (name, number) in plugins {
        folder.write(&format!("plugins/{name}.wasm"), case(*number));
    }
    folder
}

async fn page(client: &Client, cursor: Option<String>) -> Result<ListSkillsResult, ServiceError> {
    let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
    within("skills are listed", client.list_skills(params)).await
}

/// All skills, and what is said of those that are left out: URI and reason.
async fn list(client: &Client) -> (Vec<Skill>, Vec<(String, String)>) {
    let (mut skills, mut left_out, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let page = page(client, cursor).await.expect("they are listed");
        skills.extend(page.skills);
        let told = page.meta.and_then(|meta| meta.get("barkeep/leftOut").cloned());
        let text = |one: &Value, key: &str| one[key].as_str().expect("it is text").to_owned();
        let told = told.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        left_out.extend(told.iter().map(|one| (text(one, "uri"), text(one, "reason"))));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return (skills, left_out);
        }
    }
}

async fn uris(client: &Client) -> Vec<String> {
    list(client).await.0.into_iter().map(|skill| skill.uri).collect()
}

async fn get(client: &Client, uri: &str) -> Result<Skill, (ErrorCode, String)> {
    let got = within("it is answered", client.get_skill(GetSkillRequestParams::new(uri))).await;
    got.map(|result| result.skill).map_err(error)
}

/// The children of a folder; of folders among them with a slash.
async fn directory(client: &Client, uri: &str) -> Result<Vec<String>, (ErrorCode, String)> {
    let params = ReadResourceDirectoryRequestParams::new(uri);
    let read = within("it is answered", client.read_resource_directory(params)).await.map_err(error)?;
    let marked = |resource: rmcp::model::Resource| {
        let slash = if resource.is_directory() { "/" } else { "" };
        format!("{}{slash}", resource.uri)
    };
    Ok(read.resources.into_iter().map(marked).collect())
}

fn error(error: ServiceError) -> (ErrorCode, String) {
    match error {
        ServiceError::McpError(error) => (error.code, error.message.into_owned()),
        other => panic!("{other}"),
    }
}

async fn text(client: &Client, uri: &str) -> String {
    let read = within("it is read", client.read_resource(ReadResourceRequestParams::new(uri))).await;
    match read.expect("it is there").contents.into_iter().next() {
        Some(ResourceContents::TextResourceContents { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

fn reason<'a>(left_out: &'a [(String, String)], path: &str) -> &'a str {
    let uri = format!("skill://{path}/SKILL.md");
    let found = left_out.iter().find(|(other, _)| *other == uri);
    found.map_or_else(|| panic!("{uri} is not among {left_out:#?}"), |(_, reason)| reason)
}

#[tokio::test]
async fn skills_are_listed_with_the_digests_of_what_clients_read() {
    for era in Era::BOTH {
        let folder = folder(&[("skilled", 1)]);
        let mut host = Host::http(&folder).await;
        let client = host.client(era).await;
        let server = client.peer_info().expect("it introduced itself");
        assert!(server.capabilities.supports_directory_read());

        let (skills, _) = list(&client).await;
        let names: Vec<&str> = skills.iter().map(|skill| skill.uri.as_str()).collect();
        let expected = [
            "skill://acme/billing/refunds/SKILL.md",
            "skill://acme/billing/refunds/late/SKILL.md",
            "skill://notes/SKILL.md",
        ];
        assert_eq!(names, expected, "{era:?}");
        for skill in &skills {
            let SkillResources::Files(files) = &skill.resources else { panic!("{skill:?}") };
            for file in files.iter().filter(|file| !file.uri.ends_with("/logo.bin")) {
                file.verify(text(&client, &file.uri).await.as_bytes()).expect("it is what is read");
            }
            assert_eq!(get(&client, &skill.uri).await.as_ref(), Ok(skill), "{era:?}");
        }
        let SkillResources::Files(files) = &skills[0].resources else { panic!("{skills:?}") };
        let files: Vec<(&str, u64)> = files.iter().map(|file| (file.uri.as_str(), file.size)).collect();
        assert_eq!(files.len(), 3, "the skill in it is of it: {files:?}");
        assert!(files.contains(&("skill://acme/billing/refunds/logo.bin", 4)), "bytes count before any encoding");
        assert_eq!(skills[2].frontmatter.description, "Takes notes.");
    }
}

#[tokio::test]
async fn a_skill_that_is_wrong_is_left_out_alone_and_told() {
    let folder = folder(&[("skilled", 1)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let (skills, left_out) = list(&client).await;
    assert_eq!(skills.len(), 3);
    for (path, words) in [
        ("no-frontmatter", "does not begin with frontmatter"),
        ("misnamed", "has the name `other`, its folder `misnamed`"),
        ("Upper_Case", "`Upper_Case` is no name of a skill"),
        ("bytes", "its SKILL.md is no text"),
        ("gone", "skill://gone/file.md: it is listed, but not there"),
        ("two", "skill://two/file.md: plugin `skilled` gives not one item"),
        ("asks", "skill://asks/file.md: plugin `skilled` asks the client"),
    ] {
        assert!(reason(&left_out, path).contains(words), "{left_out:#?}");
        let (code, told) = get(&client, &format!("skill://{path}/SKILL.md")).await.expect_err("it is left out");
        assert_eq!(code, ErrorCode::INVALID_PARAMS);
        assert!(told.contains(words), "{told}");
        host.log().wait_for(words).await;
    }
    assert_eq!(left_out.len(), 7);
    // Once said is enough, however often clients ask.
    list(&client).await;
    assert_eq!(host.log().having("`Upper_Case` is no name").len(), 1);
}

#[tokio::test]
async fn folders_are_read_and_what_is_none_is_refused() {
    let folder = folder(&[("skilled", 1)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    for (uri, children) in [
        ("skill://notes", vec!["skill://notes/SKILL.md", "skill://notes/references/"]),
        ("skill://notes/references", vec!["skill://notes/references/how.md"]),
        ("skill://acme", vec!["skill://acme/billing/"]),
        (
            "skill://acme/billing/refunds",
            vec![
                "skill://acme/billing/refunds/SKILL.md",
                "skill://acme/billing/refunds/late/",
                "skill://acme/billing/refunds/logo.bin",
            ],
        ),
    ] {
        assert_eq!(directory(&client, uri).await, Ok(children.into_iter().map(str::to_owned).collect()), "{uri}");
    }
    let long = format!("skill://{}", "a".repeat(10_000));
    for uri in
        ["skill://notes/SKILL.md", "skill://none", "skill://notes/", "skill://", "other://1", "of-no-skill", "", &long]
    {
        assert_eq!(
            directory(&client, uri).await.map_err(|(code, _)| code),
            Err(ErrorCode::INVALID_PARAMS),
            "{uri:.50}"
        );
    }
    for uri in ["skill://none/SKILL.md", "skill://notes", "other://1", "skill://a/../notes/SKILL.md", &long] {
        assert_eq!(get(&client, uri).await.map_err(|(code, _)| code), Err(ErrorCode::INVALID_PARAMS), "{uri:.50}");
    }
    let refused = page(&client, Some("not ours".to_owned())).await.map_err(error).expect_err("it is not ours");
    assert_eq!(refused.0, ErrorCode::INVALID_PARAMS);
}

#[tokio::test]
async fn a_skill_that_grows_without_end_is_left_out_alone() {
    let folder = folder(&[("skilled", 2)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let (skills, left_out) = list(&client).await;
    assert_eq!(skills.len(), 1, "{left_out:#?}");
    for (path, words) in [
        ("bomb", "has frontmatter that cannot be read"),
        ("deep", "has frontmatter that cannot be read"),
        ("long", "bytes; 16384 is the most"),
        ("huge", "its files have more than 16777216 bytes"),
        ("heavy", "its files have more than 16777216 bytes"),
        ("many", "it has more than 512 files"),
    ] {
        assert!(reason(&left_out, path).contains(words), "{left_out:#?}");
    }
}

#[tokio::test]
async fn no_uri_leads_out_of_its_skill() {
    let folder = folder(&[("skilled", 3)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let (skills, left_out) = list(&client).await;
    assert_eq!(skills.iter().map(Skill::name).collect::<Vec<_>>(), ["notes"]);
    for path in ["up", "escaped", "slashed", "a/../notes"] {
        assert!(reason(&left_out, path).contains("is not a URI in its shortest form"), "{left_out:#?}");
    }
    assert!(reason(&left_out, "both").contains("`skill://both/file/file` lies below what is a file"), "{left_out:#?}");
    assert_eq!(directory(&client, "skill://up").await, Ok(vec!["skill://up/SKILL.md".to_owned()]));
    for uri in ["skill://up/..", "skill://up/../..", "skill://escaped/%2e%2e", "skill://a", "skill://a/.."] {
        assert!(directory(&client, uri).await.is_err(), "{uri}");
    }
}

#[tokio::test]
async fn of_two_plugins_with_one_skill_the_first_has_it_and_nobody_puts_files_into_it() {
    let folder = folder(&[("a", 1), ("b", 4)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let (skills, left_out) = list(&client).await;
    let names: Vec<&str> = skills.iter().map(Skill::name).collect();
    assert_eq!(names, ["refunds", "late", "notes", "own"]);
    assert_eq!(skills[2].frontmatter.description, "Takes notes.");
    for path in ["notes", "notes/nested"] {
        let words = "plugin `a`, which comes before, has the skill at skill://notes";
        assert_eq!(reason(&left_out, path), words);
    }
    let words = "plugin `a`, which comes before, has the skill at skill://acme/billing/refunds";
    assert_eq!(reason(&left_out, "acme"), words);
    assert_eq!(
        directory(&client, "skill://notes/references").await,
        Ok(vec!["skill://notes/references/how.md".to_owned()])
    );
    assert_eq!(get(&client, "skill://notes/SKILL.md").await.as_ref(), Ok(&skills[2]));
    let (_, told) = get(&client, "skill://notes/nested/SKILL.md").await.expect_err("it is another's");
    assert!(told.contains("plugin `a`"), "{told}");
}

#[tokio::test]
async fn a_plugin_that_never_ends_hides_no_others_skills() {
    let folder = folder(&[("a", 8), ("b", 5), ("c", 4)]);
    folder.configure("folder = \"plugins\"\n[plugins.b.limits]\ntime = \"300ms\"\n");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let (skills, left_out) = list(&client).await;
    assert_eq!(skills.iter().map(Skill::name).collect::<Vec<_>>(), ["acme", "notes", "own"]);
    assert!(reason(&left_out, "endless").contains("took longer than its limit of 300ms"), "{left_out:#?}");
    host.log().wait_for("its skills are left out: it lists more than 10000 files of skills").await;
}

#[tokio::test]
async fn pages_have_every_skill_once() {
    let folder = folder(&[("skilled", 9)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let first = page(&client, None).await.expect("it is there");
    assert_eq!(first.skills.len(), 100);
    let all = uris(&client).await;
    assert_eq!(all.len(), 251);
    assert!(all.is_sorted());
    assert!(first.skills.iter().map(|skill| &skill.uri).eq(&all[..100]));

    // Where a page ends is a place, and stays one when nothing is there any more.
    folder.write("plugins/skilled.wasm", case(1));
    host.log().wait_for("loaded plugin=skilled generation=2").await;
    let next = page(&client, first.next_cursor).await.expect("the cursor is good");
    assert_eq!(next.skills, []);
    assert_eq!(uris(&client).await.len(), 3);
}

#[tokio::test]
async fn files_of_a_plugin_that_reaches_nothing_are_read_once_and_others_each_time() {
    for granted in [false, true] {
        let folder = folder(&[("skilled", 10)]);
        if granted {
            folder.configure("folder = \"plugins\"\n[plugins.skilled.grants]\nenv = { A = \"b\" }\n");
        }
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Stateless).await;
        let (one, two) = (list(&client).await.0, list(&client).await.0);
        assert_eq!(one != two, granted);
        // To ask for one skill is to ask for it as it is now.
        let now = get(&client, "skill://notes/SKILL.md").await.expect("it is there");
        assert_ne!(now, two[0]);
        assert_eq!(list(&client).await.0[0] != now, granted);
    }
}

#[tokio::test]
async fn a_new_version_brings_its_skills_and_clients_hear_of_it() {
    let folder = folder(&[("skilled", 0)]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    assert_eq!(uris(&client).await, ["skill://notes/SKILL.md"]);
    let before = get(&client, "skill://notes/SKILL.md").await.expect("it is there");

    folder.write("plugins/other.wasm", case(6));
    client.news.wait_for(&Heard::Resources).await;
    assert_eq!(uris(&client).await, ["skill://fresh/SKILL.md", "skill://notes/SKILL.md"]);
    client.news.clear();
    folder.remove("plugins/other.wasm");
    client.news.wait_for(&Heard::Resources).await;
    assert_eq!(uris(&client).await, ["skill://notes/SKILL.md"]);

    // The same files, of the same sizes: their digests are what changed.
    client.news.clear();
    folder.write("plugins/skilled.wasm", case(7));
    client.news.wait_for(&Heard::Resources).await;
    let (skills, _) = list(&client).await;
    assert_eq!(skills[0].frontmatter.description, "Takes notes?");
    assert_ne!(skills[0].resources, before.resources);
    assert_eq!(get(&client, "skill://notes/SKILL.md").await.as_ref(), Ok(&skills[0]));
}
