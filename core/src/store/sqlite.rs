//! Grants in one SQLite file: the default on a server, shared by all processes of one host.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

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
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, creating it and its directory where they do not exist.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_with(path.into(), Clock::default())
    }

    pub(crate) fn open_with(path: PathBuf, clock: Clock) -> Result<Self, Error> {
        if !super::open::is_file_name(&path.to_string_lossy()) {
            return Err(crate::config::invalid("store", "must name a file"));
        }
        prepare_file(&path)?;
        let connection = connect_patiently(&path).map_err(|error| store_error(&path, "opened", error))?;
        Ok(Self { path, clock, connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs one short transaction on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (connection, path, now) = (Arc::clone(&self.connection), self.path.clone(), self.clock.now());
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
        self.run(move |connection, now| {
            let mut statement = connection.prepare_cached(
                "SELECT version, blob FROM loop_entry WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
            )?;
            statement
                .query_row(params![key, now], |row| {
                    Ok(Entry { version: Version(row.get::<_, i64>(0)?.to_string()), blob: row.get(1)? })
                })
                .optional()
        })
        .await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let (key, blob, expected) = (key.to_owned(), blob.to_vec(), expected.clone());
        self.run(move |connection, now| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM loop_entry WHERE expires_at <= ?1", params![now])?;
            let current: Option<i64> = transaction
                .query_row("SELECT version FROM loop_entry WHERE key = ?1", params![key], |row| row.get(0))
                .optional()?;
            let as_expected = match (&expected, current) {
                (Expected::Absent, None) => true,
                (Expected::Version(wanted), Some(current)) => wanted.0 == current.to_string(),
                _ => false,
            };
            if !as_expected {
                return Ok(Saved::Conflict);
            }
            let version: i64 = transaction.query_row(
                "UPDATE loop_version SET last = last + 1 WHERE id = 1 RETURNING last",
                [],
                |row| row.get(0),
            )?;
            let expires_at = ttl.map(|ttl| now.saturating_add(to_integer(millis(ttl))));
            transaction.execute(
                "INSERT INTO loop_entry (key, version, blob, expires_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET version = ?2, blob = ?3, expires_at = ?4",
                params![key, version, blob, expires_at],
            )?;
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
        self.run(move |connection, _| {
            let changed =
                connection.execute("DELETE FROM loop_entry WHERE key = ?1 AND version = ?2", params![key, version])?;
            Ok(changed == 1)
        })
        .await
    }

    async fn now(&self) -> Result<u64, Error> {
        Ok(self.clock.now())
    }
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

/// Makes the directory (0700) and the file (0600) before SQLite does, so that there is no moment in which others can read.
fn prepare_file(path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        Error::new(
            Code::StoreUnavailable,
            format!("The store {} can't be written; choose another path with the store option.", path.display()),
        )
        .with_source(error)
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory).map_err(failed)?;
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    refuse_network_file_system(directory.unwrap_or(Path::new(".")))?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    // A file that was there before may have been readable by others.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    drop(file);
    Ok(())
}

/// SQLite's locks do not hold across hosts there, so two of them would use one refresh token twice.
#[cfg(target_os = "linux")]
fn refuse_network_file_system(directory: &Path) -> Result<(), Error> {
    const NETWORK: &[(i64, &str)] = &[
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0x0102_1997, "9p"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
    ];
    let Ok(status) = rustix::fs::statfs(directory) else { return Ok(()) };
    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between targets")]
    let kind = status.f_type as i64 & 0xffff_ffff;
    match NETWORK.iter().find(|(magic, _)| *magic == kind) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(
            Code::StoreUnavailable,
            format!(
                "The store's directory {} is on {name}, where SQLite's locks do not hold; use a local disk.",
                directory.display()
            ),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network_file_system(_directory: &Path) -> Result<(), Error> {
    Ok(())
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
