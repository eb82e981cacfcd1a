//! wasi:filesystem 0.2, around wasmtime-wasi's.

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::OpenMode;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode,
    Filesize, Host, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};
use wasmtime_wasi::runtime::spawn_blocking;

use super::fault::Code;
use super::host::{Fs, FsCtxView, FsView};
use super::listing::{EntryKind, Listing};
use super::near;
use super::opening::Ask;
use super::reading::Reader;
use super::writing::{At, Writer};

type Handle = Resource<Descriptor>;

pub(super) fn link<T: FsView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    types::add_to_linker::<T, Fs>(linker, T::fs)?;
    preopens::add_to_linker::<T, Fs>(linker, T::fs)
}

impl preopens::Host for FsCtxView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Handle, String)>> {
        self.directories()
    }
}

impl Host for FsCtxView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        if let Some(code) = self.wasi.table.get(&error)?.downcast_ref::<Code>() {
            return Ok(Some(code.p2()));
        }
        self.wasi.filesystem_error_code(error)
    }
}

impl HostDescriptor for FsCtxView<'_> {
    async fn open_at(
        &mut self,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Handle> {
        let opening = self.opening(&handle, path, ask(path_flags, open_flags, flags))?;
        let (descriptor, held) = opening.run().await?;
        self.hold(descriptor, held).map_err(FsError::trap)
    }

    fn drop(&mut self, handle: Handle) -> wasmtime::Result<()> {
        self.let_go(&handle);
        HostDescriptor::drop(&mut self.wasi, handle)
    }

    async fn write(&mut self, handle: Handle, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let target = self.target(&handle)?;
        Ok(spawn_blocking(move || target.write(At::Offset(offset), &bytes)).await? as Filesize)
    }

    fn write_via_stream(&mut self, handle: Handle, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        let writer: DynOutputStream = Box::new(Writer::new(self.target(&handle)?, At::Offset(offset)));
        Ok(self.wasi.table.push(writer)?)
    }

    fn append_via_stream(&mut self, handle: Handle) -> FsResult<Resource<DynOutputStream>> {
        let writer: DynOutputStream = Box::new(Writer::new(self.target(&handle)?, At::End));
        Ok(self.wasi.table.push(writer)?)
    }

    async fn set_size(&mut self, handle: Handle, size: Filesize) -> FsResult<()> {
        let target = self.target(&handle)?;
        Ok(spawn_blocking(move || target.set_size(size)).await?)
    }

    async fn read_directory(&mut self, handle: Handle) -> FsResult<Resource<DirectoryEntryStream>> {
        let (dir, rooms) = self.listing(&handle)?;
        let listing = self.wasi.table.push(Listing::start(dir, rooms).await?)?;
        // The guest knows it by this type; here it is looked for under its own.
        Ok(Resource::new_own(listing.rep()))
    }

    async fn create_directory_at(&mut self, handle: Handle, path: String) -> FsResult<()> {
        let made = self.create(&handle, "create", &path)?;
        made.or_not(self.wasi.create_directory_at(handle, path).await)
    }

    async fn symlink_at(&mut self, handle: Handle, target: String, path: String) -> FsResult<()> {
        let made = self.create(&handle, "link", &path)?;
        made.or_not(self.wasi.symlink_at(handle, target, path).await)
    }

    async fn link_at(
        &mut self,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        new_handle: Handle,
        new_path: String,
    ) -> FsResult<()> {
        self.change(&handle, "link", &path)?;
        let made = self.create(&new_handle, "link", &new_path)?;
        made.or_not(self.wasi.link_at(handle, path_flags, path, new_handle, new_path).await)
    }

    async fn rename_at(&mut self, handle: Handle, path: String, new_handle: Handle, new_path: String) -> FsResult<()> {
        self.change(&handle, "rename", &path)?;
        self.change(&new_handle, "rename", &new_path)?;
        self.wasi.rename_at(handle, path, new_handle, new_path).await
    }

    async fn remove_directory_at(&mut self, handle: Handle, path: String) -> FsResult<()> {
        self.change(&handle, "remove", &path)?;
        self.wasi.remove_directory_at(handle, path).await
    }

    async fn unlink_file_at(&mut self, handle: Handle, path: String) -> FsResult<()> {
        self.change(&handle, "remove", &path)?;
        self.wasi.unlink_file_at(handle, path).await
    }

    async fn set_times(&mut self, handle: Handle, access: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.change(&handle, "change the times of", ".")?;
        self.wasi.set_times(handle, access, modified).await
    }

    async fn set_times_at(
        &mut self,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.change(&handle, "change the times of", &path)?;
        if !path_flags.contains(PathFlags::SYMLINK_FOLLOW) {
            return self.wasi.set_times_at(handle, path_flags, path, access, modified).await;
        }
        let (descriptor, held) = self.opening(&handle, path, Ask::for_times())?.run().await?;
        let opened = self.hold(descriptor, held).map_err(FsError::trap)?;
        let set = self.wasi.set_times(Resource::new_borrow(opened.rep()), access, modified).await;
        HostDescriptor::drop(self, opened).map_err(FsError::trap)?;
        set
    }

    fn read_via_stream(&mut self, handle: Handle, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        // There is no stream of a folder, which wasmtime-wasi says.
        let Some((file, is_local)) = self.file(&handle)? else { return self.wasi.read_via_stream(handle, offset) };
        let reader: DynInputStream = Box::new(Reader::new(file, is_local, offset));
        Ok(self.wasi.table.push(reader)?)
    }

    async fn read(&mut self, handle: Handle, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        if let Some((file, true)) = self.file(&handle)?
            && let Some(bytes) = near::read(&file, offset, usize::try_from(length).unwrap_or(usize::MAX))
        {
            return Ok((bytes.to_vec(), bytes.is_empty()));
        }
        self.wasi.read(handle, length, offset).await
    }

    async fn advise(&mut self, handle: Handle, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        self.wasi.advise(handle, offset, length, advice).await
    }

    async fn sync_data(&mut self, handle: Handle) -> FsResult<()> {
        self.wasi.sync_data(handle).await
    }

    async fn sync(&mut self, handle: Handle) -> FsResult<()> {
        self.wasi.sync(handle).await
    }

    async fn get_flags(&mut self, handle: Handle) -> FsResult<DescriptorFlags> {
        let (is_dir, mode) = self.opened(&handle)?;
        let mut flags = DescriptorFlags::empty();
        if mode.contains(OpenMode::READ) {
            flags |= DescriptorFlags::READ;
        }
        if mode.contains(OpenMode::WRITE) {
            flags |= if is_dir { DescriptorFlags::MUTATE_DIRECTORY } else { DescriptorFlags::WRITE };
        }
        Ok(flags)
    }

    async fn get_type(&mut self, handle: Handle) -> FsResult<DescriptorType> {
        let Some(near) = self.near(&handle) else { return self.wasi.get_type(handle).await };
        let kind = self.wasi.get_type(Resource::new_borrow(near.rep())).await;
        self.forget(near)?;
        kind
    }

    async fn stat(&mut self, handle: Handle) -> FsResult<DescriptorStat> {
        let Some(near) = self.near(&handle) else { return self.wasi.stat(handle).await };
        let stat = self.wasi.stat(Resource::new_borrow(near.rep())).await;
        self.forget(near)?;
        stat
    }

    async fn stat_at(&mut self, handle: Handle, path_flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let Some(near) = self.near_at(&handle, &path, follows(path_flags)) else {
            return self.wasi.stat_at(handle, path_flags, path).await;
        };
        let stat = self.wasi.stat(Resource::new_borrow(near.rep())).await;
        self.forget(near)?;
        stat
    }

    async fn readlink_at(&mut self, handle: Handle, path: String) -> FsResult<String> {
        self.wasi.readlink_at(handle, path).await
    }

    async fn is_same_object(&mut self, one: Handle, other: Handle) -> wasmtime::Result<bool> {
        self.wasi.is_same_object(one, other).await
    }

    async fn metadata_hash(&mut self, handle: Handle) -> FsResult<MetadataHashValue> {
        let Some(near) = self.near(&handle) else { return self.wasi.metadata_hash(handle).await };
        let hash = self.wasi.metadata_hash(Resource::new_borrow(near.rep())).await;
        self.forget(near)?;
        hash
    }

    async fn metadata_hash_at(
        &mut self,
        handle: Handle,
        path_flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let Some(near) = self.near_at(&handle, &path, follows(path_flags)) else {
            return self.wasi.metadata_hash_at(handle, path_flags, path).await;
        };
        let hash = self.wasi.metadata_hash(Resource::new_borrow(near.rep())).await;
        self.forget(near)?;
        hash
    }
}

