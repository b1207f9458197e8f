//! Counters, so that a test in any language can say "one request, no replay" in one line.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// What has happened since the start or the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Requests that arrived, of any kind and whatever became of them.
    pub token_requests: u64,
    /// Those with `grant_type=authorization_code`.
    pub exchanges: u64,
    /// Those with `grant_type=refresh_token`.
    pub refreshes: u64,
    /// Refresh tokens that were exchanged for a new one.
    pub rotations: u64,
    /// Refresh tokens that arrived though they were spent.
    pub replays: u64,
    /// Codes that arrived though they were spent.
    pub code_replays: u64,
    /// Refresh tokens that were used before, and that the rotation rule accepted once more.
    pub superseded_uses: u64,
    /// Grants that ended because something was used twice.
    pub revoked_families: u64,
    /// Security alerts raised.
    pub alerts: u64,
    /// Requests at the OAuth endpoints over their limits, or during a lock-out.
    pub rate_limited: u64,
    /// Lock-outs that began.
    pub lockouts: u64,
    /// Requests at the introspection endpoint.
    pub introspections: u64,
    /// Requests at routes that need an access token, whatever became of them.
    pub api_requests: u64,
    /// Writes that were carried out there, whatever the client saw of it.
    pub api_writes_done: u64,
    /// Answers given again for an `Idempotency-Key`.
    pub api_replays: u64,
    /// Requests over a limit of those routes, or during a lock-out.
    pub api_rate_limited: u64,
    /// Lock-outs that began there.
    pub api_lockouts: u64,
    /// Requests that came though the client had been told to wait.
    pub api_ignored: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    pub(crate) fn add(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.lock());
    }

    pub(crate) fn read(&self) -> Stats {
        *self.lock()
    }

    pub(crate) fn reset(&self) {
        *self.lock() = Stats::default();
    }

    fn lock(&self) -> MutexGuard<'_, Stats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
