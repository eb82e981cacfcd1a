//! The database of tasks: one file that all hosts of a user share, so that a task outlives its host.
//!
//! Each host holds a lock on a file of its own as long as it lives. A task that did not end, of a host whose file is not
//! locked, was cut off.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rmcp::ErrorData;
use rmcp::model::DetailedTask;
use rmcp::task_manager::current_timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use uuid::Uuid;

use super::TTL;
use super::running::failed;

/// The database's name has its version: a newer host begins a new one beside it.
const FILE: &str = "tasks-1.db";

/// Ended tasks that are kept of one plugin: those of a busy day.
const MAX_KEPT: usize = 1000;

/// Bytes of all ended tasks of one plugin. The newest is kept whatever its size.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How long another host may be in the way of a write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the database does not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("the database of tasks: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("the folder of tasks: {0}")]
    Folder(#[from] io::Error),
    #[error("the database of tasks holds what is no task: {0}")]
    Content(#[from] serde_json::Error),
    #[error("the database of tasks is closed")]
    Closed,
}

/// The database, as one host has it open.
#[derive(Clone)]
pub(super) struct Store(Arc<Opened>);

struct Opened {
    connection: Mutex<Connection>,
    folder: Option<PathBuf>,
    /// Which host this is.
    owner: String,
    /// Locked as long as this host lives.
    _alive: Option<File>,
}

impl Store {
    /// Opens the database in `folder`, or one in memory where that cannot be.
    ///
    /// # Errors
    ///
    /// When neither can be had.
    pub(super) async fn open(folder: Option<PathBuf>) -> Result<Self, StoreError> {
        let opening = tokio::task::spawn_blocking(move || {
            let Some(folder) = folder else { return Opened::in_memory() };
            Opened::in_folder(&folder).or_else(|reason| {
                tracing::warn!("tasks are not kept when this host ends: {reason}");
                Opened::in_memory()
            })
        });
        Ok(Self(Arc::new(opening.await.map_err(|_| StoreError::Closed)??)))
    }

    /// Keeps a task that begins now.
    pub(super) async fn begin(&self, task: DetailedTask, plugin: &str) -> Result<(), StoreError> {
        let plugin = plugin.to_owned();
        self.with(move |opened, transaction| {
            transaction.execute("DELETE FROM tasks WHERE expires < ?1", [seconds()])?;
            let expires = seconds().saturating_add(TTL.as_secs());
            let text = serde_json::to_string(&task)?;
            transaction.execute(
                "INSERT INTO tasks (id, plugin, owner, expires, bytes, task) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![task.task.task_id, plugin, opened.owner, expires, text.len(), text],
            )?;
            Ok(())
        })
        .await
    }

    /// Keeps what a task came to. Older ones of its plugin go when there are too many.
    pub(super) async fn end(&self, task: DetailedTask) -> Result<(), StoreError> {
        self.with(move |_, transaction| {
            end(transaction, &task)?;
            transaction.execute(
                "DELETE FROM tasks WHERE id IN (
                    SELECT id FROM (
                        SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total
                        FROM tasks
                        WHERE ended IS NOT NULL AND plugin = (SELECT plugin FROM tasks WHERE id = ?1)
                        WINDOW newest AS (ORDER BY ended DESC, rowid DESC)
                    ) WHERE place > ?2 OR (place > 1 AND total > ?3)
                )",
                params![task.task.task_id, MAX_KEPT, MAX_BYTES],
            )?;
            Ok(())
        })
        .await
    }

    /// The task of this name, if it has not expired.
    pub(super) async fn get(&self, id: String) -> Result<Option<DetailedTask>, StoreError> {
        self.with(move |opened, transaction| {
            let find = || {
                transaction
                    .query_row(
                        "SELECT task, owner, ended IS NOT NULL FROM tasks WHERE id = ?1 AND expires >= ?2",
                        params![id, seconds()],
                        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)),
                    )
                    .optional()
            };
            let Some((mut text, owner, ended)) = find()? else { return Ok(None) };
            if !ended && owner != opened.owner && opened.bury(transaction, &owner)? {
                text = find()?.map_or(text, |(text, _, _)| text);
            }
            Ok(Some(serde_json::from_str(&text)?))
        })
        .await
    }

    /// Does `work` in a transaction, on a thread that may wait for the disk.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Opened, &Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let opened = Arc::clone(&self.0);
        let working = tokio::task::spawn_blocking(move || {
            let mut connection = opened.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let result = work(&opened, &transaction)?;
            transaction.commit()?;
            Ok(result)
        });
        working.await.map_err(|_| StoreError::Closed)?
    }
}

