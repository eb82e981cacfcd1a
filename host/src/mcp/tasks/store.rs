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
                ended INTEGER,             -- in their order, by milliseconds since 1970; none while it runs
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

/// What ends later is newer, also after the clock was set back: else it would be the first to go.
fn end(transaction: &Transaction<'_>, task: &DetailedTask) -> Result<(), StoreError> {
    let text = serde_json::to_string(task)?;
    transaction.execute(
        "UPDATE tasks SET bytes = ?3, task = ?4, ended = max(?2, coalesce((
            SELECT max(newest.ended) + 1 FROM tasks AS newest WHERE newest.plugin = tasks.plugin
        ), 0)) WHERE id = ?1",
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
mod tests;
