//! What a sign-in is asked for, how it begins, and who it brings.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::secret::Secret;

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
