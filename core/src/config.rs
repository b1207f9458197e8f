//! Options, the environment they come from, and their validation: once, at `build()`.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

use crate::client_secret::Source;
use crate::environment::{Environment, issuer_of};
use crate::error::{Code, Error};
use crate::profile::{Profile, Rules};
use crate::secret::{Digest, Secret};
use crate::sys;

/// The platform's limit for one client.
const TOKEN_REQUESTS_PER_MINUTE: u32 = 60;

/// The longest time limit of a call.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// Hosts that freeze a process when its request is answered: nothing may run on beside it.
const REQUEST_SCOPED_HOSTS: &[&str] = &["AWS_LAMBDA_FUNCTION_NAME", "K_SERVICE", "FUNCTION_TARGET", "VERCEL"];

/// Time limits. The token endpoint has limits of its own, because its answers must not be lost.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) call: Duration,
    pub(crate) body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), call: Duration::from_secs(30), body_bytes: 32 * 1024 * 1024 }
    }
}

/// The validated configuration of a client.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) client_id: String,
    pub(crate) client_secret: Source,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) identify: bool,
    pub(crate) check_browser: bool,
    pub(crate) environment: Environment,
    pub(crate) issuer: String,
    pub(crate) limits: Limits,
    pub(crate) user_agent: String,
    pub(crate) rules: Rules,
    /// What all processes together may send to the token endpoint.
    pub(crate) token_requests_per_minute: u32,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("client_id", &self.client_id)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// What a builder collected, before validation.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Source>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) environment: Option<Environment>,
    pub(crate) identify: Option<bool>,
    pub(crate) check_browser: Option<bool>,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) user_agent: Option<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) replay_once: Option<bool>,
    pub(crate) token_requests_per_minute: Option<u32>,
    /// A machine: it sends nobody to a browser, whatever the environment says of an app's redirect URI and profile.
    pub(crate) no_person: bool,
}

impl Options {
    /// Arguments win over `LOOP_*` variables; whatever is wrong is named.
    pub(crate) fn validate(self) -> Result<Config, Error> {
        let client_id = self
            .client_id
            .or_else(|| sys::environment_variable("LOOP_CLIENT_ID"))
            .filter(|id| !id.trim().is_empty())
            .ok_or_else(|| missing("client_id", "LOOP_CLIENT_ID"))?;
        let client_secret = match self.client_secret {
            Some(source) => source,
            // Two, separated by a space, while it is being changed: the newest first.
            None => match sys::environment_variable("LOOP_CLIENT_SECRET") {
                Some(text) => Source::Known(text.split_whitespace().map(Secret::from).collect()),
                None => Source::None,
            },
        };
        let client_secret = match client_secret {
            Source::Known(secrets) if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().is_empty()) => {
                return Err(invalid("client_secret", "must not be empty; leave it out for a public app"));
            }
            other => other,
        };
        let variable = |name| if self.no_person { None } else { sys::environment_variable(name) };
        let redirect_uri = self.redirect_uri.or_else(|| variable("LOOP_REDIRECT_URI"));
        if let Some(uri) = &redirect_uri {
            check_redirect_uri(uri)?;
        }
        let scopes = self
            .scopes
            .or_else(|| variable("LOOP_SCOPES").map(|text| text.split_whitespace().map(str::to_owned).collect()));
        let scopes = scopes.unwrap_or_default();
        check_scopes(&scopes)?;
        let environment = match self.environment {
            Some(environment) => environment,
            None => match sys::environment_variable("LOOP_ENVIRONMENT") {
                Some(text) => Environment::parse(&text)?,
                None => Environment::default(),
            },
        };
        let issuer = issuer_of(&environment)?;
        let mut limits = Limits::default();
        if let Some(timeout) = self.call_timeout {
            if timeout.is_zero() {
                return Err(invalid("timeout", "must be longer than nothing"));
            }
            // Longer is for ever, and a moment that far away can't be computed with.
            limits.call = timeout.min(LONGEST_CALL);
        }
        let profile = match self.profile {
            Some(profile) => profile,
            None => match variable("LOOP_PROFILE") {
                Some(text) => Profile::parse(&text)?,
                None => Profile::default(),
            },
        };
        let profile = profile.checked().ok_or_else(|| invalid("profile", "must have a grace of 2 to 3600 seconds"))?;
        let token_requests_per_minute = self.token_requests_per_minute.unwrap_or(TOKEN_REQUESTS_PER_MINUTE);
        if token_requests_per_minute == 0 {
            return Err(invalid("token_requests_per_minute", "must be 1 or more"));
        }
        let no_background = REQUEST_SCOPED_HOSTS.iter().any(|name| sys::environment_variable(name).is_some());
        Ok(Config {
            client_id,
            client_secret,
            redirect_uri,
            scopes,
            identify: self.identify.unwrap_or(true),
            check_browser: self.check_browser.unwrap_or(true),
            environment,
            issuer,
            limits,
            user_agent: self
                .user_agent
                .unwrap_or_else(|| concat!("loop-sdk/", env!("CARGO_PKG_VERSION"), " rust").to_owned()),
            rules: Rules { profile, replay_once: self.replay_once.unwrap_or_default(), no_background },
            token_requests_per_minute,
        })
    }
}

