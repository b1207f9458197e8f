//! An app for the sandbox: what to register, and what comes of it.

use std::fmt;

use crate::db::Trouble;

/// An app to register.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// As the consent page shows it.
    pub name: String,
    /// Whether it gets, and must send, a secret.
    pub confidential: bool,
    /// Compared exactly.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How long its access tokens live; an hour if not given.
    pub access_token_seconds: Option<u32>,
    /// Whether it may ask for scopes that open health data: its maker and Loop have signed a BAA.
    pub baa: bool,
    /// Where its webhooks go.
    pub webhook_url: Option<String>,
}

impl Default for NewApp {
    /// The quickstart's app, on the developer's machine.
    fn default() -> NewApp {
        NewApp {
            name: "My Lab Aggregator".to_owned(),
            confidential: true,
            redirect_uris: vec!["http://localhost:3000/callback".to_owned()],
            scopes: ["openid", "profile", "read:biomarkers", "read:protocols"].map(str::to_owned).to_vec(),
            access_token_seconds: None,
            baa: true,
            webhook_url: None,
        }
    }
}

impl NewApp {
    /// An app of this name, else as the default.
    pub fn named(name: impl Into<String>) -> NewApp {
        NewApp { name: name.into(), ..NewApp::default() }
    }

    /// A machine: no person, no redirect, and these `admin:` scopes, separated by spaces.
    pub fn machine(name: impl Into<String>, scopes: &str) -> NewApp {
        NewApp { redirect_uris: Vec::new(), ..NewApp::named(name) }.scopes(scopes)
    }

    /// Without the agreement (BAA) that scopes for health data need.
    #[must_use]
    pub fn without_baa(self) -> NewApp {
        NewApp { baa: false, ..self }
    }

    /// A phone or browser app, without a secret.
    #[must_use]
    pub fn public(self) -> NewApp {
        NewApp { confidential: false, ..self }
    }

    /// This redirect URI instead of the default one.
    #[must_use]
    pub fn redirect_uri(self, uri: impl Into<String>) -> NewApp {
        NewApp { redirect_uris: vec![uri.into()], ..self }
    }

    /// These scopes, separated by spaces, instead of the default ones.
    #[must_use]
    pub fn scopes(self, scopes: &str) -> NewApp {
        NewApp { scopes: crate::scopes::split(scopes), ..self }
    }

    /// Access tokens that live this long.
    #[must_use]
    pub fn access_token_seconds(self, seconds: u32) -> NewApp {
        NewApp { access_token_seconds: Some(seconds), ..self }
    }
}

/// What a registration gives. The secrets are shown by no print.
#[derive(Clone)]
#[non_exhaustive]
pub struct RegisteredApp {
    /// `client_01…`, public.
    pub client_id: String,
    /// `secret_…`; a public app has none.
    pub client_secret: Option<String>,
    /// `whsec_…`, with which its webhooks are signed; an app without a webhook URL has none.
    pub webhook_signing_secret: Option<String>,
}

impl fmt::Debug for RegisteredApp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegisteredApp")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| "••••"))
            .field("webhook_signing_secret", &self.webhook_signing_secret.as_ref().map(|_| "••••"))
            .finish()
    }
}

/// Why an app was not registered: one sentence that names what is wrong.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct RegisterError(pub(super) String);

impl From<Trouble> for RegisterError {
    fn from(trouble: Trouble) -> RegisterError {
        RegisterError(trouble.to_string())
    }
}
