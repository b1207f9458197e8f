//! A client as a binding holds it: built from JSON, rebuilt in a forked child.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::forked::PerProcess;
use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::Error;
use crate::m2m::M2MClient;
use crate::store::TokenStore;
use crate::sys;

/// What gets each event of a client, as a JSON object. It runs on the SDK's threads and must return at once.
pub type EventSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Asks the application for its client secrets, the newest first.
pub type SecretSource = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<String>, Error>> + Send + Sync>;

/// Takes each entry of the audit log, as a JSON object.
pub type AuditSink = Arc<dyn Fn(String) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// Opens a URL for the person. It answers with the URL that the browser came back to, or nothing where the person closed
/// it. The second text is the redirect URI to watch for.
pub type Browser = Arc<dyn Fn(String, String) -> BoxFuture<'static, Result<Option<String>, Error>> + Send + Sync>;

/// The parts of a client that are the application's own code, and so can't be JSON.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Hooks {
    /// The application's store.
    pub store: Option<Arc<dyn TokenStore>>,
    /// Told of what happens to grants.
    pub on_event: Option<EventSink>,
    /// Where the client secret comes from, in place of an option.
    pub client_secret: Option<SecretSource>,
    /// Where the audit log goes, in place of an option.
    pub audit_log: Option<AuditSink>,
    /// The client is a machine's: it has no store, no sign-in, and a token of its own.
    pub machine: bool,
    /// What `sign_in` opens.
    pub browser: Option<Browser>,
    /// The store is on the person's own device: the browser of a sign-in is not checked, and `user_id` may be left out
    /// while the store holds one grant.
    pub own_device: bool,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

/// A [`LoopClient`] that survives a fork.
pub struct Client {
    options: Map<String, Value>,
    pub(super) hooks: Hooks,
    user_agent: String,
    /// A store that serves one process alone serves this one.
    process: u32,
    current: PerProcess<Kind>,
}

/// What a binding's client stands for.
pub(super) enum Kind {
    App(LoopClient),
    Machine(M2MClient),
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoopClient")
    }
}

impl Client {
    /// Builds from a JSON object of options. `language` goes into the User-Agent, for instance `python/3.12`.
    pub fn new(options: &str, hooks: Hooks, language: &str) -> Result<Self, Error> {
        let options: Map<String, Value> =
            serde_json::from_str(options).map_err(|_| invalid("options", "must be an object"))?;
        let user_agent = format!("loop-sdk/{} {language}", env!("CARGO_PKG_VERSION"));
        let client = Self { options, hooks, user_agent, process: sys::process_id(), current: PerProcess::new() };
        client.current()?;
        Ok(client)
    }

    /// Where Loop sends the person back, from the options or the environment: the web glue serves its path.
    pub fn redirect_uri(&self) -> Option<String> {
        match self.current().ok()? {
            Kind::App(client) => client.inner.config.redirect_uri.clone(),
            Kind::Machine(_) => None,
        }
    }

    /// Names this issuer and client, without saying which: what the web glue signs for one is not valid for another.
    pub fn namespace(&self) -> Option<String> {
        match self.current().ok()? {
            Kind::App(client) => Some(client.inner.config.namespace()),
            Kind::Machine(_) => None,
        }
    }

    /// The client of this process. After a fork it is a new one: the parent's connections and database handles must
    /// not be used, nor closed, in the child.
    pub(super) fn current(&self) -> Result<&Kind, Error> {
        self.current.get(|| {
            if self.hooks.machine {
                let machine = super::options::build_machine(&self.options, &self.hooks, &self.user_agent)?;
                return Ok(Kind::Machine(machine));
            }
            let client = super::options::build(&self.options, &self.hooks, &self.user_agent, self.process)?;
            super::exit::remember(&client)?;
            Ok(Kind::App(client))
        })
    }
}
