//! The repositories of the stand-in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many issues `octo/hello` begins with. Odd ones are open, even ones closed; every third is labelled `bug`, every
/// fifth `help wanted`.
pub const ISSUES: u64 = 35;

/// This one of them is a pull request.
pub const PULL_REQUEST: u64 = 11;

/// This one has three comments.
pub const TALKED: u64 = 7;

/// This one has [`LONG_TALK`] comments.
pub const LONG_TALKED: u64 = 9;

/// More comments than fit on a page.
pub const LONG_TALK: u64 = 130;

/// Size in bytes of `big.bin`: more than GitHub hands out with its metadata.
pub const BIG: usize = 1 << 20 | 1;

/// Who can be assigned.
pub(super) const PEOPLE: [&str; 3] = ["octo", "ann", "bob"];

/// Where a name leads.
pub(super) enum Found {
    Here(u64),
    Renamed(u64),
    Nowhere,
}

#[derive(Debug)]
pub(super) struct World {
    repositories: Vec<Repository>,
}

/// One repository.
#[derive(Debug)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) archived: bool,
    pub(super) has_issues: bool,
    /// Its issues, without what can be worked out.
    pub(super) issues: Vec<Value>,
    /// The comments of each issue that has some.
    pub(super) comments: BTreeMap<u64, Vec<Value>>,
    /// The files of each branch, by their paths.
    pub(super) branches: BTreeMap<&'static str, BTreeMap<&'static str, Vec<u8>>>,
    /// From which branch to which there is an open pull request.
    pub(super) pulls: Vec<(String, String)>,
}

impl World {
    pub(super) fn new() -> Self {
        let of = |id, name, description| Repository {
            id,
            name,
            description,
            archived: false,
            has_issues: true,
            issues: Vec::new(),
            comments: BTreeMap::new(),
            branches: BTreeMap::from([("main", BTreeMap::new())]),
            pulls: Vec::new(),
        };
        let hello = Repository {
            issues: (1..=ISSUES).map(issue).collect(),
            comments: BTreeMap::from([(TALKED, talk(3)), (LONG_TALKED, talk(LONG_TALK))]),
            branches: BTreeMap::from([("main", files()), ("feature", feature())]),
            ..of(1, "hello", "Says hello")
        };
        let archived = Repository { archived: true, ..of(3, "archived", "Was useful once") };
        let quiet = Repository { has_issues: false, ..of(4, "quiet", "Takes no issues") };
        Self { repositories: vec![hello, of(2, "empty", ""), archived, quiet] }
    }

    /// Finds by name; as on GitHub, its case does not matter.
    pub(super) fn find(&self, owner: &str, name: &str) -> Found {
        if !owner.eq_ignore_ascii_case("octo") {
            return Found::Nowhere;
        }
        if name.eq_ignore_ascii_case("old-name") {
            return Found::Renamed(1);
        }
        let found = self.repositories.iter().find(|repository| repository.name.eq_ignore_ascii_case(name));
        found.map_or(Found::Nowhere, |repository| Found::Here(repository.id))
    }

    pub(super) fn get(&self, id: u64) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.id == id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Repository> {
        self.repositories.iter_mut().find(|repository| repository.id == id)
    }

    pub(super) fn all(&self) -> &[Repository] {
        &self.repositories
    }
}

impl Repository {
    pub(super) fn full_name(&self) -> String {
        format!("octo/{}", self.name)
    }

    /// The number that the next issue or pull request gets.
    pub(super) fn next_number(&self) -> u64 {
        (self.issues.len() + self.pulls.len()) as u64 + 1
    }
}

/// The day on which the issue or comment of this number was written.
fn day(number: u64) -> String {
    format!("2026-{:02}-{:02}T08:00:00Z", 1 + (number - 1) / 28 % 12, 1 + (number - 1) % 28)
}

/// A user as issues show one.
pub(super) fn person(login: &str) -> Value {
    json!({
        "login": login,
        "id": 100 + login.len(),
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": format!("https://avatars.example/{login}"),
        "url": format!("https://api.github.com/users/{login}"),
        "html_url": format!("https://github.com/{login}"),
        "gists_url": format!("https://api.github.com/users/{login}/gists{{/gist_id}}"),
        "type": "User",
        "site_admin": false,
    })
}

/// A label as issues show one.
pub(super) fn label(name: &str) -> Value {
    json!({"id": 200 + name.len(), "node_id": "MDU6TGFiZWwx", "url": "https://api.github.com/label", "name": name,
        "color": "d73a4a", "default": true, "description": null})
}

fn issue(number: u64) -> Value {
    let closed = number.is_multiple_of(2);
    let mut labels = Vec::new();
    if number.is_multiple_of(3) {
        labels.push(label("bug"));
    }
    if number.is_multiple_of(5) {
        labels.push(label("help wanted"));
    }
    let mut issue = json!({
        "id": 1000 + number,
        "number": number,
        "title": format!("Issue {number} of hello"),
        "user": person("ann"),
        "labels": labels,
        "state": if closed { "closed" } else { "open" },
        "state_reason": if closed { "completed".into() } else { Value::Null },
        "locked": false,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": match number { TALKED => 3, LONG_TALKED => LONG_TALK, _ => 0 },
        "created_at": day(number),
        "updated_at": day(number + 1),
        "closed_at": if closed { day(number + 1).into() } else { Value::Null },
        "author_association": "NONE",
        "body": format!("It says hallo.\n\n```\nline {number}\n```\n"),
    });
    if number == PULL_REQUEST
        && let Value::Object(issue) = &mut issue
    {
        issue.insert("pull_request".into(), json!({"html_url": "https://github.com/octo/hello/pull/11"}));
    }
    issue
}

fn talk(count: u64) -> Vec<Value> {
    let one = |number| {
        json!({"id": 2000 + number, "user": person("bob"), "created_at": day(number), "updated_at": day(number),
            "author_association": "MEMBER", "body": format!("Comment {number}.")})
    };
    (1..=count).map(one).collect()
}

fn files() -> BTreeMap<&'static str, Vec<u8>> {
    BTreeMap::from([
        ("README.md", b"# Hello\n\nSays \xE2\x80\x9Chello\xE2\x80\x9D.\n".to_vec()),
        ("big.bin", vec![0; BIG]),
        ("docs/\u{fc}ber uns & co.md", b"# About us\n".to_vec()),
        ("docs/guide.md", b"# Guide\n".repeat(40)),
        ("empty.txt", Vec::new()),
        ("latin-1.txt", b"gr\xFC\xDFe\n".to_vec()),
        ("src/main.rs", b"fn main() {\n    println!(\"hallo\");\n}\n".to_vec()),
    ])
}

fn feature() -> BTreeMap<&'static str, Vec<u8>> {
    let mut files = files();
    files.insert("src/main.rs", b"fn main() {\n    println!(\"hello\");\n}\n".to_vec());
    files
}
