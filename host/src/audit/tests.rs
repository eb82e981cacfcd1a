use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;
use crate::capability::{Grants, Kind, Use};

fn settings(folder: &Path) -> Settings {
    Settings { file: folder.join("audit").join("audit.jsonl"), max_size: 1024 * 1024, keep: 4, arguments: false }
}

/// All lines of a file, each of which is one of the record.
fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("it is there");
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn calls(file: &Path) -> Vec<Value> {
    lines(file).into_iter().filter(|line| line["line"] == "call").collect()
}

#[test]
fn a_call_and_its_uses_are_lines_that_belong_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let audit = Audit::start(settings.clone());
    let arguments: Map<String, Value> = [("secret_thing".to_owned(), json!("hidden"))].into_iter().collect();
    let client = Client { name: Some("ada".to_owned()), transport: "stdio".into(), ..Client::default() };
    let subject =
        Subject { name: "a__b", arguments: Some(&arguments), client: Some(&client), ..Subject::of("tools/call") };
    let call = audit.begin(subject);
    call.reaches("a", 7);
    let witness = call.witness("a", 7).expect("there is a record");
    let grants: Grants = toml::from_str(
        "http = [{ url = \"https://a.example/b\", headers = { authorization = \"Bearer written-down\" } }]",
    )
    .expect("grants");
    let seen = Use { kind: Kind::Http, what: "GET https://a.example/b", needs: Some(&grants), refused: None };
    witness.saw(&seen);
    witness.saw(&Use { refused: Some("no"), needs: None, ..seen });
    call.note(Some((Ended::Trap, Some("it crashed".to_owned()))));
    call.ended(Ended::Error, None);
    call.ended(Ended::Ok, None);
    assert!(audit.close());

    let text = fs::read_to_string(&settings.file).expect("it is there");
    assert!(!text.contains("hidden") && !text.contains("written-down"), "{text}");
    let lines = lines(&settings.file);
    let [started, used, refused, ended, over] = lines.as_slice() else { panic!("{text}") };
    assert_eq!((&started["event"], &over["event"]), (&json!("started"), &json!("ended")));
    let id = ended["call"].as_str().expect("it has a name");
    assert!(id.starts_with(&*audit.host().expect("there is a record")));
    for line in [used, refused, ended] {
        assert_eq!(line["call"], *id);
        assert_eq!(line["client"], json!({ "name": "ada", "transport": "stdio" }));
        assert_eq!((&line["plugin"], &line["generation"]), (&json!("a"), &json!(7)));
        assert_eq!((&line["method"], &line["name"]), (&json!("tools/call"), &json!("a__b")));
        assert!(line["time"].as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')), "{line}");
    }
    assert_eq!(used["needs"], json!({ "http": [{ "url": "https://a.example/b", "methods": ["GET", "HEAD"] }] }));
    assert_eq!((&used["capability"], &used["allowed"]), (&json!("http"), &json!(true)));
    assert_eq!((&refused["allowed"], &refused["why"]), (&json!(false), &json!("no")));
    assert_eq!((&ended["ended"], &ended["why"]), (&json!("trap"), &json!("it crashed")));
    assert_eq!((&ended["uses"], &ended["refused"]), (&json!(2), &json!(1)));
    assert_eq!(ended["arguments_sha256"].as_str().map(str::len), Some(64));
    assert_eq!(ended["arguments"], Value::Null);
}

#[test]
fn a_call_ends_once_and_as_it_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let audit = Audit::start(settings.clone());
    let begin = || audit.begin(Subject::of("tools/call"));
    let refused = |call: &Call| {
        let witness = call.witness("a", 1).expect("there is a record");
        witness.saw(&Use { kind: Kind::Http, what: "GET x", needs: None, refused: Some("no") });
    };
    drop(begin());
    begin().ended(Ended::Error, None);
    let call = begin();
    refused(&call);
    call.ended(Ended::Error, None);
    let call = begin();
    refused(&call);
    call.note(Some((Ended::Error, None)));
    call.ended(Ended::Ok, None);
    let call = begin();
    call.note(Some((Ended::Error, None)));
    call.note(None);
    call.ended(Ended::Refused, Some("unknown"));
    let call = begin();
    call.goes_on("t-1");
    call.ended(Ended::Ok, None);
    audit.close();
    let ends: Vec<_> =
        calls(&settings.file).iter().map(|line| line["ended"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(ends, ["stopped", "error", "denied", "ok", "refused", "task", "ok"]);
}

#[test]
fn a_guest_in_a_loop_fills_so_many_lines_and_is_counted_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let audit = Audit::start(settings.clone());
    let call = audit.begin(Subject::of("tools/call"));
    let witness = call.witness("a", 1).expect("there is a record");
    let huge = "x".repeat(100_000);
    for _ in 0..1500 {
        witness.saw(&Use { kind: Kind::Fs, what: "read /a", needs: None, refused: None });
    }
    call.ended(Ended::Ok, Some(&huge));
    audit.close();
    let lines = lines(&settings.file);
    assert_eq!(lines.iter().filter(|line| line["line"] == "use").count(), 1000);
    assert_eq!(calls(&settings.file)[0]["uses"], 1500);
    assert!(lines.iter().all(|line| line.to_string().len() < 2048), "long words are cut");
}

