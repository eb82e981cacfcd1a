//! What is told at once is what would be told on another thread.

use std::fs;

use bytes::Bytes;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, DescriptorStat};
use wasmtime_wasi::p2::bindings::filesystem::types::{HostDescriptor, OpenFlags, PathFlags};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError};

use super::super::near::{self, System};
use super::super::reading::Reader;
use super::*;

const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

/// A folder with a file, a folder, and on systems that have them links: to both, and out.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "some text").expect("written");
    fs::create_dir(folder.path().join("below")).expect("a folder");
    fs::write(folder.path().join("below").join("file"), "more").expect("written");
    #[cfg(unix)]
    for (link, target) in [("link", "below/file"), ("up", ".."), ("out", "/"), ("gone", "nowhere")] {
        std::os::unix::fs::symlink(target, folder.path().join(link)).expect("a link");
    }
    folder
}

fn same(near: &DescriptorStat, far: &DescriptorStat) {
    // Both have no equality of their own.
    assert_eq!(format!("{near:?}"), format!("{far:?}"));
}

#[tokio::test]
async fn what_is_looked_at_is_the_same_near_and_far() {
    let folder = folder();
    let mut guest = Guest::new(grant(folder.path(), "/a", Mode::ReadWrite), &Uses::default());
    let root = guest.folder();
    for path in ["file", "below", "below/file", ".", "link", "up", "out", "gone", "..", "/", "", "file/x", "a\0b"] {
        for flags in [PathFlags::empty(), FOLLOW] {
            let what = format!("{path:?} {flags:?}");
            let near = guest.fs().stat_at(lent(&root), flags, path.to_owned()).await;
            let far = guest.fs().wasi.stat_at(lent(&root), flags, path.to_owned()).await;
            match (near, far) {
                (Ok(near), Ok(far)) => same(&near, &far),
                (Err(near), Err(far)) => {
                    assert_eq!(near.downcast().expect("a code"), far.downcast().expect("a code"), "{what}");
                }
                (near, far) => panic!("{what}: {near:?} and {far:?}"),
            }
            let near = guest.fs().metadata_hash_at(lent(&root), flags, path.to_owned()).await;
            let far = guest.fs().wasi.metadata_hash_at(lent(&root), flags, path.to_owned()).await;
            let hash = |hash: Result<_, _>| hash.ok().map(|hash| format!("{hash:?}"));
            assert_eq!(hash(near), hash(far), "{what}");
        }
    }
}

#[tokio::test]
async fn what_is_open_is_the_same_near_and_far() {
    let folder = folder();
    let mut guest = Guest::new(grant(folder.path(), "/a", Mode::ReadWrite), &Uses::default());
    let root = guest.folder();
    let (read, write, change) = (DescriptorFlags::READ, DescriptorFlags::WRITE, DescriptorFlags::MUTATE_DIRECTORY);
    for (path, flags) in [("file", read), ("file", write), ("file", read | write), (".", read), (".", read | change)] {
        let opened = guest.fs().open_at(lent(&root), FOLLOW, path.to_owned(), OpenFlags::empty(), flags).await;
        let opened = opened.expect("it is there");
        let near = guest.fs().stat(lent(&opened)).await.expect("it is open");
        let far = guest.fs().wasi.stat(lent(&opened)).await.expect("it is open");
        same(&near, &far);
        let near = guest.fs().get_flags(lent(&opened)).await.expect("it is open");
        let far = guest.fs().wasi.get_flags(lent(&opened)).await.expect("it is open");
        assert_eq!(near, far, "{path} {flags:?}");
        let near = guest.fs().get_type(lent(&opened)).await.expect("it is open");
        let far = guest.fs().wasi.get_type(lent(&opened)).await.expect("it is open");
        assert_eq!(near, far, "{path}");
        let near = guest.fs().metadata_hash(lent(&opened)).await.expect("it is open");
        let far = guest.fs().wasi.metadata_hash(lent(&opened)).await.expect("it is open");
        assert_eq!(format!("{near:?}"), format!("{far:?}"), "{path}");
    }
    let file = guest.fs().open_at(lent(&root), FOLLOW, "file".to_owned(), OpenFlags::empty(), read).await;
    let file = file.expect("it is there");
    for (length, offset) in [(4, 0), (100, 5), (100, 9), (100, 900), (0, 0)] {
        let near = guest.fs().read(lent(&file), length, offset).await.expect("it is open");
        let far = guest.fs().wasi.read(lent(&file), length, offset).await.expect("it is open");
        assert_eq!(near, far);
    }
}

