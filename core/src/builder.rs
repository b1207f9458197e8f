//! What the builders of both clients have alike.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::error::Error;
use crate::http::{Http, UseProxy};
use crate::issuer::Issuer;
use crate::sys::Clock;

/// The setters of a builder that has `options`, `audit` and a `clock`. The texts are the docs of what differs.
macro_rules! shared_options {
    ($client_id:literal, $client_secret:literal, $scopes:literal,) => {
        #[doc = $client_id]
        #[must_use]
        pub fn client_id(mut self, id: impl Into<String>) -> Self {
            self.options.client_id = Some(id.into());
            self
        }

        #[doc = $client_secret]
        #[must_use]
        pub fn client_secret(self, secret: impl Into<$crate::Secret>) -> Self {
            self.client_secrets([secret])
        }

        /// While the secret is being changed: the newest first. An older one is tried only as long as it may work.
        #[must_use]
        pub fn client_secrets<S: Into<$crate::Secret>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
            let secrets = secrets.into_iter().map(Into::into).collect();
            self.options.client_secret = Some($crate::client_secret::Source::Known(secrets));
            self
        }

        /// Asks for the secrets when they are needed, the newest first: at the first token request, now and then, and
        /// when one is refused.
        #[must_use]
        pub fn client_secret_source<F>(mut self, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
        where
            F: Future<Output = Result<Vec<$crate::Secret>, $crate::Error>> + Send + 'static,
        {
            let ask = std::sync::Arc::new(move || Box::pin(ask()) as _);
            self.options.client_secret = Some($crate::client_secret::Source::Ask(ask));
            self
        }

        #[doc = $scopes]
        #[must_use]
        pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
            self.options.scopes = Some(scopes.into_iter().map(Into::into).collect());
            self
        }

        /// Where Loop is (`LOOP_ENVIRONMENT`); production unless said otherwise.
        #[must_use]
        pub fn environment(mut self, environment: $crate::Environment) -> Self {
            self.options.environment = Some(environment);
            self
        }

        /// The time limit of an API call with its retries; 30 seconds unless said otherwise.
        #[must_use]
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.call_timeout = Some(limit);
            self
        }

        /// Records every call of an API: who, why, whose data, which operation, how many records, with which outcome.
        /// Never a value.
        #[must_use]
        pub fn audit_log(mut self, log: $crate::AuditLog) -> Self {
            self.audit = Some(log);
            self
        }

        /// A clock that tests move by hand.
        #[doc(hidden)]
        #[must_use]
        pub fn clock(mut self, clock: $crate::Clock) -> Self {
            self.clock = clock;
            self
        }

        /// Options that a binding has read.
        #[cfg(feature = "bridge")]
        pub(crate) fn with(mut self, options: $crate::config::Options, audit: Option<$crate::AuditLog>) -> Self {
            (self.options, self.audit) = (options, audit);
            self
        }
    };
}

pub(crate) use shared_options;

/// The way to Loop: connections, and the issuer over them. `answer_limit` is how long a token request may take.
pub(crate) fn connections(
    config: &Arc<Config>,
    answer_limit: Duration,
    clock: &Clock,
) -> Result<(Arc<Http>, Issuer), Error> {
    // Wrong endpoints of an issuer are a wrong option too: say so now.
    config.known_metadata()?;
    let proxy = if config.is_on_this_machine() { UseProxy::Never } else { UseProxy::FromEnvironment };
    let http = Http::new(config.limits.clone(), answer_limit, &config.user_agent, clock.clone(), proxy)?;
    let http = Arc::new(http);
    let issuer = Issuer::new(Arc::clone(&http), Arc::clone(config), clock.clone());
    Ok((http, issuer))
}
