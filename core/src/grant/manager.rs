//! Keeps grants alive: hands out access tokens, refreshes them once, saves what comes back before anyone sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Map;

use super::arrive::Late;
use super::cache::{Access, AccessCache};
use super::decide::{self, Need, Step};
use super::flight::Flights;
use super::owed::{Arrived, Owed};
use super::record::{GrantRecord, IntentKind, Tokens};
use super::records::{Change, Damaged, Read, Records, Swap};
use crate::error::{Code, Error};
use crate::issuer::Issuer;
use crate::oauth::token::{Grant, TokenAnswer};
use crate::oauth::verdict::Verdict;
use crate::secret::{Digest, Secret, base64url};
use crate::store::Expected;
use crate::sys::{self, Clock, Millis, millis};

/// How often a refresh that never reached the server is sent again within one call.
const ATTEMPTS: u32 = 3;
/// A longer pause is the caller's to make.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long nobody asks again after an answer that is the operator's problem.
const OPERATOR_PAUSE: Duration = Duration::from_secs(5);
/// How long a caller waits for another process's refresh; shorter than a call's own limit, so that it is told why.
const PATIENCE: Duration = Duration::from_secs(25);
/// How often it looks meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// More looks than patience allows: only a store without working compare-and-swap gets there.
const LOOKS: u32 = 1000;

/// The grants of one client.
pub(crate) struct Manager {
    pub(crate) records: Records,
    pub(crate) issuer: Issuer,
    pub(super) clock: Clock,
    pub(super) cache: AccessCache,
    flights: Flights,
    pub(super) owed: Owed,
    /// The token endpoint asked for a pause, or refuses this client: until then nobody is sent there for a refresh.
    paused: Mutex<Option<(Millis, Error)>>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").field("records", &self.records).finish_non_exhaustive()
    }
}

impl Manager {
    pub(crate) fn new(records: Records, issuer: Issuer, clock: Clock) -> Self {
        Self {
            records,
            issuer,
            clock,
            cache: AccessCache::new(),
            flights: Flights::default(),
            owed: Owed::default(),
            paused: Mutex::default(),
        }
    }

    /// An access token that lives: from memory, from the store, or from a refresh.
    pub(crate) async fn access(self: &Arc<Self>, user_id: &str) -> Result<Arc<Access>, Error> {
        match self.cache.fresh(user_id, self.clock.now()) {
            Some(access) => Ok(access),
            None => self.join(user_id, None).await,
        }
    }

    /// An access token other than the one that an API just refused.
    pub(crate) async fn access_other_than(
        self: &Arc<Self>,
        user_id: &str,
        refused: &Access,
    ) -> Result<Arc<Access>, Error> {
        match self.cache.fresh(user_id, self.clock.now()) {
            // Somebody else has replaced it already.
            Some(access) if access.digest != refused.digest => Ok(access),
            _ => self.join(user_id, Some(refused.digest.clone())).await,
        }
    }

    async fn join(self: &Arc<Self>, user_id: &str, refused: Option<Digest>) -> Result<Arc<Access>, Error> {
        // Who needs another token must not get the result of a flight that was content with that one.
        self.flights
            .join((user_id.to_owned(), refused.clone()), || {
                let (manager, user_id) = (Arc::clone(self), user_id.to_owned());
                async move { manager.lead(&user_id, refused.as_ref()).await }
            })
            .await
    }

    pub(super) async fn lead(&self, user_id: &str, refused: Option<&Digest>) -> Result<Arc<Access>, Error> {
        let need = refused.map_or(Need::Live, Need::Other);
        self.settle(user_id).await?;
        let mut attempts = 0;
        let mut waited = Duration::ZERO;
        for _ in 0..LOOKS {
            let now = self.records.now().await?;
            let read = self.records.load_grant(user_id).await?;
            let step = decide::next_step(read.as_ref().map(|read| &read.record), need, now);
            let (Some(read), true) = (read, !matches!(step, Step::NotConnected)) else {
                self.cache.forget(user_id);
                return Err(not_connected());
            };
            match step {
                Step::Use => return self.publish(user_id, &read.record),
                Step::NotConnected | Step::Ended => return Err(self.ended(user_id)),
                Step::Refused => return Err(access_token_rejected()),
                Step::Unknown => return Err(outcome_unknown()),
                Step::Wait { until } => {
                    if let Some(access) = living(&read.record, need, now) {
                        return Ok(access);
                    }
                    if waited >= PATIENCE {
                        return Err(Error::new(
                            Code::RefreshInProgress,
                            "Another process is refreshing this grant; try again in a moment.",
                        )
                        .with_retry_after(Some(Duration::from_millis(until.saturating_sub(now)))));
                    }
                    tokio::time::sleep(LOOK_AGAIN).await;
                    waited += LOOK_AGAIN;
                }
                Step::Refresh => {
                    let former = read.record.clone();
                    if let Some(error) = self.pause(now) {
                        return living(&former, need, now).ok_or(error);
                    }
                    attempts += 1;
                    match self.refresh(user_id, read, now).await? {
                        Refreshed::Rotated(access) => return Ok(access),
                        Refreshed::LookAgain => {}
                        Refreshed::Failed(error) => {
                            // The request did nothing, so the token is as good as before.
                            return living(&former, need, now).ok_or(error);
                        }
                        Refreshed::RetryAfter(pause, error) => {
                            if let Some(access) = living(&former, need, now) {
                                return Ok(access);
                            }
                            if attempts >= ATTEMPTS || pause > LONGEST_PAUSE {
                                return Err(error);
                            }
                            tokio::time::sleep(pause).await;
                        }
                    }
                }
            }
        }
        Err(Error::new(Code::StoreBusy, "This user's record changes all the time; try again."))
    }

