//! The handle of a running sandbox.

mod app;
mod options;

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::app::{NewApp, RegisterError, RegisteredApp};
use self::options::not_opened;
pub use self::options::{Options, StartError};
use crate::browser::{self, SignIn, SignInError};
use crate::clients::{self, ClientForm, DEFAULT_ACCESS_TOKEN_SECONDS};
use crate::db::Store;
use crate::fault::{Fault, InvalidFault, Place};
use crate::id_token::IdTokenFault;
use crate::journal::JournalEntry;
use crate::seed::{PEOPLE, Person};
use crate::state::{Shared, State};
use crate::stats::Stats;
use crate::switches::Switches;
use crate::wire::{Wire, WiredListener};
use crate::{audit, keys, revocation, server, webhooks};

/// A running sandbox. It stops when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    state: Shared,
    stop: watch::Sender<bool>,
    openapi: serde_json::Value,
    server: Option<JoinHandle<std::io::Result<()>>>,
}

impl Sandbox {
    /// Starts listening, on the tokio runtime that this is called on.
    pub async fn start(options: Options) -> Result<Sandbox, StartError> {
        let store = Store::open(&options.database).map_err(|failure| not_opened(&options.database, &failure))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(|source| {
            let port = options.port;
            if source.kind() == ErrorKind::AddrInUse {
                StartError::PortTaken { port }
            } else {
                StartError::PortRefused { port, source }
            }
        })?;
        let internal = |reason: String| StartError::Internal { reason };
        let port = listener.local_addr().map_err(|failure| internal(failure.to_string()))?.port();
        let switches = Switches {
            strict_openid: options.strict_openid,
            lenient_nonce: options.lenient_nonce,
            all_or_nothing: options.all_or_nothing,
            rotation: options.rotation,
            token_rate_limit: options.token_rate_limit,
            ..Switches::default()
        };
        let (stop, mut stopped) = watch::channel(false);
        let state = State::new(store, switches, port, stopped.clone());
        let state = Arc::new(state.map_err(|failure| internal(failure.to_string()))?);
        keys::current(&state.store).map_err(|failure| internal(failure.to_string()))?;
        let (router, openapi) = server::router(&state).map_err(|failure| internal(failure.to_string()))?;
        let router = router.into_make_service_with_connect_info::<Wire>();
        let service = axum::serve(WiredListener(listener), router).with_graceful_shutdown(async move {
            // An error means that the handle is gone, which says the same.
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        let server = tokio::spawn(service.into_future());
        tokio::spawn(webhooks::work(Arc::clone(&state)));
        Ok(Sandbox { state, stop, openapi, server: Some(server) })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.state.base_url
    }

    /// What an SDK takes as its environment: `http://127.0.0.1:PORT/{service}`.
    pub fn environment(&self) -> String {
        format!("{}/{{service}}", self.state.base_url)
    }

    /// Registers an app or a machine, by the same rules as `POST /_sandbox/clients`.
    // Async though nothing waits yet: every sandbox call that reaches an app's record reads the same at the caller.
    #[allow(clippy::unused_async, reason = "part of the published shape; a remote sandbox would wait")]
    pub async fn register(&self, app: NewApp) -> Result<RegisteredApp, RegisterError> {
        let form = ClientForm {
            client_name: app.name,
            client_uri: None,
            logo_uri: None,
            confidential: app.confidential,
            redirect_uris: app.redirect_uris,
            allowed_scopes: app.scopes,
            allowed_origins: Vec::new(),
            access_token_seconds: app.access_token_seconds.unwrap_or(DEFAULT_ACCESS_TOKEN_SECONDS),
            enabled: true,
            baa: app.baa,
            webhook_url: app.webhook_url,
        };
        form.check(true).map_err(RegisterError)?;
        let registered = clients::register(&self.state.store, &self.state.clock, &form)?;
        Ok(RegisteredApp {
            client_id: registered.client.client_id,
            client_secret: registered.client_secret,
            webhook_signing_secret: registered.webhook_signing_secret,
        })
    }

    /// Signs a test person in through the real pages, and returns the URL that the app's browser would be sent to.
    ///
    /// `person` is a handle such as `ada`, a user id, an e-mail address or a full name.
    pub async fn sign_in(&self, authorization_url: &str, person: &str, allow: bool) -> Result<String, SignInError> {
        let base_url = self.base_url();
        browser::sign_in(&SignIn { base_url, authorization_url, person, allow, untick: &[] }).await
    }

    /// Every request so far, oldest first, without secrets.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.state.journal.entries()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.state.journal.clear();
    }

    /// What has happened at the token endpoint since the start or the last reset.
    pub fn stats(&self) -> Stats {
        self.state.stats.read()
    }

    /// Sets all counters to zero.
    pub fn reset_stats(&self) {
        self.state.stats.reset();
    }

    /// Makes the token endpoint go wrong in this way at the next request that the fault waits for. Several calls
    /// queue up.
    pub fn fault(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.state.faults().at_token.push_back(fault.check(Place::Token)?);
        Ok(())
    }

    /// As [`Sandbox::fault`], at any operation of the API that the fault waits for.
    pub fn api_fault(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.state.faults().at_api.push_back(fault.check(Place::Api)?);
        Ok(())
    }

    /// Forgets the faults of the API that have not struck yet.
    pub fn clear_api_faults(&self) {
        self.state.faults().at_api.clear();
    }

    /// The audit log so far, oldest first.
    pub fn audit(&self) -> Vec<serde_json::Value> {
        audit::rows(&self.state.store).unwrap_or_default()
    }

    /// The OpenAPI 3.1 document that `GET /openapi.json` answers with.
    pub fn openapi(&self) -> serde_json::Value {
        self.openapi.clone()
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.state.faults().at_token.clear();
    }

    /// The rules that are in force.
    pub fn switches(&self) -> Switches {
        self.state.switches()
    }

    /// Changes rules from now on: `sandbox.switch(|rules| rules.rotation = Rotation::PreviousUntilUsed)`.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.state.switches();
        change(&mut switches);
        self.state.switch(switches);
    }