/// The handles by which the host looks are its own, and gone afterwards.
#[tokio::test]
async fn looking_leaves_nothing_behind() {
    let folder = folder();
    let mut guest = Guest::new(grant(folder.path(), "/a", Mode::Read), &Uses::default());
    let root = guest.folder();
    guest.table.set_max_capacity(2);
    for _ in 0..100 {
        guest.fs().stat_at(lent(&root), FOLLOW, "file".to_owned()).await.expect("it is there");
        guest.fs().metadata_hash(lent(&root)).await.expect("it is there");
    }
    // Without room for such a handle it goes the other way.
    guest.table.set_max_capacity(1);
    guest.fs().stat_at(lent(&root), FOLLOW, "file".to_owned()).await.expect("it is there");
}

#[test]
fn what_leads_out_is_not_near() {
    let folder = folder();
    let dir = open_ambient_dir(folder.path(), ambient_authority()).expect("it is there");
    for path in ["..", "/", "/etc", "below/../../x", "up", "out", "gone", "nowhere", "", "a\0b"] {
        assert!(near::at(&dir, path, true).is_none(), "{path:?}");
    }
}

#[test]
fn no_file_has_bytes_beyond_its_numbers() {
    let folder = folder();
    let file = fs::File::open(folder.path().join("file")).expect("it is there");
    for offset in [u64::MAX, u64::MAX - 1, 1 << 63] {
        assert!(near::read(&file, offset, 4).is_none(), "{offset}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_shows_processes_is_not_near() {
    let proc = open_ambient_dir(Path::new("/proc"), ambient_authority()).expect("it is there");
    let system = System::of(&proc).expect("it says so");
    assert!(system.is_proc && !system.is_local);
    // Nor what is mounted below a folder.
    let root = open_ambient_dir(Path::new("/"), ambient_authority()).expect("it is there");
    assert!(near::at(&root, "proc/self", true).is_none());
}

/// All that comes, piece by piece, and how it ended.
async fn all(mut reader: Reader, size: usize, waits: bool) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let read = if waits {
            reader.blocking_read(size).await
        } else {
            reader.ready().await;
            reader.read(size)
        };
        match read {
            Ok(bytes) => {
                assert!(!bytes.is_empty() && bytes.len() <= size, "{} of {size}", bytes.len());
                all.extend_from_slice(&bytes);
            }
            Err(StreamError::Closed) => return all,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_is_read_to_its_end_near_and_far() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let content: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    fs::write(&path, &content).expect("written");
    let file = Arc::new(fs::File::open(&path).expect("it is there"));
    for is_local in [true, false] {
        for (size, waits) in [(1000, true), (1 << 20, true), (7, false), (1 << 20, false)] {
            let from = if size == 7 { 190_000 } else { 0 };
            let reader = Reader::new(Arc::clone(&file), is_local, from as u64);
            assert_eq!(all(reader, size, waits).await, content[from..], "{size}");
        }
        let mut reader = Reader::new(Arc::clone(&file), is_local, 0);
        assert_eq!(reader.read(0).expect("it is open"), Bytes::new());
        assert_eq!(reader.blocking_read(0).await.expect("it is open"), Bytes::new());
        assert_eq!(reader.blocking_read(3).await.expect("it is open"), content[..3]);
        reader.cancel().await;
        assert!(matches!(reader.read(3), Err(StreamError::Closed)));
        // A folder is no file: what the system says is passed on, once.
        let dir = Arc::new(open_ambient_dir(folder.path(), ambient_authority()).expect("it is there"));
        let mut reader = Reader::new(dir, is_local, 0);
        assert!(matches!(reader.blocking_read(3).await, Err(StreamError::LastOperationFailed(_))));
        assert!(matches!(reader.blocking_read(3).await, Err(StreamError::Closed)));
    }
}