impl Opened {
    fn in_memory() -> Result<Self, StoreError> {
        Self::of(Connection::open_in_memory()?, None, None)
    }

    fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        make_private(folder)?;
        let owner = Uuid::new_v4().to_string();
        let alive = File::create(life_of(folder, &owner))?;
        alive.lock()?;
        let connection = Connection::open(folder.join(FILE))?;
        connection.busy_timeout(PATIENCE)?;
        // Given back to the system when tasks go; must be said before there are tables.
        connection.pragma_update(None, "auto_vacuum", "FULL")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was written outlives this process; after a power cut the newest may be lost.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let opened = Self::of(connection, Some((folder.to_owned(), owner)), Some(alive))?;
        opened.bury_all()?;
        Ok(opened)
    }

    fn of(connection: Connection, place: Option<(PathBuf, String)>, alive: Option<File>) -> Result<Self, StoreError> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS tasks (
                id TEXT PRIMARY KEY,
                plugin TEXT NOT NULL,
                owner TEXT NOT NULL,
                expires INTEGER NOT NULL,  -- seconds since 1970
                ended INTEGER,             -- milliseconds since 1970; none while it runs
                bytes INTEGER NOT NULL,
                task TEXT NOT NULL         -- as `tasks/get` gives it
            );
            CREATE INDEX IF NOT EXISTS tasks_of_plugins ON tasks (plugin, ended);
            CREATE INDEX IF NOT EXISTS tasks_of_owners ON tasks (owner) WHERE ended IS NULL;",
        )?;
        let (folder, owner) = place.unzip();
        Ok(Self { connection: Mutex::new(connection), folder, owner: owner.unwrap_or_default(), _alive: alive })
    }

    /// Ends the tasks of all hosts that are gone.
    fn bury_all(&self) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let owners: Vec<String> = {
            let mut owners = transaction.prepare("SELECT DISTINCT owner FROM tasks WHERE ended IS NULL")?;
            owners.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for owner in owners {
            self.bury(&transaction, &owner)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Ends the tasks of `owner` if it is gone, and tells whether it is.
    fn bury(&self, transaction: &Transaction<'_>, owner: &str) -> Result<bool, StoreError> {
        let Some(folder) = &self.folder else { return Ok(false) };
        let life = life_of(folder, owner);
        match File::open(&life) {
            Ok(file) => match file.try_lock() {
                Ok(()) => fs::remove_file(&life)?,
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let cut_off: Vec<String> = {
            let mut tasks = transaction.prepare("SELECT task FROM tasks WHERE owner = ?1 AND ended IS NULL")?;
            tasks.query_map([owner], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for text in cut_off {
            let mut task = serde_json::from_str::<DetailedTask>(&text)?.task;
            task.last_updated_at = current_timestamp();
            let words = "the host was restarted while this task ran; call the tool again";
            let payload = failed(&mut task, &ErrorData::internal_error(words, None));
            end(transaction, &DetailedTask::new(task, payload))?;
        }
        Ok(true)
    }
}

fn end(transaction: &Transaction<'_>, task: &DetailedTask) -> Result<(), StoreError> {
    let text = serde_json::to_string(task)?;
    transaction.execute(
        "UPDATE tasks SET ended = ?2, bytes = ?3, task = ?4 WHERE id = ?1",
        params![task.task.task_id, milliseconds(), text.len(), text],
    )?;
    Ok(())
}

/// The file that is locked while the host `owner` lives.
fn life_of(folder: &Path, owner: &str) -> PathBuf {
    folder.join(format!("{owner}.lock"))
}

/// Makes a folder that nobody else can look into: results of tools lie there.
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn seconds() -> u64 {
    since_1970().as_secs()
}

fn milliseconds() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
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
        let files =
            fs::read_dir(folder.path().join("tasks")).expect("a folder").map(|file| file.expect("a file").path());
        assert_eq!(files.filter(|file| file.extension().is_some_and(|end| end == "lock")).count(), 1);
    }

    #[tokio::test]
    async fn a_plugin_has_room_for_so_many_bytes_and_the_oldest_go() {
        let store = Store::open(None).await.expect("it opens");
        let large = "a".repeat(MAX_BYTES / 2 - 1024);
        for (id, plugin, text) in [("a", "p", &*large), ("b", "p", &large), ("other", "q", &large), ("c", "p", "small")]
        {
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
}
