//! `LoopClient`: sign a person in, keep the grant, call Loop for them.

use std::fmt;
use std::sync::Arc;

use crate::api::{ApiRequest, ApiResponse, Caller};
use crate::audit::AuditLog;
use crate::builder::{connections, shared_options};
use crate::claims::Claims;
use crate::config::{Config, Options};
use crate::error::Error;
use crate::event::{Event, Watcher};
use crate::grant::manager::Manager;
use crate::grant::records::Records;
use crate::http::Http;
use crate::http::hold::Holds;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::store::{LazyStore, StoreChoice, TokenStore};
use crate::sys::{self, Clock};
use crate::trace;

/// A client of Loop for one registered app. Cheap to clone; clones share grants, cache and connections.
#[derive(Clone)]
pub struct LoopClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Arc<Config>,
    pub(crate) http: Arc<Http>,
    pub(crate) manager: Arc<Manager>,
    pub(crate) holds: Arc<Holds>,
    pub(crate) audit: Option<AuditLog>,
    pub(crate) claims: Claims,
    pub(crate) clock: Clock,
}

impl fmt::Debug for LoopClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { client_id, issuer, .. } = &*self.inner.config;
        f.debug_struct("LoopClient").field("client_id", client_id).field("issuer", issuer).finish_non_exhaustive()
    }
}

impl LoopClient {
    /// A builder; what it is not told comes from the `LOOP_*` environment variables.
    pub fn builder() -> LoopClientBuilder {
        LoopClientBuilder::default()
    }

    /// Calls for one person, whose id a sign-in returned.
    pub fn user(&self, user_id: impl Into<String>) -> User {
        User { client: self.clone(), user_id: user_id.into(), actor: None, purpose: None, traceparent: None }
    }

    /// Sends any request to one of Loop's services with this user's access token.
    pub async fn request(&self, user_id: &str, request: ApiRequest) -> Result<ApiResponse, Error> {
        self.user(user_id).request(request).await
    }

    pub(crate) fn manager(&self) -> &Arc<Manager> {
        &self.inner.manager
    }
}

/// One person's data, through one client.
#[derive(Clone)]
#[allow(clippy::struct_field_names, reason = "the platform calls it user_id")]
pub struct User {
    pub(crate) client: LoopClient,
    pub(crate) user_id: String,
    pub(crate) actor: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) traceparent: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<User: id hidden>")
    }
}

impl User {
    /// Who calls, for the audit log: a clinician's id, or the name of a job.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Why, for the audit log: for instance `treatment`.
    #[must_use]
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// The trace that the calls belong to (W3C Trace Context, the header `traceparent`).
    pub fn traceparent(mut self, traceparent: impl Into<String>) -> Result<Self, Error> {
        self.traceparent = Some(trace::given(traceparent.into())?);
        Ok(self)
    }

    /// Sends any request to one of Loop's services with this person's access token.
    pub async fn request(&self, request: ApiRequest) -> Result<ApiResponse, Error> {
        Caller::Person(self.clone()).request(request).await
    }
}

/// Collects options; [`build`](Self::build) checks them all and names what is wrong.
#[derive(Default)]
pub struct LoopClientBuilder {
    options: Options,
    store: Option<StoreChoice>,
    store_error: Option<Error>,
    store_key: Option<Secret>,
    /// The process that this client is made for anew, where a fork left it in a child.
    process: Option<u32>,
    clock: Clock,
    watcher: Watcher,
    audit: Option<AuditLog>,
}

impl fmt::Debug for LoopClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopClientBuilder").finish_non_exhaustive()
    }
}

impl LoopClientBuilder {
    shared_options! {
        "The app's public id (`LOOP_CLIENT_ID`).",
        "The secret of a confidential app; public apps have none (`LOOP_CLIENT_SECRET`).",
        "The scopes to ask for where a sign-in names none (`LOOP_SCOPES`, separated by spaces).",
    }

    /// What the server does with a refresh token that it has seen before (`LOOP_PROFILE`). Loop is `Strict`.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.options.profile = Some(profile);
        self
    }

    /// Sends a refresh token a second time, once, when an answer was lost, in place of asking the person to sign in.
    /// Where the server had received the first request, this ends the grant and alarms the person.
    #[must_use]
    pub fn retry_unknown_refresh(mut self, retry: bool) -> Self {
        self.options.replay_once = Some(retry);
        self
    }

    /// How many token requests all processes of this app may send in a minute; 60, Loop's limit, unless said otherwise.
    #[must_use]
    pub fn token_requests_per_minute(mut self, requests: u32) -> Self {
        self.options.token_requests_per_minute = Some(requests);
        self
    }

    /// Told of each step in the life of a grant. It runs on the SDK's threads and must return at once.
    #[must_use]
    pub fn on_event(mut self, watch: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.watcher = Watcher(Some(Arc::new(watch)));
        self
    }

    /// Where Loop sends the person back, exactly as registered (`LOOP_REDIRECT_URI`).
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.options.redirect_uri = Some(uri.into());
        self
    }

    /// Where grants are kept: `memory:`, `sqlite:///path`, `redis://…`, `rediss://…`, `postgres://…` (`LOOP_STORE`).
    /// Without it, a SQLite file in the user's data directory.
    #[must_use]
    pub fn store(mut self, url: &str) -> Self {
        match StoreChoice::parse(url) {
            Ok(choice) => (self.store, self.store_error) = (Some(choice), None),
            Err(error) => self.store_error = Some(error),
        }
        self
    }

    /// A store of your own.
    #[must_use]
    pub fn store_object(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(StoreChoice::Given(store));
        self
    }

    /// What records are sealed with: base64 of 32 random bytes, several separated by commas of which the first seals and
    /// all open, or the word `none` (`LOOP_STORE_KEY`). Redis and Postgres require it.
    #[must_use]
    pub fn store_key(mut self, key: impl Into<Secret>) -> Self {
        self.store_key = Some(key.into());
        self
    }

    /// Whether sign-ins ask for `openid` and return the person's id. Without it, name the `user_id` yourself.
    #[must_use]
    pub fn identify(mut self, identify: bool) -> Self {
        self.options.identify = Some(identify);
        self
    }

    /// Whether a callback must come from the browser that began. Only a store on the user's own device may go without.
    #[must_use]
    pub fn check_browser(mut self, check: bool) -> Self {
        self.options.check_browser = Some(check);
        self
    }

    #[cfg(feature = "bridge")]
    pub(crate) fn first_made_in(mut self, process: u32) -> Self {
        self.process = Some(process);
        self
    }

    /// Checks all options. Touches neither disk nor network.
    pub fn build(self) -> Result<LoopClient, Error> {
        if let Some(error) = self.store_error {
            return Err(error);
        }
        let choice = match self.store {
            Some(choice) => choice,
            None => match sys::environment_variable("LOOP_STORE") {
                Some(url) => StoreChoice::parse(&url)?,
                None => StoreChoice::Default,
            },
        };
        let config = Arc::new(self.options.validate()?);
        let (http, issuer) = connections(&config, config.rules.answer_limit(), &self.clock)?;
        let store = LazyStore::new(choice, self.store_key.as_ref(), self.clock.clone(), self.process)?;
        let records = Records::new(store, config.namespace());
        let manager = Arc::new(Manager::new(records, issuer, self.clock.clone(), &config, self.watcher));
        let holds = Arc::new(Holds::new(Some(Arc::clone(&manager.records))));
        let (audit, claims, clock) = (self.audit, Claims::default(), self.clock);
        Ok(LoopClient { inner: Arc::new(Inner { config, http, manager, holds, audit, claims, clock }) })
    }
}
