//! One refresh: permit, intent, another look, the request, and what its verdict ends.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;

use super::cache::Access;
use super::decide::{self, Need};
use super::late::{self, Late};
use super::manager::{Manager, new_attempt};
use super::owed::Arrived;
use super::pacer::{self, Permit};
use super::record::{GrantRecord, IntentKind, Tokens};
use super::records::{Damaged, Read, Swap};
use crate::error::{Code, Error};
use crate::event::EventKind;
use crate::issuer::Head;
use crate::oauth::token::{Grant, TokenAnswer};
use crate::oauth::verdict::{self, Verdict};
use crate::secret::Secret;
use crate::store::Expected;
use crate::sys::{Millis, fail_point, millis};

/// How long nobody asks again after an answer that is the operator's problem.
const OPERATOR_PAUSE: Duration = Duration::from_secs(5);
/// How long to wait before a request that did nothing is sent again, where the server does not say.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// How one refresh ended.
pub(super) enum Refreshed {
    Rotated(Arc<Access>),
    LookAgain,
    /// Nobody knows. The server's rule may allow another request.
    Lost,
    RetryAfter(Duration, Error),
    Failed(Error),
}

/// What came of asking for the right to send.
enum Claim {
    Mine {
        record: Box<GrantRecord>,
        sent_at: Millis,
    },
    LookAgain,
    /// The platform asked somebody of the fleet for quiet.
    Paused(Duration),
}

impl Manager {
    pub(super) async fn refresh(
        self: &Arc<Self>,
        user_id: &str,
        read: Read<GrantRecord>,
        need: &Need,
        patience: Duration,
    ) -> Result<Refreshed, Error> {
        // What is slow comes first, so that the request follows its intent at once.
        let secret = self.issuer.warm_up().await?;
        let (class, patience) = self.class_of(need, patience);
        let permit = match self.pacer.permit(class, patience).await {
            Ok(permit) => permit,
            Err(error) if matches!(error.code(), Code::Paced | Code::RateLimited) => {
                return Ok(Refreshed::Failed(error));
            }
            Err(error) => return Err(error),
        };
        let Some(refresh_token) = read.record.refresh_token().cloned() else { return Ok(Refreshed::LookAgain) };
        let _under_way = self.activity.begin();
        let attempt = new_attempt()?;
        fail_point("refresh.before_intent");
        let (mine, sent_at) = match self.claim(user_id, read, &attempt, &refresh_token, permit).await {
            Ok(Claim::Mine { record, sent_at }) => (*record, sent_at),
            Ok(Claim::LookAgain) => return Ok(Refreshed::LookAgain),
            Ok(Claim::Paused(pause)) => return Ok(Refreshed::RetryAfter(pause, pacer::paused(pause))),
            Err(error) => {
                // The intent may stand in a store that does not answer: it is cleared at the next contact.
                self.owe_idle(user_id, &attempt);
                return Err(error);
            }
        };
        fail_point("refresh.before_request");
        let (verdict, head) = match self.issuer.request(&Grant::RefreshToken(&refresh_token), secret).await {
            Ok(heard) => heard,
            Err(error) => {
                self.nothing_done(user_id, &attempt).await;
                return Err(error);
            }
        };
        fail_point("refresh.after_answer");
        self.conclude(user_id, &attempt, mine, (verdict, head), sent_at).await
    }

    /// Writes the intent and reads it back: after that, and not too late, the right to send is ours alone.
    async fn claim(
        self: &Arc<Self>,
        user_id: &str,
        read: Read<GrantRecord>,
        attempt: &str,
        refresh_token: &Secret,
        permit: Permit,
    ) -> Result<Claim, Error> {
        // The wait for a permit may have been longer than the time to send.
        let (began, now) = (self.clock.elapsed(), self.records.now().await?);
        let mut record = read.record;
        record.intent = Some(decide::refresh_intent(&record, attempt, refresh_token, now, &self.rules));
        record.updated_at = now;
        let key = self.records.grant_key(user_id);
        let expected = Expected::Version(read.version);
        if self.records.swap(&key, &mut record, &expected).await? == Swap::Conflict {
            self.tell(EventKind::Conflict, user_id, None);
            // Our write may have been made, its answer lost, and another's put on top of it: the intent stands then.
            self.nothing_done(user_id, attempt).await;
            return Ok(Claim::LookAgain);
        }
        fail_point("refresh.after_intent");
        let current = self.records.load_grant(user_id).await?;
        let pause = self.pacer.pause().await?;
        let now = self.records.now().await?;
        // By our own clock too: the store's may have been put back.
        let in_time = self.clock.elapsed().saturating_sub(began) < self.rules.send_window();
        let mine = current.filter(|read| in_time && decide::may_send(&read.record, attempt, now, None));
        match (mine, pause) {
            (Some(read), None) if permit.redeem(now) => Ok(Claim::Mine { record: Box::new(read.record), sent_at: now }),
            (_, pause) => {
                self.nothing_done(user_id, attempt).await;
                Ok(pause.map_or(Claim::LookAgain, Claim::Paused))
            }
        }
    }

