//! Keeps grants alive: hands out access tokens, refreshes them once, saves what comes back before anyone sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Map;

use super::cache::{Access, AccessCache};
use super::decide::{self, Need, Step};
use super::flight::Flights;
use super::record::{GrantRecord, Tokens};
use super::records::{Change, Records, Swap};
use crate::error::{Code, Error};
use crate::issuer::Issuer;
use crate::oauth::token::{Grant, TokenAnswer};
use crate::oauth::verdict::Verdict;
use crate::secret::{Digest, Secret, base64url};
use crate::store::Expected;
use crate::sys::{self, Clock, Millis, millis};

/// How often a refresh that never reached the server is sent again within one call.
const ATTEMPTS: u32 = 3;
/// How long a caller waits for another process's refresh.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// More looks than patience allows: only a store without working compare-and-swap gets there.
const LOOKS: u32 = 1000;

/// New tokens that could not be stored yet.
#[derive(Clone)]
struct Unsaved {
    /// The refresh that brought them; absent where a sign-in did.
    attempt: Option<String>,
    tokens: Tokens,
}

/// The grants of one client.
pub(crate) struct Manager {
    pub(crate) records: Records,
    pub(crate) issuer: Issuer,
    clock: Clock,
    cache: AccessCache,
    flights: Flights,
    unsaved: Mutex<HashMap<String, Unsaved>>,
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
            unsaved: Mutex::default(),
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
        let key = match &refused {
            Some(digest) => format!("{user_id}\n{}", digest.as_str()),
            None => user_id.to_owned(),
        };
        self.flights
            .join(&key, || {
                let (manager, user_id) = (Arc::clone(self), user_id.to_owned());
                async move { manager.lead(&user_id, refused.as_ref()).await }
            })
            .await
    }

    async fn lead(&self, user_id: &str, refused: Option<&Digest>) -> Result<Arc<Access>, Error> {
        let need = refused.map_or(Need::Live, Need::Other);
        self.save_unsaved(user_id).await?;
        let mut attempts = 0;
        let mut waited = Duration::ZERO;
        for _ in 0..LOOKS {
            let now = self.records.now().await?;
            let read = self.records.load_grant(user_id).await?;
            let step = decide::next_step(read.as_ref().map(|read| &read.record), need, now);
            let (Some(read), true) = (read, !matches!(step, Step::NotConnected)) else {
                self.cache.forget(user_id);
                return Err(Error::new(Code::NotConnected, "This user is not connected: send the person to sign in."));
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
                    attempts += 1;
                    let former = read.record.clone();
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
                            if attempts >= ATTEMPTS || pause > Duration::from_secs(5) {
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
    async fn refresh(
        &self,
        user_id: &str,
        read: super::records::Read<GrantRecord>,
        now: Millis,
    ) -> Result<Refreshed, Error> {
        // What is slow comes first, so that the request follows its intent at once.
        self.issuer.warm_up().await?;
        let Some(refresh_token) = read.record.refresh_token().cloned() else { return Ok(Refreshed::LookAgain) };
        let attempt = new_attempt()?;
        let key = self.records.grant_key(user_id);
        let mut record = read.record;
        record.intent = Some(decide::refresh_intent(&attempt, &refresh_token, now));
        record.updated_at = now;
        if self.records.swap(&key, &record, &Expected::Version(read.version), None).await? == Swap::Conflict {
            return Ok(Refreshed::LookAgain);
        }
        let Some(mine) = self.records.load_grant(user_id).await? else { return Ok(Refreshed::LookAgain) };
        if !decide::may_send(&mine.record, &attempt, self.records.now().await?) {
            self.clear_intent(user_id, &attempt).await?;
            return Ok(Refreshed::LookAgain);
        }
        let verdict = self.issuer.request(&Grant::RefreshToken(&refresh_token)).await?;
        self.conclude(user_id, &attempt, mine.record, verdict).await
    }

    /// Ends the intent as the verdict says: in one write, and before any waiting.
    async fn conclude(
        &self,
        user_id: &str,
        attempt: &str,
        sent_from: GrantRecord,
        verdict: Verdict,
    ) -> Result<Refreshed, Error> {
        match verdict {
            Verdict::Granted(answer) => {
                let former = sent_from.tokens;
                let (refresh, scopes) = former.map(|tokens| (tokens.refresh_token, tokens.scopes)).unwrap_or_default();
                let tokens = tokens_of(*answer, refresh, &scopes, self.clock.now());
                let access = Access::of(&tokens);
                self.unsaved().insert(user_id.to_owned(), Unsaved { attempt: Some(attempt.to_owned()), tokens });
                match self.save_unsaved(user_id).await? {
                    Late::Saved => {
                        self.cache.put(user_id, Arc::clone(&access));
                        Ok(Refreshed::Rotated(access))
                    }
                    Late::Replaced | Late::Disconnected => Ok(Refreshed::LookAgain),
                }
            }
            Verdict::Retry { after, reason } => {
                self.clear_intent(user_id, attempt).await?;
                let error = self.issuer.retry_error(reason).with_retry_after(after);
                Ok(Refreshed::RetryAfter(after.unwrap_or(Duration::from_millis(500)), error))
            }
            Verdict::Operator { error, client } => {
                self.clear_intent(user_id, attempt).await?;
                Ok(Refreshed::Failed(self.issuer.operator_error(&error, client)))
            }
            Verdict::Rejected => {
                let now = self.clock.now();
                self.records
                    .change_grant(user_id, |current| match current {
                        Some(current) if holds_attempt(current, attempt) => {
                            let mut record = current.clone();
                            record.intent = None;
                            record.ended_at = Some(now);
                            record.updated_at = now;
                            if let Some(token) = current.refresh_token() {
                                record.remember_spent(token.digest());
                            }
                            Change::Write(Box::new(record), ())
                        }
                        // A sign-in has replaced the grant meanwhile: this refusal is about the former one.
                        _ => Change::Leave(()),
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

    async fn clear_intent(&self, user_id: &str, attempt: &str) -> Result<(), Error> {
        self.change_intent(user_id, attempt, |record| record.intent = None).await
    }

    async fn change_intent(
        &self,
        user_id: &str,
        attempt: &str,
        change: impl Fn(&mut GrantRecord),
    ) -> Result<(), Error> {
        self.records
            .change_grant(user_id, |current| match current {
                Some(current) if holds_attempt(current, attempt) => {
                    let mut record = current.clone();
                    change(&mut record);
                    Change::Write(Box::new(record), ())
                }
                _ => Change::Leave(()),
            })
            .await
    }

    /// Stores tokens that arrived and are not stored yet. Until that has worked, nobody gets to see them.
    async fn save_unsaved(&self, user_id: &str) -> Result<Late, Error> {
        let Some(unsaved) = self.unsaved().get(user_id).cloned() else { return Ok(Late::Saved) };
        let saved = match &unsaved.attempt {
            Some(attempt) => self.save_rotated(user_id, attempt, &unsaved.tokens).await,
            None => self.save_granted(user_id, &unsaved.tokens).await,
        };
        let late = saved.map_err(|error| {
            Error::new(
                Code::TokenNotSaved,
                format!("New tokens arrived and could not be stored; they are kept in memory. {error}"),
            )
            .with_source(error)
        })?;
        self.unsaved().remove(user_id);
        if let (Late::Disconnected, Some(token)) = (&late, &unsaved.tokens.refresh_token) {
            // The app disconnected meanwhile: nothing of this grant may stay alive.
            self.issuer.revoke(token, "refresh_token").await?;
        }
        Ok(late)
    }

    async fn save_rotated(&self, user_id: &str, attempt: &str, tokens: &Tokens) -> Result<Late, Error> {
        self.records
            .change_grant(user_id, |current| match current {
                None => Change::Leave(Late::Disconnected),
                Some(current) if current.tombstone.is_some() => {
                    // Ends the intent, so that the revocation need not wait for its deadline.
                    let mut record = current.clone();
                    record.intent = None;
                    Change::Write(Box::new(record), Late::Disconnected)
                }
                Some(current) if current.last_attempt.as_deref() == Some(attempt) => Change::Leave(Late::Saved),
                Some(current) if holds_attempt(current, attempt) => {
                    let record = current.rotated(attempt, tokens.clone());
                    Change::Write(Box::new(record), Late::Saved)
                }
                Some(_) => Change::Leave(Late::Replaced),
            })
            .await
    }

    async fn save_granted(&self, user_id: &str, tokens: &Tokens) -> Result<Late, Error> {
        self.records
            .change_grant(user_id, |current| {
                let record = GrantRecord::granted(user_id, tokens.clone(), current, self.clock.now());
                Change::Write(Box::new(record), Late::Saved)
            })
            .await
    }

    /// Stores the grant of a sign-in; it replaces whatever this user had.
    pub(crate) async fn store_granted(&self, user_id: &str, tokens: Tokens) -> Result<Arc<Access>, Error> {
        let access = Access::of(&tokens);
        self.cache.forget(user_id);
        self.unsaved().insert(user_id.to_owned(), Unsaved { attempt: None, tokens });
        self.save_unsaved(user_id).await?;
        self.cache.put(user_id, Arc::clone(&access));
        Ok(access)
    }

    pub(crate) fn forget(&self, user_id: &str) {
        self.cache.forget(user_id);
        self.unsaved().remove(user_id);
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

    fn unsaved(&self) -> std::sync::MutexGuard<'_, HashMap<String, Unsaved>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Refreshed {
    Rotated(Arc<Access>),
    LookAgain,
    RetryAfter(Duration, Error),
    Failed(Error),
}

/// How a late save ended.
enum Late {
    Saved,
    /// A newer sign-in has replaced the grant: these tokens are no longer wanted.
    Replaced,
    Disconnected,
}

fn holds_attempt(record: &GrantRecord, attempt: &str) -> bool {
    record.intent.as_ref().is_some_and(|intent| intent.attempt == attempt)
}

fn living(record: &GrantRecord, need: Need<'_>, now: Millis) -> Option<Arc<Access>> {
    let tokens = record.tokens.as_ref()?;
    decide::lives(tokens, need, now).then(|| Access::of(tokens))
}

/// The stored form of an answer. Without a refresh token in it the former one stays valid (RFC 6749, section 6).
/// Absent scopes mean those that were asked for (RFC 6749, section 5.1).
pub(crate) fn tokens_of(
    answer: TokenAnswer,
    former_refresh: Option<Secret>,
    asked_scopes: &[String],
    now: Millis,
) -> Tokens {
    Tokens {
        access_token: answer.access_token,
        access_expires_at: now.saturating_add(millis(Duration::from_secs(answer.expires_in))),
        obtained_at: now,
        refresh_token: answer.refresh_token.or(former_refresh),
        scopes: answer.scopes.unwrap_or_else(|| asked_scopes.to_vec()),
        unknown: Map::new(),
    }
}

fn new_attempt() -> Result<String, Error> {
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

fn access_token_rejected() -> Error {
    Error::new(
        Code::AccessTokenRejected,
        "The API refuses an access token that is less than a minute old; check that client, token and API belong to \
         the same environment.",
    )
}
