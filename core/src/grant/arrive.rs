//! Tokens that arrived: stored before anybody sees them, however late, and never over something newer.

use std::sync::Arc;

use super::cache::Access;
use super::manager::{Manager, holds_attempt, new_attempt, not_connected};
use super::owed::Arrived;
use super::record::{GrantRecord, IntentKind, Tokens};
use super::records::{Change, Damaged};
use crate::error::{Code, Error};
use crate::secret::Secret;

/// How a late save ended.
pub(super) enum Late {
    Saved,
    /// A newer sign-in has replaced the grant: these tokens are no longer wanted.
    Replaced,
    Disconnected,
}

impl Manager {
    /// Pays what this process owes the store for this user.
    pub(crate) async fn settle(&self, user_id: &str) -> Result<(), Error> {
        let Some(debts) = self.owed.of(user_id) else { return Ok(()) };
        for arrived in debts.arrived {
            self.store_arrived(user_id, arrived, true).await?;
        }
        for attempt in debts.idle {
            self.clear_intent(user_id, &attempt).await?;
            self.owed.settle(user_id, &attempt);
        }
        Ok(())
    }

    /// Stores tokens that arrived, however late.
    pub(super) async fn store_arrived(&self, user_id: &str, arrived: Arrived, late: bool) -> Result<Late, Error> {
        self.owed.add_arrived(user_id, arrived.clone());
        let mut replaces = arrived.replaces;
        let saved = match arrived.kind {
            IntentKind::Refresh => self.save_rotated(user_id, &arrived).await,
            IntentKind::Exchange => self.save_granted(user_id, &arrived, &mut replaces, late).await,
        };
        let stored = match saved {
            Ok(stored) => stored,
            Err(error) => {
                self.owed.add_arrived(user_id, Arrived { replaces, ..arrived });
                return Err(Error::new(
                    Code::TokenNotSaved,
                    format!("New tokens arrived and could not be stored; they are kept in memory. {error}"),
                )
                .with_source(error));
            }
        };
        if let (Late::Disconnected, Some(token)) = (&stored, &arrived.tokens.refresh_token) {
            // The app disconnected meanwhile: nothing of this grant may stay alive.
            self.issuer.revoke(token, "refresh_token").await?;
        }
        self.owed.settle(user_id, &arrived.attempt);
        Ok(stored)
    }

    async fn save_rotated(&self, user_id: &str, arrived: &Arrived) -> Result<Late, Error> {
        let Arrived { attempt, tokens, .. } = arrived;
        self.records
            .change_grant(user_id, Damaged::Fails, |current| match current {
                None => Change::Leave(Late::Disconnected),
                Some(current) if holds_attempt(current, attempt) => {
                    let disconnected = current.tombstone.is_some();
                    // Under a tombstone too: the revocation that waits for this intent has to know the newest token.
                    let record = current.rotated(attempt, tokens.clone());
                    Change::Write(Box::new(record), if disconnected { Late::Disconnected } else { Late::Saved })
                }
                Some(current) if current.last_attempt.as_ref() == Some(attempt) => Change::Leave(Late::Saved),
                Some(current) if current.tombstone.is_some() => Change::Leave(Late::Disconnected),
                Some(_) => Change::Leave(Late::Replaced),
            })
            .await
    }

    /// A sign-in replaces what it found when it first looked; whatever came after that is newer than it.
    async fn save_granted(
        &self,
        user_id: &str,
        arrived: &Arrived,
        replaces: &mut Option<u64>,
        late: bool,
    ) -> Result<Late, Error> {
        let Arrived { attempt, tokens, .. } = arrived;
        let digest = tokens.refresh_token.as_ref().map(Secret::digest);
        self.records
            .change_grant(user_id, Damaged::Replaced, |current| {
                let generation = current.map_or(0, |current| current.generation);
                if let Some(current) = current {
                    if current.last_attempt.as_ref() == Some(attempt) {
                        return Change::Leave(Late::Saved);
                    }
                    let moved = replaces.is_some_and(|known| known != generation);
                    if let Some(tombstone) = &current.tombstone
                        && (moved || tombstone.at > tokens.obtained_at)
                    {
                        return Change::Leave(Late::Disconnected);
                    }
                    // Of two sign-ins that cross, Loop honours the one that was sent later.
                    let theirs = current.tokens.as_ref().map_or(0, |tokens| tokens.obtained_at);
                    let newer = (moved || late) && theirs > tokens.obtained_at;
                    if newer || digest.as_ref().is_some_and(|digest| current.spent.contains(digest)) {
                        return Change::Leave(Late::Replaced);
                    }
                }
                replaces.get_or_insert(generation);
                let mut record = GrantRecord::granted(user_id, tokens.clone(), current, self.clock.now());
                record.last_attempt = Some(attempt.clone());
                Change::Write(Box::new(record), Late::Saved)
            })
            .await
    }

    /// Stores the grant of a sign-in; it replaces what this user had.
    pub(crate) async fn store_granted(&self, user_id: &str, tokens: Tokens) -> Result<Arc<Access>, Error> {
        let access = Access::of(&tokens);
        self.cache.forget(user_id);
        let arrived = Arrived { attempt: new_attempt()?, kind: IntentKind::Exchange, tokens, replaces: None };
        match self.store_arrived(user_id, arrived, false).await? {
            Late::Saved => {
                self.cache.put(user_id, Arc::clone(&access));
                Ok(access)
            }
            // What a newer sign-in stored is what lives at Loop now.
            Late::Replaced => self.lead(user_id, None).await,
            Late::Disconnected => Err(not_connected()),
        }
    }
}