    /// One attempt: intent, look again, POST, save. The intent is the right to send.
    async fn refresh(&self, user_id: &str, read: Read<GrantRecord>, now: Millis) -> Result<Refreshed, Error> {
        // What is slow comes first, so that the request follows its intent at once.
        self.issuer.warm_up().await?;
        let Some(refresh_token) = read.record.refresh_token().cloned() else { return Ok(Refreshed::LookAgain) };
        let attempt = new_attempt()?;
        let mine = match self.claim(user_id, read, &attempt, &refresh_token, now).await {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(Refreshed::LookAgain),
            Err(error) => {
                // The intent may stand in a store that does not answer: it is cleared at the next contact.
                self.owed.add_idle(user_id, &attempt);
                return Err(error);
            }
        };
        let sent_at = self.clock.now();
        let verdict = match self.issuer.request(&Grant::RefreshToken(&refresh_token)).await {
            Ok(verdict) => verdict,
            Err(error) => {
                self.nothing_done(user_id, &attempt).await;
                return Err(error);
            }
        };
        self.conclude(user_id, &attempt, mine, verdict, sent_at).await
    }

    /// Writes the intent and reads it back. None where somebody else was first, or it is too late to send.
    async fn claim(
        &self,
        user_id: &str,
        read: Read<GrantRecord>,
        attempt: &str,
        refresh_token: &Secret,
        now: Millis,
    ) -> Result<Option<GrantRecord>, Error> {
        let mut record = read.record;
        record.intent = Some(decide::refresh_intent(attempt, refresh_token, now));
        record.updated_at = now;
        let key = self.records.grant_key(user_id);
        let expected = Expected::Version(read.version);
        if self.records.swap(&key, &mut record, &expected, None).await? == Swap::Conflict {
            return Ok(None);
        }
        let current = self.records.load_grant(user_id).await?;
        let now = self.records.now().await?;
        let mine = current.filter(|read| decide::may_send(&read.record, attempt, now));
        if mine.is_none() {
            self.nothing_done(user_id, attempt).await;
        }
        Ok(mine.map(|read| read.record))
    }

    /// Ends the intent as the verdict says: in one write, and before any waiting.
    async fn conclude(
        &self,
        user_id: &str,
        attempt: &str,
        sent_from: GrantRecord,
        verdict: Verdict,
        sent_at: Millis,
    ) -> Result<Refreshed, Error> {
        match verdict {
            Verdict::Granted(answer) => {
                let former = sent_from.tokens;
                let (refresh, scopes) = former.map(|tokens| (tokens.refresh_token, tokens.scopes)).unwrap_or_default();
                let tokens = tokens_of(*answer, refresh, &scopes, sent_at);
                let access = Access::of(&tokens);
                let kind = IntentKind::Refresh;
                let arrived = Arrived { attempt: attempt.to_owned(), kind, tokens, replaces: None };
                match self.store_arrived(user_id, arrived, false).await? {
                    Late::Saved => {
                        self.cache.put(user_id, Arc::clone(&access));
                        Ok(Refreshed::Rotated(access))
                    }
                    Late::Replaced | Late::Disconnected => Ok(Refreshed::LookAgain),
                }
            }
            Verdict::Retry { after, reason } => {
                self.nothing_done(user_id, attempt).await;
                let error = self.issuer.retry_error(reason).with_retry_after(after);
                if let Some(after) = after {
                    self.pause_until(self.clock.now().saturating_add(millis(after)), &error);
                }
                Ok(Refreshed::RetryAfter(after.unwrap_or(Duration::from_millis(500)), error))
            }
            Verdict::Operator { error, client } => {
                self.nothing_done(user_id, attempt).await;
                let error = self.issuer.operator_error(&error, client);
                self.pause_until(self.clock.now().saturating_add(millis(OPERATOR_PAUSE)), &error);
                Ok(Refreshed::Failed(error))
            }
            Verdict::Rejected => {
                let now = self.clock.now();
                self.change_intent(user_id, attempt, |record| {
                    record.intent = None;
                    record.ended_at = Some(now);
                    record.updated_at = now;
                    if let Some(digest) = record.refresh_token().map(Secret::digest) {
                        record.remember_spent(digest);
                    }
                })
                .await?;
                Ok(Refreshed::LookAgain)
            }
            Verdict::Ambiguous { reason } => {
                tracing::warn!(reason, "the outcome of a refresh is unknown; its token is not sent again");
                self.change_intent(user_id, attempt, |record| {
                    if let Some(intent) = &mut record.intent {
                        intent.ambiguous = true;
                    }
                })
                .await?;
                Ok(Refreshed::LookAgain)
            }
        }
    }

