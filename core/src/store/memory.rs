//! Grants in this process's memory: for tests, scripts and demos. They end with the process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::span::Span;
use super::{Entry, Expected, Saved, TokenStore, Version};
use crate::error::Error;
use crate::sys::{Clock, millis};

/// A store that lives as long as the value does.
#[derive(Default)]
pub struct MemoryStore {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_version: u64,
    entries: BTreeMap<String, Stored>,
}

struct Stored {
    version: u64,
    blob: Vec<u8>,
    expires_at: Option<u64>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_clock(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State, u64) -> T) -> T {
        let now = self.clock.now();
        // A panic can't leave the map half changed: every change is one insert or remove.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut state, now)
    }
}

impl State {
    fn live(&self, key: &str, now: u64) -> Option<&Stored> {
        self.entries.get(key).filter(|stored| stored.is_live(now))
    }
}

impl Stored {
    fn is_live(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }

    fn entry(&self) -> Entry {
        Entry { version: Version(self.version.to_string()), blob: self.blob.clone() }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait::async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        Ok(self.with(|state, now| state.live(key, now).map(Stored::entry)))
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        Ok(self.with(|state, now| {
            let current = state.live(key, now).map(|stored| Version(stored.version.to_string()));
            let as_expected = match (expected, &current) {
                (Expected::Absent, None) => true,
                (Expected::Version(wanted), Some(current)) => wanted == current,
                _ => false,
            };
            if !as_expected {
                return Saved::Conflict;
            }
            state.last_version += 1;
            let version = state.last_version;
            // Abandoned sign-ins are never read again, so a write is what clears them away.
            if version.is_multiple_of(256) {
                state.entries.retain(|_, stored| stored.is_live(now));
            }
            let expires_at = ttl.map(|ttl| now.saturating_add(millis(ttl)));
            state.entries.insert(key.to_owned(), Stored { version, blob: blob.to_vec(), expires_at });
            Saved::Version(Version(version.to_string()))
        }))
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        Ok(self.with(|state, now| {
            let found = state.live(key, now).is_some_and(|stored| stored.version.to_string() == expected.0);
            found && state.entries.remove(key).is_some()
        }))
    }

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
        Ok(Some(self.with(|state, now| {
            let entries = state.entries.range::<str, _>(span.bounds());
            let live = entries.filter(|(_, stored)| stored.is_live(now));
            live.take(limit).map(|(key, stored)| (key.clone(), stored.entry())).collect()
        })))
    }
}
