//! What a sign-in is asked for, how it begins, and who it brings.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::client::{Inner, LoopClient};
use crate::config::{self, check_app_state, check_scopes, effective_scopes, invalid};
use crate::error::{Code, Error};
use crate::grant::pending::PendingRecord;
use crate::grant::records::Swap;
use crate::oauth::authorize::{self, Parameters};
use crate::oauth::pkce;
use crate::secret::Secret;
use crate::store::Expected;
use crate::sys::{millis, random_bytes};

/// What to ask for at [`LoopClient::authorization_url`](crate::LoopClient::authorization_url).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// The scopes; the client's own where empty.
    pub scopes: Vec<String>,
    /// Who is expected to sign in. Needed where the client does not identify; otherwise another person is refused.
    pub user_id: Option<String>,
    /// The browser's secret from an earlier sign-in, for instance from its cookie.
    pub browser_secret: Option<Secret>,
    /// A path on your own site to return to; it comes back with the tokens.
    pub app_state: Option<String>,
    /// OpenID Connect's `prompt`: `login`, `consent`, `none`, `select_account`.
    pub prompt: Option<String>,
    /// An e-mail address or user id that the sign-in page may fill in.
    pub login_hint: Option<String>,
    /// Overrides the client's `check_browser` for this sign-in.
    pub check_browser: Option<bool>,
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The user id and the login hint say who a person is.
        f.debug_struct("AuthorizationRequest").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

impl AuthorizationRequest {
    /// Asks for the client's scopes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for these scopes.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Expects this person.
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Keeps the browser's secret.
    #[must_use]
    pub fn browser_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.browser_secret = Some(secret.into());
        self
    }

    /// Returns to this path of your own site.
    #[must_use]
    pub fn app_state(mut self, path: impl Into<String>) -> Self {
        self.app_state = Some(path.into());
        self
    }

    /// Sets OpenID Connect's `prompt`.
    #[must_use]
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// Sets OpenID Connect's `login_hint`.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Lets any browser finish this sign-in, or not.
    #[must_use]
    pub fn check_browser(mut self, check: bool) -> Self {
        self.check_browser = Some(check);
        self
    }
}

/// A sign-in that has begun.
#[derive(Clone)]
#[non_exhaustive]
pub struct Authorization {
    /// Send the person's browser there.
    pub url: String,
    /// Comes back in the callback.
    pub state: Secret,
    /// Belongs in an HttpOnly, SameSite=Lax cookie of this browser, and into `handle_callback`.
    pub browser_secret: Secret,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Authorization: use .url>")
    }
}

/// A person who signed in.
#[derive(Clone)]
#[non_exhaustive]
pub struct Tokens {
    /// The person's stable id (`sub`): selects the grant in every later call.
    pub user_id: String,
    /// What the person granted.
    pub scopes: Vec<String>,
    /// When the access token ends. The SDK renews it.
    pub expires_at: SystemTime,
    /// The id_token's claims; empty where the client does not identify.
    pub claims: Map<String, Value>,
    /// For your own HTTP calls; [`LoopClient::access_token`](crate::LoopClient::access_token) has a fresh one later.
    pub access_token: Secret,
    /// The path that was given at the beginning.
    pub app_state: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Tokens: scopes {:?}; values hidden>", self.scopes)
    }
}

impl LoopClient {
    /// Begins a sign-in: stores its state, verifier and nonce for ten minutes, and returns where to send the person.
    pub async fn authorization_url(&self, request: AuthorizationRequest) -> Result<Authorization, Error> {
        let Inner { config, manager, .. } = &*self.inner;
        check_scopes(&request.scopes)?;
        let wanted = if request.scopes.is_empty() { &config.scopes } else { &request.scopes };
        if wanted.is_empty() {
            return Err(config::missing("scopes", "LOOP_SCOPES"));
        }
        let scopes = effective_scopes(wanted, config.identify);
        if let Some(path) = &request.app_state {
            check_app_state(path)?;
        }
        let redirect_uri =
            config.redirect_uri.clone().ok_or_else(|| config::missing("redirect_uri", "LOOP_REDIRECT_URI"))?;
        let identified = scopes.iter().any(|scope| scope == "openid");
        if request.user_id.as_deref().is_some_and(str::is_empty) {
            return Err(invalid("user_id", "must not be empty"));
        }
        if !identified && request.user_id.is_none() {
            return Err(invalid("user_id", "must be given, since identify is false and nobody else says who signs in"));
        }
        let metadata = manager.issuer.metadata().await?;
        let now = manager.records.now().await?;
        let state = Secret::random()?;
        let nonce = if identified { Some(Secret::random()?) } else { None };
        let verifier = pkce::code_verifier(random_bytes()?);
        let browser_secret = match request.browser_secret {
            Some(secret) if is_browser_secret(&secret) => secret,
            // A cookie of another make, or none: this browser gets a new one.
            _ => Secret::random()?,
        };
        let url = authorize::url(&Parameters {
            endpoint: &metadata.authorization_endpoint,
            client_id: &config.client_id,
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            state: state.expose(),
            nonce: nonce.as_ref().map(Secret::expose),
            code_challenge: &pkce::code_challenge(&verifier),
            prompt: request.prompt.as_deref(),
            login_hint: request.login_hint.as_deref(),
        });
        let mut pending = PendingRecord {
            min_reader: PendingRecord::MIN_READER,
            code_verifier: Some(verifier),
            nonce,
            redirect_uri,
            scopes,
            user_id: request.user_id,
            browser: request.check_browser.unwrap_or(config.check_browser).then(|| browser_secret.digest()),
            app_state: request.app_state,
            expires_at: now.saturating_add(millis(PendingRecord::LIFE)),
            used_at: None,
            stamp: String::new(),
            unknown: Map::new(),
        };
        let key = manager.records.pending_key(state.expose());
        let saved = manager.records.swap(&key, &mut pending, &Expected::Absent).await?;
        if saved == Swap::Conflict {
            return Err(Error::new(
                Code::StoreUnavailable,
                "The store did not keep the new sign-in; check that it can be written.",
            ));
        }
        Ok(Authorization { url, state, browser_secret })
    }

    /// The way out of an error with the action `sign_in_again` or `ask_for_scope`: where to send the person.
    ///
    /// It expects the person whose call failed, unless `request` names another. Where scopes are missing, it asks for those
    /// and for what the person has granted, beside the scopes of `request` or else of the client.
    pub async fn sign_in_again(
        &self,
        error: &Error,
        mut request: AuthorizationRequest,
    ) -> Result<Authorization, Error> {
        request.user_id = request.user_id.or_else(|| error.user_id().map(str::to_owned));
        let missing = error.missing_scopes();
        if !missing.is_empty() {
            if request.scopes.is_empty() {
                request.scopes.clone_from(&self.inner.config.scopes);
            }
            // A new grant takes the old one's place: what it leaves out would be lost.
            if let Some(user_id) = &request.user_id
                && let Some(read) = self.manager().records.load_grant(user_id).await?
            {
                request.scopes.extend(read.record.tokens.map(|tokens| tokens.scopes).unwrap_or_default());
            }
            request.scopes.extend(missing.into_iter().map(str::to_owned));
        }
        self.authorization_url(request).await
    }
}

/// A browser secret of another make was not made by the SDK: 32 bytes in base64url.
fn is_browser_secret(secret: &Secret) -> bool {
    let text = secret.expose();
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
