//! Grants in Postgres, for several hosts: one table, every write one statement, so that a pooler may stand between.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};
use tokio_postgres_rustls_improved::MakeRustlsConnect;

use super::postgres_url::PostgresUrl;
use super::span::Span;
use super::{Entry, Expected, Saved, TokenStore, Version};
use crate::error::{Code, Error};
use crate::sys::millis;

/// The table that [`PostgresStore`] needs, as SQL. Run it once; the SDK never changes a schema.
pub const POSTGRES_SCHEMA: &str = include_str!("postgres.sql");

/// How long to wait for a connection, and then for an answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Statements of one process that may be under way at the same time, each on a connection of its own; more share them.
const CONNECTIONS: usize = 4;
/// No life that Postgres can't count to.
const LONGEST: u64 = 100 * 365 * 86_400_000;
/// After how many writes of this process expired entries are cleared away.
const WRITES_PER_CLEANING: u64 = 64;

// A commit is confirmed when it is on the disk, whatever the server's default is. Set for one transaction, so that it
// stays with no pooled connection.
macro_rules! durable {
    ($statement:literal) => {
        concat!(
            "WITH durable AS MATERIALIZED (SELECT set_config('synchronous_commit',
                CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true))
            ",
            $statement
        )
    };
}

const GREET: &str = "SELECT pg_is_in_recovery(), (extract(epoch FROM clock_timestamp()) * 1000)::float8";
// One row in any case: a replica must not pass for a store without the entry.
const LOAD: &str = "SELECT pg_is_in_recovery(), version, blob FROM (SELECT) AS always
    LEFT JOIN loop_entry ON key = $1 AND (expires_at IS NULL OR expires_at > clock_timestamp())";
// $4 is the deadline: a statement that was held up for longer finds a caller that may have read that nothing was written.
const CREATE: &str = durable!(
    "INSERT INTO loop_entry AS entry (key, blob, expires_at)
    SELECT $1, $2, clock_timestamp() + $3 * interval '1 millisecond' FROM durable
    WHERE extract(epoch FROM clock_timestamp()) * 1000 < $4
    ON CONFLICT (key) DO UPDATE SET version = DEFAULT, blob = excluded.blob, expires_at = excluded.expires_at
    WHERE entry.expires_at <= clock_timestamp() AND extract(epoch FROM clock_timestamp()) * 1000 < $4
    RETURNING version"
);
const REPLACE: &str = durable!(
    "UPDATE loop_entry SET version = DEFAULT, blob = $2, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    FROM durable WHERE key = $1 AND version = $5 AND (expires_at IS NULL OR expires_at > clock_timestamp())
    AND extract(epoch FROM clock_timestamp()) * 1000 < $4
    RETURNING version"
);
const DELETE: &str = durable!(
    "DELETE FROM loop_entry USING durable
    WHERE key = $1 AND version = $2 AND (expires_at IS NULL OR expires_at > clock_timestamp())
    RETURNING version"
);
const CLEAN: &str = "DELETE FROM loop_entry WHERE key IN (
    SELECT key FROM loop_entry WHERE expires_at <= clock_timestamp() LIMIT 1000 FOR UPDATE SKIP LOCKED)";

/// A store in Postgres 12 or newer, also behind PgBouncer in transaction mode. It connects at the first operation, and
/// again after a connection broke.
pub struct PostgresStore {
    url: PostgresUrl,
    open: std::sync::Mutex<Vec<Arc<Client>>>,
    /// One task connects at a time.
    connecting: tokio::sync::Mutex<()>,
    writes: AtomicU64,
}

