use rmcp::model::{Task, TaskPayload, TaskStatus};
use serde_json::json;

use super::*;

fn task(id: &str) -> DetailedTask {
    DetailedTask::new(Task::new(id, TaskStatus::Working, "then", "then"), TaskPayload::Working)
}

fn done(id: &str, text: &str) -> DetailedTask {
    let result = json!({ "content": text }).as_object().expect("an object").clone();
    DetailedTask::new(task(id).task, TaskPayload::Completed { result })
}

async fn open(folder: &Path) -> Store {
    Store::open(Some(folder.join("tasks"))).await.expect("it opens")
}

async fn status(store: &Store, id: &str) -> Option<TaskStatus> {
    store.get(id.to_owned()).await.expect("it can be looked up").map(|task| task.status())
}

#[tokio::test]
async fn a_task_outlives_its_host_and_one_that_ran_was_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await;
    first.begin(task("ended"), "p").await.expect("kept");
    first.end(done("ended", "well")).await.expect("kept");
    first.begin(task("cut off"), "p").await.expect("kept");

    let second = open(folder.path()).await;
    assert_eq!(status(&second, "ended").await, Some(TaskStatus::Completed));
    assert_eq!(status(&second, "cut off").await, Some(TaskStatus::Working), "its host lives");
    drop(first);
    assert_eq!(status(&second, "cut off").await, Some(TaskStatus::Failed));
    drop(second);

    let third = open(folder.path()).await;
    let kept = third.get("ended".into()).await.expect("it can be looked up").expect("it is there");
    assert_eq!(kept, done("ended", "well"));
    let cut_off = third.get("cut off".into()).await.expect("it can be looked up").expect("it is there");
    assert!(cut_off.task.status_message.is_some_and(|words| words.contains("host was restarted")));
    assert_eq!(status(&third, "never").await, None);
}

#[tokio::test]
async fn the_lock_of_a_host_that_is_gone_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await;
    first.begin(task("cut off"), "p").await.expect("kept");
    drop(first);
    let _second = open(folder.path()).await;
    let files = fs::read_dir(folder.path().join("tasks")).expect("a folder").map(|file| file.expect("a file").path());
    assert_eq!(files.filter(|file| file.extension().is_some_and(|end| end == "lock")).count(), 1);
}

#[tokio::test]
async fn a_plugin_has_room_for_so_many_bytes_and_the_oldest_go() {
    let store = Store::open(None).await.expect("it opens");
    let large = "a".repeat(MAX_BYTES / 2 - 1024);
    for (id, plugin, text) in [("a", "p", &*large), ("b", "p", &large), ("other", "q", &large), ("c", "p", "small")] {
        store.begin(task(id), plugin).await.expect("kept");
        store.end(done(id, text)).await.expect("kept");
    }
    assert_eq!(status(&store, "a").await, Some(TaskStatus::Completed), "it fits beside the others");
    store.begin(task("d"), "p").await.expect("kept");
    store.end(done("d", &large)).await.expect("kept");
    let all = [status(&store, "a").await, status(&store, "b").await, status(&store, "other").await];
    assert_eq!(all, [None, Some(TaskStatus::Completed), Some(TaskStatus::Completed)]);
    store.begin(task("e"), "p").await.expect("kept");
    store.end(done("e", &"a".repeat(MAX_BYTES + 1))).await.expect("kept");
    assert_eq!(status(&store, "e").await, Some(TaskStatus::Completed), "the newest stays");
    assert_eq!(status(&store, "d").await, None);
}

#[tokio::test]
async fn a_plugin_has_room_for_so_many_tasks() {
    let store = Store::open(None).await.expect("it opens");
    for number in 0..=MAX_KEPT {
        store.begin(task(&number.to_string()), "p").await.expect("kept");
        store.end(done(&number.to_string(), "")).await.expect("kept");
    }
    assert_eq!(status(&store, "0").await, None);
    assert_eq!(status(&store, "1").await, Some(TaskStatus::Completed));
}

/// Those of before seem to have ended later than all that end now.
#[tokio::test]
async fn what_ends_after_the_clock_was_set_back_is_the_newest() {
    let store = Store::open(None).await.expect("it opens");
    let large = "a".repeat(MAX_BYTES / 2);
    for id in ["before", "then"] {
        store.begin(task(id), "p").await.expect("kept");
        store.end(done(id, &large)).await.expect("kept");
        let set_back = store.with(|_, transaction| {
            Ok(transaction.execute("UPDATE tasks SET ended = ended + 86400000, expires = expires + 86400", [])?)
        });
        assert!(set_back.await.expect("it runs") > 0);
    }
    assert_eq!(status(&store, "then").await, Some(TaskStatus::Completed));
    assert_eq!(status(&store, "before").await, None, "it is the oldest");
    store.begin(task("now"), "p").await.expect("kept");
    store.end(done("now", "")).await.expect("kept");
    assert_eq!(status(&store, "now").await, Some(TaskStatus::Completed));
}

#[tokio::test]
async fn what_has_expired_is_gone() {
    let store = Store::open(None).await.expect("it opens");
    store.begin(task("old"), "p").await.expect("kept");
    let expire = store.with(|_, transaction| Ok(transaction.execute("UPDATE tasks SET expires = 1", [])?));
    assert_eq!(expire.await.expect("it runs"), 1);
    assert_eq!(status(&store, "old").await, None);
    store.begin(task("new"), "p").await.expect("kept");
    let count = store.with(|_, transaction| {
        Ok(transaction.query_row("SELECT count(*) FROM tasks", [], |row| row.get::<_, u64>(0))?)
    });
    assert_eq!(count.await.expect("it runs"), 1);
}

#[tokio::test]
async fn where_no_file_can_be_tasks_are_kept_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tasks"), "a file is in the way").expect("written");
    let store = open(folder.path()).await;
    store.begin(task("a"), "p").await.expect("kept");
    assert_eq!(status(&store, "a").await, Some(TaskStatus::Working));
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("tasks")).expect("made");
    fs::write(folder.path().join("tasks").join(FILE), "no database".repeat(100)).expect("written");
    assert!(open(folder.path()).await.begin(task("a"), "p").await.is_ok());
}
