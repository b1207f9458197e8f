//! What this process still owes the store: tokens that arrived, and intents of requests that were never sent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::{IntentKind, Tokens};

/// Tokens that a request brought. Until they are stored, nobody gets to see them.
#[derive(Clone)]
pub(crate) struct Arrived {
    pub(crate) attempt: String,
    pub(crate) kind: IntentKind,
    pub(crate) tokens: Tokens,
    /// The generation that a sign-in was about to replace when it first read the record; 0 for none.
    pub(crate) replaces: Option<u64>,
}

#[derive(Clone, Default)]
pub(crate) struct Debts {
    pub(crate) arrived: Vec<Arrived>,
    /// Attempts whose intent may still stand although nothing was sent.
    pub(crate) idle: Vec<String>,
}

/// By user id.
#[derive(Default)]
pub(crate) struct Owed(Mutex<HashMap<String, Debts>>);

impl Owed {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Debts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of(&self, user_id: &str) -> Option<Debts> {
        self.lock().get(user_id).cloned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub(crate) fn users(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Adds the tokens, or replaces what is known of the same attempt.
    pub(crate) fn add_arrived(&self, user_id: &str, arrived: Arrived) {
        let mut map = self.lock();
        let debts = map.entry(user_id.to_owned()).or_default();
        debts.arrived.retain(|known| known.attempt != arrived.attempt);
        debts.arrived.push(arrived);
    }

    pub(crate) fn add_idle(&self, user_id: &str, attempt: &str) {
        let mut map = self.lock();
        let idle = &mut map.entry(user_id.to_owned()).or_default().idle;
        if !idle.iter().any(|known| known == attempt) {
            idle.push(attempt.to_owned());
        }
    }

    /// True for the one who paid: two may be at it, such as a leader and a drain.
    pub(crate) fn settle(&self, user_id: &str, attempt: &str) -> bool {
        let mut map = self.lock();
        let Some(debts) = map.get_mut(user_id) else { return false };
        let owed = debts.arrived.len() + debts.idle.len();
        debts.arrived.retain(|known| known.attempt != attempt);
        debts.idle.retain(|known| known != attempt);
        let left = debts.arrived.len() + debts.idle.len();
        if left == 0 {
            map.remove(user_id);
        }
        left < owed
    }
}
