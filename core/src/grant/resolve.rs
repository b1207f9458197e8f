//! Asking the server whether a token is still good: that of a request without an answer (profile `introspect`), and a
//! young one that an API refuses.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::late;
use super::manager::{Manager, grant_ended, refresh_in_progress};
use super::record::GrantRecord;
use super::records::Damaged;
use crate::error::{Code, Error};
use crate::event::EventKind;
use crate::secret::{Digest, Secret};
use crate::sys::Millis;

/// Between the two questions: one answer may come from a replica that lags behind.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Between questions about young tokens that an API refuses.
const ASK_YOUNG: Millis = 1000;
/// How long a call waits for that.
const ANSWER: Duration = Duration::from_secs(5);

impl Manager {
    /// True where the token is still good, so that the lost request never arrived. False where the record has changed.
    pub(super) async fn resolve(self: &Arc<Self>, user_id: &str, record: &GrantRecord) -> Result<bool, Error> {
        let (Some(token), Some(intent)) = (record.refresh_token(), &record.intent) else { return Ok(false) };
        if !self.pacer.introspects().await? {
            // An issuer that never called a live token active may not know refresh tokens at all.
            return Err(unknown());
        }
        let first = self.issuer.introspect(token).await?;
        tokio::time::sleep(ASK_AGAIN).await;
        let second = self.issuer.introspect(token).await?;
        match (first, second) {
            (Some(true), Some(true)) => Ok(true),
            (Some(false), Some(false)) => {
                let now = self.records.now().await?;
                let attempt = &intent.attempt;
                let ended = self
                    .records
                    .change_grant(user_id, Damaged::Fails, |current| late::end_lost(current, attempt, now))
                    .await?;
                if !ended {
                    return Ok(false);
                }
                self.forget(user_id);
                self.tell(EventKind::Ended, user_id, Some(Code::GrantEnded));
                Err(grant_ended())
            }
            // The server has not made up its mind.
            (Some(_), Some(_)) => Err(refresh_in_progress(5000)),
            _ => Err(unknown()),
        }
    }
}

impl Manager {
    /// An API refuses an access token that is seconds old. Refreshing would burn the cap where the API is at fault, so the
    /// issuer is asked: where the grant has just been ended at Loop, the person signs in again, and nobody calls an operator.
    /// The record stays as it is, for two answers at one moment are no proof.
    pub(super) async fn young_and_refused(&self, user_id: &str, record: &GrantRecord) -> Error {
        let (Some(tokens), Some(refresh_token)) = (&record.tokens, record.refresh_token()) else {
            return access_token_rejected();
        };
        let (digest, now) = (tokens.access_token.digest(), self.clock.elapsed());
        let mut asked = self.asked.lock().await;
        // Once a second at most: an API that refuses everybody must not lead everybody to the issuer.
        if asked.as_ref().is_none_or(|asked| now >= asked.at + ASK_YOUNG) {
            let both = self.are_dead([&tokens.access_token, refresh_token]);
            let is_over = timeout(ANSWER, both).await.unwrap_or_default();
            *asked = Some(Asked { at: now, digest: digest.clone(), is_over });
        }
        let is_over = asked.as_ref().is_some_and(|asked| asked.is_over && asked.digest == digest);
        if is_over { self.ended(user_id) } else { access_token_rejected() }
    }

    async fn are_dead(&self, tokens: [&Secret; 2]) -> bool {
        for token in tokens {
            if !matches!(self.issuer.introspect(token).await, Ok(Some(false))) {
                return false;
            }
        }
        true
    }
}

/// What the issuer said last of a young token that an API refused.
pub(super) struct Asked {
    at: Millis,
    digest: Digest,
    is_over: bool,
}

fn access_token_rejected() -> Error {
    Error::new(
        Code::AccessTokenRejected,
        "The API refuses an access token that is less than a minute old: client, token and API may belong to different \
         environments.",
    )
}

fn unknown() -> Error {
    Error::new(
        Code::RefreshOutcomeUnknown,
        "A refresh was sent, its answer was lost, and the issuer can't say whether the token is still good: the person \
         has to sign in.",
    )
}
