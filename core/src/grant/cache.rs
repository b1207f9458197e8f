//! Live access tokens in memory: the fast path of every call. Bounded, so that a million users cost no more than the cap.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::decide;
use super::record::Tokens;
use crate::secret::{Digest, Secret};
use crate::sys::Millis;

/// Users whose access token is kept; others are read from the store.
const CAPACITY: usize = 10_000;

/// What a call needs of a grant. Its times are by a clock that never jumps, unlike those in the store.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) token: Secret,
    pub(crate) digest: Digest,
    ends_at: Millis,
    /// From this moment somebody should renew it. It moves on when somebody tries.
    renew_at: AtomicU64,
}

/// One moment, by the store's clock and by this process's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) stored: Millis,
    pub(crate) own: Millis,
}

impl Access {
    pub(crate) fn of(tokens: &Tokens, user: u64, now: Moment) -> Arc<Self> {
        let own = |stored: Millis| now.own.saturating_add(stored.saturating_sub(now.stored));
        Arc::new(Self {
            token: tokens.access_token.clone(),
            digest: tokens.access_token.digest(),
            ends_at: own(tokens.access_expires_at),
            renew_at: AtomicU64::new(own(decide::renew_at(tokens, user))),
        })
    }

    /// Whether it should be renewed.
    pub(crate) fn is_due(&self, now: Millis) -> bool {
        now >= self.renew_at.load(Ordering::Relaxed)
    }

    /// Whether it is this caller who should see to that. The next one is asked a little later, in case nothing came of it.
    pub(crate) fn take_turn(&self, now: Millis) -> bool {
        let due = self.renew_at.load(Ordering::Relaxed);
        let next = now.saturating_add((self.ends_at.saturating_sub(now) / 4).clamp(100, 30_000));
        now >= due && self.renew_at.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[derive(Debug)]
pub(crate) struct AccessCache(quick_cache::sync::Cache<Box<str>, Arc<Access>>);

impl AccessCache {
    pub(crate) fn new() -> Self {
        Self(quick_cache::sync::Cache::new(CAPACITY))
    }

    /// A token that lives.
    pub(crate) fn living(&self, user_id: &str, now: Millis) -> Option<Arc<Access>> {
        self.0.get(user_id).filter(|access| now < access.ends_at)
    }

    pub(crate) fn put(&self, user_id: &str, access: Arc<Access>) {
        self.0.insert(user_id.into(), access);
    }

    pub(crate) fn forget(&self, user_id: &str) {
        self.0.remove(user_id);
    }
}
