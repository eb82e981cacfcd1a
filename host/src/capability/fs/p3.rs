//! wasi:filesystem 0.3, around wasmtime-wasi's.

use tokio::sync::oneshot;
use wasmtime::AsContextMut;
use wasmtime::component::{Access, Accessor, FutureReader, Linker, Resource, StreamReader};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystem, WasiFilesystemCtxView};
use wasmtime_wasi::p3::bindings::filesystem::preopens;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize, Host,
    HostDescriptor, HostDescriptorWithStore, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p3::filesystem::{FilesystemError, FilesystemResult};
use wasmtime_wasi::runtime::spawn_blocking;

use super::fault::Fault;
use super::host::{Fs, FsCtxView, FsView};
use super::opening::{Ask, Opening};
use super::streams::{Entries, Upload};
use super::writing::At;

type Handle = Resource<Descriptor>;

/// How the end of a stream is told.
type End = FutureReader<Result<(), ErrorCode>>;

pub(super) fn link<T: FsView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    types::add_to_linker::<T, Fs>(linker, T::fs)?;
    preopens::add_to_linker::<T, Fs>(linker, T::fs)
}

/// Where wasmtime-wasi's own state is.
fn inner<T: FsView>(state: &mut T) -> WasiFilesystemCtxView<'_> {
    state.fs().wasi
}

fn wasi<T: FsView>(store: &Accessor<T, Fs>) -> Accessor<T, WasiFilesystem> {
    store.with_getter::<WasiFilesystem>(inner)
}

/// Looks at what a guest asks for before it is done.
fn look<T: FsView + 'static, R>(
    store: &Accessor<T, Fs>,
    look: impl FnOnce(&mut FsCtxView<'_>) -> Result<R, Fault>,
) -> Result<R, Fault> {
    store.with(|mut access| look(&mut access.get()))
}

impl preopens::Host for FsCtxView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Handle, String)>> {
        self.directories()
    }
}

impl Host for FsCtxView<'_> {
    fn convert_error_code(&mut self, error: FilesystemError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }
}

impl HostDescriptor for FsCtxView<'_> {
    fn drop(&mut self, handle: Handle) -> wasmtime::Result<()> {
        self.let_go(&handle);
        HostDescriptor::drop(&mut self.wasi, handle)
    }
}

/// Writes a stream to a file, wherever `at` says.
fn upload<T: FsView + 'static>(
    mut store: Access<'_, T, Fs>,
    handle: &Handle,
    mut data: StreamReader<u8>,
    at: At,
) -> wasmtime::Result<End> {
    let (ended, end) = oneshot::channel();
    match store.get().target(handle) {
        Ok(target) => data.pipe(&mut store, Upload::new(target, at, ended))?,
        Err(Fault::Trap(error)) => return Err(error),
        Err(fault) => {
            data.close(&mut store)?;
            // Nobody may want to know.
            let _ = ended.send(Err(fault.p3()));
        }
    }
    FutureReader::new(&mut store, end)
}

/// Opens something, and gives it a handle.
async fn open<T: FsView + 'static>(store: &Accessor<T, Fs>, opening: Opening) -> FilesystemResult<Handle> {
    let (descriptor, held) = opening.run().await?;
    store.with(|mut access| access.get().hold(descriptor, held)).map_err(FilesystemError::trap)
}

