//! What the SDK asks of the authorization server: its metadata and keys, tokens, and to revoke them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::client_secret::ClientSecrets;
use crate::config::Config;
use crate::error::{Code, Error};
use crate::http::Http;
use crate::http::policy::{self, host};
use crate::keys::Keys;
use crate::oauth::id_token::{self, Claims, Expected};
use crate::oauth::metadata::{self, ClientAuth, Metadata};
use crate::oauth::token::{self, Grant};
use crate::oauth::verdict::{self, Outcome, Verdict};
use crate::secret::Secret;
use crate::sys::Clock;

/// Keys are fetched again for an unknown `kid`, but not more often than this: anybody can send an unknown `kid`.
const KEYS_PAUSE: Duration = Duration::from_secs(60);

/// A withdrawn key is trusted no longer than this.
const KEYS_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of a request, and the server's name for it.
type Answered = (Outcome, Option<String>);

/// A verdict, and what the answer said beside it.
pub(crate) struct Heard {
    pub(crate) verdict: Verdict,
    pub(crate) head: Head,
    /// By the header alone.
    pub(crate) retry_after: Option<Duration>,
}

/// What an answer of the token endpoint is called.
pub(crate) struct Head {
    status: Option<u16>,
    request_id: Option<String>,
}

impl Head {
    /// The error that this answer leads to, as a support ticket needs it.
    pub(crate) fn name(&self, error: Error) -> Error {
        error.with_status(self.status).with_request_id(self.request_id.clone())
    }
}

/// The authorization server, as this client sees it.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) http: Arc<Http>,
    config: Arc<Config>,
    secrets: ClientSecrets,
    metadata: OnceCell<Metadata>,
    keys: Keys,
}

impl Issuer {
    pub(crate) fn new(http: Arc<Http>, config: Arc<Config>, clock: Clock) -> Self {
        let secrets = ClientSecrets::new(config.client_secret.clone(), clock.clone());
        Self { http, config, secrets, metadata: OnceCell::new(), keys: Keys::new(clock) }
    }

    /// The endpoints: known for Loop, found by discovery for others, once.
    pub(crate) async fn metadata(&self) -> Result<&Metadata, Error> {
        self.metadata
            .get_or_try_init(|| async {
                if let Some(known) = self.config.known_metadata()? {
                    return Ok(known);
                }
                let body = self.get(&metadata::discovery_url(&self.config.issuer), self.deadline()).await?;
                self.config.override_metadata(metadata::parse(&body, &self.config.issuer)?)
            })
            .await
    }

    /// Does now what would otherwise stand between an intent and its request, and returns the client's secret: the
    /// application may take its time to say it.
    pub(crate) async fn warm_up(&self) -> Result<Option<Secret>, Error> {
        self.metadata().await?;
        self.secrets.current().await
    }

    /// Presents a grant at the token endpoint, once, and judges what came of it.
    pub(crate) async fn request(&self, grant: &Grant<'_>, secret: Option<Secret>) -> Result<(Verdict, Head), Error> {
        let heard = self.request_at(None, grant, secret).await?;
        Ok((heard.verdict, heard.head))
    }

    /// The same at another endpoint than the issuer's own.
    pub(crate) async fn request_at(
        &self,
        endpoint: Option<&url::Url>,
        grant: &Grant<'_>,
        secret: Option<Secret>,
    ) -> Result<Heard, Error> {
        let endpoint = match endpoint {
            Some(endpoint) => endpoint,
            None => &self.metadata().await?.token_endpoint,
        };
        let (outcome, request_id) = self.post(endpoint, grant.form(), secret.as_ref()).await?;
        let (status, retry_after) = match &outcome {
            Outcome::Answer { status, retry_after, .. } => (Some(*status), *retry_after),
            Outcome::NeverSent | Outcome::NoAnswer => (None, None),
        };
        let verdict = self.with_secrets(verdict::judge(outcome), secret.as_ref()).await;
        tracing::debug!(
            request_id = request_id.as_deref().unwrap_or_default(),
            granted = matches!(verdict, Verdict::Granted(_)),
            "token endpoint answered"
        );
        Ok(Heard { verdict, head: Head { status, request_id }, retry_after })
    }

