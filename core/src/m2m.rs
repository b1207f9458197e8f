//! `M2MClient`: a machine's own token (client credentials, RFC 6749 section 4.4). It acts for no person and keeps no grant.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use url::Url;

use crate::api::{ApiRequest, ApiResponse, Caller};
use crate::audit::AuditLog;
use crate::builder::{connections, shared_options};
use crate::client_secret::Source;
use crate::config::{Config, Options, check_scopes, check_transport, invalid, missing};
use crate::environment::Environment;
use crate::error::{Code, Error};
use crate::http::Http;
use crate::http::hold::Holds;
use crate::issuer::Issuer;
use crate::oauth::token::Grant;
use crate::oauth::verdict::Verdict;
use crate::secret::Secret;
use crate::sys::{self, Clock, Millis, millis};
use crate::trace;

/// How often a token is asked for in one call.
const TRIES: u32 = 3;

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
    /// Whoever asks for a token holds it: the others wait, and find the new one.
    token: Mutex<Option<Held>>,
}

struct Held {
    token: Secret,
    /// By the clock that never jumps.
    renew_at: Millis,
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
        self.token_other_than(None).await
    }

    /// Sends any request to one of Loop's services with the machine's token.
    pub async fn request(&self, request: ApiRequest) -> Result<ApiResponse, Error> {
        Caller::Machine(self.clone()).request(request).await
    }

    /// The token that everybody shares, or a new one where it is over or is the one that was refused.
    pub(crate) async fn token_other_than(&self, refused: Option<&Secret>) -> Result<Secret, Error> {
        let mut held = self.inner.token.lock().await;
        let now = self.inner.clock.elapsed();
        if let Some(held) = &*held
            && now < held.renew_at
            && refused.is_none_or(|refused| refused.digest() != held.token.digest())
        {
            return Ok(held.token.clone());
        }
        let (token, life) = self.fetch().await?;
        // Before its end, so that it does not lapse on the way.
        let margin = (life / 10).max(Duration::from_secs(60)).min(life / 2);
        *held = Some(Held { token: token.clone(), renew_at: now.saturating_add(millis(life.saturating_sub(margin))) });
        Ok(token)
    }

    /// Nothing is spent by asking, so asking again is always safe.
    async fn fetch(&self) -> Result<(Secret, Duration), Error> {
        let inner = &self.inner;
        let grant = Grant::ClientCredentials { scope: inner.scope.as_deref() };
        let mut tries = 0;
        loop {
            tries += 1;
            let secret = inner.issuer.warm_up().await?;
            let wait = match inner.issuer.request_at(inner.endpoint.as_ref(), &grant, secret).await? {
                Verdict::Granted(answer) => return Ok((answer.access_token, Duration::from_secs(answer.expires_in))),
                Verdict::Operator { error, client } => return Err(inner.issuer.operator_error(&error, client)),
                Verdict::Rejected => return Err(inner.issuer.operator_error("invalid_grant", false)),
                Verdict::Retry { after, reason } => {
                    let error = inner.issuer.retry_error(reason).with_retry_after(after);
                    let wait = after.unwrap_or(Duration::from_millis(200) * tries);
                    if tries >= TRIES || reason == "unreachable" || wait > Duration::from_secs(5) {
                        return Err(error);
                    }
                    wait
                }
                Verdict::Ambiguous { .. } if tries < TRIES => Duration::from_millis(200) * tries,
                Verdict::Ambiguous { .. } => {
                    return Err(Error::new(
                        Code::ServerUnavailable,
                        "The token endpoint gave no usable answer; try again.",
                    ));
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
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
        let token = Mutex::new(None);
        let (audit, clock) = (self.audit, self.clock);
        let inner = Inner { config, http, holds, audit, clock, issuer, endpoint, scope, token };
        Ok(M2MClient { inner: Arc::new(inner), traceparent: None })
    }
}
