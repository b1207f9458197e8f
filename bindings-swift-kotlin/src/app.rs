//! The application's own code, as the core sees it: its store, its browser, its listener, its audit log, its secrets.
//!
//! What it throws may quote what it was given, so no text of it goes further than this file.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use loop_sdk::Error;
use loop_sdk::bridge::{AuditSink, Browser, EventSink, SecretSource};
use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};

/// Where grants are kept: compare-and-swap is its only promise.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait NativeStore: Send + Sync {
    /// Reads an entry. An expired one is absent.
    async fn load(&self, key: String) -> Result<Option<StoredEntry>, StoreFault>;
    /// Writes an entry of exactly this version, or a new one where none is given. With `ttl_ms` it vanishes by itself.
    async fn save(
        &self,
        key: String,
        blob: Vec<u8>,
        expected: Option<String>,
        ttl_ms: Option<u64>,
    ) -> Result<SaveAnswer, StoreFault>;
    /// Removes an entry of exactly this version. False where it is not there, or another.
    async fn delete(&self, key: String, expected: String) -> Result<bool, StoreFault>;
    /// Milliseconds since the epoch.
    async fn now(&self) -> Result<u64, StoreFault>;
    /// Up to `limit` entries whose key begins with `prefix` and comes after `after`, in the order of their keys; nothing
    /// where this store can't list.
    async fn list(
        &self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<Option<Vec<StoredEntry>>, StoreFault>;
}

/// Opens a URL for the person.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait NativeBrowser: Send + Sync {
    /// The URL that the browser came back to; nothing where the person closed it.
    async fn open(&self, url: String, redirect_uri: String) -> Result<Option<String>, BrowserFault>;
}

/// Told of what happens to grants.
#[uniffi::export(foreign)]
pub trait NativeEvents: Send + Sync {
    /// Gets each event as a JSON object. It runs on the SDK's threads and must return at once.
    fn tell(&self, event: String) -> Result<(), ListenerFault>;
}

/// Keeps the audit log.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait NativeAudit: Send + Sync {
    /// Takes one entry, a JSON object.
    async fn record(&self, entry: String) -> Result<(), HookFault>;
}

/// Knows the client's secrets.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait NativeSecrets: Send + Sync {
    /// All that may work, the newest first.
    async fn secrets(&self) -> Result<Vec<String>, HookFault>;
}

/// One stored entry.
#[derive(uniffi::Record)]
#[uniffi::export(Debug, Display)]
pub struct StoredEntry {
    /// Its key.
    pub key: String,
    /// Differs at every write, and never repeats for a key.
    pub version: String,
    /// The record; it holds secrets.
    pub blob: Vec<u8>,
}

impl fmt::Display for StoredEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<StoredEntry of {} bytes>", self.blob.len())
    }
}

impl fmt::Debug for StoredEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a write ended.
#[derive(Debug, uniffi::Enum)]
pub enum SaveAnswer {
    /// It is stored.
    Saved {
        /// Under this version.
        version: String,
    },
    /// The entry was not as expected; nothing changed.
    Conflict,
    /// Nobody knows.
    Unknown,
}

/// Why a store did not answer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum StoreFault {
    /// Nothing was done. `kind` names what was thrown, without its text.
    #[error("the store threw {kind}")]
    Refused {
        /// A class's name.
        kind: String,
    },
    /// It can't be opened just now: the phone is locked.
    #[error("the store is locked for the moment")]
    Locked,
    /// Nobody knows whether it was done.
    #[error("the store threw something unexpected")]
    Unexpected,
}

/// Why a browser did not open.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum BrowserFault {
    /// `kind` names what was thrown, without its text.
    #[error("the browser could not be opened: {kind}")]
    NotOpened {
        /// A class's name.
        kind: String,
    },
}

/// A listener threw; nobody minds.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ListenerFault {
    /// Without a text.
    #[error("the listener threw")]
    Threw,
}