    /// Clears the intent of a request that did nothing; where the store does not answer, at the next contact.
    async fn nothing_done(&self, user_id: &str, attempt: &str) {
        if self.clear_intent(user_id, attempt).await.is_err() {
            self.owed.add_idle(user_id, attempt);
        }
    }

    pub(super) async fn clear_intent(&self, user_id: &str, attempt: &str) -> Result<(), Error> {
        self.change_intent(user_id, attempt, |record| record.intent = None).await
    }

    /// Changes the record while this attempt's intent stands; whoever replaced the grant meanwhile is left alone.
    async fn change_intent(
        &self,
        user_id: &str,
        attempt: &str,
        change: impl Fn(&mut GrantRecord),
    ) -> Result<(), Error> {
        self.records
            .change_grant(user_id, Damaged::Fails, |current| match current {
                Some(current) if holds_attempt(current, attempt) => {
                    let mut record = current.clone();
                    change(&mut record);
                    Change::Write(Box::new(record), ())
                }
                _ => Change::Leave(()),
            })
            .await
    }

    pub(crate) fn forget(&self, user_id: &str) {
        self.cache.forget(user_id);
    }

    fn pause_until(&self, until: Millis, error: &Error) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, error.clone()));
    }

    /// The error that everybody gets while the token endpoint is not to be asked.
    fn pause(&self, now: Millis) -> Option<Error> {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = paused.as_ref().filter(|(until, _)| now < *until)?;
        Some(error.clone().with_retry_after(Some(Duration::from_millis(until - now))))
    }

    fn publish(&self, user_id: &str, record: &GrantRecord) -> Result<Arc<Access>, Error> {
        let access = record.tokens.as_ref().map(Access::of).ok_or_else(|| self.ended(user_id))?;
        self.cache.put(user_id, Arc::clone(&access));
        Ok(access)
    }

    fn ended(&self, user_id: &str) -> Error {
        self.cache.forget(user_id);
        Error::new(
            Code::GrantEnded,
            "This grant is over (disconnected by the person, unused for 90 days, or replaced by a sign-in on another \
             device): send the person to sign in.",
        )
    }
}

enum Refreshed {
    Rotated(Arc<Access>),
    LookAgain,
    RetryAfter(Duration, Error),
    Failed(Error),
}

pub(super) fn holds_attempt(record: &GrantRecord, attempt: &str) -> bool {
    record.intent.as_ref().is_some_and(|intent| intent.attempt == attempt)
}

fn living(record: &GrantRecord, need: Need<'_>, now: Millis) -> Option<Arc<Access>> {
    let tokens = record.tokens.as_ref()?;
    decide::lives(tokens, need, now).then(|| Access::of(tokens))
}

/// The stored form of an answer to a request that was sent at `sent_at`: a token's life is counted from there.
/// Without a refresh token in it the former one stays valid (RFC 6749, section 6).
/// Absent scopes mean those that were asked for (RFC 6749, section 5.1).
pub(crate) fn tokens_of(
    answer: TokenAnswer,
    former_refresh: Option<Secret>,
    asked_scopes: &[String],
    sent_at: Millis,
) -> Tokens {
    Tokens {
        access_token: answer.access_token,
        access_expires_at: sent_at.saturating_add(millis(Duration::from_secs(answer.expires_in))),
        obtained_at: sent_at,
        refresh_token: answer.refresh_token.or(former_refresh),
        scopes: answer.scopes.unwrap_or_else(|| asked_scopes.to_vec()),
        unknown: Map::new(),
    }
}

pub(super) fn new_attempt() -> Result<String, Error> {
    // The process id makes an attempt readable in a support case; the random part makes it unique.
    Ok(format!("{}-{}", sys::process_id(), base64url(&sys::random_bytes::<12>()?)))
}

fn outcome_unknown() -> Error {
    Error::new(
        Code::RefreshOutcomeUnknown,
        "A refresh was sent and its answer was lost; sending the token again could end the grant, so the person has \
         to sign in.",
    )
}

pub(super) fn not_connected() -> Error {
    Error::new(Code::NotConnected, "This user is not connected: send the person to sign in.")
}

fn access_token_rejected() -> Error {
    Error::new(
        Code::AccessTokenRejected,
        "The API refuses an access token that is less than a minute old: client, token and API may belong to different \
         environments, or the person has just disconnected the app at Loop.",
    )
}
