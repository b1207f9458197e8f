//! The issuer's keys, fetched by one caller for all.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use tokio::time::Instant;

use crate::error::Error;
use crate::oauth::id_token::{self, KeyHint};
use crate::sys::{Clock, Millis, millis};

pub(crate) struct Keys {
    clock: Clock,
    known: Mutex<Option<Known>>,
    fetching: tokio::sync::Mutex<()>,
}

struct Known {
    set: JwkSet,
    fetched_at: Millis,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.with(|known| known.as_ref().map_or(0, |known| known.set.keys.len())))
    }
}

impl Keys {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, known: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Option<Known>) -> T) -> T {
        act(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A key that is known; nobody waits for it.
    pub(crate) fn find(&self, hint: &KeyHint) -> Option<Jwk> {
        self.with(|known| known.as_ref().and_then(|known| id_token::find_key(&known.set, hint)).cloned())
    }

    /// Fetches the keys where they are older than `age`. Whoever comes meanwhile waits for that, until `deadline`.
    pub(crate) async fn renew<F>(
        &self,
        age: Duration,
        deadline: Instant,
        fetch: impl FnOnce() -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<JwkSet, Error>>,
    {
        if !self.are_older_than(age) {
            return Ok(());
        }
        // Out of time: the fetch says so, and why.
        let _fetching = tokio::time::timeout_at(deadline, self.fetching.lock()).await;
        if self.are_older_than(age) {
            let set = fetch().await?;
            let fetched_at = self.clock.now();
            self.with(|known| *known = Some(Known { set, fetched_at }));
        }
        Ok(())
    }

    fn are_older_than(&self, age: Duration) -> bool {
        let now = self.clock.now();
        self.with(|known| known.as_ref().is_none_or(|known| now >= known.fetched_at.saturating_add(millis(age))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[tokio::test(start_paused = true)]
    async fn one_fetch_serves_all_and_nobody_waits_longer_for_another_than_for_its_own() {
        let keys = Keys::new(Clock::manual());
        let began = Instant::now();
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Ok(JwkSet { keys: Vec::new() })
        };
        let never = || async { unreachable!("the other one fetches") };
        let deadline = began + Duration::from_secs(30);
        let (first, second) = tokio::join!(keys.renew(DAY, deadline, slow), keys.renew(DAY, deadline, never));
        assert!(first.is_ok() && second.is_ok());

        let keys = Keys::new(Clock::manual());
        let failing = || async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            Err(Error::new(Code::ServerUnavailable, "too slow"))
        };
        let began = Instant::now();
        let deadline = began + Duration::from_secs(30);
        let (first, second, third) = tokio::join!(
            keys.renew(DAY, deadline, failing),
            keys.renew(DAY, deadline, failing),
            keys.renew(DAY, deadline, failing)
        );
        assert!(first.is_err() && second.is_err() && third.is_err());
        assert!(began.elapsed() <= Duration::from_secs(60), "{:?}", began.elapsed());
    }
}
