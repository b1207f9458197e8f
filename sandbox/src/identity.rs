//! Identity's endpoints for machines, but for the token endpoint and introspection: revoke, discovery and keys.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::{ApiError, OAuthError, no_store};
use crate::oauth_limits::{self, Endpoint};
use crate::params::Params;
use crate::scopes::SCOPES;
use crate::server::RequestId;
use crate::state::Shared;
use crate::token::authenticated_form;
use crate::{keys, revocation};

/// End a token
///
/// RFC 7009: 200 whether or not there was anything to revoke.
#[utoipa::path(
    post, path = "/v1/oauth/revoke", operation_id = "oauth.revoke",
    request_body(content = crate::introspection::TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is not live any more", body = Object),
        (status = 400, description = "The form is not right", body = crate::answers::OAuthErrorBody),
        (status = 401, description = "Unknown client or wrong secret", body = crate::answers::OAuthErrorBody),
        (status = 429, description = "Over the limit; wait as long as Retry-After says", body = crate::answers::RateLimitedBody),
    )
)]
pub(crate) async fn revoke(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let named = oauth_limits::named_client(&headers, &Params::parse(&body));
    if let Err(limited) = oauth_limits::admit(&state, Endpoint::Revoke, named.as_deref()) {
        return Ok(limited.into_response());
    }
    let (client, form) = authenticated_form(&state, query.as_deref(), &headers, &body)?;
    let token = form.get("token").ok_or_else(|| OAuthError::invalid_request("The parameter token is missing."))?;
    revocation::revoke_token(&state.store, state.now(), &client, token, &request_id)?;
    let mut answer = Json(json!({})).into_response();
    no_store(&mut answer);
    Ok(answer)
}

/// The server's metadata (OpenID Connect Discovery, section 3).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Discovery {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    response_types_supported: Vec<&'static str>,
    response_modes_supported: Vec<&'static str>,
    subject_types_supported: Vec<&'static str>,
    id_token_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    code_challenge_methods_supported: Vec<&'static str>,
    scopes_supported: Vec<&'static str>,
    prompt_values_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
}

/// Where the endpoints are
#[utoipa::path(
    get, path = "/.well-known/openid-configuration", operation_id = "oauth.discovery",
    responses((status = 200, body = Discovery))
)]
pub(crate) async fn discovery(Extract(state): Extract<Shared>) -> Json<Discovery> {
    let issuer = state.issuer();
    let client_authentication = || vec!["client_secret_post", "client_secret_basic", "none"];
    Json(Discovery {
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        authorization_endpoint: format!("{issuer}/v1/oauth/authorize"),
        token_endpoint: format!("{issuer}/v1/oauth/token"),
        revocation_endpoint: format!("{issuer}/v1/oauth/revoke"),
        introspection_endpoint: format!("{issuer}/v1/oauth/introspect"),
        issuer,
        response_types_supported: vec!["code"],
        response_modes_supported: vec!["query"],
        subject_types_supported: vec!["public"],
        id_token_signing_alg_values_supported: vec!["EdDSA"],
        token_endpoint_auth_methods_supported: client_authentication(),
        revocation_endpoint_auth_methods_supported: client_authentication(),
        introspection_endpoint_auth_methods_supported: client_authentication(),
        grant_types_supported: vec!["authorization_code", "refresh_token"],
        code_challenge_methods_supported: vec!["S256"],
        scopes_supported: SCOPES.iter().map(|scope| scope.name).collect(),
        prompt_values_supported: vec!["none", "login", "consent", "select_account"],
        authorization_response_iss_parameter_supported: true,
    })
}

/// Public keys, as a JWK Set.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

/// One public key (RFC 8037).
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct Jwk {
    kty: String,
    crv: String,
    alg: String,
    #[schema(rename = "use")]
    usage: String,
    kid: String,
    x: String,
}

/// The keys that sign id_tokens and machine tokens
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "oauth.jwks", responses((status = 200, body = JwkSet)))]
pub(crate) async fn jwks(Extract(state): Extract<Shared>) -> Result<Response, ApiError> {
    let mut answer = Json(keys::jwk_set(&state.store)?).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(answer)
}