impl Config {
    /// Keeps this issuer and client apart from all others in a shared store.
    pub(crate) fn namespace(&self) -> String {
        let digest = Digest::of(&format!("{}\n{}", self.issuer, self.client_id));
        digest.as_str().get(..22).unwrap_or_default().to_owned()
    }

    /// Whether the issuer is the sandbox, or another server on this machine.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        Url::parse(&self.issuer).is_ok_and(|url| is_loopback(&url))
    }
}

pub(crate) fn missing(option: &'static str, variable: &str) -> Error {
    Error::new(Code::MissingOption, format!("`{option}` is missing: pass it, or set {variable}.")).with_detail(option)
}

pub(crate) fn invalid(option: impl Into<String>, why: &str) -> Error {
    let option = option.into();
    Error::new(Code::InvalidOption, format!("`{option}` {why}.")).with_detail(option)
}

/// HTTPS everywhere; plain HTTP only where it can't leave the machine. No user and password: they would be printed.
pub(crate) fn check_transport(url: &Url, option: &str) -> Result<(), Error> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(option, "must not hold a user name or password"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(invalid(option, "must be https (http is for localhost and 127.0.0.1 only)")),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The rules of the platform's security page: exact, absolute, no query, no fragment, HTTPS or an app's own scheme.
fn check_redirect_uri(text: &str) -> Result<(), Error> {
    let url = Url::parse(text)
        .map_err(|_| invalid("redirect_uri", "must be an absolute URL, for instance https://app.example/callback"))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("redirect_uri", "must not have a query or a fragment"));
    }
    let browsers_own = matches!(url.scheme(), "javascript" | "data" | "file" | "blob" | "about" | "ws" | "wss" | "ftp");
    if browsers_own || url.cannot_be_a_base() {
        return Err(invalid("redirect_uri", "must be https, http on localhost, or an app's own scheme"));
    }
    if matches!(url.scheme(), "http" | "https") {
        return check_transport(&url, "redirect_uri");
    }
    Ok(())
}

/// RFC 6749, section 3.3: printable ASCII without space, quote and backslash.
pub(crate) fn check_scopes(scopes: &[String]) -> Result<(), Error> {
    for scope in scopes {
        let plain = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if scope.is_empty() || !scope.bytes().all(plain) {
            return Err(invalid("scopes", "must be a list of scopes such as read:biomarkers, without spaces"));
        }
    }
    Ok(())
}