#[test]
fn many_hosts_write_whole_lines_into_files_of_bounded_size_and_number() {
    const HOSTS: usize = 4;
    const CALLS: usize = 1500;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { max_size: 64 * 1024, keep: 3, ..settings(folder.path()) };
    let hosts: Vec<_> = (0..HOSTS)
        .map(|_| {
            let audit = Audit::start(settings.clone());
            std::thread::spawn(move || {
                for number in 0..CALLS {
                    let name = format!("{number:05}{}", "ü".repeat(100));
                    audit.begin(Subject { name: &name, ..Subject::of("tools/call") }).ended(Ended::Ok, None);
                }
                assert!(audit.close());
            })
        })
        .collect();
    for host in hosts {
        host.join().expect("it did not panic");
    }
    let full = file::full(&settings.file).expect("the folder is there");
    assert_eq!(full.len(), 2, "{full:?}");
    assert!(full.last().is_some_and(|(number, _)| *number > 5), "{full:?}");
    for file in full.iter().map(|(_, file)| file).chain([&settings.file]) {
        assert!(!lines(file).is_empty());
        let size = fs::metadata(file).expect("it is there").len();
        assert!(size <= settings.max_size, "{size}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode(file), 0o600);
            assert_eq!(mode(file.parent().expect("it has a folder")), 0o700);
        }
    }
}

#[test]
fn a_queue_that_is_full_says_how_many_lines_are_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    fs::create_dir(folder.path().join("audit")).expect("a folder");
    let lock = fs::File::create(settings.file.with_file_name("audit.jsonl.lock")).expect("a file");
    lock.lock().expect("it is free");
    // The thread waits at the lock with what it took out of the queue, a second for each batch: the queue fills faster.
    let audit = Audit::start(settings.clone());
    let mut made: u64 = 0;
    while audit.0.load().as_ref().is_some_and(|open| open.writer.dropped() == 0) {
        audit.begin(Subject::of("tools/call")).ended(Ended::Ok, None);
        made += 1;
    }
    // The line of the start is one of those that wait.
    assert!(made >= writer::QUEUE as u64, "{made}");
    lock.unlock().expect("it is held");
    assert!(audit.close());
    let lines = lines(&settings.file);
    let missing: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
    let there = lines.iter().filter(|line| line["line"] == "call" || line["event"] == "started").count() as u64;
    assert!(missing > 0);
    // What says that the host ended may have found no room either.
    assert!((made + 1..=made + 2).contains(&(there + missing)), "{there} + {missing} of {made}");
}

#[test]
fn half_a_line_is_left_and_the_next_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    fs::create_dir(folder.path().join("audit")).expect("a folder");
    fs::write(&settings.file, "{\"time\":\"2026-01-01T0").expect("written");
    let audit = Audit::start(settings.clone());
    audit.close();
    let text = fs::read_to_string(&settings.file).expect("it is there");
    let read: Vec<_> = text.lines().map(|line| Line::read(line.as_bytes()).map(|line| line.line)).collect();
    assert_eq!(read, [None, Some(Of::Host), Some(Of::Host)]);
}

#[test]
fn nothing_is_recorded_where_nobody_wants_it() {
    let audit = Audit::off();
    let call = audit.begin(Subject::of("tools/call"));
    assert!(call.witness("a", 1).is_none());
    call.ended(Ended::Ok, None);
    audit.plugin(&News::of("a"));
    assert!(audit.close());
}

/// Waits until the file has so many lines: a thread writes them.
fn lines_at_last(file: &Path, count: usize) -> Vec<Value> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let there = fs::read_to_string(file).unwrap_or_default().lines().count();
        if there >= count || std::time::Instant::now() > until {
            return lines(file);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_record_goes_on_where_the_configuration_says_and_ends_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = settings(folder.path());
    let second = Settings { file: folder.path().join("other").join("audit.jsonl"), ..first.clone() };
    let audit = Audit::start(first.clone());
    let begun = audit.begin(Subject::of("tools/call"));
    audit.clone().follow(Some(second.clone()));
    audit.follow(Some(second.clone()));
    begun.ended(Ended::Ok, None);
    audit.begin(Subject::of("tools/call")).ended(Ended::Ok, None);
    audit.follow(None);
    let lost = audit.begin(Subject::of("tools/call"));
    assert!(lost.witness("a", 1).is_none() && audit.host().is_none());
    let events = |lines: Vec<Value>| {
        lines.iter().map(|line| line["event"].as_str().unwrap_or("call").to_owned()).collect::<Vec<_>>()
    };
    let (before, after) = (lines_at_last(&first.file, 2), lines_at_last(&second.file, 4));
    assert_eq!(after[0]["host"], before[0]["host"], "it is the same host");
    let names: Vec<_> = calls(&second.file).iter().map(|line| line["call"].clone()).collect();
    assert_ne!(names[0], names[1], "names go on");
    assert_eq!(events(before), ["started", "configured"]);
    assert_eq!(events(after), ["configured", "call", "call", "configured"]);
}