    /// Ends the intent as the verdict says: in one write, and before any waiting.
    async fn conclude(
        self: &Arc<Self>,
        user_id: &str,
        attempt: &str,
        sent_from: GrantRecord,
        (verdict, head): (Verdict, Head),
        sent_at: Millis,
    ) -> Result<Refreshed, Error> {
        match verdict {
            Verdict::Granted(answer) => {
                self.tell(EventKind::Refreshed, user_id, None);
                let resolves = sent_from.intent.as_ref().is_some_and(|intent| intent.takeovers > 0);
                let former = sent_from.tokens;
                let (refresh, scopes) = former.map(|tokens| (tokens.refresh_token, tokens.scopes)).unwrap_or_default();
                let tokens = tokens_of(*answer, refresh, &scopes, sent_at);
                let kind = IntentKind::Refresh;
                let arrived = Arrived { attempt: attempt.to_owned(), kind, tokens: tokens.clone(), replaces: None };
                match self.store_arrived(user_id, arrived, false).await? {
                    Late::Saved => {
                        if resolves {
                            self.tell(EventKind::Resolved, user_id, None);
                        }
                        self.learn_introspection(&tokens);
                        let now = self.records.now().await.unwrap_or(sent_at);
                        Ok(Refreshed::Rotated(self.publish(user_id, &tokens, now)))
                    }
                    Late::Replaced | Late::Disconnected | Late::Ended => Ok(Refreshed::LookAgain),
                }
            }
            Verdict::Retry { after, reason } => {
                self.nothing_done(user_id, attempt).await;
                let after = after.filter(|after| !after.is_zero());
                let error = head.name(self.issuer.retry_error(reason).with_retry_after(after));
                if let Some(after) = after {
                    self.pacer.pause_for(after).await?;
                }
                let other_secret = reason == verdict::OTHER_SECRET;
                let pause = if other_secret { Duration::ZERO } else { after.unwrap_or_default().max(RETRY_PAUSE) };
                Ok(Refreshed::RetryAfter(pause, error))
            }
            Verdict::Operator { error, client } => {
                self.nothing_done(user_id, attempt).await;
                let error = head.name(self.issuer.operator_error(&error, client));
                let now = self.records.now().await?;
                self.refuse_until(now.saturating_add(millis(OPERATOR_PAUSE)), &error);
                Ok(Refreshed::Failed(error))
            }
            Verdict::Rejected => {
                let now = self.records.now().await.unwrap_or(sent_at);
                let ended = self.change_intent(user_id, attempt, |record| late::end(record, attempt, now));
                // Whoever replaced the grant meanwhile is left alone, and adopted.
                if ended.await? {
                    self.tell(EventKind::Ended, user_id, Some(Code::GrantEnded));
                }
                Ok(Refreshed::LookAgain)
            }
            Verdict::Ambiguous { reason } => {
                tracing::warn!(reason, "the outcome of a refresh is unknown");
                self.mark_ambiguous(user_id, attempt).await?;
                Ok(Refreshed::Lost)
            }
        }
    }

    /// Says that nobody will hear the answer, so that nobody waits for it.
    pub(crate) async fn mark_ambiguous(&self, user_id: &str, attempt: &str) -> Result<(), Error> {
        self.tell(EventKind::Ambiguous, user_id, None);
        self.change_intent(user_id, attempt, |record| late::mark_ambiguous(record, attempt)).await.map(drop)
    }

    /// Clears the intent of a request that did nothing; where the store does not answer, at the next contact.
    pub(crate) async fn nothing_done(self: &Arc<Self>, user_id: &str, attempt: &str) {
        if self.clear_intent(user_id, attempt).await.is_err() {
            self.owe_idle(user_id, attempt);
        }
    }

    pub(super) async fn clear_intent(&self, user_id: &str, attempt: &str) -> Result<(), Error> {
        self.change_intent(user_id, attempt, |record| late::clear(record, attempt, &self.rules)).await.map(drop)
    }

    /// Changes the record while this attempt's intent stands. False where somebody replaced the grant meanwhile.
    async fn change_intent(
        &self,
        user_id: &str,
        attempt: &str,
        change: impl Fn(&mut GrantRecord),
    ) -> Result<bool, Error> {
        let changed = self
            .records
            .change_grant(user_id, Damaged::Fails, |current| late::while_it_stands(current, attempt, &change))
            .await;
        self.changed.notify_waiters();
        changed
    }
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
