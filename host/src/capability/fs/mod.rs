//! `fs`: folders of the host, each under a path of the guest's, to read or to read and write.
//!
//! The guest reaches them as preopens of wasi:filesystem, 0.2 or 0.3. That is wasmtime-wasi's, with a wrapper around it that
//! looks at each use before it is made, and that does itself what has a bound:
//!
//! 1. [`host`]: what one call holds, and whether it may; [`p2`] and [`p3`] are the two versions of the interface.
//! 2. [`opening`]: plain files and folders alone, no more at once than [`open`] has room for. Every path is resolved beneath
//!    its preopen: `..`, absolute paths and symbolic links that lead out are refused by cap-primitives.
//! 3. [`writing`]: what is written is counted in an [`allowance`], whichever way it is written; [`streams`] are 0.3's.
//! 4. [`listing`]: folders are read some entries at a time; [`reading`] reads files.
//! 5. [`near`]: what needs no thread that may wait, because the system has it in memory.

mod allowance;
mod fault;
mod grant;
mod host;
mod listing;
mod near;
mod open;
mod opening;
mod p2;
mod p3;
mod reading;
mod refusal;
mod streams;
#[cfg(test)]
mod tests;
mod writing;

use std::sync::{Arc, Mutex};

use cap_primitives::ambient_authority;
use cap_primitives::fs::open_ambient_dir;
use serde::Deserialize;
use wasmtime::component::Linker;

use super::{CapabilityError, Uses};
use open::{MAX_OF_PLUGIN, Open};

pub(crate) use grant::absolute;
pub use grant::{Grant, GuestPath, Mode};
pub use host::{FsCtx, FsCtxView, FsView};

/// Folders that one plugin may have: each is opened for each call that looks for them.
const MAX_FOLDERS: usize = 32;

/// What a plugin's author asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The most that it does with files.
    pub mode: Mode,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What a component says of folders.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asks<'a> {
    /// It says nothing of what it asks for, and so asks for whatever it is granted.
    Unsaid,
    /// It asks for other things.
    ForNone,
    /// It asks for folders.
    For(&'a Request),
}

/// A folder that a plugin has.
#[derive(Debug)]
struct Folder {
    grant: Grant,
    /// What it may do there: what it both asks for and is granted.
    mode: Mode,
    /// Held while bytes are put to the end of a file, where its length must not change meanwhile.
    appending: Mutex<()>,
}

/// All folders of a plugin, and what is open of them in all its calls.
pub(super) struct Rules {
    plugin: Arc<str>,
    folders: Vec<Arc<Folder>>,
    /// Whether the component says that it needs folders.
    asks: bool,
    open: Arc<Open>,
}

/// Puts the interfaces in the place of wasmtime-wasi's own.
///
/// # Errors
///
/// When wasmtime does not take them.
pub(super) fn link<T: FsView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    p2::link(linker)?;
    p3::link(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What the plugin gets of `grants`: no more than it asks for, where it says what it asks for. With it, one line for each.
///
/// # Errors
///
/// When a folder cannot be opened, or two have one guest path.
pub(super) fn check(
    plugin: &Arc<str>,
    grants: &[Grant],
    asks: Asks<'_>,
) -> Result<(Arc<Rules>, Vec<String>), CapabilityError> {
    let (grants, most) = match asks {
        Asks::Unsaid => (grants, Mode::ReadWrite),
        Asks::For(request) => (grants, request.mode),
        Asks::ForNone => (Default::default(), Mode::Read),
    };
    if grants.len() > MAX_FOLDERS {
        return Err(CapabilityError::TooManyFolders { count: grants.len(), most: MAX_FOLDERS });
    }
    let mut folders: Vec<Arc<Folder>> = Vec::new();
    let mut told = Vec::new();
    for grant in grants {
        // Opened now to tell the user at once; opened again for each call, so that what is mounted later is seen.
        open_ambient_dir(&grant.host, ambient_authority())
            .map_err(|reason| CapabilityError::Folder { folder: grant.host.display().to_string(), reason })?;
        if folders.iter().any(|folder| folder.grant.guest == grant.guest) {
            return Err(CapabilityError::FolderTwice { guest: grant.guest.as_str().to_owned() });
        }
        let mode = grant.mode.min(most);
        folders.push(Arc::new(Folder { grant: grant.clone(), mode, appending: Mutex::new(()) }));
        told.push(grant.describe(mode));
    }
    let asks = matches!(asks, Asks::For(_));
    let rules = Rules { plugin: Arc::clone(plugin), folders, asks, open: Open::new(MAX_OF_PLUGIN) };
    Ok((Arc::new(rules), told))
}

/// Its state for one call.
pub(super) fn build(rules: &Arc<Rules>, uses: &Uses) -> FsCtx {
    FsCtx::new(Arc::clone(rules), uses.clone())
}
