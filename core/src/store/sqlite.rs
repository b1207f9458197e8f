//! Grants in one SQLite file: the default on a server, shared by all processes of one host.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::span::Span;
use super::{Entry, Expected, Saved, TokenStore, Version};
use crate::error::{Code, Error};
use crate::sys::{Clock, millis};

/// How long a write waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// The layout of the file. It only ever grows, so that several SDK versions can share one file.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS loop_entry (
        key TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        blob BLOB NOT NULL,
        expires_at INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS loop_entry_expiry ON loop_entry (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE IF NOT EXISTS loop_version (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL);
    INSERT OR IGNORE INTO loop_version (id, last) VALUES (1, 0);
";

/// A store in one file. WAL mode, every commit flushed to the disk, readable by its owner alone.
pub struct SqliteStore {
    path: PathBuf,
    clock: Clock,
    /// Reads have a connection of their own: they do not wait while a commit is flushed to the disk.
    reader: Arc<Mutex<Connection>>,
    writer: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, creating it and its directory where they do not exist.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_with(path.into(), Clock::default())
    }

    pub(crate) fn open_with(path: PathBuf, clock: Clock) -> Result<Self, Error> {
        if !super::choice::is_file_name(&path.to_string_lossy()) {
            return Err(crate::config::invalid("store", "must name a file"));
        }
        super::sqlite_file::prepare(&path)?;
        let connect = || {
            let connection = connect_patiently(&path).map_err(|error| store_error(&path, "opened", error))?;
            Ok::<_, Error>(Arc::new(Mutex::new(connection)))
        };
        let (writer, reader) = (connect()?, connect()?);
        Ok(Self { path, clock, reader, writer })
    }

    async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(&self.reader, act).await
    }

    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(&self.writer, act).await
    }

    /// Runs one short transaction on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        connection: &Arc<Mutex<Connection>>,
        act: impl FnOnce(&mut Connection, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (connection, path, now) = (Arc::clone(connection), self.path.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            // A transaction that panicked was rolled back when it was dropped.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            act(&mut connection, to_integer(now)).map_err(|error| store_error(&path, "used", error))
        })
        .await
        .map_err(Error::ended_early)?
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.path.display())
    }
}

