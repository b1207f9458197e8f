//! Identity's endpoints for machines, but for the token endpoint and introspection: revoke, discovery and keys.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::answers::{ApiError, OAuthError, no_store};
use crate::scopes::SCOPES;
use crate::state::Shared;
use crate::token::authenticated_form;
use crate::{keys, revocation};

/// `POST /v1/oauth/revoke` (RFC 7009): 200 whether or not there was anything to revoke.
pub(crate) async fn revoke(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let (client, form) = authenticated_form(&state, query.as_deref(), &headers, &body)?;
    let token = form.get("token").ok_or_else(|| OAuthError::invalid_request("The parameter token is missing."))?;
    revocation::revoke_token(&state.store, state.now(), &client, token)?;
    let mut answer = Json(json!({})).into_response();
    no_store(&mut answer);
    Ok(answer)
}

/// `GET /.well-known/openid-configuration`.
pub(crate) async fn discovery(Extract(state): Extract<Shared>) -> Json<Value> {
    let issuer = state.issuer();
    let scopes: Vec<&str> = SCOPES.iter().map(|scope| scope.name).collect();
    let client_authentication = json!(["client_secret_post", "client_secret_basic", "none"]);
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{issuer}/v1/oauth/authorize"),
        "token_endpoint": format!("{issuer}/v1/oauth/token"),
        "revocation_endpoint": format!("{issuer}/v1/oauth/revoke"),
        "introspection_endpoint": format!("{issuer}/v1/oauth/introspect"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": client_authentication,
        "revocation_endpoint_auth_methods_supported": client_authentication,
        "introspection_endpoint_auth_methods_supported": client_authentication,
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": scopes,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// `GET /.well-known/jwks.json`.
pub(crate) async fn jwks(Extract(state): Extract<Shared>) -> Result<Response, ApiError> {
    let mut answer = Json(keys::jwk_set(&state.store)?).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(answer)
}
