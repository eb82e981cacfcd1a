use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};

use super::*;

const USUAL: Limits = Limits { bytes: 1000, keys: 10 };

fn place(plugin: &str, bucket: &str) -> Place {
    Place { plugin: plugin.to_owned(), bucket: bucket.to_owned() }
}

fn in_memory() -> Database {
    Database::in_folder(None)
}

async fn set(database: &Database, place: &Place, key: &str, value: &[u8]) -> Result<(), Trouble> {
    database.set(place, USUAL, vec![(key.to_owned(), value.to_vec())]).await
}

async fn value(database: &Database, place: &Place, key: &str) -> Option<Vec<u8>> {
    database.get(place, key.to_owned()).await.expect("it answers").map(|(_, value)| value)
}

async fn add(database: &Database, place: &Place, key: &str, delta: i128) -> Result<i128, Trouble> {
    database.increment(place, USUAL, key.to_owned(), delta, i64::MIN.into()..=i64::MAX.into()).await
}

#[tokio::test]
async fn what_is_set_is_there_until_it_is_deleted_and_in_its_bucket_alone() {
    let database = in_memory();
    let (here, there, other) = (place("a", "x"), place("a", "y"), place("b", "x"));
    for new in [&b"one"[..], b"", &[0, 255]] {
        set(&database, &here, "k", new).await.expect("set");
        assert_eq!(value(&database, &here, "k").await.as_deref(), Some(new));
    }
    assert_eq!(value(&database, &there, "k").await, None);
    assert_eq!(value(&database, &other, "k").await, None);
    set(&database, &other, "k", b"theirs").await.expect("set");
    database.delete(&here, vec!["k".to_owned(), "nothing".to_owned()]).await.expect("deleted");
    assert_eq!(value(&database, &here, "k").await, None);
    assert_eq!(value(&database, &other, "k").await.as_deref(), Some(&b"theirs"[..]));
    let many = database.get_many(&other, vec!["none".to_owned(), "k".to_owned()]).await.expect("it answers");
    assert_eq!(many, [("none".to_owned(), None), ("k".to_owned(), Some(b"theirs".to_vec()))]);
}

#[tokio::test]
async fn a_store_that_is_full_takes_no_more_and_keeps_what_it_has() {
    let (database, here) = (in_memory(), place("a", "x"));
    set(&database, &here, "big", &[1; 990]).await.expect("it fits");
    assert_eq!(set(&database, &here, "k", &[2; 7]).await, Err(Trouble::Full));
    assert_eq!(set(&database, &here, "big", &[3; 998]).await, Err(Trouble::Full));
    let both = vec![("a".to_owned(), vec![4]), ("b".to_owned(), vec![4; 100])];
    assert_eq!(database.set(&here, USUAL, both).await, Err(Trouble::Full));
    assert_eq!(value(&database, &here, "a").await, None, "all or nothing");
    assert_eq!(value(&database, &here, "big").await, Some(vec![1; 990]));
    set(&database, &here, "big", &[5; 10]).await.expect("less is more room");
    for number in 0..9 {
        set(&database, &here, &format!("k{number}"), b"").await.expect("there is room for ten keys");
    }
    assert_eq!(set(&database, &here, "k9", b"").await, Err(Trouble::Full));
    set(&database, &here, "k0", b"again").await.expect("it is there already");
    database.delete(&here, vec!["k1".to_owned()]).await.expect("deleted");
    set(&database, &here, "k9", b"").await.expect("there is room again");
    let lowered = Limits { bytes: 5, keys: 1 };
    let one = |value: &[u8]| vec![("big".to_owned(), value.to_vec())];
    database.set(&here, lowered, one(&[6; 9])).await.expect("it gets smaller");
    assert_eq!(database.set(&here, lowered, one(&[6; 11])).await, Err(Trouble::Full));
}

