//! What every handler shares.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::db::Store;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::sys::Clock;

/// Choices where the platform is silent or contradicts itself; tests may change them while the sandbox runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switches {
    /// `openid` only for apps that registered it.
    pub(crate) strict_openid: bool,
    /// `openid` without a `nonce` is accepted, as some of the platform's samples do.
    pub(crate) lenient_nonce: bool,
    /// The person can't untick single scopes.
    pub(crate) all_or_nothing: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    faults: Mutex<Faults>,
    switches: Mutex<Switches>,
    pub(crate) base_url: String,
    /// Carries the port: cookies do not, and two sandboxes on one machine would overwrite each other's.
    pub(crate) cookie_name: String,
}

pub(crate) type Shared = Arc<State>;

impl State {
    pub(crate) fn new(store: Store, switches: Switches, port: u16) -> State {
        State {
            store,
            clock: Clock::default(),
            journal: Journal::default(),
            faults: Mutex::default(),
            switches: Mutex::new(switches),
            base_url: format!("http://127.0.0.1:{port}"),
            cookie_name: format!("loop_session_{port}"),
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/identity", self.base_url)
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn switches(&self) -> Switches {
        *self.switches_mut()
    }

    pub(crate) fn switches_mut(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
