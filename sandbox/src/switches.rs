//! Rules that can be switched while the sandbox runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rotation::Rotation;
use crate::sys::CENTURY_SECONDS;

/// Choices where the platform is silent or contradicts itself, and rules of other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is one switch")]
#[non_exhaustive]
pub struct Switches {
    /// `openid` only for apps that registered it.
    pub strict_openid: bool,
    /// `openid` without a `nonce` is accepted, as some of the platform's samples do.
    pub lenient_nonce: bool,
    /// The person can't untick single scopes.
    pub all_or_nothing: bool,
    /// How refresh tokens follow one another.
    pub rotation: Rotation,
    /// A refresh token that a newer sign-in replaced counts as used twice, and ends the grant.
    pub replaced_is_reuse: bool,
    /// The `Date` header and id_tokens are this far ahead of the sandbox's own clock; less than 0 is behind.
    pub clock_skew_seconds: i64,
    /// Introspection may answer what was true so many seconds ago.
    pub introspection_cache_seconds: u32,
    /// Requests a minute that the token endpoint lets through for each app.
    pub token_rate_limit: Option<u32>,
    /// Requests a minute that the introspection endpoint lets through for each app.
    pub introspect_rate_limit: Option<u32>,
    /// Requests a minute that the revocation endpoint lets through for each app.
    pub revoke_rate_limit: Option<u32>,
    /// Requests a minute that the authorization endpoint lets through from each address.
    pub authorize_rate_limit: Option<u32>,
    /// Requests that come before the wait after a 429 is over, until the app is locked out.
    pub lockout_after: u32,
    /// Requests a minute that read, for each app, at all services together.
    pub read_rate_limit: Option<u32>,
    /// As above, of requests that write.
    pub write_rate_limit: Option<u32>,
    /// As above, of requests that only machines can send.
    pub admin_rate_limit: Option<u32>,
    /// What a token without the scope is answered with: 403, as most pages say, or 401, as one does.
    pub insufficient_scope_status: u16,
    /// The token endpoint too gives machine tokens, as the migration guide has it.
    pub client_credentials_at_token_endpoint: bool,
    /// Nobody has set up the secret that vendors sign their webhooks with.
    pub inbound_secret_missing: bool,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            strict_openid: false,
            lenient_nonce: false,
            all_or_nothing: false,
            rotation: Rotation::Strict,
            replaced_is_reuse: false,
            clock_skew_seconds: 0,
            introspection_cache_seconds: 0,
            token_rate_limit: None,
            introspect_rate_limit: None,
            revoke_rate_limit: None,
            authorize_rate_limit: None,
            lockout_after: 10,
            read_rate_limit: None,
            write_rate_limit: None,
            admin_rate_limit: None,
            insufficient_scope_status: 403,
            client_credentials_at_token_endpoint: false,
            inbound_secret_missing: false,
        }
    }
}

impl Switches {
    /// These switches with those of `changes` put over them; an error is one sentence.
    pub(crate) fn changed(self, changes: Map<String, Value>) -> Result<Switches, String> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else {
            return Err("The switches can't be read.".to_owned());
        };
        all.extend(changes);
        let changed: Switches = serde_json::from_value(Value::Object(all)).map_err(|failure| failure.to_string())?;
        if !matches!(changed.insufficient_scope_status, 401 | 403) {
            return Err("insufficient_scope_status is 401 or 403.".to_owned());
        }
        if !(-CENTURY_SECONDS..=CENTURY_SECONDS).contains(&changed.clock_skew_seconds) {
            return Err("clock_skew_seconds is a century at most.".to_owned());
        }
        Ok(changed)
    }

    /// Sets every limit to the platform's figure.
    pub fn limit_as_the_platform(&mut self) {
        self.token_rate_limit = Some(60);
        self.introspect_rate_limit = Some(600);
        self.revoke_rate_limit = Some(60);
        self.authorize_rate_limit = Some(30);
        self.read_rate_limit = Some(1000);
        self.write_rate_limit = Some(200);
        self.admin_rate_limit = Some(100);
    }
}
