//! Where Loop is: its stages, the sandbox, and any other OpenID provider.

use url::Url;

use crate::config::{check_transport, invalid};
use crate::error::Error;

/// Where Loop is: a named stage, the sandbox, a base URL template, or any other OpenID provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// `https://{service}.platform.loop.health`
    #[default]
    Production,
    /// `https://{service}.staging.platform.loop.health`
    Staging,
    /// `https://{service}.dev.platform.loop.health`
    Dev,
    /// `http://127.0.0.1:4010/{service}`: the sandbox on this machine.
    Sandbox,
    /// A base URL with `{service}` in it.
    Template(String),
    /// Any other OpenID provider; what is not given is found by discovery.
    Issuer(IssuerOptions),
}

/// Another OpenID provider, and endpoints that its metadata does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerOptions {
    /// The issuer, exactly as the server writes it in its metadata and id_tokens.
    pub issuer: String,
    /// Given together with `token_endpoint`, no discovery happens.
    #[serde(default, alias = "authorizationEndpoint")]
    pub authorization_endpoint: Option<String>,
    /// Given together with `authorization_endpoint`, no discovery happens.
    #[serde(default, alias = "tokenEndpoint")]
    pub token_endpoint: Option<String>,
    /// For `revoke`.
    #[serde(default, alias = "revocationEndpoint")]
    pub revocation_endpoint: Option<String>,
    /// For the profile `introspect`.
    #[serde(default, alias = "introspectionEndpoint")]
    pub introspection_endpoint: Option<String>,
    /// The issuer's keys, for id_tokens.
    #[serde(default, alias = "jwksUri")]
    pub jwks_uri: Option<String>,
}

impl IssuerOptions {
    /// A provider whose endpoints are found by discovery.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), ..Self::default() }
    }
}

impl Environment {
    /// Reads `production`, `staging`, `dev`, `sandbox`, or a template with `{service}`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "production" => Ok(Self::Production),
            "staging" => Ok(Self::Staging),
            "dev" => Ok(Self::Dev),
            "sandbox" => Ok(Self::Sandbox),
            template if template.contains("{service}") => Ok(Self::Template(template.to_owned())),
            _ => Err(invalid(
                "environment",
                "must be production, staging, dev, sandbox, a base URL with {service} in it, or an issuer",
            )),
        }
    }

    pub(crate) fn template(&self) -> Option<&str> {
        match self {
            Self::Production => Some("https://{service}.platform.loop.health"),
            Self::Staging => Some("https://{service}.staging.platform.loop.health"),
            Self::Dev => Some("https://{service}.dev.platform.loop.health"),
            Self::Sandbox => Some("http://127.0.0.1:4010/{service}"),
            Self::Template(template) => Some(template),
            Self::Issuer(_) => None,
        }
    }
}

/// The issuer of an environment, checked.
pub(crate) fn issuer_of(environment: &Environment) -> Result<String, Error> {
    if let Environment::Issuer(options) = environment {
        let url = Url::parse(&options.issuer).map_err(|_| invalid("issuer", "must be a URL"))?;
        check_transport(&url, "issuer")?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("issuer", "must not have a query or a fragment"));
        }
        return Ok(options.issuer.clone());
    }
    let template = environment.template().unwrap_or_default();
    if !template.contains("{service}") {
        return Err(invalid("environment", "must have {service} where the service's name goes"));
    }
    let base = template.replace("{service}", "identity");
    let base = base.trim_end_matches('/').to_owned();
    let url = Url::parse(&base).map_err(|_| invalid("environment", "is not a URL with {service} in it"))?;
    check_transport(&url, "environment")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("environment", "must not have a query or a fragment"));
    }
    Ok(base)
}
