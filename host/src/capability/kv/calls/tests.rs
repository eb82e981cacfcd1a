use super::super::{Database, Servers, Stores, check};
use super::*;
use crate::capability::logged::logged;
use crate::capability::net::{Resolver, tls};
use crate::capability::secrets::Secrets;
use crate::capability::{CapabilityError, Named};

fn checked(grants: &Grants, requests: Option<&[Named]>) -> Result<Rules, CapabilityError> {
    let tls = tls::client(Arc::new(rustls::RootCertStore::empty()), &[]).expect("there is TLS");
    let stores =
        Stores { database: Arc::new(Database::in_folder(None)), servers: Servers::new(Resolver::system(), tls) };
    check(&grants.kv, requests, &Secrets::read(None), &stores)
}

fn calls_asking(grants: &str, requests: Option<&[Named]>) -> Calls {
    let grants: Grants = toml::from_str(grants).expect("grants");
    let rules = Arc::new(checked(&grants, requests).expect("they are good"));
    Calls::new("x".into(), rules, Uses::default())
}

fn calls(grants: &str) -> Calls {
    calls_asking(grants, None)
}

fn sentences(calls: &Calls) -> Vec<String> {
    calls.uses.take_denials().into_iter().map(|denial| denial.sentence).collect()
}

fn words<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Other(words)) => words,
        _ => panic!("it fails, in words"),
    }
}

#[test]
fn a_bucket_that_is_not_granted_is_refused_with_the_line_to_add() {
    let asked = [Named { name: "other".into(), why: "y".into() }];
    for (calls, bucket, sentence) in [
        (calls(""), "a", "add { bucket = \"a\" } to kv in [plugins.x.grants] of barkeep.toml"),
        (calls("kv = [{ bucket = \"b\" }]"), "", "add { bucket = \"default\" } to kv"),
        (calls_asking("kv = [{ bucket = \"a\" }]", Some(&asked)), "a", "its author does not ask for it"),
        (calls(""), "a/b\u{1b}\"", "no bucket has such a name"),
    ] {
        assert!(matches!(calls.open(bucket), Err(Failure::Denied)), "{bucket}");
        let denials = calls.uses.take_denials();
        let told = &denials[0].sentence;
        assert!(told.contains(sentence) && !told.contains('\u{1b}'), "{told}");
        assert_eq!(denials[0].needs.is_some(), sentence.starts_with("add"), "{told}");
    }
    let calls = calls("");
    assert!(calls.open("a").is_err());
    let needs = calls.uses.take_denials().pop().and_then(|denial| denial.needs).expect("a grant would do");
    assert_eq!(needs, toml::from_str::<Grants>("kv = [{ bucket = \"a\" }]").expect("grants"));
}

#[test]
fn refusals_without_end_are_logged_as_far_as_they_may_be() {
    let calls = calls("");
    for _ in 0..2 {
        let lines = logged(|| {
            for number in 0..10 * MAX_LOGGED {
                assert!(calls.open(&format!("b{number}")).is_err());
            }
        });
        assert_eq!(lines.len(), MAX_LOGGED, "{lines:?}");
        assert!(lines[0].contains("may not open the key-value store b0: add"), "{}", lines[0]);
        calls.refill();
    }
}

#[test]
fn grants_that_cannot_be_meant_are_refused() {
    for bad in
        ["kv = [{ bucket = \"a b\" }]", "kv = [{ bucket = \"\" }]", "kv = [{}]", "kv = [{ bucket = \"a\", max = 1 }]"]
    {
        assert!(toml::from_str::<Grants>(bad).is_err(), "{bad}");
    }
    let twice: Grants = toml::from_str("kv = [{ bucket = \"a\" }, { bucket = \"a\", max_keys = 1 }]").expect("grants");
    assert!(checked(&twice, None).expect_err("one name").to_string().contains("a twice"));
    let many = Grants { kv: vec![twice.kv[0].clone(); 17], ..Grants::default() };
    assert!(checked(&many, None).expect_err("too many").to_string().contains("16 is the most"));
}

#[tokio::test]
async fn keys_values_and_batches_have_bounds() {
    let calls = calls("kv = [{ bucket = \"default\" }]");
    let opened = calls.open("").expect("it is granted");
    let long = "k".repeat(MAX_KEY + 1);
    for key in ["", &long] {
        assert!(words(calls.get(&opened, key.to_owned()).await).contains("a key has"));
        assert!(words(calls.set(&opened, key.to_owned(), vec![]).await).contains("a key has"));
    }
    assert!(words(calls.set(&opened, "k".into(), vec![0; MAX_VALUE + 1]).await).contains("a value has"));
    let keys = vec!["k".to_owned(); MAX_KEYS + 1];
    assert!(words(calls.get_many(&opened, keys.clone()).await).contains("1000 keys"));
    assert!(words(calls.delete(&opened, keys).await).contains("1000 keys"));
    calls.set(&opened, "k".into(), vec![0; MAX_VALUE]).await.expect("it is no larger than it may be");
    let same = vec!["k".to_owned(); MAX_BATCH / MAX_VALUE + 1];
    assert!(words(calls.get_many(&opened, same.clone()).await).contains("bytes together"));
    let values = same.into_iter().map(|key| (key, vec![0; MAX_VALUE])).collect();
    assert!(words(calls.set_many(&opened, values).await).contains("bytes together"));
}

#[tokio::test]
async fn a_store_that_is_full_says_what_it_may_keep_to_the_guest_and_the_line_to_the_user() {
    let calls = calls("kv = [{ bucket = \"a\", max_bytes = \"1KiB\", max_keys = 2 }]");
    let opened = calls.open("a").expect("it is granted");
    calls.set(&opened, "k".into(), b"kept".to_vec()).await.expect("it fits");
    let told = words(calls.set(&opened, "big".into(), vec![0; 1024]).await);
    assert_eq!(told, "the store is full: it may keep 1KiB and 2 keys");
    let told = sentences(&calls);
    assert!(told[0].contains("raise `max_bytes`") && told[0].contains("[plugins.x.grants]"), "{told:?}");
    assert_eq!(calls.get(&opened, "k".into()).await.expect("it answers"), Some(b"kept".to_vec()));
}

#[tokio::test]
async fn what_is_done_is_told_by_key_and_never_by_value() {
    use std::sync::Mutex;

    use crate::capability::{Use, Witness};

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Witness for Notes {
        fn saw(&self, seen: &Use<'_>) {
            assert!(seen.needs.is_some_and(|needs| needs.kv.len() == 1), "{}", seen.what);
            self.0.lock().expect("no panic").push(seen.what.to_owned());
        }
    }

    let (calls, notes) = (calls("kv = [{ bucket = \"a\" }, { bucket = \"b\" }]"), Arc::new(Notes::default()));
    calls.uses.witnessed_by(Some(Arc::<Notes>::clone(&notes)));
    let opened = calls.open("a").expect("it is granted");
    calls.set(&opened, "k\n".into(), b"s3cret".to_vec()).await.expect("set");
    calls.list(&opened, None).await.expect("listed");
    let held = calls.hold(&opened, "k".repeat(1000)).await.expect("held");
    assert!(calls.swap(held, b"s3cret".to_vec()).await.expect("it answers").is_ok());
    let told = notes.0.lock().expect("no panic").clone();
    let long = "k".repeat(MAX_SHOWN);
    assert_eq!(told, ["open a", "set a/k\\n", "list a", &format!("get a/{long}"), &format!("swap a/{long}")]);
}
