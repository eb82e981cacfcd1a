//! The database of key-value stores: one file for all hosts of a user. It is used on a thread of its own: it waits
//! for the disk, and for other hosts.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::Limits;
use super::store::{PAGE, Place, Store, Trouble, Versioned};
use super::told::Told;
use crate::capability::share::Shares;

/// The database's name has its version: a newer host begins a new one beside it.
const FILE: &str = "kv-1.db";

/// Operations that wait for the thread; more wait before they are queued.
const QUEUE: usize = 64;

/// Operations of one plugin that are done or queued: the next one is there when the thread comes to it, and of two plugins
/// neither waits for more than these of the other, each of [`MAX_BATCH`](super::MAX_BATCH) at the most.
const MAX_OF_ONE: usize = 2;

/// How long another host may be in the way of a write.
const PATIENCE: Duration = Duration::from_secs(5);

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        if let Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) = error.sqlite_error_code() {
            return Self::Busy;
        }
        tell("the database of key-value stores", &error)
    }
}

/// Of all databases: a host has one.
static TOLD: Told<String> = Told::new();

/// Tells the log what is wrong with `what`, and gives what the guest is told.
fn tell(what: &str, error: &dyn std::error::Error) -> Trouble {
    let words = format!("{what}: {error}");
    if TOLD.is_news(words.clone(), Instant::now()) {
        tracing::warn!("{words}");
    }
    Trouble::Broken
}

type Job = Box<dyn FnOnce(&mut Option<Connection>) + Send>;

/// The database, which is opened when it is first used.
#[derive(Debug)]
pub struct Database {
    folder: Option<PathBuf>,
    turns: Shares,
    jobs: OnceLock<Option<mpsc::Sender<Job>>>,
}

impl Database {
    /// The database in `folder`, or one in memory where there is no folder.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { folder, turns: Shares::new(MAX_OF_ONE), jobs: OnceLock::new() }
    }

    async fn change<T: Send + 'static>(
        &self,
        place: &Place,
        work: impl FnOnce(&Transaction<'_>, i64) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.on(place, move |connection, bucket| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction, bucket)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Does `work` on the bucket's number, on the database's thread. Once begun it goes on when nobody waits for it any more.
    async fn on<T: Send + 'static>(
        &self,
        place: &Place,
        work: impl FnOnce(&mut Connection, i64) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let jobs = self.jobs.get_or_init(start).as_ref().ok_or(Trouble::Broken)?;
        let turn = self.turns.turn(&place.plugin).await.ok_or(Trouble::Broken)?;
        let (done, result) = oneshot::channel();
        let (place, folder) = (place.clone(), self.folder.clone());
        let job: Job = Box::new(move |connection| {
            let _turn = turn;
            // Who asked has gone, and was told of nothing.
            if done.is_closed() {
                return;
            }
            let working = || -> Result<T, Trouble> {
                let connection = match connection {
                    Some(connection) => connection,
                    None => connection.insert(open(folder.as_deref())?),
                };
                let bucket = number(connection, &place)?;
                work(connection, bucket)
            };
            // Nobody waits any more: there is nobody to tell.
            let _ = done.send(working());
        });
        jobs.send(job).await.map_err(|_| Trouble::Broken)?;
        result.await.map_err(|_| Trouble::Broken)?
    }
}

#[async_trait]
impl Store for Database {
    async fn get(&self, place: &Place, key: String) -> Result<Option<Versioned>, Trouble> {
        self.on(place, move |connection, bucket| Ok(get(connection, bucket, &key)?)).await
    }

