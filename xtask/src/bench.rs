//! What a call costs: everything built and the benchmarks run.

use anyhow::Result;
use barkeep_toolchain::Cancel;

use crate::{
    guests::Guests,
    layout::Layout,
    step::{cargo, run, say},
    test::tell,
    tools::Tools,
};

/// Builds host and plugins as users have them, and prints how they compare, in one run.
pub fn bench(layout: &Layout) -> Result<()> {
    Guests::plugins(layout).build_all(layout, &Cancel::default())?;
    let tools = Tools::install(&layout.test_tools())?;
    say("building the host and the benchmarks");
    let mut build = cargo(layout, "build");
    build.args(["--release", "--package", "barkeep", "--package", "barkeep-tests", "--bins"]);
    // Tests do without it; what measures must not be what is measured.
    build.args(["--config", "profile.release.package.barkeep-tests.opt-level=3"]);
    run(&mut build)?;
    let mut bench = std::process::Command::new(layout.program("bench"));
    tell(&mut bench, layout, &tools);
    run(&mut bench)
}
