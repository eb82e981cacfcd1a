//! Each use is told to who listens, with the least that allows it.

use std::sync::Mutex;

use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, HostDirectoryEntryStream, OpenFlags, PathFlags,
};

use super::*;
use crate::capability::{Use, Witness};

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Witness for Notes {
    fn saw(&self, seen: &Use<'_>) {
        let needs = seen.needs.map_or("no grant".to_owned(), |needs| needs.fs[0].mode.to_string());
        let how = if seen.refused.is_some() { "refused" } else { "allowed" };
        self.0.lock().expect("no panic").push(format!("{} {} {how}, {needs}", seen.kind, seen.what));
    }
}

fn witnessed(grant: Grant) -> (Guest, Arc<Notes>, Uses) {
    let (uses, notes) = (Uses::default(), Arc::new(Notes::default()));
    uses.witnessed_by(Some(Arc::<Notes>::clone(&notes) as Arc<dyn Witness>));
    (Guest::new(grant, &uses), notes, uses)
}

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

#[tokio::test]
async fn each_use_is_told_with_the_least_mode_that_allows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), "text").expect("written");
    let (mut guest, notes, _) = witnessed(grant(folder.path(), "/code", Mode::ReadWrite));
    let root = guest.folder();
    let mut view = guest.fs();
    let (none, plain) = (PathFlags::empty(), OpenFlags::empty());
    view.open_at(lent(&root), none, "a".into(), plain, DescriptorFlags::READ).await.expect("opened");
    view.create_directory_at(lent(&root), "sub".into()).await.expect("made");
    let sub = view.open_at(lent(&root), none, "sub".into(), OpenFlags::DIRECTORY, DescriptorFlags::READ).await;
    let sub = sub.expect("opened");
    view.open_at(lent(&sub), none, "b".into(), OpenFlags::CREATE, DescriptorFlags::WRITE).await.expect("made");
    let listed = view.read_directory(lent(&sub)).await.expect("listed");
    assert_eq!(
        view.read_directory_entry(Resource::new_borrow(listed.rep())).await.expect("read").expect("one").name,
        "b"
    );
    view.rename_at(lent(&sub), "b".into(), lent(&root), "c".into()).await.expect("renamed");
    view.unlink_file_at(lent(&root), "c".into()).await.expect("removed");
    let told = [
        "fs read /code/a allowed, read",
        "fs create /code/sub allowed, read-write",
        "fs read /code/sub allowed, read",
        "fs write /code/sub/b allowed, read-write",
        "fs list /code/sub allowed, read",
        "fs rename /code/sub/b allowed, read-write",
        "fs rename /code/c allowed, read-write",
        "fs remove /code/c allowed, read-write",
    ];
    assert_eq!(notes.take(), told);
}

#[tokio::test]
async fn what_is_refused_names_the_least_that_would_allow_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), "text").expect("written");
    let (mut guest, notes, uses) = witnessed(grant(folder.path(), "/code", Mode::Read));
    let root = guest.folder();
    let mut view = guest.fs();
    let none = PathFlags::empty();
    let refused = view.open_at(lent(&root), none, "a".into(), OpenFlags::empty(), DescriptorFlags::WRITE).await;
    assert_eq!(refused.expect_err("it is to be read").downcast().expect("a code"), ErrorCode::NotPermitted);
    // Folders are opened with this by libraries that want no more than to look.
    let look = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
    view.open_at(lent(&root), none, ".".into(), OpenFlags::DIRECTORY, look).await.expect("opened");
    assert_eq!(notes.take(), ["fs write /code/a refused, read-write", "fs read /code allowed, read"]);
    let [denial] = uses.take_denials().try_into().expect("one");
    let needs = Grant { mode: Mode::ReadWrite, ..grant(folder.path(), "/code", Mode::Read) };
    assert_eq!(denial.needs.expect("a grant").fs, [needs]);
}

#[tokio::test]
async fn a_limit_names_the_next_that_would_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let bounded = Grant {
        max_bytes: Some("8KiB".parse().expect("a size")),
        max_file: Some("1KiB".parse().expect("a size")),
        ..grant(folder.path(), "/code", Mode::ReadWrite)
    };
    let (mut guest, _, uses) = witnessed(bounded.clone());
    let root = guest.folder();
    let mut view = guest.fs();
    let file =
        view.open_at(lent(&root), PathFlags::empty(), "a".into(), OpenFlags::CREATE, DescriptorFlags::WRITE).await;
    let file = file.expect("made");
    let code =
        |refused: Result<_, wasmtime_wasi::p2::FsError>| refused.expect_err("too much").downcast().expect("a code");
    assert_eq!(code(view.write(lent(&file), vec![0; 1025], 0).await.map(drop)), ErrorCode::FileTooLarge);
    // What was taken for it is given back: as much as before can be written.
    for _ in 0..4 {
        assert_eq!(view.write(lent(&file), vec![0; 1024], 0).await.expect("written"), 1024);
    }
    assert_eq!(code(view.write(lent(&file), vec![0; 1], 0).await.map(drop)), ErrorCode::Quota);
    assert_eq!(code(view.create_directory_at(lent(&root), "sub".into()).await), ErrorCode::Quota);
    let needs: Vec<Grant> = uses.take_denials().into_iter().filter_map(|denial| denial.needs?.fs.pop()).collect();
    let size = |text: &str| Some(text.parse().expect("a size"));
    assert_eq!(needs[0], Grant { max_file: size("2KiB"), ..bounded.clone() });
    assert_eq!(needs[1], Grant { max_bytes: size("16KiB"), ..bounded });
}
