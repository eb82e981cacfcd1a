//! The fuzz targets of `host/fuzz/`, built by the stable compiler and run for a while, two at once.
//!
//! `cargo fuzz` builds everything anew by a nightly compiler, for a sanitizer that safe Rust needs little. Here only the crates
//! that are looked at are built with coverage: cargo calls this very program as the compiler of the workspace's own crates
//! (`RUSTC_WORKSPACE_WRAPPER`), and it adds the flags to those. All dependencies are those of the tests.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    layout::Layout,
    step::{cargo, run, say},
};

/// The targets: the binaries of `host/fuzz/`.
pub const TARGETS: [&str; 5] = ["configuration", "addresses", "headers", "messages", "components"];

/// How long each runs unless it is said: as long as in CI.
pub const SECONDS: u64 = 60;

/// Targets that run at once: as many as a small machine has processors.
const AT_ONCE: usize = 2;

/// The variable by which this program knows that cargo calls it as a compiler.
const COMPILES: &str = "BARKEEP_FUZZ_COMPILES";

/// What is compiled with coverage: the host and the targets.
const LOOKED_AT: &str = "barkeep";

/// Coverage of libFuzzer (LLVM's `SanitizerCoverage`, as cargo-fuzz sets it), and what a release leaves out: checks. With less
/// optimisation, so that less of the time goes into the build.
const FLAGS: [&str; 10] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
    "-Ccodegen-units=4",
    "-Copt-level=1",
    "--cfg=fuzzing",
];

/// One unit of work may take so long in seconds, and all so much memory in MiB.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=3072"];

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub struct Fuzz {
    /// Targets; all unless said.
    #[arg(value_parser = TARGETS)]
    targets: Vec<String>,
    /// How long each runs.
    #[arg(long, default_value_t = SECONDS)]
    seconds: u64,
    /// Build without optimisation: quicker to build, slower to find.
    #[arg(long)]
    debug: bool,
}

impl Fuzz {
    /// All targets, for as long as in CI.
    pub fn all() -> Self {
        Self { targets: Vec::new(), seconds: SECONDS, debug: false }
    }

    /// Builds and runs them.
    pub fn run(self, layout: &Layout) -> Result<()> {
        let targets = if self.targets.is_empty() { TARGETS.map(str::to_owned).to_vec() } else { self.targets };
        say("building the fuzz targets");
        // With the features that the whole workspace has, so that dependencies are those of the tests.
        let mut build = cargo(layout, "build");
        build.args(["--workspace", "--locked"]).args(targets.iter().flat_map(|target| ["--bin", target]));
        build.args((!self.debug).then_some("--release"));
        build.env("RUSTC_WORKSPACE_WRAPPER", env::current_exe()?).env(COMPILES, "1");
        run(&mut build)?;

        let programs = layout.target().join(if self.debug { "debug" } else { "release" });
        let waiting = Mutex::new(targets.into_iter());
        let next = || waiting.lock().ok()?.next();
        let work = || -> Result<()> {
            while let Some(target) = next() {
                one(layout, &programs, &target, self.seconds)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            let ended = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")));
            // All are waited for, and the first failure is told.
            ended.collect::<Vec<_>>().into_iter().collect()
        })
    }
}

/// Runs one target: the seeds first, and what was found before.
fn one(layout: &Layout, programs: &Path, target: &str, seconds: u64) -> Result<()> {
    let own = layout.target().join("fuzz").join(target);
    let found = own.join("corpus");
    fs::create_dir_all(&found).with_context(|| format!("{} cannot be made", found.display()))?;
    let log = own.join("log.txt");
    let log_file = fs::File::create(&log).with_context(|| format!("{} cannot be made", log.display()))?;
    let mut artifacts = OsString::from("-artifact_prefix=");
    artifacts.push(own.join(""));
    let mut command = Command::new(programs.join(format!("{target}{}", env::consts::EXE_SUFFIX)));
    command.arg(&found).arg(layout.fuzz().join("corpus").join(target)).arg(artifacts).args(LIMITS);
    let dictionary = layout.fuzz().join("dictionaries").join(format!("{target}.txt"));
    if dictionary.is_file() {
        let mut argument = OsString::from("-dict=");
        argument.push(dictionary);
        command.arg(argument);
    }
    command.arg(format!("-max_total_time={}", seconds.max(1))).arg("-print_final_stats=1").arg("-max_len=32768");
    command.env("RUST_BACKTRACE", "0").stdout(log_file.try_clone()?).stderr(log_file);
    let begun = std::time::Instant::now();
    let status = command.status().with_context(|| format!("{target} cannot be started"))?;
    let said = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
    if !status.success() {
        let end: Vec<&str> = said.lines().rev().take(40).collect();
        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
        bail!("{target} failed ({status}); what did it is in {}:\n{end}", own.display());
    }
    say(&summary(target, &said, begun.elapsed())?);
    Ok(())
}

