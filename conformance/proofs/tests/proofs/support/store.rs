//! The stores that processes share.

use serde_json::Value;
use tempfile::TempDir;

/// One SQLite file.
pub(crate) struct Store {
    folder: TempDir,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path())
    }

    fn path(&self) -> String {
        self.folder.path().join("grants.db").to_str().unwrap().to_owned()
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

    fn grants(&self) -> Vec<Value> {
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

/// The stores that a race runs on: a SQLite file, and those that `LOOP_PROVE_STORES` names, separated by spaces.
pub(crate) fn others() -> Vec<String> {
    let named = std::env::var_os("LOOP_PROVE_STORES").and_then(|text| text.into_string().ok()).unwrap_or_default();
    named.split_whitespace().map(str::to_owned).collect()
}
