//! `barkeep list`.

use std::process::ExitCode;

use serde::Serialize;

use super::menu::Entry;
use super::{Common, start};

#[derive(Serialize)]
struct List {
    plugins: Vec<Entry>,
}

pub(super) async fn run(common: &Common) -> anyhow::Result<ExitCode> {
    let (config, file) = start::config(common)?;
    let supervisor = start::loaded(config, &file).await?;
    let mut list = List { plugins: Entry::all(&supervisor) };
    let notes = start::resting(&file);
    list.plugins.iter_mut().for_each(|plugin| plugin.look_up(&notes));
    common.output.print(&list, |list| {
        if list.plugins.is_empty() {
            return "no plugins; put a component into the folder that barkeep.toml names, or name one there".to_owned();
        }
        list.plugins.iter().map(Entry::text).collect()
    })?;
    Ok(if list.plugins.iter().all(Entry::is_well) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
