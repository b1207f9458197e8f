//! What an app does with a grant it holds: a token for its own HTTP, and import.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Map;

use crate::client::{Inner, LoopClient};
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::grant::decide;
use crate::grant::manager::{exchange_outcome_unknown, refresh_in_progress};
use crate::grant::record::{GrantRecord, IntentKind, Tokens};
use crate::grant::records::{Change, Damaged};
use crate::secret::Secret;
use crate::sys::{Millis, millis, millis_of};

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
            Ok(Ok(access)) => Ok(access.token.clone()),
            Ok(Err(error)) => Err(error.with_user(user_id)),
            Err(_) => Err(timed_out_refreshing().with_user(user_id)),
        }
    }

    /// Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone.
    pub async fn import_grant(&self, grant: ImportGrant) -> Result<Imported, Error> {
        let user_id = grant.user_id.clone();
        let client = self.clone();
        // Half an import would leave its caller in the dark about which of two tokens counts.
        let task = tokio::spawn(async move { client.import_now(grant).await });
        task.await.map_err(Error::ended_early)?.map_err(|error| error.with_user(&user_id))
    }

    async fn import_now(&self, grant: ImportGrant) -> Result<Imported, Error> {
        let Inner { manager, .. } = &*self.inner;
        let _under_way = manager.activity.begin();
        if grant.user_id.is_empty() {
            return Err(invalid("user_id", "must not be empty"));
        }
        if grant.refresh_token.expose().is_empty() {
            return Err(invalid("refresh_token", "must not be empty"));
        }
        manager.wait_for_quiet(&grant.user_id).await?;
        let now = manager.records.now().await?;
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
        let outcome = manager
            .records
            .change_grant(&grant.user_id, Damaged::Replaced, |current| {
                imported(current, &grant.user_id, &tokens, grant.replace, now)
            })
            .await??;
        if outcome == Imported::Imported {
            manager.forget(&grant.user_id);
        }
        Ok(outcome)
    }
}

/// An app imports at every start: what is held or spent is left alone.
pub(crate) fn imported(
    current: Option<&GrantRecord>,
    user_id: &str,
    tokens: &Tokens,
    replace: bool,
    now: Millis,
) -> Change<GrantRecord, Result<Imported, Error>> {
    let digest = tokens.refresh_token.as_ref().map(Secret::digest);
    if let Some(current) = current {
        if current.refresh_token() == tokens.refresh_token.as_ref() && current.tokens.is_some() {
            // One that is over, or that Loop is being told of, is not brought back.
            return Change::Leave(Ok(if current.is_live() { Imported::AlreadyHeld } else { Imported::KnownSpent }));
        }
        if digest.as_ref().is_some_and(|digest| current.spent.contains(digest) || current.imported.contains(digest)) {
            return Change::Leave(Ok(Imported::KnownSpent));
        }
        // What is over, or lost for good, is not waited for; `replace` says that it may go.
        if let Some(intent) = current.intent.as_ref().filter(|intent| decide::is_open(intent, now)) {
            return Change::Leave(Err(refresh_in_progress(decide::over_at(intent).saturating_sub(now))));
        }
        if current.is_live() && !replace {
            return Change::Leave(Err(Error::new(
                Code::GrantExists,
                "The store holds a live grant for this user; pass replace to put this one in its place.",
            )));
        }
        // A sign-in without an answer may have replaced this token at Loop: sending it would look like theft.
        if !replace && current.intent.as_ref().is_some_and(|intent| intent.kind == IntentKind::Exchange) {
            return Change::Leave(Err(exchange_outcome_unknown()));
        }
    }
    let mut record = GrantRecord::granted(user_id, tokens.clone(), current, now);
    if let Some(digest) = digest {
        record.remember_imported(digest);
    }
    Change::Write(Box::new(record), Ok(Imported::Imported))
}

pub(crate) fn timed_out_refreshing() -> Error {
    Error::new(
        Code::RefreshInProgress,
        "This grant is being refreshed, and the call's time limit is over; the refresh goes on, so try again.",
    )
}
