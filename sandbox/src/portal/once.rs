//! Secrets that were just made, kept until the page that follows has shown them: once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::form::Kind;
use crate::ids::Hashed;
use crate::pages::Visitor;

/// A secret with the name that an app's environment gives it.
pub(crate) struct Shown {
    pub(super) variable: &'static str,
    pub(super) label: &'static str,
    pub(super) secret: String,
}

impl Shown {
    pub(super) fn client_secret(secret: String, kind: Kind) -> Shown {
        let variable = if kind.is_service() { "LOOP_SERVICE_CLIENT_SECRET" } else { "LOOP_CLIENT_SECRET" };
        Shown { variable, label: "Client secret", secret }
    }

    pub(super) fn webhook_secret(secret: String) -> Shown {
        Shown { variable: "LOOP_WEBHOOK_SECRET", label: "Webhook signing secret", secret }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shown").field("variable", &self.variable).finish_non_exhaustive()
    }
}

/// In memory only, for each browser and app.
#[derive(Debug, Default)]
pub(crate) struct Once(Mutex<HashMap<(String, String), Vec<Shown>>>);

impl Once {
    pub(super) fn keep(&self, visitor: &Visitor, client_id: &str, shown: Vec<Shown>) {
        self.lock().insert(key(visitor, client_id), shown);
    }

    /// What has not been shown yet; asked again, nothing.
    pub(super) fn take(&self, visitor: &Visitor, client_id: &str) -> Vec<Shown> {
        self.lock().remove(&key(visitor, client_id)).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Vec<Shown>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(visitor: &Visitor, client_id: &str) -> (String, String) {
    (Hashed::of(&visitor.browser.secret).0, client_id.to_owned())
}
