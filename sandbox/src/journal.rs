//! What the sandbox remembers of every request it received: enough for a test to judge, nothing that could be used again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::params::Params;

/// Old entries go when there are more than this many, so that a sandbox left running does not grow.
const CAPACITY: usize = 20_000;
const HIDDEN: &str = "••••";

/// One request. Secrets are replaced by a fixed form; which parameters were there can still be seen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counts up from 1 in the order of arrival, also across a cleared journal.
    pub seq: u64,
    /// RFC 3339, on the sandbox clock.
    pub at: String,
    /// `identity`, `clinical`, or empty for the home page.
    pub service: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Without the service's prefix and without the query: `/v1/oauth/token`.
    pub path: String,
    /// A parameter that came twice is an array.
    pub query: Map<String, Value>,
    /// As `query`, for a form body.
    pub form: Map<String, Value>,
    /// `Basic` or `Bearer`, never what followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// `None` while no answer was made: the caller went away, or is still waiting.
    pub status: Option<u16>,
    /// The app, as it said in the request, or as its token says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `authorization_code` or `refresh_token`, at the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The error code answered, also when it went to the app in a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
}

/// The entries, and the number that the next one gets.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    last_seq: u64,
    kept: VecDeque<JournalEntry>,
}

impl Journal {
    /// Notes an arrival, and returns its number, with which the answer is noted later.
    pub(crate) fn arrived(&self, mut entry: JournalEntry) -> u64 {
        let mut entries = self.lock();
        entries.last_seq += 1;
        entry.seq = entries.last_seq;
        if entries.kept.len() == CAPACITY {
            entries.kept.pop_front();
        }
        entries.kept.push_back(entry);
        entries.last_seq
    }

    pub(crate) fn answered(&self, seq: u64, status: u16, error: Option<String>, client_id: Option<String>) {
        let mut entries = self.lock();
        // Searched from the back: what is answered arrived a moment ago.
        if let Some(entry) = entries.kept.iter_mut().rev().find(|entry| entry.seq == seq) {
            entry.status = Some(status);
            entry.error = error;
            entry.client_id = entry.client_id.take().or(client_id);
        }
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.lock().kept.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parameters that hold nothing secret. Everything else at an identity path is hidden, known or not: a parameter
/// that nobody thought of must not be the one that leaks.
const SHOWN: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "grant_type",
    "token_type_hint",
    "decision",
    "person",
    "switch",
];

/// The parameters with their secrets replaced.
pub(crate) fn redacted(service: &str, params: &Params) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in params.pairs() {
        let value = Value::String(shown_value(service, name, value));
        match shown.get_mut(name) {
            None => drop(shown.insert(name.clone(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    shown
}

fn shown_value(service: &str, name: &str, value: &str) -> String {
    let hidden = service != "clinical" && !SHOWN.contains(&name);
    if hidden && !value.is_empty() && !SECRETS.iter().any(|prefix| value.contains(prefix)) {
        HIDDEN.to_owned()
    } else {
        harmless(value)
    }
}

const SECRETS: &[&str] = &["lph_at_", "lph_rt_", "secret_"];

/// The text, unless something in it looks like a secret: an app may have put one where none belongs.
pub(crate) fn harmless(text: &str) -> String {
    match SECRETS.iter().find(|prefix| text.contains(**prefix)) {
        Some(prefix) => format!("{prefix}…"),
        None if text.starts_with("eyJ") => HIDDEN.to_owned(),
        None => text.to_owned(),
    }
}
