//! Where an issuer's endpoints are (RFC 8414; OpenID Connect Discovery, section 4).

use serde::Deserialize;
use url::Url;

use crate::config::{check_transport, is_loopback};
use crate::error::{Code, Error};

/// How the client proves itself at the token endpoint (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// `client_id` and `client_secret` in the form: what Loop documents.
    Post,
    /// HTTP Basic, for servers that accept nothing else.
    Basic,
}

/// An issuer's endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) introspection_endpoint: Option<Url>,
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) client_auth: ClientAuth,
    /// Whether every callback carries `iss` (RFC 9207, section 3).
    pub(crate) callback_has_issuer: bool,
}

/// The address of an issuer's metadata (OpenID Connect Discovery, section 4.1).
pub(crate) fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// Reads a metadata document; its issuer must be the one that was asked (section 4.3), its endpoints HTTPS.
pub(crate) fn parse(body: &[u8], issuer: &str) -> Result<Metadata, Error> {
    #[derive(Deserialize)]
    struct Raw {
        issuer: String,
        authorization_endpoint: Url,
        token_endpoint: Url,
        revocation_endpoint: Option<Url>,
        introspection_endpoint: Option<Url>,
        jwks_uri: Option<Url>,
        token_endpoint_auth_methods_supported: Option<Vec<String>>,
        #[serde(default)]
        authorization_response_iss_parameter_supported: bool,
    }
    let raw: Raw = serde_json::from_slice(body).map_err(|_| {
        Error::new(
            Code::AnswerInvalid,
            format!("{} is not the metadata of an authorization server.", discovery_url(issuer)),
        )
    })?;
    if raw.issuer != issuer {
        return Err(Error::new(
            Code::IssuerMismatch,
            format!("The metadata of {issuer} names another issuer; set the issuer exactly as the server writes it."),
        ));
    }
    let endpoints = [Some(&raw.authorization_endpoint), Some(&raw.token_endpoint)];
    let optional = [&raw.revocation_endpoint, &raw.introspection_endpoint, &raw.jwks_uri].map(Option::as_ref);
    let may_be_local = Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
    for endpoint in endpoints.into_iter().chain(optional).flatten() {
        check_transport(endpoint, "issuer")?;
        if is_loopback(endpoint) && !may_be_local {
            // The client's secret would go to whatever listens on this machine.
            return Err(crate::config::invalid("issuer", "names an endpoint on this machine in its metadata"));
        }
    }
    // Absent means Basic alone (RFC 8414, section 2).
    let methods = raw.token_endpoint_auth_methods_supported.unwrap_or_default();
    let post = methods.iter().any(|method| method == "client_secret_post");
    Ok(Metadata {
        issuer: raw.issuer,
        authorization_endpoint: raw.authorization_endpoint,
        token_endpoint: raw.token_endpoint,
        revocation_endpoint: raw.revocation_endpoint,
        introspection_endpoint: raw.introspection_endpoint,
        jwks_uri: raw.jwks_uri,
        client_auth: if post { ClientAuth::Post } else { ClientAuth::Basic },
        callback_has_issuer: raw.authorization_response_iss_parameter_supported,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(issuer: &str, token_endpoint: &str) -> Vec<u8> {
        serde_json::json!({
            "issuer": issuer,
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": token_endpoint,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        let body = document("https://evil.example", "https://id.example/token");
        assert_eq!(parse(&body, "https://id.example").unwrap_err().code(), Code::IssuerMismatch);
    }

    #[test]
    fn an_endpoint_without_tls_is_refused() {
        for endpoint in ["http://id.example/token", "http://127.0.0.1/token", "https://localhost/token"] {
            let body = document("https://id.example", endpoint);
            assert_eq!(parse(&body, "https://id.example").unwrap_err().code(), Code::InvalidOption, "{endpoint}");
        }
    }

    #[test]
    fn a_server_that_takes_basic_only_gets_basic() {
        let body = document("https://id.example", "https://id.example/token");
        assert_eq!(parse(&body, "https://id.example").unwrap().client_auth, ClientAuth::Basic);
    }
}