/// What a run came to. One whose coverage never grew looked at nothing: it was built without the flags.
fn summary(target: &str, said: &str, took: Duration) -> Result<String> {
    let coverage = |line: &str| line.split_once(" cov: ")?.1.split_whitespace().next()?.parse::<u64>().ok();
    let mut seen = said.lines().filter_map(coverage);
    let (first, last) = (seen.next().unwrap_or_default(), seen.next_back().unwrap_or_default());
    if last <= 1 || last < first {
        bail!("{target} ran without coverage: {first} and then {last} places");
    }
    let runs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).unwrap_or("?").trim();
    Ok(format!("{target}: {runs} inputs in {} s, {last} places of the code, {first} at first", took.as_secs()))
}

/// Where cargo calls this program as the compiler of a crate of the workspace: compiles it, with coverage where it is looked
/// at. None where it is called by anybody else.
pub fn compiles() -> Option<ExitCode> {
    env::var_os(COMPILES)?;
    let mut arguments = env::args_os().skip(1);
    let compiler = PathBuf::from(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    let mut command = Command::new(compiler);
    command.args(&arguments);
    if wants_coverage(&arguments) {
        command.args(FLAGS);
    } else if asks_for_cfg(&arguments) {
        command.arg("--cfg=fuzzing");
    }
    let status = command.status().inspect_err(|error| eprintln!("xtask: the compiler cannot be started: {error}"));
    let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Whether this call compiles what is looked at.
fn wants_coverage(arguments: &[OsString]) -> bool {
    let name = arguments.iter().skip_while(|argument| *argument != "--crate-name").nth(1);
    name.and_then(|name| name.to_str()).is_some_and(|name| name == LOOKED_AT || TARGETS.contains(&name))
}

/// Whether cargo asks what is set, to know which dependencies the targets have.
fn asks_for_cfg(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--print=cfg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_is_compiled_with_coverage() {
        let call = |name: &str| ["--crate-name", name, "src/lib.rs"].map(OsString::from);
        assert!(wants_coverage(&call("barkeep")) && wants_coverage(&call("messages")));
        assert!(!wants_coverage(&call("barkeep_toolchain")) && !wants_coverage(&call("build_script_build")));
        assert!(!wants_coverage(&[]));
    }

    #[test]
    fn a_run_is_summed_up_and_one_without_coverage_is_told() {
        let said = "#2\tINITED cov: 10 ft: 12\n#9\tNEW    cov: 40 ft: 60\n#10\tDONE   cov: 41 ft: 61\nstat::number_of_executed_units: 10\n";
        let told = summary("headers", said, Duration::from_secs(3)).unwrap();
        assert_eq!(told, "headers: 10 inputs in 3 s, 41 places of the code, 10 at first");
        assert!(summary("headers", "#2\tDONE   cov: 0 ft: 0\n", Duration::ZERO).is_err());
        assert!(summary("headers", "", Duration::ZERO).is_err());
    }

    #[test]
    fn each_target_has_its_source_and_its_seeds() {
        let layout = Layout::of_this_repository();
        let manifest = fs::read_to_string(layout.fuzz().join("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for target in TARGETS {
            assert!(layout.fuzz().join("fuzz_targets").join(format!("{target}.rs")).is_file(), "{target}");
            assert!(fs::read_dir(layout.fuzz().join("corpus").join(target)).unwrap().next().is_some(), "{target}");
        }
    }
}
