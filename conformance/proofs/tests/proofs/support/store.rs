//! The stores that processes share.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::servers::{Postgres, Redis};

/// A secret of the harness need not be one.
const STORE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// One SQLite file.
pub(crate) struct Store {
    folder: PathBuf,
    _own: Option<TempDir>,
}

impl Store {
    /// In a folder of its own, which goes with it.
    pub(crate) fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        Self { folder: own.path().to_owned(), _own: Some(own) }
    }

    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), _own: None }
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn exists(&self) -> bool {
        Path::new(&self.path()).exists()
    }

    pub(crate) fn has_tables(&self) -> bool {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'loop_entry'";
        self.connection().query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() == 1
    }

    fn path(&self) -> String {
        self.folder.join("grants.db").to_str().unwrap().to_owned()
    }

    pub(crate) fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// The only grant in it, as it is stored.
    pub(crate) fn grant(&self, user_id: &str) -> Value {
        let grants = self.grants().into_iter().filter(|grant| grant["user_id"] == user_id);
        let grants: Vec<Value> = grants.collect();
        assert_eq!(grants.len(), 1, "grants of {user_id}");
        grants.into_iter().next().unwrap()
    }

    pub(crate) fn grants(&self) -> Vec<Value> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT blob FROM loop_entry WHERE key LIKE 'grant/%'").unwrap();
        let blobs = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        blobs.map(|blob| serde_json::from_slice(&blob.unwrap()).unwrap()).collect()
    }

    /// Rewrites a stored grant as another version would have written it.
    pub(crate) fn edit(&self, user_id: &str, change: impl FnOnce(&mut Value)) {
        let mut grant = self.grant(user_id);
        change(&mut grant);
        let changed = self
            .connection()
            .execute(
                "UPDATE loop_entry SET blob = ?1 WHERE key LIKE 'grant/%' AND json_extract(CAST(blob AS TEXT), '$.user_id') = ?2",
                rusqlite::params![grant.to_string().into_bytes(), user_id],
            )
            .unwrap();
        assert_eq!(changed, 1);
    }
}

/// A stored grant at one moment, for whoever wants to write it.
#[derive(Clone)]
pub(crate) struct Snapshot {
    key: String,
    version: i64,
    pub(crate) grant: Value,
}

impl Store {
    pub(crate) fn copy(&self, user_id: &str) -> Snapshot {
        let sql = "SELECT key, version, blob FROM loop_entry WHERE key LIKE 'grant/%'
                   AND json_extract(CAST(blob AS TEXT), '$.user_id') = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?));
        let (key, version, blob) = self.connection().query_row(sql, [user_id], read).unwrap();
        Snapshot { key, version, grant: serde_json::from_slice(&blob).unwrap() }
    }

    /// Writes as every version does: if nobody else has written since. False where somebody has.
    pub(crate) fn swap(&self, copy: &Snapshot) -> bool {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        let next = "UPDATE loop_version SET last = last + 1 WHERE id = 1 RETURNING last";
        let next: i64 = transaction.query_row(next, [], |row| row.get(0)).unwrap();
        let blob = copy.grant.to_string().into_bytes();
        let sql = "UPDATE loop_entry SET version = ?1, blob = ?2 WHERE key = ?3 AND version = ?4";
        let changed = transaction.execute(sql, rusqlite::params![next, blob, copy.key, copy.version]).unwrap();
        transaction.commit().unwrap();
        changed == 1
    }
}

/// A store of any kind that lasts as long as this.
pub(crate) enum AnyStore {
    Sqlite(Store),
    Redis(Redis, String),
    Postgres(Box<Postgres>, String),
}

impl AnyStore {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Store::new())
    }

    pub(crate) fn redis() -> Self {
        let redis = Redis::start();
        let url = redis.url();
        Self::Redis(redis, url)
    }

    pub(crate) async fn postgres() -> Self {
        let postgres = Postgres::start();
        let url = postgres.url().await;
        Self::Postgres(Box::new(postgres), url)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Redis(..) => "Redis",
            Self::Postgres(..) => "Postgres",
        }
    }

    /// Ends the server of this store at once.
    pub(crate) fn kill(&self) {
        match self {
            Self::Sqlite(_) => panic!("a file has no server"),
            Self::Redis(redis, _) => redis.kill(),
            Self::Postgres(postgres, _) => postgres.kill(),
        }
    }

    pub(crate) fn restart(&self) {
        match self {
            Self::Sqlite(_) => panic!("a file has no server"),
            Self::Redis(redis, _) => redis.restart(),
            Self::Postgres(postgres, _) => postgres.restart(),
        }
    }

    /// Puts the store into a client's options.
    pub(crate) fn choose(&self, mut options: Value) -> Value {
        let url = match self {
            Self::Sqlite(store) => store.url(),
            Self::Redis(_, url) | Self::Postgres(_, url) => {
                options["store_key"] = STORE_KEY.into();
                url.clone()
            }
        };
        options["store"] = url.into();
        options
    }
}
