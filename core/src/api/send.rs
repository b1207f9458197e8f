//! Sending a call: the token, the retries, the pause that the platform asked for, and the audit entry.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::Caller;
use super::received::unwrapped;
use crate::audit::{AuditEntry, Ended, Recording};
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
    /// Whom the call names.
    pub(crate) about: Option<String>,
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
        let mut recording = self.audit(&outgoing);
        if let Some(recording) = &mut recording {
            recording.begin().await.map_err(|error| self.named(error))?;
        }
        let outcome = self.send_for(&outgoing).await.map_err(|error| self.named(error));
        if let Some(recording) = recording {
            let (request_id, read) = match &outcome {
                // Decoded once more than for a call without an entry, which must not say `ok` of what nobody can read.
                Ok(answer) => (answer.request_id.as_deref(), records(operation, &answer.body)),
                Err(error) => (error.request_id(), Err(error.clone())),
            };
            let failure = read.as_ref().err().map(Error::code);
            let ended = Ended { request_id, records: read.ok(), failure };
            recording.end(ended).await.map_err(|error| self.named(made(error, &outgoing, &outcome)))?;
        }
        outcome
    }

    fn named(&self, error: Error) -> Error {
        match self {
            Self::Person(user) => error.with_user(&user.user_id),
            Self::Machine(_) => error,
        }
    }

    fn audit(&self, outgoing: &Outgoing) -> Option<Recording> {
        let (log, clock) = match self {
            Self::Person(user) => (user.client.inner.audit.as_ref()?, &user.client.inner.clock),
            Self::Machine(machine) => (machine.inner.audit.as_ref()?, &machine.inner.clock),
        };
        let (user_id, actor, purpose) = match self {
            Self::Person(user) => (Some(user.user_id.clone()), user.actor.clone(), user.purpose.clone()),
            Self::Machine(_) => (outgoing.about.clone(), None, None),
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
        Some(Recording::new(log.clone(), clock.clone(), entry))
    }

    /// Sends with the caller's token; once more with a new one where the platform says that this one is no longer good.
    async fn send_for(&self, outgoing: &Outgoing) -> Result<Answer, Error> {
        // The refresh counts too: a caller's limit is about the call, and the leader goes on by itself.
        let deadline = Instant::now() + self.http().limits().call;
        let late = |_| match self {
            Self::Person(_) => timed_out_refreshing(),
            Self::Machine(machine) => machine.timed_out(),
        };
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
        if answer.is_success() {
            return Ok(answer);
        }
        let error = answer.into_error(outgoing.scope.unwrap_or_default());
        Err(match self {
            Self::Machine(_) if error.code() == Code::ScopeRequired => lacks_scope(&error),
            _ => error,
        })
    }

    async fn send_with(&self, token: &Token, outgoing: &Outgoing, deadline: Instant) -> Result<Answer, Error> {
        let http = self.http();
        let traceparent = match self {
            Self::Person(user) => &user.traceparent,
            Self::Machine(machine) => &machine.traceparent,
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

/// How many records the caller will find in an answer, or why none can be read.
fn records(operation: Option<&Operation>, body: &[u8]) -> Result<u64, Error> {
    let Some(operation) = operation else { return model::records_of_any(body) };
    match unwrapped(operation, body)? {
        Some(inner) => (operation.records)(&inner),
        None => (operation.records)(body),
    }
}

/// The error of a call that was made, and whose end could not be recorded.
fn made(error: Error, outgoing: &Outgoing, outcome: &Result<Answer, Error>) -> Error {
    let (status, request_id, done) = match outcome {
        Ok(answer) => (Some(answer.status), answer.request_id.as_deref(), true),
        Err(error) => (error.status(), error.request_id(), error.code() == Code::WriteOutcomeUnknown),
    };
    let error = error.with_status(status).with_request_id(request_id.map(str::to_owned));
    outgoing.idempotency_key.iter().filter(|_| done).fold(error, Error::with_detail)
}

/// Nobody can grant a machine a scope by signing in.
fn lacks_scope(error: &Error) -> Error {
    let scope = error.detail().unwrap_or_default();
    let text = format!(
        "The machine's token lacks {scope}: name it in `scopes` where you name any, and have Loop give it to this client."
    );
    Error::new(Code::ScopeRequired, text)
        .with_detail(scope)
        .with_status(error.status())
        .with_request_id(error.request_id().map(str::to_owned))
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
