//! What an app does with a grant it holds: a token for its own HTTP, import, and disconnect.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Map;

use crate::client::{Inner, LoopClient};
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::grant::record::{GrantRecord, Intent, Tokens, Tombstone};
use crate::grant::records::{Change, Damaged};
use crate::secret::Secret;
use crate::sys::{millis, millis_of};

/// An imported access token is not believed to live longer.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A grant that the app got elsewhere.
#[derive(Clone)]
#[non_exhaustive]
pub struct ImportGrant {
    /// Who it belongs to.
    pub user_id: String,
    /// The newest refresh token; the former owner must not use it any more.
    pub refresh_token: Secret,
    /// Spares the first refresh while it lives.
    pub access_token: Option<Secret>,
    /// When the access token ends; not believed beyond a day.
    pub expires_at: Option<SystemTime>,
    /// What was granted, where known.
    pub scopes: Vec<String>,
    /// Whether a live grant of this user may be replaced.
    pub replace: bool,
}

impl fmt::Debug for ImportGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportGrant").field("replace", &self.replace).finish_non_exhaustive()
    }
}

impl ImportGrant {
    /// A refresh token and whose it is.
    pub fn new(user_id: impl Into<String>, refresh_token: impl Into<Secret>) -> Self {
        Self {
            user_id: user_id.into(),
            refresh_token: refresh_token.into(),
            access_token: None,
            expires_at: None,
            scopes: Vec::new(),
            replace: false,
        }
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Imported {
    /// The grant is stored.
    Imported,
    /// It is what the store already holds.
    AlreadyHeld,
    /// The SDK has used or replaced this refresh token before; it was not imported.
    KnownSpent,
}

impl Imported {
    /// The name that all languages use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::AlreadyHeld => "already_held",
            Self::KnownSpent => "known_spent",
        }
    }
}

impl LoopClient {
    /// A fresh access token, for HTTP calls that the SDK does not make.
    pub async fn access_token(&self, user_id: &str) -> Result<Secret, Error> {
        let limit = self.inner.config.limits.call;
        match tokio::time::timeout(limit, self.manager().access(user_id)).await {
            Ok(access) => Ok(access?.token.clone()),
            Err(_) => Err(timed_out_refreshing()),
        }
    }

    /// Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone.
    pub async fn import_grant(&self, grant: ImportGrant) -> Result<Imported, Error> {
        let Inner { manager, clock, .. } = &*self.inner;
        if grant.user_id.is_empty() {
            return Err(invalid("user_id", "must not be empty"));
        }
        if grant.refresh_token.expose().is_empty() {
            return Err(invalid("refresh_token", "must not be empty"));
        }
        let now = clock.now();
        let digest = grant.refresh_token.digest();
        let tokens = Tokens {
            access_token: grant.access_token.clone().unwrap_or_else(|| Secret::new("")),
            // Without a known end it counts as ended, and the first call refreshes.
            access_expires_at: grant
                .access_token
                .as_ref()
                .and(grant.expires_at)
                .map_or(now, |moment| millis_of(moment).min(now.saturating_add(millis(LONGEST_LIFE)))),
            obtained_at: now,
            refresh_token: Some(grant.refresh_token.clone()),
            scopes: grant.scopes.clone(),
            unknown: Map::new(),
        };
        manager.settle(&grant.user_id).await?;
        let outcome = manager
            .records
            .change_grant(&grant.user_id, Damaged::Replaced, |current| {
                if let Some(current) = current {
                    if current.is_live() && current.refresh_token() == Some(&grant.refresh_token) {
                        return Change::Leave(Ok(Imported::AlreadyHeld));
                    }
                    if current.spent.contains(&digest) || current.imported.contains(&digest) {
                        return Change::Leave(Ok(Imported::KnownSpent));
                    }
                    // An intent that is over, or whose answer is lost, must not stand in the way of a new grant.
                    let under_way = |intent: &Intent| !intent.ambiguous && now < intent.answer_by;
                    if current.is_live() && current.intent.as_ref().is_some_and(under_way) {
                        return Change::Leave(Err(Error::new(
                            Code::RefreshInProgress,
                            "This user's grant is being refreshed; try the import again in a moment.",
                        )));
                    }
                    if current.is_live() && !grant.replace {
                        return Change::Leave(Err(Error::new(
                            Code::GrantExists,
                            "The store holds a live grant for this user; pass replace to put this one in its place.",
                        )));
                    }
                }
                let mut record = GrantRecord::granted(&grant.user_id, tokens.clone(), current, now);
                record.remember_imported(digest.clone());
                Change::Write(Box::new(record), Ok(Imported::Imported))
            })
            .await??;
        if outcome == Imported::Imported {
            manager.forget(&grant.user_id);
        }
        Ok(outcome)
    }

