//! The client's secret while it is being changed: the newest is tried first, an older one only as long as it may work.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::error::{Code, Error};
use crate::secret::{Digest, Secret};
use crate::sys::{Clock, Millis};

/// How long the application may take to answer: everybody who needs a token waits for it.
const ASK_LIMIT: Duration = Duration::from_secs(15);
/// How long an answer of the application is used.
const ASK_AGAIN: Millis = 5 * 60_000;
/// When a new secret that was refused is tried again: it may not have reached the server yet.
const TRY_AGAIN: Millis = 60_000;

/// Asks the application for its secrets, the newest first.
pub(crate) type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<Secret>, Error>> + Send + Sync>;

/// Where secrets come from.
#[derive(Clone, Default)]
pub(crate) enum Source {
    /// A public client has none.
    #[default]
    None,
    /// The newest first.
    Known(Vec<Secret>),
    Ask(Ask),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<client secret>")
    }
}

/// The secrets of one client, and what the server said about them.
#[derive(Debug)]
pub(crate) struct ClientSecrets {
    source: Source,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answer: Vec<Secret>,
    asked_at: Option<Millis>,
    /// With the moment where that was; without one they will not become good again.
    refused: Vec<(Digest, Option<Millis>)>,
}

impl State {
    fn is_refused(&self, secret: &Secret, now: Millis) -> bool {
        let lately = |at: Option<Millis>| at.is_none_or(|at| now.saturating_sub(at) < TRY_AGAIN);
        self.refused.iter().any(|(digest, at)| *digest == secret.digest() && lately(*at))
    }

    fn refuse(&mut self, secret: &Secret, at: Option<Millis>) {
        self.forgive(secret);
        // Few are ever in use; a callback that makes up new ones must not fill the memory.
        if self.refused.len() >= 8 {
            self.refused.remove(0);
        }
        self.refused.push((secret.digest(), at));
    }

    fn forgive(&mut self, secret: &Secret) {
        self.refused.retain(|(digest, _)| *digest != secret.digest());
    }
}

impl ClientSecrets {
    pub(crate) fn new(source: Source, clock: Clock) -> Self {
        Self { source, clock, state: Mutex::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The secret to send now: the newest that was not refused; the newest at all where every one was.
    pub(crate) async fn current(&self) -> Result<Option<Secret>, Error> {
        let known = self.known(false).await?;
        let now = self.clock.elapsed();
        let good = self.with(|state| known.iter().find(|secret| !state.is_refused(secret, now)).cloned());
        Ok(good.or_else(|| known.into_iter().next()))
    }

    async fn known(&self, ask_anew: bool) -> Result<Vec<Secret>, Error> {
        let ask = match &self.source {
            Source::None => return Ok(Vec::new()),
            Source::Known(secrets) => return Ok(secrets.clone()),
            Source::Ask(ask) => ask,
        };
        let now = self.clock.elapsed();
        let fresh = self.with(|state| {
            let fresh = state.asked_at.is_some_and(|asked| now.saturating_sub(asked) < ASK_AGAIN);
            (fresh && !ask_anew).then(|| state.answer.clone())
        });
        if let Some(answer) = fresh {
            return Ok(answer);
        }
        let answer = tokio::time::timeout(ASK_LIMIT, ask()).await.map_err(|_| {
            Error::new(Code::ClientSecretUnavailable, "The application did not say its client secret in time.")
        })??;
        self.with(|state| {
            state.answer.clone_from(&answer);
            state.asked_at = Some(now);
        });
        Ok(answer)
    }

    /// The server took this secret: those that are older need not be tried any more.
    pub(crate) fn accepted(&self, secret: &Secret) {
        if let Source::Known(known) = &self.source
            && let Some(place) = known.iter().position(|each| each == secret)
        {
            self.with(|state| {
                state.forgive(secret);
                known.iter().skip(place + 1).for_each(|older| state.refuse(older, None));
            });
        }
    }

    /// The server refused this secret. True where there is another to try.
    pub(crate) async fn refused(&self, secret: &Secret) -> Result<bool, Error> {
        let now = self.clock.elapsed();
        self.with(|state| {
            if !state.refused.contains(&(secret.digest(), None)) {
                state.refuse(secret, Some(now));
            }
        });
        let known = self.known(true).await?;
        let another = self.with(|state| known.iter().any(|each| !state.is_refused(each, now)));
        if !another {
            // A mistake at the server may have been put right: the next request begins again with the newest.
            self.with(|state| state.refused.retain(|(_, at)| at.is_none()));
        }
        Ok(another)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn two() -> ClientSecrets {
        ClientSecrets::new(Source::Known(vec![Secret::new("new"), Secret::new("old")]), Clock::default())
    }

    async fn current(secrets: &ClientSecrets) -> String {
        secrets.current().await.unwrap().unwrap().expose().to_owned()
    }

    #[tokio::test]
    async fn the_old_secret_serves_until_the_new_one_works_and_never_after() {
        let secrets = two();
        assert_eq!(current(&secrets).await, "new");
        assert!(secrets.refused(&Secret::new("new")).await.unwrap());
        assert_eq!(current(&secrets).await, "old");
        let secrets = two();
        secrets.accepted(&Secret::new("new"));
        assert!(!secrets.refused(&Secret::new("new")).await.unwrap(), "the old one is over");
    }

    #[tokio::test]
    async fn a_new_secret_that_came_too_early_is_tried_again_when_the_old_one_is_over() {
        let clock = Clock::manual();
        let known = Source::Known(vec![Secret::new("new"), Secret::new("old")]);
        let secrets = ClientSecrets::new(known, clock.clone());
        assert!(secrets.refused(&Secret::new("new")).await.unwrap());
        clock.advance(Duration::from_secs(61));
        assert!(secrets.refused(&Secret::new("old")).await.unwrap());
        assert_eq!(current(&secrets).await, "new");
    }

    #[tokio::test]
    async fn where_both_are_refused_the_newest_is_tried_at_the_next_request() {
        let secrets = two();
        assert!(secrets.refused(&Secret::new("new")).await.unwrap());
        assert!(!secrets.refused(&Secret::new("old")).await.unwrap());
        assert_eq!(current(&secrets).await, "new");
    }

    #[tokio::test]
    async fn the_application_is_asked_again_when_its_secret_is_refused() {
        let (asked, times) = (Arc::new(AtomicUsize::new(0)), |asked: &AtomicUsize| asked.load(Ordering::SeqCst));
        let counter = Arc::clone(&asked);
        let ask: Ask = Arc::new(move || {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { Ok(vec![Secret::new(format!("s{number}"))]) })
        });
        let secrets = ClientSecrets::new(Source::Ask(ask), Clock::manual());
        assert_eq!((current(&secrets).await, current(&secrets).await, times(&asked)), ("s0".into(), "s0".into(), 1));
        assert!(secrets.refused(&Secret::new("s0")).await.unwrap());
        assert_eq!((current(&secrets).await, times(&asked)), ("s1".into(), 2));
    }
}
