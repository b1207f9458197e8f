//! What the tests share: a sandbox, a registered app, and a client whose clock stands still.

pub(crate) mod contract;
pub(crate) mod scripted;
pub(crate) mod servers;
pub(crate) mod stepper;

use std::time::Duration;

use loop_sandbox::{JournalEntry, NewApp, Options, RegisteredApp, Sandbox};
use loop_sdk::{
    Authorization, AuthorizationRequest, Clock, Code, Environment, Error, LoopClient, LoopClientBuilder, Tokens,
};

pub(crate) const SCOPES: [&str; 2] = ["read:biomarkers", "read:protocols"];
pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/callback";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: RegisteredApp,
    pub(crate) client: LoopClient,
    pub(crate) clock: Clock,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(NewApp::default(), |builder| builder).await
    }

    pub(crate) async fn with(app: NewApp, change: impl FnOnce(LoopClientBuilder) -> LoopClientBuilder) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let app = sandbox.register(app).await.unwrap();
        let clock = Clock::manual();
        let client = change(builder(&sandbox, &app, &clock)).build().unwrap();
        Self { sandbox, app, client, clock }
    }

    /// Another client of the same app, as another process would have it.
    pub(crate) fn builder(&self) -> LoopClientBuilder {
        builder(&self.sandbox, &self.app, &self.clock)
    }

    pub(crate) async fn begin(&self) -> Authorization {
        self.client.authorization_url(AuthorizationRequest::new()).await.unwrap()
    }

    /// The URL that the app's browser comes back to after Ada clicked Allow.
    pub(crate) async fn allow(&self, begun: &Authorization) -> String {
        self.sandbox.sign_in(&begun.url, "ada", true).await.unwrap()
    }

    pub(crate) async fn connect(&self) -> Tokens {
        let begun = self.begin().await;
        let callback = self.allow(&begun).await;
        self.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap()
    }

    /// Moves both clocks; past an hour, every access token is over.
    pub(crate) fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.sandbox.advance_clock(by);
    }

    pub(crate) fn token_requests(&self, grant_type: &str) -> Vec<JournalEntry> {
        let entries = self.sandbox.journal().into_iter();
        entries.filter(|entry| entry.grant_type.as_deref() == Some(grant_type)).collect()
    }
}

fn builder(sandbox: &Sandbox, app: &RegisteredApp, clock: &Clock) -> LoopClientBuilder {
    let builder = LoopClient::builder()
        .client_id(&app.client_id)
        .redirect_uri(REDIRECT_URI)
        .scopes(SCOPES)
        .environment(Environment::Template(sandbox.environment()))
        .store("memory:")
        .clock(clock.clone());
    match &app.client_secret {
        Some(secret) => builder.client_secret(secret.as_str()),
        None => builder,
    }
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().code()
}
