use super::*;
use crate::runtime::bindings::barkeep::plugin::types;

fn rest() -> Rest {
    Rest::new("p".into(), "abc".to_owned(), Notes::default())
}

fn failed() -> Verdict {
    Verdict::Failed("it crashed".to_owned())
}

/// Fails as often as it takes.
fn tire(rest: &Rest, now: Instant) {
    for _ in 0..FAILURES {
        assert_eq!(rest.admit(now), Ok(false));
        rest.ended(failed(), false, now);
    }
}

#[test]
fn it_rests_after_failures_in_a_row_and_says_why_and_until_when() {
    let (rest, now) = (rest(), Instant::now());
    for _ in 0..3 {
        for _ in 1..FAILURES {
            rest.ended(failed(), false, now);
            rest.ended(Verdict::Neither, false, now);
        }
        rest.ended(Verdict::Well, false, now);
    }
    tire(&rest, now);
    let words = rest.admit(now + Duration::from_millis(1500)).expect_err("it rests").to_string();
    for part in ["plugin `p`", "5 calls in a row failed", "for 2s", "again in 9s", "it crashed"] {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
}

#[test]
fn one_call_tries_it_and_the_others_wait_for_what_it_tells() {
    let (rest, mut now) = (rest(), Instant::now());
    tire(&rest, now);
    let mut length = REST;
    for _ in 0..10 {
        assert!(rest.admit(now + length / 2).is_err(), "{length:?}");
        now += length;
        assert_eq!(rest.admit(now), Ok(true));
        assert!(rest.admit(now).expect_err("another tries").to_string().contains("once the call that tries it"));
        // One that ends late is no news.
        rest.ended(failed(), false, now);
        rest.ended(failed(), true, now);
        length = MAX_REST.min(length * 2);
    }
    assert_eq!(length, MAX_REST);
    now += length;
    assert_eq!(rest.admit(now), Ok(true));
    rest.ended(Verdict::Neither, true, now);
    assert_eq!(rest.admit(now), Ok(true), "the other told nothing");
    rest.ended(Verdict::Well, true, now);
    assert_eq!((rest.admit(now), rest.admit(now)), (Ok(false), Ok(false)));
    rest.ended(failed(), false, now);
    assert_eq!(rest.admit(now), Ok(false), "it is counted anew");
}

#[tokio::test]
async fn a_try_that_is_cancelled_leaves_it_to_another() {
    let rest = rest();
    let before = Instant::now().checked_sub(REST).expect("the machine runs for long enough");
    tire(&rest, before);
    let never = rest.unless(std::future::pending::<Result<(), CallError>>());
    assert!(tokio::time::timeout(Duration::from_millis(1), never).await.is_err());
    assert!(rest.unless(async { Ok(()) }).await.is_ok());
}

#[test]
fn what_the_host_had_to_end_counts_and_nothing_else() {
    let plugin = || "p".to_owned();
    let trap = Failure::Trap { plugin: plugin(), reason: "x".to_owned() };
    let failures = |failure: Failure| matches!(Verdict::of::<()>(&Err(failure.into())), Verdict::Failed(_));
    assert!(failures(trap.clone()));
    assert!(failures(Failure::Memory { plugin: plugin(), limit: 1 }));
    assert!(failures(Failure::Invalid { plugin: plugin(), what: "lied".to_owned() }));
    assert!(!failures(trap.after(vec!["not granted".to_owned()])));
    assert!(!failures(Failure::Busy { plugin: plugin() }));
    let no = Err(CallError::Guest(types::Error::Other("no".to_owned())));
    assert_eq!(Verdict::of::<()>(&no), Verdict::Well);
}

#[test]
fn who_rests_is_noted_for_other_processes_as_long_as_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = |config: &str| Notes::kept_in(Some(folder.path().join("new")), config.as_ref());
    let rest = Rest::new("p".into(), "abc".to_owned(), notes("a.toml"));
    tire(&rest, Instant::now());
    let words = notes("a.toml").of("p", "abc").expect("it rests");
    assert!(words.contains("it crashed; it is tried again in "), "{words}");
    for (config, plugin, sha256) in [("b.toml", "p", "abc"), ("a.toml", "q", "abc"), ("a.toml", "p", "abd")] {
        assert_eq!(notes(config).of(plugin, sha256), None);
    }
    // One file, whichever way it is named.
    let way = |between: &str| {
        let config = folder.path().join(between).join("c.toml");
        Notes::kept_in(Some(folder.path().join("new")), &config)
    };
    std::fs::create_dir_all(folder.path().join("d")).expect("a folder");
    std::fs::write(folder.path().join("c.toml"), "").expect("written");
    let other = Rest::new("p".into(), "abc".to_owned(), way("."));
    tire(&other, Instant::now());
    assert!(way("d/..").of("p", "abc").is_some());
    rest.ended(Verdict::Well, false, Instant::now());
    assert_eq!(notes("a.toml").of("p", "abc"), None);
    tire(&rest, Instant::now());
    drop(rest);
    assert_eq!(notes("a.toml").of("p", "abc"), None, "its generation is gone");
    std::fs::write(notes("a.toml").file("p").expect("a file"), "no JSON").expect("written");
    assert_eq!(notes("a.toml").of("p", "abc"), None);
}

#[test]
fn a_rest_is_over_in_its_time_however_the_clock_is_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = Notes::kept_in(Some(folder.path().to_owned()), "a.toml".as_ref());
    let rest = Rest::new("p".into(), "abc".to_owned(), notes.clone());
    // What the host itself does goes by a clock that nobody sets.
    let now = Instant::now();
    tire(&rest, now);
    assert!(rest.admit(now).is_err());
    assert_eq!(rest.admit(now + REST), Ok(true));
    // What it notes for others does not.
    let (now, day) = (SystemTime::now(), Duration::from_hours(24));
    assert!(notes.at(now, "p", "abc").is_some_and(|words| words.contains("it is tried again in ")));
    for set in [now - day, now - MAX_REST, now + day] {
        assert_eq!(notes.at(set, "p", "abc"), None);
    }
}