#[async_trait::async_trait]
impl TokenStore for SqliteStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let key = key.to_owned();
        self.read(move |connection, now| {
            let mut statement = connection.prepare_cached(
                "SELECT version, blob FROM loop_entry WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
            )?;
            statement.query_row(params![key, now], |row| entry(row, 0)).optional()
        })
        .await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let (key, blob, expected) = (key.to_owned(), blob.to_vec(), expected.clone());
        self.write(move |connection, now| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.prepare_cached("DELETE FROM loop_entry WHERE expires_at <= ?1")?.execute(params![now])?;
            let current: Option<i64> = transaction
                .prepare_cached("SELECT version FROM loop_entry WHERE key = ?1")?
                .query_row(params![key], |row| row.get(0))
                .optional()?;
            let as_expected = match (&expected, current) {
                (Expected::Absent, None) => true,
                (Expected::Version(wanted), Some(current)) => wanted.0 == current.to_string(),
                _ => false,
            };
            if !as_expected {
                return Ok(Saved::Conflict);
            }
            let version: i64 = transaction
                .prepare_cached("UPDATE loop_version SET last = last + 1 WHERE id = 1 RETURNING last")?
                .query_row([], |row| row.get(0))?;
            let expires_at = ttl.map(|ttl| now.saturating_add(to_integer(millis(ttl))));
            transaction
                .prepare_cached(
                    "INSERT INTO loop_entry (key, version, blob, expires_at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (key) DO UPDATE SET version = ?2, blob = ?3, expires_at = ?4",
                )?
                .execute(params![key, version, blob, expires_at])?;
            Ok(match transaction.commit() {
                Ok(()) => Saved::Version(Version(version.to_string())),
                // The disk may have taken it all the same.
                Err(_) => Saved::Unknown,
            })
        })
        .await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        let (key, version) = (key.to_owned(), expected.0.parse::<i64>().unwrap_or(-1));
        self.write(move |connection, now| {
            let mut statement = connection.prepare_cached(
                "DELETE FROM loop_entry WHERE key = ?1 AND version = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
            )?;
            Ok(statement.execute(params![key, version, now])? == 1)
        })
        .await
    }

    /// The host's clock: a file serves one host.
    async fn now(&self) -> Result<u64, Error> {
        Ok(self.clock.now())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let span = Span::new(prefix, after);
        self.read(move |connection, now| {
            let compare = if span.is_inclusive() { ">=" } else { ">" };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT key, version, blob FROM loop_entry
                 WHERE key {compare} ?1 AND (?2 IS NULL OR key < ?2) AND (expires_at IS NULL OR expires_at > ?3)
                 ORDER BY key LIMIT ?4"
            ))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement
                .query_map(params![span.start(), span.end(), now, limit], |row| Ok((row.get(0)?, entry(row, 1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>().map(Some)
        })
        .await
    }
}

/// The version and the blob, from two neighbouring columns.
fn entry(row: &Row<'_>, first: usize) -> rusqlite::Result<Entry> {
    Ok(Entry { version: Version(row.get::<_, i64>(first)?.to_string()), blob: row.get(first + 1)? })
}

/// Turning a new file to WAL needs it alone, and SQLite does not wait for that as it does for writes.
fn connect_patiently(path: &Path) -> rusqlite::Result<Connection> {
    const PAUSE: Duration = Duration::from_millis(25);
    let mut waited = Duration::ZERO;
    loop {
        match connect(path) {
            Err(error) if is_busy(&error) && waited < BUSY => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            done => return done,
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn store_error(path: &Path, what: &str, error: rusqlite::Error) -> Error {
    if is_busy(&error) {
        return Error::new(
            Code::StoreBusy,
            format!("The store {} is locked by another process; try again.", path.display()),
        )
        .with_source(error);
    }
    Error::new(Code::StoreUnavailable, format!("The store {} can't be {what}.", path.display())).with_source(error)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn to_integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(directory: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(directory.path().join("grants.db")).unwrap()
    }

    async fn save(store: &SqliteStore, key: &str, blob: &[u8]) -> Result<Saved, Error> {
        store.save(key, blob, &Expected::Absent, None).await
    }

    #[tokio::test]
    async fn a_full_disk_is_an_error_and_what_was_saved_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        save(&store, "a", b"1").await.unwrap();
        let pragma = |name: &str, value: i64| {
            store.writer.lock().unwrap().pragma_update_and_check(None, name, value, |_| Ok(())).unwrap();
        };
        pragma("max_page_count", 1);
        let error = save(&store, "b", &[0; 10_000]).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreUnavailable);
        assert_eq!(store.load("a").await.unwrap().unwrap().blob, b"1");
        assert!(store.load("b").await.unwrap().is_none());
        pragma("max_page_count", 1_000_000);
        assert!(matches!(save(&store, "b", &[0; 10_000]).await, Ok(Saved::Version(_))), "there is room again");
    }

    #[tokio::test]
    async fn a_file_that_is_read_only_is_an_error_of_the_store() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        save(&store, "a", b"1").await.unwrap();
        store.writer.lock().unwrap().pragma_update(None, "query_only", true).unwrap();
        assert_eq!(save(&store, "b", b"1").await.unwrap_err().code(), Code::StoreUnavailable);
        assert_eq!(store.load("a").await.unwrap().unwrap().blob, b"1");
    }

    #[test]
    fn every_commit_is_flushed_to_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let writer = store.writer.lock().unwrap();
        let pragma = |name: &str| -> i64 { writer.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
        let full = 2;
        assert_eq!((pragma("synchronous"), pragma("fullfsync")), (full, 1));
    }
}
