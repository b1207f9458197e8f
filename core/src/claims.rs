//! Handling each webhook event once: a claim in the store, taken before the work and settled after it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::LoopClient;
use crate::error::Error;
use crate::grant::record::Stamped;
use crate::grant::records::{Change, Damaged};
use crate::sys::Millis;

/// How long the work may take, before another delivery may begin it anew.
const WORK: Millis = 5 * 60 * 1000;
/// How long an event that was handled is remembered: as long as somebody may send it again.
const MEMORY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What to do with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventClaim {
    /// Nobody has handled it: do it now, then call [`finish_event`](LoopClient::finish_event) or
    /// [`abandon_event`](LoopClient::abandon_event).
    New,
    /// It was handled: answer with 200, and do nothing.
    Done,
    /// Somebody is at it: answer with 503, so that it comes again.
    UnderWay,
}

impl EventClaim {
    /// The name that all languages use, for instance `under_way`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Done => "done",
            Self::UnderWay => "under_way",
        }
    }
}

impl LoopClient {
    /// Says whether a webhook event is to be handled, and keeps all others of this app from doing so meanwhile: other
    /// threads, processes and hosts that share the store.
    pub async fn claim_event(&self, event_id: &str) -> Result<EventClaim, Error> {
        let records = &self.manager().records;
        let now = records.now().await?;
        records
            .change(&records.event_key(event_id), Damaged::Replaced, |current: Option<&ClaimRecord>| match current {
                Some(record) if record.done => Change::Leave(EventClaim::Done),
                Some(record) if now < record.until => Change::Leave(EventClaim::UnderWay),
                _ => Change::Write(Box::new(ClaimRecord::new(false, now + WORK)), EventClaim::New),
            })
            .await
    }

    /// The event is handled: whenever it comes again, it is done.
    pub async fn finish_event(&self, event_id: &str) -> Result<(), Error> {
        let records = &self.manager().records;
        records
            .change(&records.event_key(event_id), Damaged::Replaced, |_: Option<&ClaimRecord>| {
                Change::Write(Box::new(ClaimRecord::new(true, 0)), ())
            })
            .await
    }

    /// The event could not be handled: the next delivery is to try again.
    pub async fn abandon_event(&self, event_id: &str) -> Result<(), Error> {
        let records = &self.manager().records;
        records
            .change(&records.event_key(event_id), Damaged::Replaced, |current: Option<&ClaimRecord>| match current {
                Some(record) if !record.done => Change::Write(Box::new(ClaimRecord::new(false, 0)), ()),
                _ => Change::Leave(()),
            })
            .await
    }
}

#[derive(Serialize, Deserialize)]
struct ClaimRecord {
    #[serde(default)]
    min_reader: u32,
    done: bool,
    /// When the work counts as given up, by the store's clock.
    #[serde(default)]
    until: Millis,
    #[serde(default)]
    stamp: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl ClaimRecord {
    fn new(done: bool, until: Millis) -> Self {
        Self { min_reader: 0, done, until, stamp: String::new(), unknown: Map::new() }
    }
}

impl Stamped for ClaimRecord {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        Some(MEMORY)
    }
}
