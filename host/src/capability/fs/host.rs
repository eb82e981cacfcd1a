//! What one call holds of its folders, and what it may do with it: the state behind both versions of wasi:filesystem.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use cap_primitives::ambient_authority;
use cap_primitives::fs::open_ambient_dir;
use wasmtime::component::{HasData, Resource};
use wasmtime::format_err;
use wasmtime_wasi::filesystem::{self, Descriptor, Dir, WasiFilesystemCtxView};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::allowance::{Allowance, NAME, joined};
use super::fault::{Code, Fault};
use super::near::{self, System};
use super::open::{MAX_OF_CALL, Open, Room};
use super::opening::{Ask, Opening, perms};
use super::refusal::{Refusal, gone, no_folder};
use super::writing::Target;
use super::{Mode, Rules};
use crate::capability::{Kind, Uses};

/// What one call holds of its folders.
pub struct FsCtx {
    rules: Arc<Rules>,
    uses: Uses,
    open: Arc<Open>,
    allowances: Vec<Arc<Allowance>>,
    /// The folders, opened when the guest first asks which it has: most calls never do.
    preopened: Option<Vec<(Dir, Held)>>,
    /// What each handle stands for, by its number in the table.
    held: HashMap<u32, Held>,
}

/// What a handle stands for.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) allowance: Arc<Allowance>,
    /// As the guest knows it.
    pub(super) path: Arc<str>,
    /// Whether it is on a file system that has at hand what is in memory.
    pub(super) is_local: bool,
}

/// That, with wasmtime-wasi's own state and the table of handles.
pub struct FsCtxView<'a> {
    /// Barkeep's.
    pub ctx: &'a mut FsCtx,
    /// wasmtime-wasi's, without a folder of its own.
    pub wasi: WasiFilesystemCtxView<'a>,
}

/// What holds it.
pub trait FsView: Send {
    /// The view of it.
    fn fs(&mut self) -> FsCtxView<'_>;
}

/// The name of the view for the linker.
pub(super) struct Fs;

impl HasData for Fs {
    type Data<'a> = FsCtxView<'a>;
}

impl FsCtx {
    pub(super) fn new(rules: Arc<Rules>, uses: Uses) -> Self {
        let allowance = |folder| Arc::new(Allowance::new(Arc::clone(&rules.plugin), Arc::clone(folder), uses.clone()));
        let allowances = rules.folders.iter().map(allowance).collect();
        Self { rules, uses, open: Open::new(MAX_OF_CALL), allowances, preopened: None, held: HashMap::new() }
    }

    /// Another call begins on the same instance: it may write as much again.
    pub fn refill(&self) {
        self.allowances.iter().for_each(|allowance| allowance.refill());
    }

    /// The folders. One that cannot be opened any more is left out: the plugin then has what remains, and tells that the path
    /// is not there.
    fn preopened(&mut self) -> &[(Dir, Held)] {
        let Self { rules, uses, allowances, .. } = self;
        self.preopened.get_or_insert_with(|| {
            if rules.asks && allowances.is_empty() {
                uses.refused(Kind::Fs, "any folder", no_folder(&rules.plugin));
            }
            allowances.iter().filter_map(|allowance| preopen(rules, uses, allowance)).collect()
        })
    }
}

fn preopen(rules: &Rules, uses: &Uses, allowance: &Arc<Allowance>) -> Option<(Dir, Held)> {
    let folder = &allowance.folder;
    let guest = folder.grant.guest.as_str();
    match open_ambient_dir(&folder.grant.host, ambient_authority()) {
        Ok(dir) => {
            let mode = match folder.mode {
                Mode::Read => OpenMode::READ,
                Mode::ReadWrite => OpenMode::READ | OpenMode::WRITE,
            };
            let is_local = System::of(&dir).is_ok_and(|system| system.is_local);
            let dir = Dir::new(dir, perms(folder.mode), mode, false);
            Some((dir, Held { allowance: Arc::clone(allowance), path: guest.into(), is_local }))
        }
        Err(error) => {
            tracing::warn!(plugin = &*rules.plugin, guest, "a granted folder cannot be opened: {error:#}");
            uses.refused(Kind::Fs, &format!("read {guest}"), gone(&rules.plugin, folder));
            None
        }
    }
}