    /// Ends a grant as the person does in their account. `false` when there was none; `user_id` as in [`Person`].
    pub fn end_grant(&self, user_id: &str, client_id: &str) -> bool {
        // No request asked for it, so its row names none.
        revocation::end_grant(&self.state.store, self.state.now(), user_id, client_id, "").unwrap_or_default()
    }

    /// Ends access tokens as if their time were up, of one person, of one app, or all; refresh tokens stay. Returns how
    /// many were live.
    pub fn expire_access(&self, user_id: Option<&str>, client_id: Option<&str>) -> usize {
        revocation::expire_access(&self.state.store, self.state.now(), user_id, client_id).unwrap_or_default()
    }

    /// Moves the sandbox's clock ahead; whole seconds count.
    pub fn advance_clock(&self, by: Duration) {
        self.state.clock.advance(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
    }

    /// Makes the next id_token wrong in this way. Several calls queue up.
    pub fn next_id_token(&self, fault: IdTokenFault) {
        self.state.faults().id_tokens.push_back(fault);
    }

    /// Signs with a new key from now on; the old one stays published.
    pub fn rotate_keys(&self) {
        // Only a machine without randomness fails here, and then nothing else works either.
        let _ = keys::rotate(&self.state.store);
    }

    /// Who can sign in.
    #[allow(clippy::unused_self, reason = "people may one day differ from sandbox to sandbox")]
    pub fn people(&self) -> &'static [Person] {
        PEOPLE
    }

    /// Serves until Ctrl-C, then finishes what is under way.
    pub async fn wait(mut self) -> std::io::Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        tokio::select! {
            ended = &mut server => return ended.unwrap_or_else(|failure| Err(std::io::Error::other(failure))),
            signal = tokio::signal::ctrl_c() => signal?,
        }
        self.stop.send_replace(true);
        // A browser's idle connection must not keep a stopped sandbox alive.
        let _ = tokio::time::timeout(Duration::from_secs(1), server).await;
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
