//! Everything set up and every test run.

use std::process::Command;

use anyhow::Result;
use barkeep_toolchain::Cancel;

use crate::{
    conformance::conformance,
    fuzz::Fuzz,
    guests::Guests,
    layout::Layout,
    step::{cargo, run, say},
    tools::Tools,
};

/// What both the build and the test run are given. The same packages in the same profile have the same features, so
/// that nothing is compiled twice; release, because the host that clients drive in the tests is that of a release.
const WORKSPACE: [&str; 3] = ["--workspace", "--release", "--locked"];

/// Sets up all that the tests need, tells them by environment variables where it is, and runs them; and, unless some of
/// them were picked by `args`, the official conformance suite and the fuzz targets.
pub fn test(layout: &Layout, args: &[String]) -> Result<()> {
    let tools = prepare(layout)?;
    say("running the tests");
    let mut command = cargo(layout, "test");
    command.args(WORKSPACE).args(args);
    tell(&mut command, layout, &tools);
    run(&mut command)?;
    if args.is_empty() {
        conformance(layout, Some(&layout.program("barkeep")), &[])?;
        Fuzz::all().run(layout)?;
    }
    Ok(())
}

/// The same for one file of tests alone, with a further variable.
pub fn suite(layout: &Layout, name: &str, variable: Option<(&str, &str)>) -> Result<()> {
    let tools = prepare(layout)?;
    say(&format!("running the tests of {name}"));
    let mut command = cargo(layout, "test");
    command.args(WORKSPACE).args(["--test", name]).envs(variable);
    tell(&mut command, layout, &tools);
    run(&mut command)
}

/// Builds and installs what the tests need.
fn prepare(layout: &Layout) -> Result<Tools> {
    let cancel = Cancel::default();
    say("building the plugins");
    Guests::plugins(layout).locked().build_all(layout, &cancel)?;
    say("building the guests of the tests");
    Guests::of_tests(layout).locked().build_all(layout, &cancel)?;
    let tools = Tools::install(&layout.test_tools())?;
    say("building the host and the tests (the first time takes minutes)");
    run(cargo(layout, "build").args(WORKSPACE).args(["--bins", "--examples", "--tests"]))?;
    Ok(tools)
}

/// Tells a program of the tests where everything is.
pub fn tell(command: &mut Command, layout: &Layout, tools: &Tools) {
    command
        .env("BARKEEP_BIN", layout.program("barkeep"))
        .env("BARKEEP_PLUGINS", layout.built_plugins())
        .env("BARKEEP_GUESTS", layout.built_test_guests())
        .env("BARKEEP_XTASK", layout.program("xtask"))
        .env("BARKEEP_GITHUB_API", layout.program("github-api-standin"))
        .env("BARKEEP_MOVING_NAMES_LIBRARY", layout.example_library("moving_names"))
        .env("BARKEEP_PYTHON", &tools.python)
        .env("BARKEEP_NODE", &tools.node)
        .env("BARKEEP_INSPECTOR", &tools.inspector)
        .env("BARKEEP_TYPESCRIPT_CLIENT", &tools.typescript_client)
        .env("BARKEEP_REFERENCE_FILESYSTEM", &tools.reference_filesystem)
        .env("BARKEEP_ZIG", &tools.zig)
        .envs(tools.redis.iter().map(|server| ("BARKEEP_REDIS", server)));
}