    /// A client that was refused because of its secret may have another: nothing was done, and it is worth a try.
    async fn with_secrets(&self, verdict: Verdict, secret: Option<&Secret>) -> Verdict {
        let Some(secret) = secret else { return verdict };
        match &verdict {
            Verdict::Granted(_) | Verdict::Rejected => self.secrets.accepted(secret),
            Verdict::Operator { error, .. }
                if error == "invalid_client" && self.secrets.refused(secret).await.unwrap_or(false) =>
            {
                return Verdict::Retry { after: None, reason: verdict::OTHER_SECRET };
            }
            _ => {}
        }
        verdict
    }

    /// Whether the issuer says that a refresh token is still good (RFC 7662). None where it does not say.
    pub(crate) async fn introspect(&self, token: &Secret) -> Result<Option<bool>, Error> {
        let Some(endpoint) = &self.metadata().await?.introspection_endpoint else { return Ok(None) };
        let (outcome, request_id) = self.post_token(endpoint, token, "refresh_token").await?;
        match outcome {
            Outcome::Answer { status: 200, body, .. } => {
                let answer: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
                Ok(answer.and_then(|answer| answer["active"].as_bool()))
            }
            Outcome::Answer { status: 400..=428, .. } => Ok(None),
            Outcome::Answer { status, retry_after, .. } => Err(Error::new(
                Code::ServerUnavailable,
                format!("The introspection endpoint answered {status}; try again later."),
            )
            .with_status(status)
            .with_retry_after(retry_after)
            .with_request_id(request_id)),
            Outcome::NeverSent | Outcome::NoAnswer => Err(policy::unreachable(endpoint)),
        }
    }

    /// Asks to revoke a token (RFC 7009). Done means: the issuer says that it is dead.
    pub(crate) async fn revoke(&self, token: &Secret, hint: &str) -> Result<(), Error> {
        let unconfirmed = |why: String| Error::new(Code::RevokeUnconfirmed, why);
        let Some(endpoint) = &self.metadata().await?.revocation_endpoint else {
            return Err(unconfirmed(
                "This issuer has no revocation endpoint; the person can disconnect the app there.".into(),
            ));
        };
        let (outcome, request_id) = self.post_token(endpoint, token, hint).await?;
        match outcome {
            Outcome::Answer { status: 200..=204, .. } => Ok(()),
            Outcome::Answer { status, retry_after, body } => {
                let error = unconfirmed(format!("The revocation endpoint answered {status}; try again."))
                    .with_status(status)
                    .with_retry_after(retry_after)
                    .with_request_id(request_id);
                Err(match token::parse_error(&body).error {
                    Some(detail) if detail == "invalid_client" => self.operator_error(&detail, true),
                    Some(detail) => error.with_detail(detail),
                    None => error,
                })
            }
            Outcome::NeverSent | Outcome::NoAnswer => {
                Err(unconfirmed(format!("{} gave no answer; try again.", host(endpoint))))
            }
        }
    }

    /// Presents a token to be judged or revoked; once more where the client has another secret to try.
    async fn post_token(&self, endpoint: &url::Url, token: &Secret, hint: &str) -> Result<Answered, Error> {
        let secret = self.secrets.current().await?;
        let form = || vec![("token", token.expose()), ("token_type_hint", hint)];
        let answered = self.post(endpoint, form(), secret.as_ref()).await?;
        if let (Some(secret), Outcome::Answer { body, .. }) = (&secret, &answered.0)
            && token::parse_error(body).error.as_deref() == Some("invalid_client")
            && self.secrets.refused(secret).await?
        {
            let other = self.secrets.current().await?;
            return self.post(endpoint, form(), other.as_ref()).await;
        }
        Ok(answered)
    }

