//! The pages of host/reference, made of the host's types: `barkeep config reference` says them.

use std::{env::consts::EXE_SUFFIX, fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    layout::Layout,
    step::{cargo, output, run, say},
};

/// Writes each page, and removes those of what is no more.
pub fn reference(layout: &Layout) -> Result<()> {
    run(cargo(layout, "build").args(["--workspace", "--bin", "barkeep"]))?;
    let barkeep = layout.target().join("debug").join(format!("barkeep{EXE_SUFFIX}"));
    let folder = layout.root().join("host").join("reference");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for page in said(&barkeep, &[])?.lines() {
        let file = folder.join(format!("{page}.md"));
        fs::write(&file, said(&barkeep, &[page])? + "\n").with_context(|| file.display().to_string())?;
    }
    say(&format!("the reference is in {}", folder.display()));
    Ok(())
}

fn said(barkeep: &Path, page: &[&str]) -> Result<String> {
    output(Command::new(barkeep).args(["config", "reference"]).args(page))
}
