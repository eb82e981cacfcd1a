//! The official conformance suite, run against the host with the guest that it asks for.
//!
//! `tests/conformance/` has the host's configuration and, for each revision of the protocol, the failures that are
//! expected, each with its reason. The suite's own output, the host's log and the table are left in `target/conformance/`.

mod verdict;

use std::{
    fs::{self, File},
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use barkeep_toolchain::{Cancel, GuestToolchain};

use self::verdict::{Baseline, Results, Verdict};
use crate::{
    guests::Guests,
    layout::Layout,
    step::{cargo, run, say},
    tools::Suite,
};

/// What the suite can be run for: revisions of the protocol, and the extensions, which have no revision.
pub const REVISIONS: [&str; 4] = ["2025-06-18", "2025-11-25", "2026-07-28", EXTENSIONS];

/// What the suite calls the scenarios of extensions.
const EXTENSIONS: &str = "extension";

/// The guest that offers what the suite asks for.
const GUEST: &str = "everything";

/// How long the host may take to listen: it compiles the guest first, in a debug build too.
const START: Duration = Duration::from_mins(1);

/// How often it is looked whether it listens.
const LOOK: Duration = Duration::from_millis(50);

/// Runs the suite for each of `revisions`, all when there are none, and prints a table. Builds the host unless one is
/// given. A failure that is not expected is an error, and so is an expected one that does not happen, or a table in the
/// README that says otherwise.
pub fn conformance(layout: &Layout, host: Option<&Path>, revisions: &[String]) -> Result<()> {
    build_guest(layout)?;
    let host = match host {
        Some(host) => host.to_path_buf(),
        None => build_host(layout)?,
    };
    let suite = Suite::install(&layout.test_tools())?;
    let folder = layout.target().join("conformance");
    empty(&folder)?;
    fs::create_dir(folder.join("state")).context("the guest's folder cannot be made")?;

    let files = layout.root().join("tests").join("conformance");
    let server = Server::start(&host, &files.join("barkeep.toml"), &folder.join("host.log"))?;
    let scenarios = Scenarios::list(&suite)?;
    let mut table = Table::default();
    for revision in REVISIONS.iter().filter(|name| revisions.is_empty() || revisions.iter().any(|other| other == *name))
    {
        say(&format!("running the suite: {revision}"));
        let baseline = Baseline::read(&files.join(format!("{revision}.yml")))?;
        let wanted = scenarios.of(revision);
        let results = server.test(&suite, revision, &wanted, &folder.join(revision))?;
        table.add(revision, &Verdict::of(&baseline, &wanted, &results));
    }
    drop(server);
    table.print(&mut io::stdout(), &folder.join("summary.md"))?;
    if table.rows.len() == REVISIONS.len() {
        let readme = layout.root().join("README.md");
        let text = fs::read_to_string(&readme).with_context(|| format!("{} cannot be read", readme.display()))?;
        table.is_in(&text).with_context(|| format!("{} is out of date", readme.display()))?;
    }
    Ok(())
}

fn build_guest(layout: &Layout) -> Result<()> {
    let toolchain = GuestToolchain::find(&layout.target(), &say)?;
    let failed = Guests::of_tests(layout).build_each(&toolchain, &Cancel::default(), &[GUEST.to_owned()])?;
    if failed.is_empty() { Ok(()) } else { bail!("the guest `{GUEST}` was not built") }
}

fn build_host(layout: &Layout) -> Result<PathBuf> {
    say("building the host");
    run(cargo(layout, "build").args(["--release", "--package", "barkeep", "--bins"]))?;
    Ok(layout.program("barkeep"))
}

/// Makes a folder, and whatever was in it goes.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// The suite's scenarios, each with the revisions that it is for.
struct Scenarios(Vec<(String, Vec<String>)>);

impl Scenarios {
    fn list(suite: &Suite) -> Result<Self> {
        let output = Command::new(&suite.node).arg(&suite.script).args(["list", "--server"]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let scenarios: Vec<_> = text.lines().filter_map(scenario).collect();
        if scenarios.is_empty() {
            bail!("the suite lists no scenarios");
        }
        Ok(Self(scenarios))
    }

    fn of(&self, revision: &str) -> Vec<String> {
        let is_of = |revisions: &[String]| revisions.iter().any(|other| other == revision);
        self.0.iter().filter(|(_, revisions)| is_of(revisions)).map(|(name, _)| name.clone()).collect()
    }
}

/// Reads a line such as `  - ping [2025-06-18,2025-11-25]`.
fn scenario(line: &str) -> Option<(String, Vec<String>)> {
    let (name, revisions) = line.trim().strip_prefix("- ")?.strip_suffix(']')?.split_once(" [")?;
    Some((name.to_owned(), revisions.split(',').map(str::to_owned).collect()))
}

/// The running host. It ends with this.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &Path, config: &Path, log: &Path) -> Result<Self> {
        let log = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        let address = free_address()?;
        // In this program's process group, so that Ctrl-C ends both.
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(config)
            .args(["--http", &address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut server = Self { child, url: format!("http://{address}/mcp") };
        let deadline = Instant::now() + START;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the host ended with {status}; see host.log in target/conformance");
            }
            if Instant::now() > deadline {
                bail!("the host does not listen after {} s", START.as_secs());
            }
            thread::sleep(LOOK);
        }
        Ok(server)
    }

    /// Runs `scenarios`. The suite itself ends one that takes more than 30 s.
    fn test(&self, suite: &Suite, revision: &str, scenarios: &[String], folder: &Path) -> Result<Results> {
        empty(folder)?;
        if revision == EXTENSIONS {
            // The suite runs these only by name.
            for name in scenarios {
                self.run(suite, &["--scenario", name], folder)?;
            }
        } else {
            self.run(suite, &["--suite", "all", "--spec-version", revision], folder)?;
        }
        Results::read(folder, scenarios)
    }

    fn run(&self, suite: &Suite, what: &[&str], folder: &Path) -> Result<()> {
        let log = File::options().create(true).append(true).open(folder.join("suite.log"))?;
        let mut command = Command::new(&suite.node);
        command.arg(&suite.script).args(["server", "--url", &self.url]).args(what).arg("--output-dir").arg(folder);
        // Its exit code tells whether something failed, which the results tell better.
        command
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .status()
            .context("Node.js cannot be started")?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on. Somebody else may take it before the host does; then the host says so and ends.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// What is printed at the end.
#[derive(Default)]
struct Table {
    rows: Vec<String>,
    surprises: Vec<String>,
}

impl Table {
    fn add(&mut self, revision: &str, verdict: &Verdict) {
        let Verdict { scenarios, passed, skipped, expected, surprises } = verdict;
        self.rows.push(format!("| {revision} | {scenarios} | {passed} | {skipped} | {expected} |"));
        self.surprises.extend(surprises.iter().map(|surprise| format!("{revision}: {surprise}")));
    }

    fn text(&self) -> String {
        let head = "| revision | scenarios | passed | not offered | expected to fail |\n|---|---|---|---|---|";
        format!("{head}\n{}\n", self.rows.join("\n"))
    }

    /// Whether the README has this table.
    fn is_in(&self, readme: &str) -> Result<()> {
        let text = self.text();
        let table =
            readme.split_once("<!-- conformance -->").and_then(|(_, rest)| rest.split_once("<!-- /conformance -->"));
        let (table, _) =
            table.context("it has no place for the table, from <!-- conformance --> to <!-- /conformance -->")?;
        if table.trim() == text.trim() { Ok(()) } else { bail!("its table of conformance should be\n{text}") }
    }

    /// Prints the table to `out`, and keeps it in `file`.
    fn print(&self, out: &mut impl Write, file: &Path) -> Result<()> {
        let text = self.text();
        out.write_all(text.as_bytes())?;
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        if self.surprises.is_empty() {
            return Ok(());
        }
        bail!("not as tests/conformance expects:\n  {}", self.surprises.join("\n  "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_read_with_their_revisions() {
        let scenarios = Scenarios(
            "Server scenarios:\n  - ping [2025-06-18,2025-11-25]\n  - tasks-lifecycle [extension]\n"
                .lines()
                .filter_map(scenario)
                .collect(),
        );
        assert_eq!(scenarios.of("2025-11-25"), ["ping"]);
        assert_eq!(scenarios.of(EXTENSIONS), ["tasks-lifecycle"]);
        assert!(scenarios.of("2026-07-28").is_empty());
    }

    #[test]
    fn each_revision_has_a_baseline_with_a_reason_for_each_entry() {
        let files = Layout::of_this_repository().root().join("tests").join("conformance");
        for revision in REVISIONS {
            Baseline::read(&files.join(format!("{revision}.yml"))).unwrap();
        }
    }

    #[test]
    fn a_surprise_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("summary.md");
        let mut table = Table::default();
        table.add("2026-07-28", &Verdict { scenarios: 2, passed: 2, ..Verdict::default() });
        table.print(&mut io::sink(), &file).unwrap();
        assert!(fs::read_to_string(&file).unwrap().ends_with("| 2026-07-28 | 2 | 2 | 0 | 0 |\n"));
        table.is_in(&format!("<!-- conformance -->\n{}<!-- /conformance -->", table.text())).unwrap();
        let other = table.is_in("<!-- conformance -->\n<!-- /conformance -->").unwrap_err();
        assert!(other.to_string().contains("| 2026-07-28 | 2 | 2 | 0 | 0 |"), "{other}");
        table.add("extension", &Verdict { surprises: vec!["ping: no answer".to_owned()], ..Verdict::default() });
        let error = table.print(&mut io::sink(), &file).unwrap_err();
        assert!(error.to_string().ends_with("\n  extension: ping: no answer"), "{error}");
    }
}
