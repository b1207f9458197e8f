//! The sandbox's one SQLite database: a file, or memory.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::services;
use crate::sys::RandomFailed;

/// Where the sandbox keeps apps, grants and tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Database {
    /// Gone when the sandbox stops.
    #[default]
    Memory,
    /// Kept between runs; the file is made if it is not there.
    File(PathBuf),
}

/// What can go wrong inside the sandbox through no fault of the caller: answered as `server_error`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error(transparent)]
    Random(#[from] RandomFailed),
    #[error("a stored record can't be read: {0}")]
    Record(#[from] serde_json::Error),
}

/// One connection behind a mutex: a developer's machine has no load that would need more.
#[derive(Debug)]
pub(crate) struct Store(Mutex<Connection>);

impl Store {
    pub(crate) fn open(database: &Database) -> Result<Store, rusqlite::Error> {
        let connection = match database {
            Database::Memory => Connection::open_in_memory()?,
            Database::File(path) => open_file(path)?,
        };
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(services::SCHEMA)?;
        catch_up(&connection)?;
        Ok(Store(Mutex::new(connection)))
    }

    /// Runs `work` in one transaction. A refusal that must leave traces (a revoked grant) is an `Ok` of the inner result.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// As [`Store::write`], for work that refuses in words of its own; a refusal leaves no trace.
    pub(crate) fn try_write<T, E: From<Trouble>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(Trouble::from)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(Trouble::from)?;
        Ok(done)
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, Trouble> {
        work(&self.lock())
    }

    /// As [`Store::read`], for work that refuses in words of its own.
    pub(crate) fn try_read<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        work(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back; the connection is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_column(connection: &Connection, table: &str, column: &str) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)";
    connection.query_row(sql, [table, column], |row| row.get(0))
}

fn add_column(connection: &Connection, table: &str, column: &str, kind: &str) -> Result<(), rusqlite::Error> {
    if has_column(connection, table, column)? {
        return Ok(());
    }
    connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))
}

/// Brings a file of an older sandbox up to the present schema.
fn catch_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    if !has_column(connection, "refresh_tokens", "parent")? {
        connection.execute_batch(
            "BEGIN IMMEDIATE;
             ALTER TABLE refresh_tokens ADD COLUMN rotated_at_ms INTEGER;
             ALTER TABLE refresh_tokens ADD COLUMN parent TEXT;
             DROP INDEX IF EXISTS one_live_refresh_token;
             COMMIT;",
        )?;
    }
    add_column(connection, "clients", "baa", "INTEGER NOT NULL DEFAULT 1")?;
    add_column(connection, "connections", "is_broken", "INTEGER NOT NULL DEFAULT 0")?;
    if has_column(connection, "clients", "former_secret_hash")? {
        connection.execute_batch(
            "BEGIN IMMEDIATE;
             INSERT INTO former_secrets SELECT client_id, former_secret_hash, former_secret_until FROM clients
                 WHERE former_secret_hash IS NOT NULL AND former_secret_until IS NOT NULL;
             ALTER TABLE clients DROP COLUMN former_secret_hash;
             ALTER TABLE clients DROP COLUMN former_secret_until;
             COMMIT;",
        )?;
    }
    // Older sandboxes kept answers whole, secrets and all. What was kept would be forgotten within a day.
    let keeps_secrets = "SELECT \"notnull\" FROM pragma_table_info('idempotency') WHERE name = 'body'";
    if connection.query_row(keeps_secrets, [], |row| row.get(0))? {
        connection.execute_batch("PRAGMA secure_delete = ON; DROP TABLE idempotency;")?;
        connection.execute_batch(services::SCHEMA)?;
    }
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS refresh_tokens_of_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL",
    )
}

fn open_file(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // SQLite opens a file that it may only read; find that out now, not at the first sign-in.
    connection.execute_batch("BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT;")?;
    Ok(connection)
}

/// Times are seconds since 1970 on the sandbox clock. Tokens and client secrets are kept as SHA-256 only.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS clients (
    client_id TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    client_uri TEXT,
    logo_uri TEXT,
    client_type TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    allowed_scopes TEXT NOT NULL,
    allowed_origins TEXT NOT NULL,
    secret_hash TEXT,
    access_token_seconds INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
-- Client secrets that were rotated, until their day is over.
CREATE TABLE IF NOT EXISTS former_secrets (
    client_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    until INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS former_secrets_of_client ON former_secrets (client_id);
CREATE TABLE IF NOT EXISTS browsers (
    hash TEXT PRIMARY KEY,
    user_id TEXT,
    expires_at INTEGER NOT NULL
);
-- A browser in which a person signed in.
CREATE TABLE IF NOT EXISTS sessions (
    browser_hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_agent TEXT,
    created_at INTEGER NOT NULL,
    last_active_at INTEGER NOT NULL
);
CREATE TRIGGER IF NOT EXISTS a_session_ends_with_its_browser AFTER DELETE ON browsers BEGIN
    DELETE FROM sessions WHERE browser_hash = OLD.hash;
END;
CREATE TABLE IF NOT EXISTS interactions (
    hash TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    request TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS one_live_grant ON grants (user_id, client_id) WHERE revoked_at IS NULL;
CREATE TABLE IF NOT EXISTS codes (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    nonce TEXT,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'rotated', 'replaced', 'revoked')),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    rotated_at_ms INTEGER,
    parent TEXT
);
CREATE TABLE IF NOT EXISTS access_tokens (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX IF NOT EXISTS access_tokens_of_grant ON access_tokens (grant_id);
CREATE INDEX IF NOT EXISTS refresh_tokens_of_grant ON refresh_tokens (grant_id);
CREATE TABLE IF NOT EXISTS security_alerts (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    grant_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS signing_keys (
    kid TEXT PRIMARY KEY,
    seed BLOB NOT NULL,
    position INTEGER NOT NULL
);
-- Apps that were registered in the portal; the others have no owner.
CREATE TABLE IF NOT EXISTS portal_apps (
    client_id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    app_type TEXT NOT NULL
);
-- A signing secret is kept as it is: it has to sign.
CREATE TABLE IF NOT EXISTS webhook_endpoints (
    client_id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    former_secret_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL,
    scope TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_attempt_at INTEGER,
    last_status INTEGER,
    last_answer TEXT
);
CREATE INDEX IF NOT EXISTS waiting_webhooks ON webhook_deliveries (client_id, user_id, seq) WHERE status = 'pending';
";
