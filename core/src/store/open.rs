//! Opening a client's store at the first operation that needs one, and learning what it can do.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::keys::StoreKeyOption;
use super::{
    Expected, MemoryStore, Saved, SealedStore, SqliteStore, StoreChoice, StoreKeys, TokenStore, Version, place,
};
use crate::error::{Code, Error};
use crate::secret::{Secret, base64url};
use crate::sys::{self, Clock};

/// A store that is opened when it is first needed, so that building a client touches no disk and no network.
pub(crate) struct LazyStore {
    choice: StoreChoice,
    keys: StoreKeys,
    clock: Clock,
    /// The process that the client was made in.
    process: u32,
    open: OnceCell<Open>,
}

struct Open {
    store: Arc<dyn TokenStore>,
    /// Whether several processes may use it at once.
    shared: bool,
}

impl LazyStore {
    /// `process` is the one that the client was first made in, where that is another: a child got it by a fork.
    pub(crate) fn new(
        choice: StoreChoice,
        key: Option<&Secret>,
        clock: Clock,
        process: Option<u32>,
    ) -> Result<Self, Error> {
        let key = StoreKeyOption::parse(key)?;
        choice.check(&key)?;
        let process = process.unwrap_or_else(sys::process_id);
        Ok(Self { choice, keys: key.into_keys(), clock, process, open: OnceCell::new() })
    }

    pub(crate) async fn get(&self) -> Result<&Arc<dyn TokenStore>, Error> {
        let open = self.open.get_or_try_init(|| self.open()).await?;
        if !open.shared && self.process != sys::process_id() {
            return Err(Error::new(
                Code::StoreForked,
                "This store serves only the process that opened it, and this is a child of that process: choose \
                 sqlite:///path/to/file, redis://… or postgres://…, or make the client after the fork.",
            ));
        }
        Ok(&open.store)
    }

    async fn open(&self) -> Result<Open, Error> {
        let (store, shared): (Arc<dyn TokenStore>, bool) = match &self.choice {
            StoreChoice::Memory => (Arc::new(MemoryStore::with_clock(self.clock.clone())), false),
            StoreChoice::Given(store) => (Arc::clone(store), compares_and_swaps(&**store).await?),
            StoreChoice::Remote(remote) => (Arc::clone(&remote.store), true),
            StoreChoice::Sqlite(path) => (open_sqlite(path.clone(), self.clock.clone()).await?, true),
            StoreChoice::Default => {
                let opened = open_sqlite(place::default_path()?, self.clock.clone()).await;
                let unavailable = |error: Error| match error.code() {
                    Code::StoreUnavailable => place::required(error.message()),
                    _ => error,
                };
                (opened.map_err(unavailable)?, true)
            }
        };
        Ok(Open { store: Arc::new(SealedStore::new(store, self.keys.clone())), shared })
    }
}

impl fmt::Debug for LazyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.choice {
            StoreChoice::Memory => f.write_str("memory:"),
            StoreChoice::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreChoice::Remote(remote) => remote.store.fmt(f),
            StoreChoice::Given(store) => store.fmt(f),
            StoreChoice::Default => f.write_str("default"),
        }
    }
}

/// Whether a store looks at `expected`: a write that expects what is not there must not happen. Without that, two
/// processes would take each other's turn, and one refresh token would be used twice.
async fn compares_and_swaps(store: &dyn TokenStore) -> Result<bool, Error> {
    let key = format!("check/{}", base64url(&sys::random_bytes::<12>()?));
    let nobodys = Expected::Version(Version("0".to_owned()));
    match store.save(&key, b"{}", &nobodys, Some(Duration::from_secs(60))).await? {
        Saved::Conflict => Ok(true),
        Saved::Unknown => Err(Error::new(Code::StoreUnavailable, "The store does not say whether it can be written.")),
        Saved::Version(version) => {
            tracing::warn!("the store has no compare-and-swap: it may serve this process alone");
            store.delete(&key, &version).await?;
            Ok(false)
        }
    }
}

async fn open_sqlite(path: PathBuf, clock: Clock) -> Result<Arc<dyn TokenStore>, Error> {
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open_with(path, clock)).await;
    let store = opened.map_err(Error::ended_early)??;
    Ok(Arc::new(store))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Entry;

    /// A store that writes whatever is expected.
    #[derive(Debug, Default)]
    struct Careless(MemoryStore);

    #[async_trait::async_trait]
    impl TokenStore for Careless {
        async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
            self.0.load(key).await
        }

        async fn save(&self, key: &str, blob: &[u8], _: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
            let expected = self.0.load(key).await?.map_or(Expected::Absent, |entry| Expected::Version(entry.version));
            self.0.save(key, blob, &expected, ttl).await
        }

        async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
            self.0.delete(key, expected).await
        }

        async fn now(&self) -> Result<u64, Error> {
            self.0.now().await
        }

        async fn list(&self, p: &str, a: Option<&str>, l: usize) -> Result<Option<Vec<(String, Entry)>>, Error> {
            self.0.list(p, a, l).await
        }
    }

    fn parent() -> u32 {
        sys::process_id() + 1
    }

    async fn opens(choice: StoreChoice, process: Option<u32>) -> Result<(), Error> {
        LazyStore::new(choice, None, Clock::default(), process)?.get().await.map(|_| ())
    }

    #[tokio::test]
    async fn a_store_in_memory_serves_the_process_that_made_it_and_no_child() {
        opens(StoreChoice::Memory, None).await.unwrap();
        let error = opens(StoreChoice::Memory, Some(parent())).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreForked);
    }

    #[tokio::test]
    async fn a_store_without_compare_and_swap_serves_no_child_either() {
        let careless = Arc::new(Careless::default());
        opens(StoreChoice::Given(careless.clone()), None).await.unwrap();
        let left = careless.list("", None, 10).await.unwrap().unwrap();
        assert!(left.is_empty(), "nothing is left of the check");
        let error = opens(StoreChoice::Given(careless), Some(parent())).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreForked);
    }

    #[tokio::test]
    async fn a_store_with_compare_and_swap_serves_children_and_is_not_written_by_the_check() {
        let store = Arc::new(MemoryStore::new());
        opens(StoreChoice::Given(store.clone()), Some(parent())).await.unwrap();
        assert!(store.list("", None, 10).await.unwrap().unwrap().is_empty());
        let directory = tempfile::tempdir().unwrap();
        opens(StoreChoice::Sqlite(directory.path().join("grants.db")), Some(parent())).await.unwrap();
    }
}