    async fn get_many(&self, place: &Place, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>, Trouble> {
        self.on(place, move |connection, bucket| {
            let mut bytes = 0;
            let value = |key: String| -> Result<(String, Option<Vec<u8>>), Trouble> {
                let value = get(connection, bucket, &key)?.map(|(_, value)| value);
                bytes += value.as_ref().map_or(0, Vec::len);
                if bytes > super::MAX_BATCH { Err(Trouble::TooMuch) } else { Ok((key, value)) }
            };
            keys.into_iter().map(value).collect()
        })
        .await
    }

    async fn version(&self, place: &Place, key: String) -> Result<Option<i64>, Trouble> {
        self.on(place, move |connection, bucket| {
            let mut find = connection.prepare_cached("SELECT version FROM entries WHERE bucket = ?1 AND key = ?2")?;
            Ok(find.query_row(params![bucket, key], |row| row.get(0)).optional()?)
        })
        .await
    }

    async fn list(&self, place: &Place, cursor: u64) -> Result<(Vec<String>, Option<u64>), Trouble> {
        self.on(place, move |connection, bucket| {
            let mut find = connection
                .prepare_cached("SELECT id, key FROM entries WHERE bucket = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
            let cursor = i64::try_from(cursor).unwrap_or(i64::MAX);
            let rows = find.query_map(params![bucket, cursor, PAGE], |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
            })?;
            let (ids, keys): (Vec<u64>, Vec<String>) = rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            Ok((keys, ids.last().copied().filter(|_| ids.len() == PAGE)))
        })
        .await
    }

    async fn set(&self, place: &Place, limits: Limits, values: Vec<(String, Vec<u8>)>) -> Result<(), Trouble> {
        self.change(place, move |transaction, bucket| {
            values.iter().try_for_each(|(key, value)| set(transaction, bucket, limits, key, value))
        })
        .await
    }

    async fn swap(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        version: Option<i64>,
        value: Vec<u8>,
    ) -> Result<Result<(), Option<i64>>, Trouble> {
        self.change(place, move |transaction, bucket| {
            let now = get(transaction, bucket, &key)?.map(|(version, _)| version);
            if now != version {
                return Ok(Err(now));
            }
            set(transaction, bucket, limits, &key, &value).map(Ok)
        })
        .await
    }

    async fn increment(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        delta: i128,
        range: RangeInclusive<i128>,
    ) -> Result<i128, Trouble> {
        self.change(place, move |transaction, bucket| {
            let value = get(transaction, bucket, &key)?.map(|(_, value)| value);
            let number = value.map_or(Some(0), |value| std::str::from_utf8(&value).ok()?.parse::<i128>().ok());
            let number = number.ok_or(Trouble::NO_NUMBER)?;
            let sum = number.checked_add(delta).filter(|sum| range.contains(sum));
            let sum = sum.ok_or(Trouble::BEYOND)?;
            set(transaction, bucket, limits, &key, sum.to_string().as_bytes())?;
            Ok(sum)
        })
        .await
    }

    async fn delete(&self, place: &Place, keys: Vec<String>) -> Result<(), Trouble> {
        self.change(place, move |transaction, bucket| {
            for key in &keys {
                delete(transaction, bucket, key)?;
            }
            Ok(())
        })
        .await
    }
}

/// Starts the thread, which ends with the database.
fn start() -> Option<mpsc::Sender<Job>> {
    let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
    let thread = std::thread::Builder::new().name("barkeep-kv".to_owned()).spawn(move || {
        let mut connection = None;
        while let Some(job) = queue.blocking_recv() {
            job(&mut connection);
        }
    });
    thread.ok().map(|_| jobs)
}

fn open(folder: Option<&Path>) -> Result<Connection, Trouble> {
    let broken = |error: std::io::Error| tell("the folder of key-value stores", &error);
    let connection = if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(broken)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(broken)?;
        }
        Connection::open(folder.join(FILE))?
    } else {
        tracing::warn!("there is no folder of state: what plugins put into key-value stores ends with this host");
        Connection::open_in_memory()?
    };
    connection.busy_timeout(PATIENCE)?;
    // Given back to the system when values go; must be said before there are tables.
    connection.pragma_update(None, "auto_vacuum", "FULL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was written outlives this process; after a power cut the newest may be lost.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS buckets (
            id INTEGER PRIMARY KEY,
            plugin TEXT NOT NULL,
            bucket TEXT NOT NULL,
            keys INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            UNIQUE (plugin, bucket)
        );
        CREATE TABLE IF NOT EXISTS entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: lists go on after the last that they gave
            bucket INTEGER NOT NULL,
            key TEXT NOT NULL,
            version INTEGER NOT NULL,              -- another for each value
            value BLOB NOT NULL,
            UNIQUE (bucket, key)
        );
        CREATE INDEX IF NOT EXISTS entries_of_buckets ON entries (bucket, id);",
    )?;
    Ok(connection)
}

