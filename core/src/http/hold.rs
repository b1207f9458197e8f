//! The pause that an API asked for with a 429. Everybody of this client keeps it, in every process that shares the store:
//! requests that ignore it lead to a lock-out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::error::{Code, Error};
use crate::grant::record::Stamped;
use crate::grant::records::{Change, Damaged, Records};
use crate::oauth::token::UNSAID_PAUSE;
use crate::sys::{Millis, millis};

/// How often a process that calls looks whether another one was told to wait.
const LOOK_EVERY: Millis = 200;
/// Nobody is believed that asks for a longer pause.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What the platform counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Reads,
    Writes,
    Admin,
}

impl Class {
    const ALL: [Self; 3] = [Self::Reads, Self::Writes, Self::Admin];

    /// All that a request may be counted as.
    ///
    /// The platform's page on rate limits names the three and does not say what makes an admin call. A route under
    /// `/v1/admin/` is one by its name. `machines_own`, what only a machine may call, is one by its scope, which is of the
    /// family `admin:`, and a read or write by its route: it counts as both, for too long a pause costs seconds, and too
    /// short a one a lock-out.
    pub(crate) fn of(method: &reqwest::Method, path: &str, machines_own: bool) -> &'static [Self] {
        match (path.contains("/v1/admin/"), method.is_safe(), machines_own) {
            (true, ..) => &[Self::Admin],
            (false, true, true) => &[Self::Reads, Self::Admin],
            (false, false, true) => &[Self::Writes, Self::Admin],
            (false, true, false) => &[Self::Reads],
            (false, false, false) => &[Self::Writes],
        }
    }
}

/// Until when requests of each class are held.
#[derive(Debug)]
pub(crate) struct Holds {
    /// Where other processes read it; a machine's client has none.
    records: Option<Arc<Records>>,
    began: Instant,
    /// Milliseconds since it began; zero for none.
    until: [AtomicU64; 3],
    looked_at: AtomicU64,
}

impl Holds {
    pub(crate) fn new(records: Option<Arc<Records>>) -> Self {
        Self { records, began: Instant::now(), until: Default::default(), looked_at: AtomicU64::new(0) }
    }

    fn now(&self) -> Millis {
        millis(self.began.elapsed())
    }

    /// Waits until requests of these classes may be sent; fails at once where that takes longer than the caller sits through.
    pub(crate) async fn wait(
        self: &Arc<Self>,
        classes: &[Class],
        patience: Duration,
        deadline: Instant,
    ) -> Result<(), Error> {
        self.look();
        loop {
            let now = self.now();
            let until = classes.iter().map(|class| self.until[*class as usize].load(Ordering::Relaxed)).max();
            let until = until.unwrap_or_default();
            if until <= now {
                return Ok(());
            }
            let left = Duration::from_millis(until - now);
            if left > patience || Instant::now() + left >= deadline {
                return Err(held(left));
            }
            tokio::time::sleep(left).await;
        }
    }

    /// A 429 came: everybody waits as long as it says.
    pub(crate) fn begin(self: &Arc<Self>, classes: &'static [Class], asked: Option<Duration>) -> Duration {
        // The platform counts in whole windows: arriving a moment early would be one more request that it ignores.
        let pause = asked.unwrap_or(UNSAID_PAUSE).min(LONGEST) + Duration::from_millis(50);
        let until = self.now().saturating_add(millis(pause));
        for class in classes {
            self.raise(*class, until);
        }
        if let Some(records) = self.records.clone() {
            tokio::spawn(async move {
                if let Err(error) = tell(&records, classes, pause).await {
                    tracing::debug!(%error, "other processes were not told of a pause");
                }
            });
        }
        pause
    }

    fn raise(&self, class: Class, until: Millis) {
        self.until[class as usize].fetch_max(until, Ordering::Relaxed);
    }

    /// Reads what other processes were told, beside the call and now and then.
    fn look(self: &Arc<Self>) {
        let Some(records) = self.records.clone() else { return };
        let (now, last) = (self.now(), self.looked_at.load(Ordering::Relaxed));
        let is_due = now.saturating_sub(last) >= LOOK_EVERY || last == 0;
        if !is_due || self.looked_at.compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let holds = Arc::clone(self);
        tokio::spawn(async move {
            let key = records.holds_key();
            let (Ok(Some(read)), Ok(stored)) = (records.load::<HoldRecord>(&key).await, records.now().await) else {
                return;
            };
            for class in Class::ALL {
                let left = read.record.until[class as usize].saturating_sub(stored);
                if left > 0 {
                    holds.raise(class, holds.now().saturating_add(left.min(millis(LONGEST))));
                }
            }
        });
    }
}

async fn tell(records: &Records, classes: &[Class], pause: Duration) -> Result<(), Error> {
    let until = records.now().await?.saturating_add(millis(pause));
    records
        .change(&records.holds_key(), Damaged::Replaced, |current: Option<&HoldRecord>| {
            let mut record = current.cloned().unwrap_or_default();
            if classes.iter().all(|class| record.until[*class as usize] >= until) {
                return Change::Leave(());
            }
            for class in classes {
                let known = &mut record.until[*class as usize];
                *known = until.max(*known);
            }
            Change::Write(Box::new(record), ())
        })
        .await
}

fn held(left: Duration) -> Error {
    Error::new(Code::RateLimited, "The platform asked this client to wait, and it does: call again after that time.")
        .with_retry_after(Some(left))
}

/// By the store's clock.
#[derive(Clone, Default, Serialize, Deserialize)]
struct HoldRecord {
    #[serde(default)]
    min_reader: u32,
    #[serde(default)]
    until: [Millis; 3],
    #[serde(default)]
    stamp: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Stamped for HoldRecord {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        Some(LONGEST)
    }
}