/// Why there is no answer.
enum Failed {
    /// The server said no, or nothing was sent: nothing has changed.
    Refused(Error),
    /// Somebody else changed the same row at the same time, under a strict isolation level.
    Collided,
    /// It was sent and the connection broke. Nobody knows what came of it.
    Broken(Error),
    /// It was sent and no answer came in time. Nobody knows what will come of it.
    Late(Error),
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

impl PostgresStore {
    /// `postgres://user:password@host:5432/database`, with `sslmode` and `sslrootcert` as in libpq. Connects later.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            url: PostgresUrl::parse(url)?,
            open: std::sync::Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            writes: AtomicU64::new(0),
        })
    }

    pub(super) fn is_private(&self) -> bool {
        self.url.private
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Client>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, or a new one, or the least busy of those there are.
    async fn client(&self) -> Result<Arc<Client>, Error> {
        if let Some(client) = self.least_busy() {
            return Ok(client);
        }
        let _turn = self.connecting.lock().await;
        if let Some(client) = self.least_busy() {
            return Ok(client);
        }
        let client = Arc::new(self.connect().await?);
        self.open().push(Arc::clone(&client));
        Ok(client)
    }

    fn least_busy(&self) -> Option<Arc<Client>> {
        let mut open = self.open();
        open.retain(|client| !client.is_closed());
        let client = open.iter().min_by_key(|client| Arc::strong_count(client))?;
        let idle = Arc::strong_count(client) == 1;
        (idle || open.len() >= CONNECTIONS).then(|| Arc::clone(client))
    }

    async fn connect(&self) -> Result<Client, Error> {
        let config = &self.url.config;
        let failed = |error: tokio_postgres::Error| self.explain(&error);
        if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            // It ends when the client is dropped or the server goes away; the next operation then finds it closed.
            tokio::spawn(connection);
            return Ok(client);
        }
        let tls = MakeRustlsConnect::new(self.tls().await?);
        let (client, connection) = config.connect(tls).await.map_err(failed)?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// The system's certificates, and those of `sslrootcert` beside them.
    async fn tls(&self) -> Result<ClientConfig, Error> {
        let file = self.url.root_certificates.clone();
        let build = move || {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let roots = match &file {
                Some(path) => CertificateDer::pem_file_iter(path).and_then(Iterator::collect).ok()?,
                None => Vec::new(),
            };
            let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).ok()?;
            let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            Some(builder.with_no_client_auth())
        };
        let config = tokio::task::spawn_blocking(build).await.map_err(Error::ended_early)?;
        config.ok_or_else(|| self.unavailable("can't be reached: the certificates to trust can't be read"))
    }

    /// Sends one statement, once, without a name: a pooler gives the next one to another connection.
    async fn rows(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failed> {
        let client = match timeout(LIMIT, self.client()).await {
            Ok(client) => client.map_err(Failed::Refused)?,
            Err(_) => return Err(Failed::Refused(self.late())),
        };
        let failed = match timeout(LIMIT, client.query_typed(statement, parameters)).await {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(error)) if error.code().is_some_and(is_collision) => return Err(Failed::Collided),
            Ok(Err(error)) if error.code().is_some_and(is_certain) => {
                return Err(Failed::Refused(self.explain(&error)));
            }
            Ok(Err(error)) => Failed::Broken(self.explain(&error)),
            Err(_) => Failed::Late(self.late()),
        };
        self.open().retain(|known| !Arc::ptr_eq(known, &client));
        Err(failed)
    }

    /// For statements that change nothing: where the connection broke while it was idle, a new one tells whether the
    /// server is there.
    async fn read(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(statement, parameters).await;
        if let Err(Failed::Broken(_)) = rows {
            // The others are as old as that one.
            self.open().clear();
            rows = self.rows(statement, parameters).await;
        }
        rows.map_err(Self::any)
    }

    fn any(failed: Failed) -> Error {
        match failed {
            Failed::Refused(error) | Failed::Broken(error) | Failed::Late(error) => error,
            Failed::Collided => Error::new(Code::StoreBusy, "The store's entry is being changed; try again."),
        }
    }

    /// The server's time in milliseconds. Whatever fails here, nothing was written.
    async fn greet(&self) -> Result<f64, Error> {
        let rows = self.read(GREET, &[]).await?;
        let row = rows.first().ok_or_else(|| self.late())?;
        self.refuse_replica(row)?;
        self.column(row, 1)
    }

    fn refuse_replica(&self, row: &Row) -> Result<(), Error> {
        if self.column(row, 0)? {
            return Err(self.unavailable("is a read replica: name the primary"));
        }
        Ok(())
    }

    fn column<'a, T: tokio_postgres::types::FromSql<'a>>(&self, row: &'a Row, index: usize) -> Result<T, Error> {
        row.try_get(index).map_err(|error| self.explain(&error))
    }

    fn entry(&self, row: &Row, first: usize) -> Result<Entry, Error> {
        let version: i64 = self.column(row, first)?;
        Ok(Entry { version: Version(version.to_string()), blob: self.column(row, first + 1)? })
    }

    async fn clean(&self) {
        if self.writes.fetch_add(1, Ordering::Relaxed) % WRITES_PER_CLEANING == WRITES_PER_CLEANING - 1 {
            // What is left now is cleared next time.
            let _ = self.rows(CLEAN, &[]).await;
        }
    }

    fn late(&self) -> Error {
        self.unavailable("did not answer within 5 seconds")
    }

    fn unavailable(&self, why: &str) -> Error {
        Error::new(Code::StoreUnavailable, format!("The store {} {why}.", self.url.address))
    }

    /// The server's code, never its text: it may quote what was sent.
    fn explain(&self, error: &tokio_postgres::Error) -> Error {
        let Some(code) = error.code() else { return self.unavailable("can't be reached") };
        let why = match *code {
            SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN => {
                return Error::new(
                    Code::StoreSchemaMissing,
                    format!(
                        "The store {} has no table for the SDK, or an old one. Print it with `python -m loop_sdk \
                         store-schema`, `npx @platform/sdk store-schema` or `loop_sdk::store::POSTGRES_SCHEMA`, and run \
                         it once.",
                        self.url.address
                    ),
                );
            }
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                "refuses the user or the password"
            }
            SqlState::INVALID_CATALOG_NAME => "has no such database",
            SqlState::INSUFFICIENT_PRIVILEGE => "does not allow this role to read and write the SDK's table",
            SqlState::READ_ONLY_SQL_TRANSACTION => "takes no writes: it is a read replica, or this role is read-only",
            SqlState::DISK_FULL => "takes no writes: its disk is full",
            SqlState::TOO_MANY_CONNECTIONS => "has too many connections",
            SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
                "is starting or stopping"
            }
            _ => "refuses the SDK's statement",
        };
        self.unavailable(why).with_detail(code.code())
    }
}