    async fn post(
        &self,
        endpoint: &url::Url,
        mut form: Vec<(&'static str, &str)>,
        secret: Option<&Secret>,
    ) -> Result<Answered, Error> {
        let id = self.config.client_id.as_str();
        let secret = secret.map(Secret::expose);
        let basic = match (self.metadata().await?.client_auth, secret) {
            (ClientAuth::Basic, Some(secret)) => Some((id, secret)),
            (_, secret) => {
                form.push(("client_id", id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
                None
            }
        };
        Ok(self.http.post_form(endpoint, &form, basic).await)
    }

    /// Verifies an id_token with the issuer's keys, fetching them again once where the key is unknown.
    pub(crate) async fn verify_id_token(&self, token: &Secret, nonce: &Secret) -> Result<Claims, Error> {
        let hint = id_token::key_hint(token)?;
        if self.keys.find(&hint).is_none() {
            self.renew_keys(KEYS_PAUSE).await?;
        }
        let key = self.keys.find(&hint).ok_or_else(id_token::unknown_key)?;
        let expected = Expected {
            issuer: &self.metadata().await?.issuer,
            client_id: &self.config.client_id,
            nonce,
            now: self.http.platform_seconds(),
        };
        id_token::verify(token, &hint, &key, &expected)
    }

    /// Makes sure that there are keys to verify with, so that they are not missing when the code is spent.
    pub(crate) async fn have_keys(&self) -> Result<(), Error> {
        self.renew_keys(KEYS_LIFE).await
    }

    async fn renew_keys(&self, age: Duration) -> Result<(), Error> {
        let deadline = self.deadline();
        let fetch = || async {
            let Some(uri) = &self.metadata().await?.jwks_uri else {
                return Err(crate::config::invalid("jwks_uri", "must be given: the issuer's metadata has none"));
            };
            id_token::parse_keys(&self.get(uri.as_str(), deadline).await?)
        };
        self.keys.renew(age, deadline, fetch).await
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.http.limits().call
    }

    async fn get(&self, url: &str, deadline: Instant) -> Result<Vec<u8>, Error> {
        let url = url::Url::parse(url).map_err(|_| crate::config::invalid("issuer", "must be a URL"))?;
        let answer = policy::send_idempotent(&self.http, || self.http.api().get(url.clone()), &url, deadline).await?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        Err(Error::new(
            Code::ServerUnavailable,
            format!("{}{} answered {}; check the issuer's address.", host(&url), url.path(), answer.status),
        )
        .with_status(answer.status)
        .with_request_id(answer.request_id))
    }

    pub(crate) fn retry_error(&self, reason: &str) -> Error {
        match reason {
            "unreachable" => match self.metadata.get() {
                Some(metadata) => policy::unreachable(&metadata.token_endpoint),
                None => Error::new(Code::Unreachable, format!("{} can't be reached.", self.config.issuer)),
            },
            verdict::OTHER_SECRET => self.operator_error("invalid_client", true),
            "rate_limited" => {
                Error::new(Code::RateLimited, "Too many token requests for this client: wait before the next one.")
            }
            _ => Error::new(Code::ServerUnavailable, "The token endpoint is overloaded; try again later."),
        }
    }

    pub(crate) fn operator_error(&self, error: &str, client: bool) -> Error {
        let error_of = |code, message: String| Error::new(code, message).with_detail(error);
        if client {
            error_of(
                Code::ClientRejected,
                format!(
                    "{} does not accept this client ({error}): check `client_id`, `client_secret` and the app's type.",
                    self.token_host()
                ),
            )
        } else {
            error_of(
                Code::TokenRequestRejected,
                format!("{} refused the token request ({error}); what is stored stays as it is.", self.token_host()),
            )
        }
    }

    pub(crate) fn token_host(&self) -> String {
        self.metadata.get().map_or_else(|| self.config.issuer.clone(), |metadata| host(&metadata.token_endpoint))
    }
}
