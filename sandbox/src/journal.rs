//! What the sandbox remembers of every request it received: enough for a test to judge, nothing that could be used again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::broadcast;

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
    /// Milliseconds since 1970 on the machine's own clock, which no lever moves.
    pub at_ms: u64,
    /// `identity`, `clinical` and so on, or empty for the sandbox's own pages.
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
    /// `None` where no status was sent: the caller went away, is still waiting, or a fault kept the answer back.
    pub status: Option<u16>,
    /// The app, as it said in the request, or as its token says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `authorization_code` or `refresh_token`, at the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// At the token endpoint, which refresh token or code was presented: the first 16 characters of its SHA-256 in
    /// base64url, so that a test that holds the token can find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// Where that token or code stood when the request arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented_state: Option<Presented>,
    /// At the token endpoint, what the sandbox did, whatever its answer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
    /// Which operation of the API it was: `clinical.list_biomarkers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The `Idempotency-Key` that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The `traceparent` that came with it (W3C Trace Context).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The fault on order that this request met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<AppliedFault>,
    /// The error code answered, also when it went to the app in a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
}

/// Where a refresh token or code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Presented {
    /// It may be used.
    Live,
    /// It was used, and the rotation rule still accepts it.
    Superseded,
    /// It was used, and must not be used again: its arrival is a replay.
    Spent,
    /// A newer sign-in took its place.
    Replaced,
    /// Its grant has ended.
    Revoked,
    /// Its time is up.
    Expired,
    /// No such token was given to this app.
    Unknown,
}

/// What the sandbox did with a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Done {
    /// The request was not worked on, or has not been yet.
    Nothing,
    /// A code was exchanged for tokens.
    Exchanged,
    /// A refresh token was exchanged for new tokens.
    Rotated,
    /// A refresh token gave an access token, and stays as it is.
    Renewed,
    /// An error, and nothing changed but a code that is spent by it.
    Refused,
    /// Something was used twice, so the grant, or what a code gave, was revoked.
    GrantRevoked,
}

/// A fault that a request met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AppliedFault {
    /// As it was ordered: `no_answer`, …; `canned_answer` for `next-token-answer`.
    pub kind: &'static str,
    /// `before` or `after` the request was worked on.
    pub when: &'static str,
}

/// Put on a request: its number in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seq(pub(crate) u64);

/// The entries, the number that the next one gets, and who watches.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    live: broadcast::Sender<JournalEntry>,
}

impl Default for Journal {
    fn default() -> Journal {
        Journal { entries: Mutex::default(), live: broadcast::Sender::new(256) }
    }
}

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
        self.tell(&entry);
        entries.kept.push_back(entry);
        entries.last_seq
    }

    /// Adds to an entry that is still there.
    pub(crate) fn note(&self, seq: u64, change: impl FnOnce(&mut JournalEntry)) {
        let mut entries = self.lock();
        // Searched from the back: what is being answered arrived a moment ago.
        if let Some(entry) = entries.kept.iter_mut().rev().find(|entry| entry.seq == seq) {
            change(entry);
            self.tell(entry);
        }
    }

    /// Every entry from now on, at its arrival and at each change.
    pub(crate) fn watch(&self) -> broadcast::Receiver<JournalEntry> {
        self.live.subscribe()
    }

    fn tell(&self, entry: &JournalEntry) {
        if self.live.receiver_count() > 0 {
            // Fails only if the last watcher has just gone.
            let _ = self.live.send(entry.clone());
        }
    }

    /// The newest entries of a kind, the newest first.
    pub(crate) fn latest(&self, most: usize, is_wanted: impl Fn(&JournalEntry) -> bool) -> Vec<JournalEntry> {
        self.lock().kept.iter().rev().filter(|entry| is_wanted(entry)).take(most).cloned().collect()
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.lock().kept.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parameters that hold nothing secret. Everything else at an identity path or a page is hidden, known or not: a parameter
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
    // The other services' parameters are ids, filters and page sizes.
    let hidden = match service {
        "identity" | "" => !SHOWN.contains(&name),
        // A link to a provider, and one to a file, are good for whoever has them.
        "integrations" => name == "state",
        _ => name == "signature",
    };
    if hidden && !value.is_empty() && !SECRETS.iter().any(|prefix| value.contains(prefix)) {
        HIDDEN.to_owned()
    } else {
        harmless(value)
    }
}

const SECRETS: &[&str] = &["lph_at_", "lph_rt_", "secret_", "whsec_"];

/// The text, unless something in it looks like a secret: an app may have put one where none belongs.
pub(crate) fn harmless(text: &str) -> String {
    match SECRETS.iter().find(|prefix| text.contains(**prefix)) {
        Some(prefix) => format!("{prefix}…"),
        None if text.starts_with("eyJ") => HIDDEN.to_owned(),
        None => text.to_owned(),
    }
}
