//! Live access tokens in memory: the fast path of every call. Bounded, so that a million users cost no more than the cap.

use std::sync::Arc;

use crate::secret::{Digest, Secret};
use crate::sys::Millis;

use super::decide;
use super::record::Tokens;

/// Users whose access token is kept; others are read from the store.
const CAPACITY: usize = 10_000;

/// What a call needs of a grant.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) token: Secret,
    pub(crate) digest: Digest,
    pub(crate) expires_at: Millis,
    /// From this moment it is renewed.
    pub(crate) renew_at: Millis,
    pub(crate) scopes: Vec<String>,
}

impl Access {
    pub(crate) fn of(tokens: &Tokens) -> Arc<Self> {
        let life = tokens.access_expires_at.saturating_sub(tokens.obtained_at);
        Arc::new(Self {
            token: tokens.access_token.clone(),
            digest: tokens.access_token.digest(),
            expires_at: tokens.access_expires_at,
            renew_at: tokens.access_expires_at.saturating_sub(decide::margin(life)),
            scopes: tokens.scopes.clone(),
        })
    }
}

#[derive(Debug)]
pub(crate) struct AccessCache(quick_cache::sync::Cache<String, Arc<Access>>);

impl AccessCache {
    pub(crate) fn new() -> Self {
        Self(quick_cache::sync::Cache::new(CAPACITY))
    }

    /// A token that need not be renewed yet.
    pub(crate) fn fresh(&self, user_id: &str, now: Millis) -> Option<Arc<Access>> {
        self.0.get(user_id).filter(|access| now < access.renew_at)
    }

    pub(crate) fn put(&self, user_id: &str, access: Arc<Access>) {
        self.0.insert(user_id.to_owned(), access);
    }

    pub(crate) fn forget(&self, user_id: &str) {
        self.0.remove(user_id);
    }
}