/// The number of a bucket, which is made when it is first used.
fn number(connection: &Connection, place: &Place) -> Result<i64, Trouble> {
    let Place { plugin, bucket } = place;
    let mut find = connection.prepare_cached("SELECT id FROM buckets WHERE plugin = ?1 AND bucket = ?2")?;
    if let Some(id) = find.query_row([plugin, bucket], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.execute("INSERT OR IGNORE INTO buckets (plugin, bucket) VALUES (?1, ?2)", [plugin, bucket])?;
    Ok(find.query_row([plugin, bucket], |row| row.get(0))?)
}

fn get(connection: &Connection, bucket: i64, key: &str) -> rusqlite::Result<Option<Versioned>> {
    let mut find = connection.prepare_cached("SELECT version, value FROM entries WHERE bucket = ?1 AND key = ?2")?;
    find.query_row(params![bucket, key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn set(transaction: &Transaction<'_>, bucket: i64, limits: Limits, key: &str, value: &[u8]) -> Result<(), Trouble> {
    let mut old = transaction.prepare_cached("SELECT length(value) FROM entries WHERE bucket = ?1 AND key = ?2")?;
    let old: Option<u64> = old.query_row(params![bucket, key], |row| row.get(0)).optional()?;
    let mut totals = transaction.prepare_cached("SELECT keys, bytes FROM buckets WHERE id = ?1")?;
    let (keys, bytes): (u64, u64) = totals.query_row([bucket], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let size = |value: u64| value.saturating_add(key.len() as u64);
    let (before, after) = (old.map_or(0, size), size(value.len() as u64));
    let (all_keys, all_bytes) = (keys + u64::from(old.is_none()), bytes.saturating_sub(before).saturating_add(after));
    // What is over the limit already, since that was lowered, may still get smaller.
    if (all_keys > limits.keys && old.is_none()) || (all_bytes > limits.bytes && after > before) {
        return Err(Trouble::Full);
    }
    transaction
        .prepare_cached(
            "INSERT INTO entries (bucket, key, version, value) VALUES (?1, ?2, random(), ?3)
         ON CONFLICT (bucket, key) DO UPDATE SET version = random(), value = ?3",
        )?
        .execute(params![bucket, key, value])?;
    count(transaction, bucket, all_keys, all_bytes)
}

fn delete(transaction: &Transaction<'_>, bucket: i64, key: &str) -> Result<(), Trouble> {
    let mut gone =
        transaction.prepare_cached("DELETE FROM entries WHERE bucket = ?1 AND key = ?2 RETURNING length(value)")?;
    let Some(length) = gone.query_row(params![bucket, key], |row| row.get::<_, u64>(0)).optional()? else {
        return Ok(());
    };
    let mut totals = transaction.prepare_cached("SELECT keys, bytes FROM buckets WHERE id = ?1")?;
    let (keys, bytes): (u64, u64) = totals.query_row([bucket], |row| Ok((row.get(0)?, row.get(1)?)))?;
    count(transaction, bucket, keys.saturating_sub(1), bytes.saturating_sub(length + key.len() as u64))
}

fn count(transaction: &Transaction<'_>, bucket: i64, keys: u64, bytes: u64) -> Result<(), Trouble> {
    let mut update = transaction.prepare_cached("UPDATE buckets SET keys = ?2, bytes = ?3 WHERE id = ?1")?;
    update.execute(params![bucket, keys, bytes])?;
    Ok(())
}

#[cfg(test)]
mod tests;