    /// Disconnects: nobody uses the grant from now on, Loop is told, the secrets are forgotten.
    ///
    /// Ending the app's own session is another thing, and leaves the grant. A user without a grant is no error.
    pub async fn revoke(&self, user_id: &str) -> Result<(), Error> {
        let (client, user_id) = (self.clone(), user_id.to_owned());
        // Half a revocation would leave a live grant behind a tombstone: it goes on if the caller gives up.
        let task = tokio::spawn(async move { client.revoke_now(&user_id).await });
        task.await.map_err(Error::ended_early)?
    }

    async fn revoke_now(&self, user_id: &str) -> Result<(), Error> {
        let Inner { manager, clock, .. } = &*self.inner;
        manager.forget(user_id);
        // Tokens that are not stored yet are the newest: they have to be known to be revoked.
        manager.settle(user_id).await?;
        let now = clock.now();
        let buried = manager
            .records
            .change_grant(user_id, Damaged::Fails, |current| match current {
                None => Change::Leave(None),
                Some(current) if current.tombstone.as_ref().is_some_and(|tombstone| tombstone.confirmed) => {
                    Change::Leave(None)
                }
                Some(current) => {
                    let mut record = current.clone();
                    if record.tombstone.is_none() {
                        record.generation += 1;
                        record.tombstone = Some(Tombstone { at: now, confirmed: false, unknown: Map::new() });
                    }
                    let buried = record.clone();
                    Change::Write(Box::new(record), Some(buried))
                }
            })
            .await?;
        let Some(buried) = buried else { return Ok(()) };
        self.wait_for_answer(user_id, &buried).await?;
        let Some(read) = manager.records.load_grant(user_id).await? else { return Ok(()) };
        if read.record.generation != buried.generation || read.record.tombstone.is_none() {
            // A new sign-in has taken the place.
            return Ok(());
        }
        if let Some(tokens) = &read.record.tokens {
            self.revoke_tokens(tokens).await?;
        }
        if read.record.intent.is_some() {
            return Err(Error::new(
                Code::RevokeUnconfirmed,
                "A refresh was sent before and its answer was lost, so Loop may hold a token that nobody here knows; the \
                 person can disconnect the app in their Loop account.",
            ));
        }
        manager
            .records
            .change_grant(user_id, Damaged::Fails, |current| match current {
                Some(current) if current.generation == buried.generation && current.tombstone.is_some() => {
                    let mut record = current.clone();
                    if let Some(token) = current.refresh_token() {
                        record.remember_spent(token.digest());
                    }
                    record.tokens = None;
                    record.updated_at = clock.now();
                    record.tombstone = Some(Tombstone { at: now, confirmed: true, unknown: Map::new() });
                    Change::Write(Box::new(record), ())
                }
                _ => Change::Leave(()),
            })
            .await?;
        manager.forget(user_id);
        Ok(())
    }

    async fn revoke_tokens(&self, tokens: &Tokens) -> Result<(), Error> {
        let issuer = &self.manager().issuer;
        if let Some(refresh_token) = &tokens.refresh_token {
            issuer.revoke(refresh_token, "refresh_token").await?;
        }
        if tokens.access_token.expose().is_empty() {
            return Ok(());
        }
        match issuer.revoke(&tokens.access_token, "access_token").await {
            // Some servers revoke refresh tokens only (RFC 7009, section 2.2.1): what matters is done.
            Err(error) if tokens.refresh_token.is_some() && error.detail() == Some("unsupported_token_type") => Ok(()),
            done => done,
        }
    }

    /// A refresh that is under way may still bring a new token: its leader sees the tombstone and revokes it.
    async fn wait_for_answer(&self, user_id: &str, buried: &GrantRecord) -> Result<(), Error> {
        let manager = self.manager();
        let Some(intent) = buried.intent.as_ref().filter(|intent| !intent.ambiguous) else { return Ok(()) };
        while manager.records.now().await? < intent.answer_by {
            let read = manager.records.load_grant(user_id).await?;
            let stands = read.is_some_and(|read| {
                read.record
                    .intent
                    .as_ref()
                    .is_some_and(|current| current.attempt == intent.attempt && !current.ambiguous)
            });
            if !stands {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

pub(crate) fn timed_out_refreshing() -> Error {
    Error::new(Code::Timeout, "No answer within the time limit; a refresh that is under way goes on.")
}
