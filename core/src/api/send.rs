//! Sending a call: the token, the retries, the pause that the platform asked for, and the audit entry.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::Caller;
use crate::audit::{AuditEntry, Begun};
use crate::config::Config;
use crate::error::{Code, Error};
use crate::grants::timed_out_refreshing;
use crate::http::hold::{Class, Holds};
use crate::http::policy::{self, Attempts};
use crate::http::{Answer, Http};
use crate::model;
use crate::schema::Operation;
use crate::secret::Secret;

/// A request that lacks only its token.
pub(crate) struct Outgoing {
    /// For the audit log.
    pub(crate) name: String,
    pub(crate) method: reqwest::Method,
    pub(crate) url: url::Url,
    pub(crate) body: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// What the token needs, where that is known.
    pub(crate) scope: Option<&'static str>,
    /// Nobody but a machine may call it, as far as is known.
    pub(crate) is_machines_own: bool,
}

impl Outgoing {
    /// Whether the platform does it once, however often it arrives.
    fn is_repeatable(&self) -> bool {
        self.method.is_idempotent() || self.idempotency_key.is_some()
    }
}

impl Caller {
    pub(crate) async fn send(
        &self,
        outgoing: Outgoing,
        operation: Option<&'static Operation>,
    ) -> Result<Answer, Error> {
        let begun = self.audit(&outgoing);
        if let Some(begun) = &begun {
            begun.begin().await.map_err(|error| self.named(error))?;
        }
        let outcome = self.send_for(&outgoing).await.map_err(|error| self.named(error));
        if let Some(begun) = begun {
            let (request_id, records, failure) = match &outcome {
                Ok(answer) => (answer.request_id.as_deref(), Some(model::count(operation, &answer.body)), None),
                Err(error) => (error.request_id(), None, Some(error.code())),
            };
            begun.end(request_id, records, failure).await.map_err(|error| self.named(error))?;
        }
        outcome
    }

    fn named(&self, error: Error) -> Error {
        match self {
            Self::Person(user) => error.with_user(&user.user_id),
            Self::Machine(_) => error,
        }
    }

    fn audit(&self, outgoing: &Outgoing) -> Option<Begun<'_>> {
        let (log, clock) = match self {
            Self::Person(user) => (user.client.inner.audit.as_ref()?, &user.client.inner.clock),
            Self::Machine(machine) => (machine.inner.audit.as_ref()?, &machine.inner.clock),
        };
        let (user_id, actor, purpose) = match self {
            Self::Person(user) => (Some(user.user_id.clone()), user.actor.clone(), user.purpose.clone()),
            Self::Machine(_) => (None, None, None),
        };
        let entry = AuditEntry {
            at: 0,
            actor,
            purpose,
            user_id,
            client_id: self.config().client_id.clone(),
            operation: outgoing.name.clone(),
            scope: outgoing.scope.map(str::to_owned),
            request_id: None,
            records: None,
            outcome: String::new(),
        };
        Some(Begun { log, clock, entry })
    }

    /// Sends with the caller's token; once more with a new one where the platform says that this one is no longer good.
    async fn send_for(&self, outgoing: &Outgoing) -> Result<Answer, Error> {
        // The refresh counts too: a caller's limit is about the call, and the leader goes on by itself.
        let deadline = Instant::now() + self.http().limits().call;
        let late = |_| timed_out_refreshing();
        let token = timeout_at(deadline, self.token(None)).await.map_err(late)??;
        let mut answer = self.send_with(&token, outgoing, deadline).await?;
        if answer.token_is_invalid() {
            let told = |error: Error| match error.code() {
                Code::AccessTokenRejected => {
                    error.with_status(answer.status).with_request_id(answer.request_id.clone())
                }
                _ => error,
            };
            let token = timeout_at(deadline, self.token(Some(&token))).await.map_err(late)?.map_err(told)?;
            answer = self.send_with(&token, outgoing, deadline).await?;
        }
        if answer.is_success() { Ok(answer) } else { Err(answer.into_error(outgoing.scope.unwrap_or_default())) }
    }

    async fn send_with(&self, token: &Token, outgoing: &Outgoing, deadline: Instant) -> Result<Answer, Error> {
        let http = self.http();
        let traceparent = match self {
            Self::Person(user) => user.traceparent.as_deref(),
            Self::Machine(_) => None,
        };
        let build = || {
            let mut request = http
                .api()
                .request(outgoing.method.clone(), outgoing.url.clone())
                .bearer_auth(token.secret().expose())
                .header("accept", "application/json");
            if let Some(key) = &outgoing.idempotency_key {
                request = request.header("idempotency-key", key);
            }
            if let Some(traceparent) = traceparent {
                request = request.header("traceparent", traceparent);
            }
            match &outgoing.body {
                Some(body) => request.header("content-type", "application/json").body(body.clone()),
                None => request,
            }
        };
        let attempts = Attempts {
            http,
            holds: self.holds(),
            classes: Class::of(&outgoing.method, outgoing.url.path(), outgoing.is_machines_own),
            method: &outgoing.method,
            url: &outgoing.url,
            repeats: outgoing.is_repeatable(),
            deadline,
        };
        policy::send(&attempts, build).await.map_err(|error| match (&outgoing.idempotency_key, error.code()) {
            // Who repeats the write under its name does it once.
            (Some(key), Code::WriteOutcomeUnknown) => error.with_detail(key),
            _ => error,
        })
    }

    /// The caller's access token; another one than `refused`.
    async fn token(&self, refused: Option<&Token>) -> Result<Token, Error> {
        match (self, refused) {
            (Self::Person(user), Some(Token::Person(refused))) => {
                let manager = user.client.manager();
                manager.access_other_than(&user.user_id, refused).await.map(Token::Person)
            }
            (Self::Person(user), _) => user.client.manager().access(&user.user_id).await.map(Token::Person),
            (Self::Machine(machine), refused) => {
                machine.token_other_than(refused.map(Token::secret)).await.map(Token::Machine)
            }
        }
    }

    pub(crate) fn config(&self) -> &Config {
        match self {
            Self::Person(user) => &user.client.inner.config,
            Self::Machine(machine) => &machine.inner.config,
        }
    }

    fn http(&self) -> &Http {
        match self {
            Self::Person(user) => &user.client.inner.http,
            Self::Machine(machine) => &machine.inner.http,
        }
    }

    fn holds(&self) -> &Arc<Holds> {
        match self {
            Self::Person(user) => &user.client.inner.holds,
            Self::Machine(machine) => &machine.inner.holds,
        }
    }
}

/// The token of one attempt.
enum Token {
    Person(Arc<crate::grant::cache::Access>),
    Machine(Secret),
}

impl Token {
    fn secret(&self) -> &Secret {
        match self {
            Self::Person(access) => &access.token,
            Self::Machine(secret) => secret,
        }
    }
}