/// The scopes to ask for: without doubles, with `openid` where the person must be identified.
pub(crate) fn effective_scopes(scopes: &[String], identify: bool) -> Vec<String> {
    let mut result: Vec<String> = Vec::with_capacity(scopes.len() + 1);
    if identify && !scopes.iter().any(|scope| scope == "openid") {
        result.push("openid".to_owned());
    }
    for scope in scopes {
        if !result.contains(scope) {
            result.push(scope.clone());
        }
    }
    result
}

/// A path on the app's own origin, to return to after sign-in; anything else would be an open redirect.
pub(crate) fn check_app_state(path: &str) -> Result<(), Error> {
    let mut characters = path.chars();
    let local = characters.next() == Some('/') && !matches!(characters.next(), Some('/' | '\\'));
    let clean = path.len() <= 2048 && !path.chars().any(|c| c.is_control() || c == '\\');
    if local && clean {
        Ok(())
    } else {
        Err(invalid("app_state", "must be a path on your own site that begins with one slash, at most 2048 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::IssuerOptions;

    fn options() -> Options {
        Options { client_id: Some("client_1".into()), environment: Some(Environment::Production), ..Options::default() }
    }

    fn detail(options: Options) -> String {
        let error = options.validate().err().unwrap();
        error.detail().unwrap().to_owned()
    }

    #[test]
    fn every_wrong_option_is_named() {
        assert_eq!(detail(Options { client_id: Some(" ".into()), ..options() }), "client_id");
        for uri in [
            "callback",
            "http://app.example/cb",
            "https://a.example/cb?x=1",
            "https://a.example/cb#f",
            "mailto:a@b",
            "https://u:p@a.example/cb",
            "javascript:1",
        ] {
            assert_eq!(detail(Options { redirect_uri: Some(uri.into()), ..options() }), "redirect_uri", "{uri}");
        }
        assert_eq!(detail(Options { scopes: Some(vec!["a b".into()]), ..options() }), "scopes");
        for secrets in [vec![], vec![""], vec!["new", ""]] {
            let secrets = Source::Known(secrets.into_iter().map(Secret::from).collect());
            assert_eq!(detail(Options { client_secret: Some(secrets), ..options() }), "client_secret");
        }
        for template in [
            "http://example.com/{service}",
            "ftp://{service}",
            "{service}",
            "https://u:p@{service}.example",
            "https://{service}.example/?x",
        ] {
            let environment = Some(Environment::Template(template.into()));
            assert_eq!(detail(Options { environment, ..options() }), "environment", "{template}");
        }
        for issuer in ["http://id.example", "https://u:p@id.example", "https://id.example?x=1", "id.example"] {
            let environment = Some(Environment::Issuer(IssuerOptions::new(issuer)));
            assert_eq!(detail(Options { environment, ..options() }), "issuer", "{issuer}");
        }
        assert_eq!(Environment::parse("prod").unwrap_err().detail(), Some("environment"));
    }

    #[test]
    fn a_template_names_every_service() {
        let environment = Some(Environment::Template("http://127.0.0.1:4010/{service}/".into()));
        let config = Options { environment, ..options() }.validate().unwrap();
        assert_eq!(config.issuer, "http://127.0.0.1:4010/identity");
        let url = config.service_url("clinical", "/v1/biomarkers/me").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:4010/clinical/v1/biomarkers/me");
        assert!(config.service_url("evil.example/", "/").is_err());
    }

    #[test]
    fn scopes_gain_openid_once() {
        let scopes = ["read:biomarkers".to_owned(), "read:biomarkers".to_owned()];
        assert_eq!(effective_scopes(&scopes, true), ["openid", "read:biomarkers"]);
        assert_eq!(effective_scopes(&scopes, false), ["read:biomarkers"]);
    }

    #[test]
    fn an_app_state_can_only_lead_back_to_the_app() {
        assert!(check_app_state("/biomarkers?tab=1").is_ok());
        for outside in ["", "biomarkers", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb"] {
            assert!(check_app_state(outside).is_err(), "{outside}");
        }
    }
}