impl<T: FsView + 'static> HostDescriptorWithStore<T> for Fs {
    async fn open_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FilesystemResult<Handle> {
        let ask = ask(path_flags, open_flags, flags);
        let opening = look(store, |view| view.opening(&handle, path, ask))?;
        open(store, opening).await
    }

    fn write_via_stream(
        store: Access<'_, T, Self>,
        handle: Handle,
        data: StreamReader<u8>,
        offset: Filesize,
    ) -> wasmtime::Result<End> {
        upload(store, &handle, data, At::Offset(offset))
    }

    fn append_via_stream(store: Access<'_, T, Self>, handle: Handle, data: StreamReader<u8>) -> wasmtime::Result<End> {
        upload(store, &handle, data, At::End)
    }

    async fn set_size(store: &Accessor<T, Self>, handle: Handle, size: Filesize) -> FilesystemResult<()> {
        let target = look(store, |view| view.target(&handle))?;
        Ok(spawn_blocking(move || target.set_size(size)).await?)
    }

    fn read_directory(
        mut store: Access<'_, T, Self>,
        handle: Handle,
    ) -> wasmtime::Result<(StreamReader<DirectoryEntry>, End)> {
        let (ended, end) = oneshot::channel();
        let entries = match store.get().listing(&handle) {
            Ok((dir, rooms)) => StreamReader::new(&mut store, Entries::new(dir, rooms, ended))?,
            Err(Fault::Trap(error)) => return Err(error),
            Err(fault) => {
                let _ = ended.send(Err(fault.p3()));
                StreamReader::new(&mut store, std::iter::empty())?
            }
        };
        Ok((entries, FutureReader::new(&mut store, end)?))
    }

    async fn create_directory_at(store: &Accessor<T, Self>, handle: Handle, path: String) -> FilesystemResult<()> {
        let made = look(store, |view| view.create(&handle, "create", &path))?;
        made.or_not(WasiFilesystem::create_directory_at(&wasi(store), handle, path).await)
    }

    async fn symlink_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        target: String,
        path: String,
    ) -> FilesystemResult<()> {
        let made = look(store, |view| view.create(&handle, "link", &path))?;
        made.or_not(WasiFilesystem::symlink_at(&wasi(store), handle, target, path).await)
    }

    async fn link_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        new_handle: Handle,
        new_path: String,
    ) -> FilesystemResult<()> {
        let made = look(store, |view| {
            view.change(&handle, "link", &path)?;
            view.create(&new_handle, "link", &new_path)
        })?;
        let wasi = wasi(store);
        made.or_not(WasiFilesystem::link_at(&wasi, handle, path_flags, path, new_handle, new_path).await)
    }

    async fn rename_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path: String,
        new_handle: Handle,
        new_path: String,
    ) -> FilesystemResult<()> {
        look(store, |view| {
            view.change(&handle, "rename", &path)?;
            view.change(&new_handle, "rename", &new_path)
        })?;
        WasiFilesystem::rename_at(&wasi(store), handle, path, new_handle, new_path).await
    }

    async fn remove_directory_at(store: &Accessor<T, Self>, handle: Handle, path: String) -> FilesystemResult<()> {
        look(store, |view| view.change(&handle, "remove", &path))?;
        WasiFilesystem::remove_directory_at(&wasi(store), handle, path).await
    }

    async fn unlink_file_at(store: &Accessor<T, Self>, handle: Handle, path: String) -> FilesystemResult<()> {
        look(store, |view| view.change(&handle, "remove", &path))?;
        WasiFilesystem::unlink_file_at(&wasi(store), handle, path).await
    }

    async fn set_times(
        store: &Accessor<T, Self>,
        handle: Handle,
        access: NewTimestamp,
        modified: NewTimestamp,
    ) -> FilesystemResult<()> {
        look(store, |view| view.change(&handle, "change the times of", "."))?;
        WasiFilesystem::set_times(&wasi(store), handle, access, modified).await
    }

    async fn set_times_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modified: NewTimestamp,
    ) -> FilesystemResult<()> {
        look(store, |view| view.change(&handle, "change the times of", &path))?;
        if !path_flags.contains(PathFlags::SYMLINK_FOLLOW) {
            return WasiFilesystem::set_times_at(&wasi(store), handle, path_flags, path, access, modified).await;
        }
        let opening = look(store, |view| view.opening(&handle, path, Ask::for_times()))?;
        let opened = open(store, opening).await?;
        let borrowed = Resource::new_borrow(opened.rep());
        let set = WasiFilesystem::set_times(&wasi(store), borrowed, access, modified).await;
        store.with(|mut store| HostDescriptor::drop(&mut store.get(), opened)).map_err(FilesystemError::trap)?;
        set
    }

    fn read_via_stream(
        mut store: Access<'_, T, Self>,
        handle: Handle,
        offset: Filesize,
    ) -> wasmtime::Result<(StreamReader<u8>, End)> {
        let wasi = Access::<T, WasiFilesystem>::new(store.as_context_mut(), inner);
        WasiFilesystem::read_via_stream(wasi, handle, offset)
    }

    async fn advise(
        store: &Accessor<T, Self>,
        handle: Handle,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FilesystemResult<()> {
        WasiFilesystem::advise(&wasi(store), handle, offset, length, advice).await
    }

    async fn sync_data(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<()> {
        WasiFilesystem::sync_data(&wasi(store), handle).await
    }

    async fn sync(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<()> {
        WasiFilesystem::sync(&wasi(store), handle).await
    }

    async fn get_flags(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<DescriptorFlags> {
        WasiFilesystem::get_flags(&wasi(store), handle).await
    }

    async fn get_type(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<DescriptorType> {
        WasiFilesystem::get_type(&wasi(store), handle).await
    }

    async fn stat(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<DescriptorStat> {
        WasiFilesystem::stat(&wasi(store), handle).await
    }

    async fn stat_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
    ) -> FilesystemResult<DescriptorStat> {
        WasiFilesystem::stat_at(&wasi(store), handle, path_flags, path).await
    }

    async fn readlink_at(store: &Accessor<T, Self>, handle: Handle, path: String) -> FilesystemResult<String> {
        WasiFilesystem::readlink_at(&wasi(store), handle, path).await
    }

    async fn is_same_object(store: &Accessor<T, Self>, one: Handle, other: Handle) -> wasmtime::Result<bool> {
        WasiFilesystem::is_same_object(&wasi(store), one, other).await
    }

    async fn metadata_hash(store: &Accessor<T, Self>, handle: Handle) -> FilesystemResult<MetadataHashValue> {
        WasiFilesystem::metadata_hash(&wasi(store), handle).await
    }

    async fn metadata_hash_at(
        store: &Accessor<T, Self>,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
    ) -> FilesystemResult<MetadataHashValue> {
        WasiFilesystem::metadata_hash_at(&wasi(store), handle, path_flags, path).await
    }
}

fn ask(path_flags: PathFlags, open_flags: OpenFlags, flags: DescriptorFlags) -> Ask {
    let sync = DescriptorFlags::FILE_INTEGRITY_SYNC
        | DescriptorFlags::DATA_INTEGRITY_SYNC
        | DescriptorFlags::REQUESTED_WRITE_SYNC;
    Ask {
        follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
        create: open_flags.contains(OpenFlags::CREATE),
        exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
        directory: open_flags.contains(OpenFlags::DIRECTORY),
        truncate: open_flags.contains(OpenFlags::TRUNCATE),
        read: flags.contains(DescriptorFlags::READ),
        write: flags.contains(DescriptorFlags::WRITE),
        sync: (flags & sync) != DescriptorFlags::empty(),
        ..Ask::default()
    }
}
