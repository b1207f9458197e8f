//! `M2MClient`: a machine's own token (client credentials, RFC 6749 section 4.4). It acts for no person and keeps no grant.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use crate::api::{ApiRequest, ApiResponse, Caller};
use crate::audit::AuditLog;
use crate::builder::{connections, shared_options};
use crate::client_secret::Source;
use crate::config::{Config, Options, check_scopes, check_transport, invalid, missing};
use crate::environment::Environment;
use crate::error::{Action, Code, Error};
use crate::http::Http;
use crate::http::hold::Holds;
use crate::issuer::Issuer;
use crate::oauth::token::Grant;
use crate::oauth::verdict::Verdict;
use crate::secret::Secret;
use crate::sys::{self, Clock, Millis, millis};
use crate::trace;

/// How often a token is asked for before everybody who waits is told that there is none.
const TRIES: u32 = 3;
/// How long a failure is everybody's: who calls again at once would only repeat the request that has just failed. A pause
/// that the token endpoint asks for lasts as long as it says.
const SHARED: Duration = Duration::from_secs(1);

/// A client of Loop for a machine: jobs and services that act for no person. Cheap to clone; clones share the token.
#[derive(Clone)]
pub struct M2MClient {
    pub(crate) inner: Arc<Inner>,
    pub(crate) traceparent: Option<String>,
}

pub(crate) struct Inner {
    pub(crate) config: Arc<Config>,
    pub(crate) http: Arc<Http>,
    pub(crate) holds: Arc<Holds>,
    pub(crate) audit: Option<AuditLog>,
    pub(crate) clock: Clock,
    issuer: Issuer,
    /// Where tokens come from, where that is not what the issuer's metadata say.
    endpoint: Option<Url>,
    scope: Option<String>,
    /// Whoever asks for a token holds it: the others wait, and find what came of that.
    token: Arc<Mutex<State>>,
}

/// What all calls share. Times are by the clock that never jumps.
#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Why there is no new token, and until when nobody asks again.
    failed: Option<(Error, Millis)>,
}

struct Held {
    token: Secret,
    renew_at: Millis,
    ends_at: Millis,
}

impl State {
    /// The token, unless it is the one that was refused.
    fn token(&self, refused: Option<&Secret>, is_good: impl Fn(&Held) -> bool) -> Option<Secret> {
        let held = self.held.as_ref().filter(|held| is_good(held))?;
        refused.is_none_or(|refused| refused.digest() != held.token.digest()).then(|| held.token.clone())
    }
}

impl fmt::Debug for M2MClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { client_id, issuer, .. } = &*self.inner.config;
        f.debug_struct("M2MClient").field("client_id", client_id).field("issuer", issuer).finish_non_exhaustive()
    }
}

impl M2MClient {
    /// A builder; what it is not told comes from the `LOOP_*` environment variables.
    pub fn builder() -> M2MClientBuilder {
        M2MClientBuilder::default()
    }

    /// The same client, whose calls belong to a trace (W3C Trace Context, the header `traceparent`).
    pub fn in_trace(&self, traceparent: impl Into<String>) -> Result<Self, Error> {
        Ok(Self { traceparent: Some(trace::given(traceparent.into())?), ..self.clone() })
    }

    /// A fresh access token, for HTTP calls of your own.
    pub async fn access_token(&self) -> Result<Secret, Error> {
        let limit = self.inner.http.limits().call;
        timeout(limit, self.token_other_than(None)).await.map_err(|_| self.timed_out())?
    }

    /// The token endpoint has not answered within the caller's time.
    pub(crate) fn timed_out(&self) -> Error {
        let host = self.inner.issuer.token_host();
        Error::new(Code::Timeout, format!("No token from {host} within the time limit."))
    }

    /// Sends any request to one of Loop's services with the machine's token.
    pub async fn request(&self, request: ApiRequest) -> Result<ApiResponse, Error> {
        Caller::Machine(self.clone()).request(request).await
    }

    /// The token that everybody shares, or a new one where it is over or is the one that was refused.
    pub(crate) async fn token_other_than(&self, refused: Option<&Secret>) -> Result<Secret, Error> {
        let mut state = Arc::clone(&self.inner.token).lock_owned().await;
        let now = self.inner.clock.elapsed();
        if let Some(token) = state.token(refused, |held| now < held.renew_at) {
            return Ok(token);
        }
        if let Some((error, until)) = &state.failed
            && now < *until
        {
            let left = Duration::from_millis(until - now);
            // A token that is to be renewed serves until its end.
            return state.token(refused, |held| now < held.ends_at).ok_or_else(|| told_to_wait(error.clone(), left));
        }
        let (client, refused) = (self.clone(), refused.cloned());
        // A task of its own: a caller whose time is up, or who leaves, does not take the others' request along.
        let leader = tokio::spawn(async move {
            let fetched = client.fetch().await;
            let arrived = client.inner.clock.elapsed();
            match fetched {
                Ok((token, life)) => {
                    // Before its end, so that it does not lapse on the way.
                    let margin = (life / 10).max(Duration::from_secs(60)).min(life / 2);
                    let renew_at = now.saturating_add(millis(life.saturating_sub(margin)));
                    let ends_at = now.saturating_add(millis(life));
                    *state = State { held: Some(Held { token: token.clone(), renew_at, ends_at }), failed: None };
                    Ok(token)
                }
                Err((error, pause)) => {
                    state.failed =
                        Some((error.clone(), arrived.saturating_add(millis(pause.unwrap_or_default().max(SHARED)))));
                    let living = state.token(refused.as_ref(), |held| arrived < held.ends_at);
                    living.ok_or(error)
                }
            }
        });
        leader.await.map_err(Error::ended_early)?
    }