/// Why a function of the application did not answer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum HookFault {
    /// `kind` names what was thrown, without its text.
    #[error("it threw {kind}")]
    Threw {
        /// A class's name.
        kind: String,
    },
    /// It did not end in time.
    #[error("it did not end in time")]
    TooSlow,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for StoreFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unexpected
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for BrowserFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::NotOpened { kind: "something unexpected was thrown".to_owned() }
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Threw
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HookFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Threw { kind: "something unexpected".to_owned() }
    }
}

pub(crate) fn store(store: Arc<dyn NativeStore>, limit: Duration) -> Arc<dyn TokenStore> {
    Arc::new(AppStore { store, limit })
}

pub(crate) fn browser(browser: Arc<dyn NativeBrowser>) -> Browser {
    Arc::new(move |url, redirect_uri| {
        let browser = Arc::clone(&browser);
        // No time limit: a person may take theirs. The call has one, and can be cancelled.
        Box::pin(async move { browser.open(url, redirect_uri).await.map_err(Error::browser_unavailable) })
    })
}

pub(crate) fn events(events: Arc<dyn NativeEvents>) -> EventSink {
    Arc::new(move |event| {
        let _ = events.tell(event.to_owned());
    })
}

pub(crate) fn audit(log: Arc<dyn NativeAudit>, limit: Duration) -> AuditSink {
    Arc::new(move |entry| {
        let log = Arc::clone(&log);
        Box::pin(async move { within(limit, log.record(entry)).await.map_err(Error::audit_failed) })
    })
}

pub(crate) fn secrets(source: Arc<dyn NativeSecrets>, limit: Duration) -> SecretSource {
    Arc::new(move || {
        let source = Arc::clone(&source);
        Box::pin(async move { within(limit, source.secrets()).await.map_err(Error::client_secret_unavailable) })
    })
}

/// A function that never ends would hold up every call that waits for it.
async fn within<T>(limit: Duration, asked: impl Future<Output = Result<T, HookFault>>) -> Result<T, HookFault> {
    tokio::time::timeout(limit, asked).await.unwrap_or(Err(HookFault::TooSlow))
}

/// A store object of the application.
struct AppStore {
    store: Arc<dyn NativeStore>,
    limit: Duration,
}

impl fmt::Debug for AppStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("store object")
    }
}

impl AppStore {
    /// Without an end to it, one call that never returns would stop every later call of that user.
    async fn within<T>(&self, asked: impl Future<Output = Result<T, StoreFault>>) -> Result<T, StoreFault> {
        tokio::time::timeout(self.limit, asked).await.unwrap_or(Err(StoreFault::Unexpected))
    }
}

fn failed(fault: StoreFault) -> Error {
    match fault {
        StoreFault::Locked => Error::store_busy(fault),
        _ => Error::store_unavailable(fault),
    }
}

fn entry(stored: StoredEntry) -> Entry {
    Entry { version: Version(stored.version), blob: stored.blob }
}

#[async_trait::async_trait]
impl TokenStore for AppStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        Ok(self.within(self.store.load(key.to_owned())).await.map_err(failed)?.map(entry))
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let expected = match expected {
            Expected::Absent => None,
            Expected::Version(version) => Some(version.0.clone()),
        };
        let ttl = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        match self.within(self.store.save(key.to_owned(), blob.to_vec(), expected, ttl)).await {
            Ok(SaveAnswer::Saved { version }) => Ok(Saved::Version(Version(version))),
            Ok(SaveAnswer::Conflict) => Ok(Saved::Conflict),
            Ok(SaveAnswer::Unknown) | Err(StoreFault::Unexpected) => Ok(Saved::Unknown),
            Err(fault) => Err(failed(fault)),
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.within(self.store.delete(key.to_owned(), expected.0.clone())).await.map_err(failed)
    }

    async fn now(&self) -> Result<u64, Error> {
        self.within(self.store.now()).await.map_err(failed)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let listed = self.store.list(prefix.to_owned(), after.map(str::to_owned), limit);
        let listed = self.within(listed).await.map_err(failed)?;
        Ok(listed.map(|entries| entries.into_iter().map(|stored| (stored.key.clone(), entry(stored))).collect()))
    }
}
