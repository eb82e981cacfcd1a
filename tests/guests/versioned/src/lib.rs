//! A guest whose texts can be changed in its bytes: the tests write numbers of eight digits where `version=`, `tools=`,
//! `prompts=` and `resources=` stand, and so make any number of versions without building one.
#![allow(clippy::print_stdout, reason = "the host logs it, which the tests wait for")]

use std::hint::black_box;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use barkeep_sdk::prelude::*;

/// What `version` answers: behind a static, so that its bytes stand in the data section as they are.
static VERSION: &str = "version=00000000";

/// How often a call that waits for a file looks for it.
const LOOK: Duration = Duration::from_millis(1);

/// How long to take.
#[arguments]
struct Slowly {
    /// Milliseconds.
    ms: u64,
}

/// What to wait for.
#[arguments]
struct Held {
    /// The call is answered once this file is there.
    file: String,
}

fn current() -> String {
    black_box(VERSION).to_owned()
}

#[tool(read_only, description = "Tells which version this is (tools=00000000)")]
fn version() -> String {
    current()
}

/// Tells which version this is, after a while.
#[tool(read_only)]
fn slow_version(args: Slowly) -> String {
    sleep(Duration::from_millis(args.ms));
    current()
}

/// Tells which version this is, once a file is there. Says on stdout that it waits.
#[tool(read_only)]
fn held_version(args: Held) -> String {
    println!("{} waits for {}", current(), args.file);
    while !Path::new(&args.file).exists() {
        sleep(LOOK);
    }
    current()
}

#[resource(uri = "versioned://here", description = "Which version this is (resources=00000000)")]
fn here() -> String {
    current()
}

#[prompt(description = "Asks which version this is (prompts=00000000)")]
fn ask() -> String {
    current()
}

plugin! {
    tools: [version, slow_version, held_version],
    resources: [here],
    prompts: [ask],
}
