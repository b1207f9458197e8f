//! What every handler shares.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::db::Store;
use crate::faults::Faults;
use crate::idempotency::Running;
use crate::ids;
use crate::introspection::Answers;
use crate::journal::Journal;
use crate::portal::Once;
use crate::rate_limit::RateLimit;
use crate::refresh::Rule;
use crate::stats::Counters;
use crate::switches::Switches;
use crate::sys::{CENTURY_SECONDS, Clock, RandomFailed};
use crate::webhooks::Hub;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) stats: Counters,
    /// The keys of writes that are under way.
    pub(crate) running: Running,
    /// Signs links to files; new at every start.
    pub(crate) file_secret: String,
    pub(crate) webhooks: Hub,
    pub(crate) portal: Once,
    rate_limit: Mutex<RateLimit>,
    address_limit: Mutex<RateLimit>,
    api_limits: Mutex<RateLimit>,
    introspected: Mutex<Answers>,
    stopped: watch::Receiver<bool>,
    faults: Mutex<Faults>,
    switches: Mutex<Switches>,
    pub(crate) base_url: String,
    /// Carries the port: cookies do not, and two sandboxes on one machine would overwrite each other's.
    pub(crate) cookie_name: String,
}

pub(crate) type Shared = Arc<State>;

impl State {
    pub(crate) fn new(
        store: Store,
        switches: Switches,
        port: u16,
        stopped: watch::Receiver<bool>,
    ) -> Result<State, RandomFailed> {
        let file_secret = ids::secret("")?;
        Ok(State {
            store,
            clock: Clock::default(),
            journal: Journal::default(),
            stats: Counters::default(),
            running: Running::default(),
            file_secret,
            webhooks: Hub::default(),
            portal: Once::default(),
            rate_limit: Mutex::default(),
            address_limit: Mutex::default(),
            api_limits: Mutex::default(),
            introspected: Mutex::default(),
            stopped,
            faults: Mutex::default(),
            switches: Mutex::new(switches),
            base_url: format!("http://127.0.0.1:{port}"),
            cookie_name: format!("loop_session_{port}"),
        })
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/identity", self.base_url)
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// What the sandbox says the time is, which it may be told to lie about.
    pub(crate) fn told_now(&self) -> i64 {
        let skew = self.switches().clock_skew_seconds.clamp(-CENTURY_SECONDS, CENTURY_SECONDS);
        self.now().saturating_add(skew)
    }

    pub(crate) fn rule(&self) -> Rule {
        let switches = self.switches();
        Rule { rotation: switches.rotation, replaced_is_reuse: switches.replaced_is_reuse }
    }

    /// Turns true when the sandbox stops.
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.stopped.clone()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn rate_limit(&self) -> MutexGuard<'_, RateLimit> {
        locked(&self.rate_limit)
    }

    pub(crate) fn address_limit(&self) -> MutexGuard<'_, RateLimit> {
        locked(&self.address_limit)
    }

    pub(crate) fn api_limits(&self) -> MutexGuard<'_, RateLimit> {
        locked(&self.api_limits)
    }

    pub(crate) fn introspected(&self) -> MutexGuard<'_, Answers> {
        locked(&self.introspected)
    }

    pub(crate) fn switches(&self) -> Switches {
        *self.switches_mut()
    }

    /// Puts these switches in force. A new limit begins with nobody counted or locked out.
    pub(crate) fn switch(&self, to: Switches) {
        let before = std::mem::replace(&mut *self.switches_mut(), to);
        let limits = |switches: Switches| {
            let Switches { token_rate_limit, introspect_rate_limit, revoke_rate_limit, lockout_after, .. } = switches;
            (token_rate_limit, introspect_rate_limit, revoke_rate_limit, lockout_after)
        };
        if limits(before) != limits(to) {
            *self.rate_limit() = RateLimit::default();
        }
        if before.authorize_rate_limit != to.authorize_rate_limit {
            *self.address_limit() = RateLimit::default();
        }
        let limits = |switches: Switches| {
            let Switches { read_rate_limit, write_rate_limit, admin_rate_limit, lockout_after, .. } = switches;
            (read_rate_limit, write_rate_limit, admin_rate_limit, lockout_after)
        };
        if limits(before) != limits(to) {
            *self.api_limits() = RateLimit::default();
        }
    }

    fn switches_mut(&self) -> MutexGuard<'_, Switches> {
        locked(&self.switches)
    }
}

/// Nothing is ever left half-changed under these locks, so a panic of another holder does no harm.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