/// Whether an error is the server's word that the statement did nothing. A pooler reports a lost server the same way,
/// in classes of their own.
fn is_certain(code: &SqlState) -> bool {
    !["08", "57P", "58", "XX"].iter().any(|class| code.code().starts_with(class))
}

fn is_collision(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresStore({})", self.url.address)
    }
}

#[async_trait::async_trait]
impl TokenStore for PostgresStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let rows = self.read(LOAD, &[(&key, Type::TEXT)]).await?;
        let row = rows.first().ok_or_else(|| self.late())?;
        self.refuse_replica(row)?;
        match self.column::<Option<i64>>(row, 1)? {
            Some(_) => self.entry(row, 1).map(Some),
            None => Ok(None),
        }
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        #[allow(clippy::cast_precision_loss, reason = "below 2^53: a hundred years in milliseconds")]
        let float = |duration: Duration| millis(duration).min(LONGEST) as f64;
        let (life, deadline) = (ttl.map(float), self.greet().await? + float(LIMIT));
        let mut parameters: Vec<Parameter<'_>> =
            vec![(&key, Type::TEXT), (&blob, Type::BYTEA), (&life, Type::FLOAT8), (&deadline, Type::FLOAT8)];
        let version = match expected {
            Expected::Absent => None,
            Expected::Version(Version(text)) => match text.parse::<i64>() {
                Ok(version) => Some(version),
                Err(_) => return Ok(Saved::Conflict),
            },
        };
        if version.is_some() {
            parameters.push((&version, Type::INT8));
        }
        let saved = match self.rows(if version.is_some() { REPLACE } else { CREATE }, &parameters).await {
            Ok(rows) => match rows.first() {
                Some(row) => Saved::Version(Version(self.column::<i64>(row, 0)?.to_string())),
                None => Saved::Conflict,
            },
            Err(Failed::Collided) => Saved::Conflict,
            Err(Failed::Broken(_) | Failed::Late(_)) => Saved::Unknown,
            Err(Failed::Refused(error)) => return Err(error),
        };
        self.clean().await;
        Ok(saved)
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        let Ok(version) = expected.0.parse::<i64>() else { return Ok(false) };
        self.greet().await?;
        match self.rows(DELETE, &[(&key, Type::TEXT), (&version, Type::INT8)]).await {
            Ok(rows) => Ok(!rows.is_empty()),
            Err(Failed::Collided) => Ok(false),
            Err(failed) => Err(Self::any(failed)),
        }
    }

    async fn now(&self) -> Result<u64, Error> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time in this age")]
        Ok(self.greet().await? as u64)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        self.greet().await?;
        let span = Span::new(prefix, after);
        let compare = if span.is_inclusive() { ">=" } else { ">" };
        let statement = format!(
            "SELECT key, version, blob FROM loop_entry
             WHERE key {compare} $1 AND ($2::text IS NULL OR key < $2)
             AND (expires_at IS NULL OR expires_at > clock_timestamp())
             ORDER BY key LIMIT $3"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 3] =
            [(&span.start(), Type::TEXT), (&span.end(), Type::TEXT), (&limit, Type::INT8)];
        let rows = self.read(&statement, &parameters).await?;
        let entry = |row: &Row| Ok((self.column::<String>(row, 0)?, self.entry(row, 1)?));
        rows.iter().map(entry).collect::<Result<_, Error>>().map(Some)
    }
}
