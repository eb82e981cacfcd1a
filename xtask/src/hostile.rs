//! The hostile suite by itself: plugins, files and clients that mean harm.

use anyhow::Result;

use crate::{layout::Layout, test};

/// The variable that asks the suite for its long form.
const LONG: &str = "BARKEEP_HOSTILE_LONG";

/// Runs it: as in every run of the tests, or `long`, with larger numbers: a quarter of an hour on two processors, and 2 GiB.
pub fn hostile(layout: &Layout, long: bool) -> Result<()> {
    test::suite(layout, "hostile", long.then_some((LONG, "1")))
}