impl FsCtxView<'_> {
    /// All folders, each with a handle of its own.
    pub(super) fn directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let preopened = self.ctx.preopened().to_vec();
        let mut given = Vec::with_capacity(preopened.len());
        for (dir, held) in preopened {
            let path = held.path.to_string();
            given.push((self.hold(Descriptor::Dir(dir), held)?, path));
        }
        Ok(given)
    }

    /// A handle for `descriptor`.
    pub(super) fn hold(&mut self, descriptor: Descriptor, held: Held) -> wasmtime::Result<Resource<Descriptor>> {
        let handle = self.wasi.table.push(descriptor)?;
        self.ctx.held.insert(handle.rep(), held);
        Ok(handle)
    }

    /// Forgets what a handle stood for.
    pub(super) fn let_go(&mut self, handle: &Resource<Descriptor>) {
        self.ctx.held.remove(&handle.rep());
    }

    /// What a handle stands for.
    pub(super) fn held(&self, handle: &Resource<Descriptor>) -> Result<&Held, Fault> {
        self.ctx.held.get(&handle.rep()).ok_or_else(|| Fault::Trap(format_err!("a handle that stands for no file")))
    }

    pub(super) fn dir(&self, handle: &Resource<Descriptor>) -> Result<&Dir, Fault> {
        match self.wasi.table.get(handle)? {
            Descriptor::Dir(dir) => Ok(dir),
            Descriptor::File(_) => Err(Code::NotDirectory.into()),
        }
    }

    /// A file that a handle stands for, and whether it is on a file system that has at hand what is in memory.
    pub(super) fn file(&self, handle: &Resource<Descriptor>) -> Result<Option<(Arc<File>, bool)>, Fault> {
        Ok(match self.wasi.table.get(handle)? {
            Descriptor::File(file) => Some((Arc::clone(&file.file), self.held(handle)?.is_local)),
            Descriptor::Dir(_) => None,
        })
    }

    /// Whether a handle stands for a folder, and what it was opened for. Nothing else is kept in its flags: what would be is
    /// refused by [`Ask::check`].
    pub(super) fn opened(&self, handle: &Resource<Descriptor>) -> Result<(bool, OpenMode), Fault> {
        Ok(match self.wasi.table.get(handle)? {
            Descriptor::File(file) => (false, file.open_mode),
            Descriptor::Dir(dir) => (true, dir.open_mode),
        })
    }

    /// A handle of the host's own for what one of the guest stands for, where that is near: wasmtime-wasi looks at it at once,
    /// on this thread. It is to be [forgotten](Self::forget) then.
    pub(super) fn near(&mut self, handle: &Resource<Descriptor>) -> Option<Resource<Descriptor>> {
        let file = match self.wasi.table.get(handle).ok()? {
            Descriptor::File(file) => &file.file,
            Descriptor::Dir(dir) => &dir.dir,
        };
        let found = self.held(handle).ok()?.is_local.then(|| file.try_clone().ok()).flatten()?;
        self.look_at(found)
    }

    /// The same for what is at `path` beneath a handle.
    pub(super) fn near_at(
        &mut self,
        handle: &Resource<Descriptor>,
        path: &str,
        follow: bool,
    ) -> Option<Resource<Descriptor>> {
        let is_local = self.held(handle).ok()?.is_local;
        let found = is_local.then(|| near::at(&self.dir(handle).ok()?.dir, path, follow)).flatten()?;
        self.look_at(found)
    }

    fn look_at(&mut self, found: File) -> Option<Resource<Descriptor>> {
        let file = filesystem::File::new(found, FsPerms::ReadOnly, OpenMode::empty(), true);
        self.wasi.table.push(Descriptor::File(file)).ok()
    }

    /// Closes a handle of the host's own.
    pub(super) fn forget(&mut self, handle: Resource<Descriptor>) -> Result<(), Fault> {
        self.wasi.table.delete(handle)?;
        Ok(())
    }

    /// Whether something may be changed at `path` beneath a handle: it is told, or refused.
    pub(super) fn change(&self, handle: &Resource<Descriptor>, verb: &str, path: &str) -> Result<(), Fault> {
        let held = self.held(handle)?;
        let whole = joined(&held.path, path);
        held.allowance.may_change(verb, &whole)?;
        held.allowance.allowed(verb, &whole, Mode::ReadWrite);
        Ok(())
    }

    /// The same for a change that leaves a new name behind.
    pub(super) fn create(&self, handle: &Resource<Descriptor>, verb: &str, path: &str) -> Result<Made, Fault> {
        let held = self.held(handle)?;
        let whole = joined(&held.path, path);
        held.allowance.may_change(verb, &whole)?;
        held.allowance.take(NAME, verb, &whole)?;
        held.allowance.allowed(verb, &whole, Mode::ReadWrite);
        Ok(Made(Arc::clone(&held.allowance)))
    }

    /// Room for one more open file or folder, in the call and in the plugin.
    pub(super) fn rooms(&self, held: &Held, whole: &str) -> Result<[Room; 2], Fault> {
        let room = |open: &Arc<Open>, of_plugin| {
            let most = open.most();
            let refused = || held.allowance.refuse(Refusal::TooManyOpen { most, of_plugin }, "open", whole);
            open.room().ok_or_else(refused)
        };
        Ok([room(&self.ctx.open, false)?, room(&self.ctx.rules.open, true)?])
    }

    /// Looks at what a guest asks to open. What comes of it is given to [`Self::hold`].
    pub(super) fn opening(&self, handle: &Resource<Descriptor>, path: String, ask: Ask) -> Result<Opening, Fault> {
        let held = self.held(handle)?;
        let dir = Arc::clone(&self.dir(handle)?.dir);
        ask.check()?;
        let whole: Arc<str> = joined(&held.path, &path).into();
        if ask.changes() {
            held.allowance.may_change("write", &whole)?;
        }
        let rooms = self.rooms(held, &whole)?;
        if let Some(verb) = ask.verb() {
            held.allowance.allowed(verb, &whole, if ask.changes() { Mode::ReadWrite } else { Mode::Read });
        }
        let is_local = held.is_local;
        // Where it is will be known when it is open.
        let held = Held { allowance: Arc::clone(&held.allowance), path: whole, is_local: false };
        Ok(Opening { dir, is_local, path, ask, held, rooms })
    }

    /// A file to write to.
    pub(super) fn target(&self, handle: &Resource<Descriptor>) -> Result<Target, Fault> {
        let Descriptor::File(file) = self.wasi.table.get(handle)? else { return Err(Code::BadDescriptor.into()) };
        let Held { allowance, path, .. } = self.held(handle)?.clone();
        allowance.may_change("write", &path)?;
        Ok(Target { file: Arc::clone(&file.file), allowance, path })
    }

    /// A folder to list: what to give to [`super::listing::Listing::start`].
    pub(super) fn listing(&self, handle: &Resource<Descriptor>) -> Result<(Arc<File>, [Room; 2]), Fault> {
        let dir = Arc::clone(&self.dir(handle)?.dir);
        let held = self.held(handle)?;
        let rooms = self.rooms(held, &held.path)?;
        held.allowance.allowed("list", &held.path, Mode::Read);
        Ok((dir, rooms))
    }
}

/// A name that was counted before it was made.
pub(super) struct Made(Arc<Allowance>);

impl Made {
    /// Gives it back where it was not made after all.
    pub(super) fn or_not<T, E>(self, made: Result<T, E>) -> Result<T, E> {
        made.inspect_err(|_| self.0.give_back(NAME))
    }
}
