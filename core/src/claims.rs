//! Handling each webhook event once: a claim in the store, taken before the work and settled after it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::LoopClient;
use crate::error::Error;
use crate::grant::record::Stamped;
use crate::grant::records::{Change, Damaged};
use crate::secret::base64url;
use crate::sys::{Millis, random_bytes};

/// How long the work may take, before another delivery may begin it anew.
const WORK: Millis = 5 * 60 * 1000;
/// How long an event that was handled is remembered: as long as somebody may send it again.
const MEMORY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many claims a process remembers as its own. Beyond them it forgets, and an abandoned event waits for its claim's end.
const REMEMBERED: usize = 10_000;

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
        let (key, now) = (records.event_key(event_id), records.now().await?);
        let owner = base64url(&random_bytes::<9>()?);
        let claim = records
            .change(&key, Damaged::Replaced, |current: Option<&ClaimRecord>| match current {
                Some(record) if record.done => Change::Leave(EventClaim::Done),
                Some(record) if now < record.until => Change::Leave(EventClaim::UnderWay),
                _ => Change::Write(Box::new(ClaimRecord::new(false, now + WORK, &owner)), EventClaim::New),
            })
            .await?;
        if claim == EventClaim::New {
            self.inner.claims.remember(key, owner);
        }
        Ok(claim)
    }

    /// The event is handled: whenever it comes again, it is done. That holds whoever says it: the work is done.
    pub async fn finish_event(&self, event_id: &str) -> Result<(), Error> {
        let records = &self.manager().records;
        let key = records.event_key(event_id);
        records
            .change(&key, Damaged::Replaced, |_: Option<&ClaimRecord>| {
                Change::Write(Box::new(ClaimRecord::new(true, 0, "")), ())
            })
            .await?;
        self.inner.claims.take(&key);
        Ok(())
    }

    /// The event could not be handled: the next delivery is to try again. It is for the client that claimed: a claim that
    /// ended meanwhile, and that somebody else took, stays theirs.
    pub async fn abandon_event(&self, event_id: &str) -> Result<(), Error> {
        let records = &self.manager().records;
        let key = records.event_key(event_id);
        let Some(owner) = self.inner.claims.take(&key) else { return Ok(()) };
        let freed = records
            .change(&key, Damaged::Replaced, |current: Option<&ClaimRecord>| match current {
                Some(record) if !record.done && record.owner == owner => {
                    Change::Write(Box::new(ClaimRecord::new(false, 0, "")), ())
                }
                _ => Change::Leave(()),
            })
            .await;
        if freed.is_err() {
            // It may be said again.
            self.inner.claims.remember(key, owner);
        }
        freed
    }
}

/// The claims that this client has taken and not settled, by the event's key, the oldest first.
///
/// An event may be claimed twice in one process: the first handler took longer than its claim. Nobody can tell then which
/// of them gives up; as the oldest claim counts as settled first, the living one is free when both have.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<String, VecDeque<String>>>);

impl Claims {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, VecDeque<String>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember(&self, key: String, owner: String) {
        self.with(|claims| {
            if claims.len() >= REMEMBERED {
                claims.clear();
            }
            claims.entry(key).or_default().push_back(owner);
        });
    }

    fn take(&self, key: &str) -> Option<String> {
        self.with(|claims| {
            let owners = claims.get_mut(key)?;
            let owner = owners.pop_front();
            if owners.is_empty() {
                claims.remove(key);
            }
            owner
        })
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
    /// Names the claim.
    #[serde(default)]
    owner: String,
    #[serde(default)]
    stamp: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl ClaimRecord {
    fn new(done: bool, until: Millis, owner: &str) -> Self {
        Self { min_reader: 0, done, until, owner: owner.to_owned(), stamp: String::new(), unknown: Map::new() }
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
