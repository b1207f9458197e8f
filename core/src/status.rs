//! Where users stand: one of them, all of them, and the job that keeps quiet grants from lapsing.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::{Action, Code, Error};
use crate::grant::decide::{self, Need, Step};
use crate::grant::record::GrantRecord;
use crate::secret::Digest;
use crate::sys::{Millis, at};

/// How many grants one page holds where nobody says.
const PAGE: usize = 100;

/// Whether calls can be made for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// An access token lives.
    Connected,
    /// The access token is over; the next call refreshes it.
    RefreshDue,
    /// A request was sent and its answer lost: the person has to sign in.
    OutcomeUnknown,
    /// Nobody signed in, or the app disconnected.
    NotConnected,
    /// The grant is over.
    Ended,
}

impl Standing {
    /// Every standing, in the order of the docs.
    pub const ALL: &'static [Self] =
        &[Self::Connected, Self::RefreshDue, Self::OutcomeUnknown, Self::NotConnected, Self::Ended];

    /// The name that all languages use, for instance `refresh_due`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::RefreshDue => "refresh_due",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::NotConnected => "not_connected",
            Self::Ended => "ended",
        }
    }
}

/// Where one user stands.
#[derive(Clone)]
#[non_exhaustive]
pub struct Status {
    /// Who.
    pub user_id: String,
    /// Whether calls can be made.
    pub standing: Standing,
    /// What the person granted.
    pub scopes: Vec<String>,
    /// When the access token ends. It is renewed by itself.
    pub access_expires_at: Option<SystemTime>,
    /// When the grant lapses if nobody uses it.
    pub refresh_expires_at: Option<SystemTime>,
}

impl Status {
    /// Whether calls can be made.
    pub fn is_connected(&self) -> bool {
        matches!(self.standing, Standing::Connected | Standing::RefreshDue)
    }

    /// What to do, if anything.
    pub fn next(&self) -> Option<Action> {
        (!self.is_connected()).then_some(Action::SignInAgain)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status").field("standing", &self.standing.as_str()).finish_non_exhaustive()
    }
}

/// One page of the stored grants.
#[derive(Clone)]
#[non_exhaustive]
pub struct Grants {
    /// Where each user stands; those who disconnected are left out.
    pub items: Vec<Status>,
    /// Where the next page begins; absent at the end.
    pub next_cursor: Option<String>,
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A store's cursor may hold a user's id.
        write!(f, "<{} of the stored grants>", self.items.len())
    }
}

/// What [`LoopClient::keep_alive`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptAlive {
    /// Grants that were looked at.
    pub looked_at: u64,
    /// Grants that would have lapsed, and were refreshed.
    pub refreshed: u64,
    /// Grants that turned out to be over.
    pub ended: u64,
    /// Grants whose refresh got no usable answer.
    pub unknown: u64,
    /// Grants that are due and could not be refreshed now; the next run tries again.
    pub left: u64,
}

impl LoopClient {
    /// Where a user stands, as the store says: nothing is refreshed, and Loop is not asked.
    pub async fn status(&self, user_id: &str) -> Result<Status, Error> {
        if user_id.is_empty() {
            return Err(invalid("user_id", "must not be empty"));
        }
        let records = &self.manager().records;
        let status = async {
            let now = records.now().await?;
            let read = records.load_grant(user_id).await?;
            Ok(self.status_of(user_id, read.as_ref().map(|read| &read.record), now))
        };
        status.await.map_err(|error: Error| error.with_user(user_id))
    }

