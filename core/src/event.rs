//! What an application may watch: the steps in the life of its grants. No event holds a token.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::error::Code;
use crate::sys::millis_of;

/// What happened to a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A caller waits for another process's refresh.
    Waiting,
    /// A refresh brought new tokens.
    Refreshed,
    /// New tokens are stored.
    Saved,
    /// New tokens could not be stored, and are kept in memory.
    NotSaved,
    /// Another process was first.
    Conflict,
    /// A token request was sent and no usable answer came.
    Ambiguous,
    /// What was ambiguous became clear: its answer came late, or the server's rule allowed another request.
    Resolved,
    /// The grant is over.
    Ended,
}

impl EventKind {
    /// Every kind, in the order of the docs.
    pub const ALL: &'static [Self] = &[
        Self::Waiting,
        Self::Refreshed,
        Self::Saved,
        Self::NotSaved,
        Self::Conflict,
        Self::Ambiguous,
        Self::Resolved,
        Self::Ended,
    ];

    /// The name that all languages use, for instance `not_saved`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Refreshed => "refreshed",
            Self::Saved => "saved",
            Self::NotSaved => "not_saved",
            Self::Conflict => "conflict",
            Self::Ambiguous => "ambiguous",
            Self::Resolved => "resolved",
            Self::Ended => "ended",
        }
    }
}

/// One step in the life of a grant. As data it names the user; printed it does not.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To whose grant.
    pub user_id: String,
    /// When.
    #[serde(serialize_with = "moment")]
    pub at: SystemTime,
    /// Why, where there is an error to name.
    pub code: Option<Code>,
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

fn moment<S: Serializer>(moment: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(millis_of(*moment))
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Event");
        out.field("kind", &self.kind.as_str()).field("code", &self.code.map(Code::as_str)).finish_non_exhaustive()
    }
}

type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// Where events go.
#[derive(Clone, Default)]
pub(crate) struct Watcher(pub(crate) Option<Watch>);

impl Watcher {
    pub(crate) fn tell(&self, kind: EventKind, user_id: &str, at: SystemTime, code: Option<Code>) {
        tracing::debug!(kind = kind.as_str(), code = code.map(Code::as_str), "grant");
        if let Some(watch) = &self.0 {
            let event = Event { kind, user_id: user_id.to_owned(), at, code };
            // A defect of the application's must not cost the tokens that are just being stored.
            if catch_unwind(AssertUnwindSafe(|| watch(&event))).is_err() {
                tracing::error!("the application's event hook panicked");
            }
        }
    }
}
