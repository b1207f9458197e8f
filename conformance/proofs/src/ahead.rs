//! A store on a server, as a later time finds it: its clock is the server's own, and can't be moved there.

use std::sync::Arc;
use std::time::Duration;

use loop_sdk::Error;
use loop_sdk::store::{Entry, Expected, PostgresStore, RedisStore, Saved, TokenStore, Version};

#[derive(Debug)]
pub(crate) struct Ahead {
    store: Box<dyn TokenStore>,
    by: Duration,
}

impl Ahead {
    /// None where the URL is no server's: files and memory have the client's clock.
    pub(crate) fn of(url: &str, by: Duration) -> Result<Option<Arc<Self>>, Error> {
        let store: Box<dyn TokenStore> = match url.split(':').next() {
            Some("redis") => Box::new(RedisStore::new(url)?),
            Some("postgres") => Box::new(PostgresStore::new(url)?),
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Self { store, by })))
    }
}

#[async_trait::async_trait]
impl TokenStore for Ahead {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.store.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.store.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.store.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        let by = u64::try_from(self.by.as_millis()).unwrap_or(u64::MAX);
        Ok(self.store.now().await?.saturating_add(by))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        self.store.list(prefix, after, limit).await
    }
}