    /// Nothing is spent by asking, so asking again is always safe. An error comes with the pause that the endpoint asked for.
    async fn fetch(&self) -> Result<(Secret, Duration), (Error, Option<Duration>)> {
        let Inner { issuer, endpoint, scope, http, .. } = &*self.inner;
        let grant = Grant::ClientCredentials { scope: scope.as_deref() };
        let limit = http.limits().call;
        let began = tokio::time::Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let asked = async { issuer.request_at(endpoint.as_ref(), &grant, issuer.warm_up().await?).await };
            let heard = asked.await.map_err(|error| (error, None))?;
            let (error, pause) = match &heard.verdict {
                Verdict::Granted(answer) => {
                    return Ok((answer.access_token.clone(), Duration::from_secs(answer.expires_in)));
                }
                Verdict::Operator { error, client } => (issuer.operator_error(error, *client), None),
                Verdict::Rejected => (issuer.operator_error("invalid_grant", false), None),
                Verdict::Retry { after, reason } => (issuer.retry_error(reason).with_retry_after(*after), *after),
                Verdict::Ambiguous { .. } => (unusable().with_retry_after(heard.retry_after), heard.retry_after),
            };
            let may_pass = match &heard.verdict {
                Verdict::Retry { reason, .. } => *reason != "unreachable",
                verdict => matches!(verdict, Verdict::Ambiguous { .. }),
            };
            let wait = pause.unwrap_or(Duration::from_millis(200) * tries);
            // Who would wait for more than half of their time is told how long instead.
            if !may_pass || tries >= TRIES || wait > limit / 2 || began.elapsed() + wait >= limit {
                return Err((heard.head.name(error), pause));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

fn unusable() -> Error {
    Error::new(Code::ServerUnavailable, "The token endpoint gave no usable answer; try again.")
}

/// What waiting does not put right says nothing of a wait.
fn told_to_wait(error: Error, left: Duration) -> Error {
    if error.action() == Action::Retry { error.with_retry_after(Some(left)) } else { error }
}

/// Collects options; [`build`](Self::build) checks them all and names what is wrong.
#[derive(Default)]
pub struct M2MClientBuilder {
    options: Options,
    endpoint: Option<String>,
    audit: Option<AuditLog>,
    clock: Clock,
}

impl fmt::Debug for M2MClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2MClientBuilder").finish_non_exhaustive()
    }
}

impl M2MClientBuilder {
    shared_options! {
        "The machine's public id (`LOOP_SERVICE_CLIENT_ID`).",
        "The machine's secret (`LOOP_SERVICE_CLIENT_SECRET`).",
        "The scopes to ask for, of the family `admin:` (`LOOP_SERVICE_SCOPES`); all that the machine may have unless said otherwise.",
    }

    /// Where tokens come from: `/v1/tokens` of Loop's identity service unless said otherwise. (An older page of the
    /// platform names `/v1/oauth/token`.)
    #[must_use]
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Checks all options. Touches neither disk nor network.
    pub fn build(mut self) -> Result<M2MClient, Error> {
        let options = &mut self.options;
        let words = |name| -> Option<Vec<String>> {
            Some(sys::environment_variable(name)?.split_whitespace().map(str::to_owned).collect())
        };
        options.client_id = options.client_id.take().or_else(|| sys::environment_variable("LOOP_SERVICE_CLIENT_ID"));
        if options.client_id.is_none() {
            return Err(missing("client_id", "LOOP_SERVICE_CLIENT_ID"));
        }
        if options.client_secret.is_none() {
            let secrets = words("LOOP_SERVICE_CLIENT_SECRET").unwrap_or_default();
            if secrets.is_empty() {
                return Err(missing("client_secret", "LOOP_SERVICE_CLIENT_SECRET"));
            }
            options.client_secret = Some(Source::Known(secrets.into_iter().map(Secret::from).collect()));
        }
        let scopes = options.scopes.take().or_else(|| words("LOOP_SERVICE_SCOPES")).unwrap_or_default();
        check_scopes(&scopes)?;
        // A person's app has these; a machine has none, whatever the environment of its process says.
        (options.scopes, options.identify, options.no_person) = (Some(Vec::new()), Some(false), true);
        let config = Arc::new(self.options.validate()?);
        let is_loop = !matches!(config.environment, Environment::Issuer(_));
        if is_loop && scopes.iter().any(|scope| !scope.starts_with("admin:")) {
            return Err(invalid(
                "scopes",
                "of a machine begin with `admin:`; a person grants the others to a LoopClient",
            ));
        }
        let endpoint = match (&self.endpoint, &config.environment) {
            (Some(text), _) => {
                let url = Url::parse(text).map_err(|_| invalid("token_endpoint", "must be a URL"))?;
                check_transport(&url, "token_endpoint")?;
                Some(url)
            }
            (None, Environment::Issuer(_)) => None,
            (None, _) => Some(config.service_url("identity", "/v1/tokens")?),
        };
        let (http, issuer) = connections(&config, config.limits.call, &self.clock)?;
        let holds = Arc::new(Holds::new(None));
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        let token = Arc::default();
        let (audit, clock) = (self.audit, self.clock);
        let inner = Inner { config, http, holds, audit, clock, issuer, endpoint, scope, token };
        Ok(M2MClient { inner: Arc::new(inner), traceparent: None })
    }
}