#[tokio::test]
async fn a_list_gives_each_key_once_though_they_change_meanwhile() {
    let (database, here) = (in_memory(), place("a", "x"));
    let many = Limits { bytes: u64::MAX, keys: u64::MAX };
    let keys: Vec<String> = (0..=2 * PAGE).map(|number| format!("k{number:05}")).collect();
    database.set(&here, many, keys.iter().map(|key| (key.clone(), vec![])).collect()).await.expect("set");
    let (mut seen, mut cursor) = (Vec::new(), 0);
    loop {
        let (page, next) = database.list(&here, cursor).await.expect("it answers");
        let again = page.iter().map(|key| (key.clone(), b"changed".to_vec())).collect();
        database.set(&here, many, again).await.expect("set");
        seen.extend(page);
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!(seen, keys);
    assert_eq!(database.list(&here, u64::MAX).await, Ok((vec![], None)));
    assert_eq!(database.list(&place("b", "x"), 0).await, Ok((vec![], None)));
}

#[tokio::test]
async fn numbers_are_added_to_and_what_is_none_stays() {
    let (database, here) = (in_memory(), place("a", "x"));
    assert_eq!(add(&database, &here, "n", 5).await, Ok(5));
    assert_eq!(add(&database, &here, "n", -7).await, Ok(-2));
    assert_eq!(value(&database, &here, "n").await.as_deref(), Some(&b"-2"[..]));
    set(&database, &here, "n", i64::MAX.to_string().as_bytes()).await.expect("set");
    assert!(matches!(add(&database, &here, "n", 1).await, Err(Trouble::Number(_))));
    for bad in [&b"many"[..], b"", &[0xff], b"1.5"] {
        set(&database, &here, "bad", bad).await.expect("set");
        assert!(matches!(add(&database, &here, "bad", 1).await, Err(Trouble::Number(_))));
        assert_eq!(value(&database, &here, "bad").await.as_deref(), Some(bad));
    }
}

#[tokio::test]
async fn a_swap_is_done_only_where_nothing_changed() {
    let (database, here) = (in_memory(), place("a", "x"));
    let version = async || database.version(&here, "k".to_owned()).await.expect("it answers");
    let swap = async |version, value: &[u8]| {
        let swapped = database.swap(&here, USUAL, "k".to_owned(), version, value.to_vec()).await;
        swapped.expect("it answers").is_ok()
    };
    assert!(swap(None, b"1").await && !swap(None, b"2").await);
    let first = version().await;
    set(&database, &here, "k", b"1").await.expect("set");
    assert!(!swap(first, b"2").await, "the same value, but set again");
    let second = version().await;
    assert!(swap(second, b"3").await && !swap(second, b"4").await);
    database.delete(&here, vec!["k".to_owned()]).await.expect("deleted");
    assert!(!swap(second, b"5").await);
    assert_eq!(value(&database, &here, "k").await, None);
}

#[tokio::test]
async fn two_hosts_add_to_one_number_and_none_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = [0, 1].map(|_| Arc::new(Database::in_folder(Some(folder.path().join("kv")))));
    let here = place("a", "x");
    let adding = hosts.iter().flat_map(|host| {
        (0..4).map(|_| {
            let (host, here) = (Arc::clone(host), here.clone());
            tokio::spawn(async move {
                for _ in 0..25 {
                    add(&host, &here, "n", 1).await.expect("added");
                }
            })
        })
    });
    for task in adding.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    for host in &hosts {
        assert_eq!(value(host, &here, "n").await.as_deref(), Some(&b"200"[..]));
    }
    drop(hosts);
    let next = Database::in_folder(Some(folder.path().join("kv")));
    assert_eq!(value(&next, &here, "n").await.as_deref(), Some(&b"200"[..]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(fs::metadata(folder.path().join("kv")).expect("it is there").mode() & 0o777, 0o700);
    }
}

/// An operation of `plugin` that notes it in `order`, and waits for `go` before where there is one.
fn noted<'a>(
    database: &'a Database,
    plugin: &'static str,
    order: &Arc<Mutex<Vec<&'static str>>>,
    go: Option<std::sync::mpsc::Receiver<()>>,
) -> BoxFuture<'a, Result<(), Trouble>> {
    let order = Arc::clone(order);
    Box::pin(async move {
        let work = move |_: &mut Connection, _: i64| {
            order.lock().expect("whole").push(plugin);
            if let Some(go) = go {
                go.recv().expect("it is let go");
            }
            Ok(())
        };
        database.on(&place(plugin, "x"), work).await
    })
}

#[tokio::test]
async fn a_plugin_that_floods_the_store_is_waited_for_no_longer_than_for_two_of_its_operations() {
    let (database, order) = (in_memory(), Arc::default());
    let (let_go, go) = std::sync::mpsc::channel();
    let mut first = noted(&database, "flood", &order, Some(go));
    assert!((&mut first).now_or_never().is_none());
    let mut flood: FuturesUnordered<_> = (0..100).map(|_| noted(&database, "flood", &order, None)).collect();
    assert!(flood.next().now_or_never().is_none());
    // So that tokio lets the other do something in this very turn.
    tokio::task::yield_now().await;
    let mut other = noted(&database, "other", &order, None);
    assert!((&mut other).now_or_never().is_none());
    let_go.send(()).expect("awaited");
    first.await.expect("it is done");
    let (flood, other) = tokio::join!(flood.collect::<Vec<_>>(), other);
    assert!(other.is_ok() && flood.len() == 100 && flood.iter().all(Result::is_ok));
    let place = order.lock().expect("whole").iter().position(|plugin| *plugin == "other");
    assert_eq!(place, Some(MAX_OF_ONE));
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let (database, order) = (in_memory(), Arc::default());
    let (let_go, go) = std::sync::mpsc::channel();
    let mut first = noted(&database, "a", &order, Some(go));
    assert!((&mut first).now_or_never().is_none());
    let mut gone = noted(&database, "a", &order, None);
    assert!((&mut gone).now_or_never().is_none());
    drop(gone);
    let_go.send(()).expect("awaited");
    first.await.expect("it is done");
    noted(&database, "b", &order, None).await.expect("it is done");
    assert_eq!(*order.lock().expect("whole"), ["a", "b"]);
    // Its turn was given back.
    assert_eq!(value(&database, &place("a", "x"), "k").await, None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_had_is_no_store_and_tells_nothing_of_the_host() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let database = Database::in_folder(Some(file.path().join("kv")));
    let told = database.get(&place("a", "x"), "k".to_owned()).await;
    assert_eq!(told.expect_err("there is none").to_string(), "the store does not answer");
}
