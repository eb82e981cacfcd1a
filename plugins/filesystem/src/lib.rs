//! Files and folders for MCP clients: the tools of the reference server, and files as resources.
//!
//! - `tools`: what a client calls, a file for each family of tools; `resources`: what it reads and watches by URI.
//! - `granted`, `preopens`, `allowed`: which folders the host gave, and which paths lie in them.
//! - `file`, `folder`, `replace`: reading and writing within bounds; `limits` has the bounds.
//! - `edit`, `diff`, `glob`, `order`, `size`, `date`, `text`, `lexical`, `uri`: rules of text, without a file.
//! - `answer`, `failure`: how calls end.

pub mod allowed;
mod answer;
mod date;
mod diff;
mod edit;
mod failure;
mod file;
mod folder;
mod glob;
pub mod granted;
mod lexical;
mod limits;
mod opened;
mod order;
#[cfg(target_os = "wasi")]
mod preopens;
mod replace;
mod resources;
mod size;
mod text;
mod tools;
mod uri;

barkeep_sdk::plugin! {
    tools: [
        tools::read::read_file,
        tools::read::read_text_file,
        tools::media::read_media_file,
        tools::read::read_multiple_files,
        tools::write::write_file,
        tools::edit::edit_file,
        tools::write::create_directory,
        tools::list::list_directory,
        tools::list::list_directory_with_sizes,
        tools::tree::directory_tree,
        tools::write::move_file,
        tools::search::search_files,
        tools::info::get_file_info,
        tools::info::list_allowed_directories,
    ],
    resources: [resources::read],
    list_resources: resources::list,
    watch: resources::watch,
    completions: [resources::path],
}
