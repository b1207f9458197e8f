//! Where grants and pending sign-ins are kept: one small interface, compare-and-swap as its only promise.

mod choice;
mod keys;
mod memory;
mod open;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_url;
#[cfg(feature = "redis")]
mod redis;
mod sealed;
mod span;
mod sqlite;
mod sqlite_file;

use std::fmt;
use std::time::Duration;

pub(crate) use choice::StoreChoice;
pub use keys::StoreKeys;
pub use memory::MemoryStore;
pub(crate) use open::LazyStore;
#[cfg(feature = "postgres")]
pub use postgres::{POSTGRES_SCHEMA, PostgresStore};
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use sealed::SealedStore;
pub use sqlite::SqliteStore;

use crate::error::Error;

/// The version of one entry. It changes at every write and never repeats for a key, even after a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// What an entry must be for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is stored under the key.
    Absent,
    /// Exactly this version is stored.
    Version(Version),
}

/// One stored entry.
#[derive(Clone)]
pub struct Entry {
    /// To be named as [`Expected`] at the next write.
    pub version: Version,
    /// The record; it holds secrets.
    pub blob: Vec<u8>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:?}, {} bytes)", self.version, self.blob.len())
    }
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored, under this version.
    Version(Version),
    /// The entry was not as expected; nothing changed.
    Conflict,
    /// Nobody knows (a commit whose answer was lost): read it again to find out.
    Unknown,
}

/// A store of grants. All methods may be called from many tasks at once.
#[async_trait::async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Reads an entry. An expired one is absent.
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// Writes an entry if it is as expected. With `ttl` it vanishes by itself after that time.
    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error>;

    /// Removes an entry of exactly this version. False where it is not there, or another.
    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error>;

    /// Milliseconds since the epoch by the clock that all users of this store share.
    async fn now(&self) -> Result<u64, Error>;

    /// Up to `limit` live entries whose key begins with `prefix` and comes after `after`, in the order of their keys.
    /// None where this store can't list: what needs it then says so.
    async fn list(
        &self,
        _prefix: &str,
        _after: Option<&str>,
        _limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        Ok(None)
    }
}
