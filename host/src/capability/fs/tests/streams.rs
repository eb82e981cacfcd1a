//! The streams of wasi:filesystem 0.3, which no guest of the tests speaks yet.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::component::{
    Access, Accessor, FutureConsumer, FutureReader, Source, StreamConsumer, StreamReader, StreamResult,
};
use wasmtime::{AsContextMut, Config, Engine, Store, StoreContextMut};
use wasmtime_wasi::p3::bindings::filesystem::types::{
    DescriptorFlags, DirectoryEntry, ErrorCode, HostDescriptorWithStore, OpenFlags, PathFlags,
};

use super::super::host::Fs;
use super::*;

type End = Result<(), ErrorCode>;

fn store(grant: Grant, uses: &Uses) -> Store<Guest> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    Store::new(&Engine::new(&config).expect("an engine"), Guest::new(grant, uses))
}

/// Takes the end of a stream out.
struct Told(Option<oneshot::Sender<End>>);

impl<D> FutureConsumer<D> for Told {
    type Item = End;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        mut source: Source<'_, End>,
        _: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut end = None;
        source.read(store, &mut end)?;
        self.0.take().expect("once").send(end.expect("there is one")).expect("it is waited for");
        Poll::Ready(Ok(()))
    }
}

/// Takes the names of entries out.
struct Names(Vec<String>, Option<oneshot::Sender<Vec<String>>>);

impl<D> StreamConsumer<D> for Names {
    type Item = DirectoryEntry;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        mut source: Source<'_, DirectoryEntry>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut entries = Vec::with_capacity(64);
        source.read(store, &mut entries)?;
        self.0.extend(entries.into_iter().map(|entry| entry.name));
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.1.take().expect("once").send(std::mem::take(&mut self.0)).expect("it is waited for");
    }
}

async fn ended(accessor: &Accessor<Guest, Fs>, end: FutureReader<End>) -> End {
    let (tell, told) = oneshot::channel();
    accessor.with(|store| end.pipe(store, Told(Some(tell)))).expect("piped");
    told.await.expect("it ends")
}

async fn open(accessor: &Accessor<Guest, Fs>, folder: &Resource<Descriptor>, name: &str) -> Resource<Descriptor> {
    let (create, write) = (OpenFlags::CREATE, DescriptorFlags::WRITE);
    Fs::open_at(accessor, lent(folder), PathFlags::empty(), name.to_owned(), create, write).await.expect("opened")
}

/// Appends so many bytes, by a stream.
async fn append(accessor: &Accessor<Guest, Fs>, file: &Resource<Descriptor>, bytes: usize) -> End {
    let end = accessor.with(|mut store| {
        let data = StreamReader::new(&mut store, vec![b'x'; bytes]).expect("a stream");
        Fs::append_via_stream(Access::<Guest, Fs>::new(store.as_context_mut(), Guest::fs), lent(file), data)
            .expect("it begins")
    });
    ended(accessor, end).await
}

#[tokio::test]
async fn what_streams_into_files_is_bound_like_all_that_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let size = |text: &str| Some(text.parse().expect("a size"));
    let read_write = grant(folder.path(), "/data", Mode::ReadWrite);
    let bounded = Grant { max_bytes: size("1MiB"), max_file: size("300KiB"), ..read_write };
    let uses = Uses::default();
    let mut store = store(bounded, &uses);
    let root = store.data_mut().folder();
    let ends = store.run_concurrent(async |accessor| {
        let fs = &accessor.with_getter::<Fs>(Guest::fs);
        let (one, other) = (open(fs, &root, "one").await, open(fs, &root, "other").await);
        let within = append(fs, &one, 300 * 1024).await;
        let long = append(fs, &one, 1).await;
        // Several at once share one bound.
        let many = futures::future::join_all((0..4).map(|_| append(fs, &other, 100 * 1024))).await;
        let size = Fs::set_size(fs, lent(&one), 400 * 1024).await.map_err(|error| error.downcast().expect("a code"));
        (within, long, many, size)
    });
    let (within, long, many, size) = ends.await.expect("it runs");
    let too_long = |end: &End| matches!(end, Err(ErrorCode::FileTooLarge));
    assert!(within.is_ok(), "{within:?}");
    assert!(too_long(&long) && too_long(&size), "{long:?}, {size:?}");
    assert!(many.iter().any(too_long), "{many:?}");
    let length = |name: &str| std::fs::metadata(folder.path().join(name)).expect("it is there").len();
    assert_eq!(length("one"), 300 * 1024);
    assert!(length("other") <= 300 * 1024, "{}", length("other"));
    let told = uses.take_denials();
    assert!(told[0].sentence.contains("raise `max_file` in the entry \"/data\""), "{}", told[0].sentence);
}

#[tokio::test]
async fn a_folder_is_listed_by_a_stream_to_its_end_and_counted_while_it_lasts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wanted: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    for name in &wanted {
        std::fs::write(folder.path().join(name), "").expect("written");
    }
    let mut store = store(grant(folder.path(), "/data", Mode::Read), &Uses::default());
    let root = store.data_mut().folder();
    let listed = store.run_concurrent(async |accessor| {
        let fs = &accessor.with_getter::<Fs>(Guest::fs);
        let list = || {
            fs.with(|mut store| {
                Fs::read_directory(Access::<Guest, Fs>::new(store.as_context_mut(), Guest::fs), lent(&root))
                    .expect("it begins")
            })
        };
        let mut held: Vec<_> = (0..super::super::open::MAX_OF_CALL).map(|_| list()).collect();
        let (_, refused) = list();
        let refused = ended(fs, refused).await;
        let (entries, end) = held.pop().expect("there are many");
        let (tell, names) = oneshot::channel();
        fs.with(|store| entries.pipe(store, Names(Vec::new(), Some(tell)))).expect("piped");
        (refused, ended(fs, end).await, names.await.expect("it ends"))
    });
    let (refused, end, mut names) = listed.await.expect("it runs");
    assert!(matches!(refused, Err(ErrorCode::InsufficientMemory)), "{refused:?}");
    assert!(end.is_ok(), "{end:?}");
    names.sort();
    wanted.sort();
    assert_eq!(names, wanted);
}
