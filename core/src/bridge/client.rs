//! A client as a binding holds it: built from JSON, rebuilt in a forked child.

use std::fmt;

use serde_json::{Map, Value};

use super::forked::PerProcess;
use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::Error;

/// A [`LoopClient`] that survives a fork.
pub struct Client {
    options: Map<String, Value>,
    user_agent: String,
    current: PerProcess<LoopClient>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoopClient")
    }
}

impl Client {
    /// Builds from a JSON object of options. `language` goes into the User-Agent, for instance `python/3.12`.
    pub fn new(options: &str, language: &str) -> Result<Self, Error> {
        let options: Map<String, Value> =
            serde_json::from_str(options).map_err(|_| invalid("options", "must be an object"))?;
        let user_agent = format!("loop-sdk/{} {language}", env!("CARGO_PKG_VERSION"));
        let client = Self { options, user_agent, current: PerProcess::new() };
        client.current()?;
        Ok(client)
    }

    /// Where Loop sends the person back, from the options or the environment: the web glue serves its path.
    pub fn redirect_uri(&self) -> Option<String> {
        self.current().ok()?.inner.config.redirect_uri.clone()
    }

    /// Names this issuer and client, without saying which: what the web glue signs for one is not valid for another.
    pub fn namespace(&self) -> Option<String> {
        Some(self.current().ok()?.inner.config.namespace())
    }

    /// The client of this process. After a fork it is a new one: the parent's connections and database handles must
    /// not be used, nor closed, in the child.
    pub(super) fn current(&self) -> Result<&LoopClient, Error> {
        self.current.get(|| super::options::build(&self.options, &self.user_agent))
    }
}
