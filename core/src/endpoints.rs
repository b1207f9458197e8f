//! Where requests go: Loop's services, and the endpoints of an issuer.

use url::Url;

use crate::config::{Config, check_transport, invalid};
use crate::environment::{Environment, IssuerOptions};
use crate::error::Error;
use crate::oauth::metadata::{ClientAuth, Metadata};

impl Config {
    /// The address of a service's route.
    pub(crate) fn service_url(&self, service: &str, path: &str) -> Result<Url, Error> {
        let Some(template) = self.environment.template() else {
            return Err(invalid(
                "environment",
                "is an issuer without Loop's services: use `access_token` with your own HTTP client",
            ));
        };
        let name_is_plain = !service.is_empty() && service.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !name_is_plain {
            return Err(invalid("service", "must be a service's name, for instance clinical"));
        }
        let base = template.replace("{service}", service);
        let base = base.trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|_| invalid("path", "does not make a URL"))
    }

    /// The endpoints, where they are known without asking.
    pub(crate) fn known_metadata(&self) -> Result<Option<Metadata>, Error> {
        let endpoints = match &self.environment {
            Environment::Issuer(options) => Endpoints::given(options)?,
            _ => self.loop_endpoints()?,
        };
        let (Some(authorization_endpoint), Some(token_endpoint)) = (endpoints.authorization, endpoints.token) else {
            return Ok(None);
        };
        if self.identify && endpoints.jwks.is_none() {
            return Err(invalid(
                "jwks_uri",
                "must be given too where both endpoints are, since nothing is discovered then (or set `identify` to \
                 false)",
            ));
        }
        Ok(Some(Metadata {
            issuer: self.issuer.clone(),
            authorization_endpoint,
            token_endpoint,
            revocation_endpoint: endpoints.revocation,
            introspection_endpoint: endpoints.introspection,
            jwks_uri: endpoints.jwks,
            client_auth: ClientAuth::Post,
            // Loop's pages do not say whether a callback carries `iss`; it is checked where it is there.
            callback_has_issuer: false,
        }))
    }

    fn loop_endpoints(&self) -> Result<Endpoints, Error> {
        let identity = |path: &str| self.service_url("identity", path).map(Some);
        Ok(Endpoints {
            authorization: identity("/v1/oauth/authorize")?,
            token: identity("/v1/oauth/token")?,
            revocation: identity("/v1/oauth/revoke")?,
            introspection: identity("/v1/oauth/introspect")?,
            jwks: identity("/.well-known/jwks.json")?,
        })
    }

    /// What an issuer's options say over what discovery says.
    pub(crate) fn override_metadata(&self, found: Metadata) -> Result<Metadata, Error> {
        let Environment::Issuer(options) = &self.environment else { return Ok(found) };
        let given = Endpoints::given(options)?;
        Ok(Metadata {
            authorization_endpoint: given.authorization.unwrap_or(found.authorization_endpoint),
            token_endpoint: given.token.unwrap_or(found.token_endpoint),
            revocation_endpoint: given.revocation.or(found.revocation_endpoint),
            introspection_endpoint: given.introspection.or(found.introspection_endpoint),
            jwks_uri: given.jwks.or(found.jwks_uri),
            ..found
        })
    }
}

struct Endpoints {
    authorization: Option<Url>,
    token: Option<Url>,
    revocation: Option<Url>,
    introspection: Option<Url>,
    jwks: Option<Url>,
}

impl Endpoints {
    fn given(options: &IssuerOptions) -> Result<Self, Error> {
        let endpoint = |name: &'static str, text: &Option<String>| match text {
            Some(text) => {
                let url = Url::parse(text).map_err(|_| invalid(name, "must be a URL"))?;
                check_transport(&url, name)?;
                Ok::<_, Error>(Some(url))
            }
            None => Ok(None),
        };
        Ok(Self {
            authorization: endpoint("authorization_endpoint", &options.authorization_endpoint)?,
            token: endpoint("token_endpoint", &options.token_endpoint)?,
            revocation: endpoint("revocation_endpoint", &options.revocation_endpoint)?,
            introspection: endpoint("introspection_endpoint", &options.introspection_endpoint)?,
            jwks: endpoint("jwks_uri", &options.jwks_uri)?,
        })
    }
}