    fn status_of(&self, user_id: &str, record: Option<&GrantRecord>, now: Millis) -> Status {
        let step = decide::next_step(record, &Need::Live, 0, now, &self.manager().rules);
        let standing = match step {
            Step::Use => Standing::Connected,
            Step::Refresh | Step::Wait { .. } | Step::Introspect | Step::Refused => Standing::RefreshDue,
            Step::RefreshUnknown | Step::ExchangeUnknown => Standing::OutcomeUnknown,
            Step::NotConnected => Standing::NotConnected,
            Step::Ended => Standing::Ended,
        };
        let gone = matches!(standing, Standing::NotConnected | Standing::Ended);
        let tokens = record.and_then(|record| record.tokens.as_ref()).filter(|_| !gone);
        Status {
            user_id: user_id.to_owned(),
            standing,
            scopes: tokens.map(|tokens| tokens.scopes.clone()).unwrap_or_default(),
            access_expires_at: tokens.map(|tokens| at(tokens.access_expires_at)),
            refresh_expires_at: tokens.and_then(decide::refresh_expires_at).map(at),
        }
    }

    /// One page of the stored grants, in no particular order of people. `cursor` is the former page's `next_cursor`.
    pub async fn grants(&self, cursor: Option<&str>, limit: Option<usize>) -> Result<Grants, Error> {
        let records = &self.manager().records;
        let prefix = records.grant_prefix();
        if cursor.is_some_and(|cursor| !cursor.starts_with(&prefix)) {
            return Err(invalid("cursor", "must be the next_cursor of a former page of the same client"));
        }
        let limit = limit.unwrap_or(PAGE);
        if !(1..=1000).contains(&limit) {
            return Err(invalid("limit", "must be 1 to 1000"));
        }
        let now = records.now().await?;
        let (page, next_cursor) = records.list::<GrantRecord>(&prefix, cursor, limit).await?;
        let mut items = Vec::new();
        for record in page {
            // One record that can't be read must not hide the others.
            let Ok(record) = record.inspect_err(|error| tracing::warn!(code = error.code().as_str(), "skipped")) else {
                continue;
            };
            let status = self.status_of(&record.user_id, Some(&record), now);
            if status.standing != Standing::NotConnected {
                items.push(status);
            }
        }
        Ok(Grants { items, next_cursor })
    }

    /// Refreshes the grants that would lapse after 90 quiet days, and tells Loop again of disconnects that it has not
    /// confirmed. For a daily job: it takes only what the token endpoint's limit leaves free, so it may run for long.
    pub async fn keep_alive(&self) -> Result<KeptAlive, Error> {
        let manager = self.manager();
        manager.retry_pending_now().await?;
        let mut kept = KeptAlive::default();
        let mut cursor: Option<String> = None;
        loop {
            let now = manager.records.now().await?;
            let prefix = manager.records.grant_prefix();
            let (page, next) = manager.records.list::<GrantRecord>(&prefix, cursor.as_deref(), PAGE).await?;
            for record in page.into_iter().flatten() {
                kept.looked_at += 1;
                let user = Digest::of(&record.user_id).number();
                let due = record.tokens.as_ref().is_some_and(|tokens| decide::would_lapse(tokens, user, now));
                if !due || !record.is_live() {
                    continue;
                }
                match manager.board(&record.user_id, Need::KeepAlive).arrive().await {
                    Ok(_) => kept.refreshed += 1,
                    Err(error) => match error.code() {
                        Code::GrantEnded | Code::NotConnected => kept.ended += 1,
                        Code::RefreshOutcomeUnknown | Code::ExchangeOutcomeUnknown => kept.unknown += 1,
                        // What is wrong with the client or the store is wrong for all of them.
                        _ if error.action() == Action::CallOperator => return Err(error),
                        _ => kept.left += 1,
                    },
                }
            }
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(kept),
            }
        }
    }

    /// Waits until no token request is under way and every token is stored, for `limit` at most. False where that was
    /// too short. Call it before the process ends; calls that come meanwhile are served.
    pub async fn drain(&self, limit: Option<Duration>) -> bool {
        Arc::clone(self.manager()).drain(limit).await
    }

    /// Whether a token request is under way or a token is not stored: this is no moment to end the process.
    pub fn is_busy(&self) -> bool {
        self.manager().is_busy()
    }
}
