//! What is granted, and what comes of it. Guests are played by hand: the interfaces are called as the linker calls them.

mod near;
mod streams;
mod told;

use std::path::Path;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtx, WasiFilesystemCtxView};

use super::*;

fn grant(host: &Path, guest: &str, mode: Mode) -> Grant {
    let guest = guest.parse().expect("a guest path");
    Grant { host: host.to_owned(), guest, mode, max_bytes: None, max_file: None }
}

fn checked(grants: &[Grant], asks: Asks<'_>) -> Result<Arc<Rules>, CapabilityError> {
    check(&"x".into(), grants, asks).map(|(rules, _)| rules)
}

/// What the store of a guest holds of files.
struct Guest {
    fs: FsCtx,
    wasi: WasiFilesystemCtx,
    table: ResourceTable,
}

impl FsView for Guest {
    fn fs(&mut self) -> FsCtxView<'_> {
        FsCtxView { ctx: &mut self.fs, wasi: WasiFilesystemCtxView { ctx: &mut self.wasi, table: &mut self.table } }
    }
}

impl Guest {
    fn new(grant: Grant, uses: &Uses) -> Self {
        let rules = checked(&[grant], Asks::Unsaid).expect("it is good");
        Self { fs: build(&rules, uses), wasi: WasiFilesystemCtx::default(), table: ResourceTable::new() }
    }

    /// A handle of its folder.
    fn folder(&mut self) -> Resource<Descriptor> {
        self.fs().directories().expect("there is room").pop().expect("it has one").0
    }
}

/// A handle, lent.
fn lent(handle: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(handle.rep())
}
#[test]
fn a_plugin_gets_no_more_than_it_asks_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let grants = [grant(folder.path(), "/a", Mode::ReadWrite)];
    let modes = |asks| {
        let rules = checked(&grants, asks).expect("it is good");
        rules.folders.iter().map(|folder| folder.mode).collect::<Vec<_>>()
    };
    let read = Request { mode: Mode::Read, why: "y".into() };
    assert_eq!(modes(Asks::Unsaid), [Mode::ReadWrite]);
    assert_eq!(modes(Asks::For(&read)), [Mode::Read]);
    assert_eq!(modes(Asks::ForNone), []);
}

#[test]
fn folders_that_cannot_be_had_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = |grants: &[Grant]| checked(grants, Asks::Unsaid).err().expect("an error").to_string();
    let gone = error(&[grant(&folder.path().join("gone"), "/a", Mode::Read)]);
    assert!(gone.contains("gone"), "{gone}");
    let one = grant(folder.path(), "/a", Mode::Read);
    assert!(error(&[one.clone(), one.clone()]).contains("/a"));
    assert!(error(&vec![one; MAX_FOLDERS + 1]).contains("33 folders; 32 is the most: grant one folder above them"));
}
