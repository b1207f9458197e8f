//! Profile `introspect`: the server says whether the token of a request without an answer is still good.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::late;
use super::manager::{Manager, grant_ended, refresh_in_progress};
use super::record::GrantRecord;
use super::records::Damaged;
use crate::error::{Code, Error};
use crate::event::EventKind;

/// Between the two questions: one answer may come from a replica that lags behind.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Manager {
    /// True where the token is still good, so that the lost request never arrived. False where the record has changed.
    pub(super) async fn resolve(self: &Arc<Self>, user_id: &str, record: &GrantRecord) -> Result<bool, Error> {
        let (Some(token), Some(intent)) = (record.refresh_token(), &record.intent) else { return Ok(false) };
        if !self.introspects.load(Ordering::Relaxed) {
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

fn unknown() -> Error {
    Error::new(
        Code::RefreshOutcomeUnknown,
        "A refresh was sent, its answer was lost, and the issuer can't say whether the token is still good: the person \
         has to sign in.",
    )
}
