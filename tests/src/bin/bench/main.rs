//! `cargo xtask bench`: what a call costs, through Barkeep and through servers that run outside any sandbox.
//!
//! Everything is measured in one run, by one client (rmcp's, over the servers' pipes), on the machine as it is: read the
//! ratios, not the microseconds.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a program for developers")]

mod measure;
mod native;

use std::fmt::Write;

use barkeep_tests::{Client, Environment, Era, Folder, Host};
use measure::Measured;
use serde_json::{Value, json};
use tokio::process::Command;

/// What is served in each contest.
const CONFIG: &str = r#"
[plugins.hello]
source = "HELLO"
prefix = ""

[plugins.filesystem]
source = "FILESYSTEM"
prefix = ""
grants.fs = [{ host = "tree", guest = "TREE" }]
"#;

/// The same with one warm instance, in a file of its own: two plugins may not offer one resource template.
const WARM: &str = "[plugins.hello]\nsource = \"HELLO\"\nprefix = \"\"\ninstance = \"plugin\"\n";

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("native") {
        return native::serve().await;
    }
    let folder = folder();
    let mut table = Table::default();
    table.contest("a tool that greets", &greeters(&folder).await);
    table.contest("read_text_file of 4 KiB", &readers(&folder).await);
    table.print();
    starts(&folder).await;
}

fn folder() -> Folder {
    let folder = Folder::new("");
    folder.write("tree/file.txt", "a line of text\n".repeat(273));
    let root = std::fs::canonicalize(folder.path("tree")).expect("a folder");
    let hello = Environment::plugin("hello").display().to_string();
    let config = CONFIG
        .replace("HELLO", &hello)
        .replace("FILESYSTEM", &Environment::plugin("filesystem").display().to_string())
        .replace("TREE", &root.display().to_string());
    folder.configure(&config);
    folder.write("warm.toml", WARM.replace("HELLO", &hello));
    folder
}

/// Who takes part, and how each fared.
type Contest = Vec<(&'static str, Measured)>;

async fn contestant(command: Command, tool: &str, arguments: &Value) -> Measured {
    let mut host = Host::stdio_by(command);
    let client = host.client(Era::Initialize).await;
    let measured = measure::calls(&client, tool, arguments).await;
    client.close().await;
    measured
}

async fn greeters(folder: &Folder) -> Contest {
    let arguments = json!({ "name": "Ada" });
    let mut native = Command::new(std::env::current_exe().expect("this program"));
    native.arg("native");
    vec![
        ("native rmcp server, no sandbox", contestant(native, "greet", &arguments).await),
        ("barkeep, a fresh instance each call", contestant(folder.command(&["serve"]), "greet", &arguments).await),
        (
            "barkeep, one warm instance",
            contestant(folder.command(&["serve", "--config", "warm.toml"]), "greet", &arguments).await,
        ),
    ]
}

async fn readers(folder: &Folder) -> Contest {
    let root = std::fs::canonicalize(folder.path("tree")).expect("a folder");
    let arguments = json!({ "path": root.join("file.txt") });
    let mut reference = Command::new(Environment::node());
    reference.arg(Environment::reference_filesystem()).arg(&root);
    vec![
        ("reference server (Node.js), no sandbox", contestant(reference, "read_text_file", &arguments).await),
        ("barkeep, filesystem.wasm", contestant(folder.command(&["serve"]), "read_text_file", &arguments).await),
    ]
}

/// How long it takes from the start of the process to its first list of tools, without and with compiled code.
async fn starts(folder: &Folder) {
    let start = async || {
        let begun = std::time::Instant::now();
        let mut host = Host::stdio(folder);
        let client: Client = host.client(Era::Initialize).await;
        let tools = client.tools().await.len();
        let taken = begun.elapsed();
        client.close().await;
        (taken, tools)
    };
    std::fs::remove_dir_all(folder.path("cache")).expect("the cache is there");
    let (cold, tools) = start().await;
    let (warm, _) = start().await;
    println!("\nstart to the list of {tools} tools: {cold:.0?} compiling, {warm:.0?} from the cache");
}

/// What is printed.
#[derive(Default)]
struct Table(String);

impl Table {
    fn contest(&mut self, what: &str, contest: &Contest) {
        let first = contest.first().map(|(_, measured)| measured.median).expect("somebody takes part");
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "\n{what:<42} {:>9} {:>9} {:>10} {:>7}", "p50", "p99", "calls/s", "ratio");
        for (who, measured) in contest {
            let ratio = measured.median.as_secs_f64() / first.as_secs_f64();
            let Measured { median, slowest, throughput } = measured;
            let _ = writeln!(self.0, "  {who:<40} {median:>9.1?} {slowest:>9.1?} {throughput:>10.0} {ratio:>6.2}x");
        }
    }

    fn print(&self) {
        println!("One call at a time (p50, p99), then {} at a time (calls/s). Ratio: of p50.", measure::TOGETHER);
        println!("{}", self.0.trim_end());
    }
}