impl HostDirectoryEntryStream for FsCtxView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let handle = Resource::<Listing>::new_own(stream.rep());
        loop {
            let listing = self.wasi.table.get_mut(&handle)?;
            if let Some(entry) = listing.next_read() {
                let entry = entry?;
                return Ok(Some(DirectoryEntry { type_: kind(entry.kind), name: entry.name }));
            }
            let Some(reading) = listing.read_on() else { return Ok(None) };
            let part = reading.await;
            self.wasi.table.get_mut(&handle)?.put(part);
        }
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.wasi.table.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}

fn kind(kind: EntryKind) -> DescriptorType {
    match kind {
        EntryKind::File => DescriptorType::RegularFile,
        EntryKind::Directory => DescriptorType::Directory,
        EntryKind::SymbolicLink => DescriptorType::SymbolicLink,
        EntryKind::Other => DescriptorType::Unknown,
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

fn ask(path_flags: PathFlags, open_flags: OpenFlags, flags: DescriptorFlags) -> Ask {
    let sync = DescriptorFlags::FILE_INTEGRITY_SYNC
        | DescriptorFlags::DATA_INTEGRITY_SYNC
        | DescriptorFlags::REQUESTED_WRITE_SYNC;
    Ask {
        follow: follows(path_flags),
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
