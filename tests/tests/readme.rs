//! What the README says is true: its commands run, its configurations are read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use barkeep_tests::{Environment, Folder};
use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it lies in the repository").to_owned()
}

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).expect("the README")
}

/// The blocks of code in one language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let begins = format!("```{language}\n");
    let blocks = readme.split(&begins).skip(1);
    blocks.map(|rest| rest.split_once("```").expect("the block ends").0.to_owned()).collect()
}

/// What CI and other tests run: `.ci/run` the one, `tests/serve.rs` the other.
const RUN_ELSEWHERE: [&str; 2] = ["cargo xtask test", "cargo xtask serve"];

#[test]
fn every_command_runs() {
    let folder = Folder::new("");
    let mut ran = 0;
    for command in blocks("console").iter().flat_map(|block| block.lines()) {
        if RUN_ELSEWHERE.contains(&command) {
            continue;
        }
        let arguments =
            command.strip_prefix("target/release/barkeep ").unwrap_or_else(|| panic!("`{command}` is known"));
        let output = Command::new(Environment::barkeep())
            .args(words(arguments))
            .current_dir(repository())
            .env("BARKEEP_CACHE", folder.path("cache"))
            .env("BARKEEP_STATE", folder.path("state"))
            .output()
            .expect("it starts");
        assert!(output.status.success(), "`{command}`: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "`{command}` prints something");
        ran += 1;
    }
    assert!(ran >= 8, "{ran} commands ran");
}

/// Cuts a command as a shell does, as far as the README needs it: at spaces that are not in single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("one at least").push(c),
        }
    }
    words
}

#[test]
fn every_configuration_of_a_client_is_json_that_names_the_server() {
    let blocks = blocks("json");
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let json: Value = serde_json::from_str(&block).unwrap_or_else(|error| panic!("{error} in:\n{block}"));
        let servers = json.get("mcpServers").or_else(|| json.get("servers")).expect("servers");
        let server = servers.get("barkeep").expect("it is called barkeep");
        let by_http = server.get("url").is_some_and(|url| url == "http://127.0.0.1:8080/mcp");
        let by_stdio = server.get("args").and_then(|args| args.get(0)).is_some_and(|verb| verb == "serve");
        assert!(by_http || by_stdio, "{block}");
    }
}

#[test]
fn the_configuration_of_the_host_is_read() {
    let blocks = blocks("toml");
    let config = blocks.iter().find(|block| block.contains("secrets_file")).expect("it is there");
    let folder = Folder::new(config);
    let output = Command::new(Environment::barkeep())
        .args(["config", "show", "-o", "json"])
        .current_dir(folder.root())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let grant = shown.pointer("/plugins/github/grants/http/0/headers/authorization").and_then(Value::as_str);
    assert_eq!(grant, Some("Bearer ${secret:GITHUB_TOKEN}"));
}

#[test]
fn every_file_that_it_links_to_is_there() {
    let readme = readme();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let local: Vec<_> = links.filter(|link| !link.starts_with("http")).collect();
    assert!(!local.is_empty());
    for link in local {
        assert!(repository().join(link).exists(), "{link}");
    }
}
