//! The clinical service: a person's results and the protocol catalogue, each behind its scope.

use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::answers::{ApiError, NotedClient, no_store};
use crate::revocation::{self, LiveToken};
use crate::state::{Shared, State};
use crate::{scopes, seed};

/// `GET /v1/biomarkers/me`.
pub(crate) async fn my_biomarkers(Extract(state): Extract<Shared>, headers: HeaderMap) -> Result<Response, ApiError> {
    let token = allowed(&state, &headers, "read:biomarkers")?;
    let person = seed::find(&token.user_id).ok_or_else(|| ApiError::not_found("There is no such patient."))?;
    let results = seed::of_person(person);
    let count = results.len();
    Ok(answer(&token, Json(json!({ "results": results, "count": count }))))
}

/// `GET /v1/protocols/{id}`.
pub(crate) async fn protocol(
    Extract(state): Extract<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let token = allowed(&state, &headers, "read:protocols")?;
    let found = seed::protocol(&id).ok_or_else(|| ApiError::not_found("There is no such protocol."))?;
    Ok(answer(&token, Json(found)))
}

fn answer(token: &LiveToken, body: impl IntoResponse) -> Response {
    let mut answer = body.into_response();
    no_store(&mut answer);
    answer.extensions_mut().insert(NotedClient(token.client_id.clone()));
    answer
}

/// The bearer token's holder, if the token is live and opens `scope` (RFC 6750).
pub(crate) fn allowed(state: &State, headers: &HeaderMap, scope: &str) -> Result<LiveToken, ApiError> {
    let unauthenticated = || {
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Send an access token: Authorization: Bearer …")
            .challenge("Bearer")
    };
    let authorization = headers.get(header::AUTHORIZATION).ok_or_else(unauthenticated)?;
    let (scheme, token) =
        authorization.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthenticated());
    }
    let live = revocation::live_access_token(&state.store, state.now(), token.trim())?.ok_or_else(|| {
        let text = "The access token has expired, was revoked, or never was one.";
        ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", text).challenge("Bearer error=\"invalid_token\"")
    })?;
    if !scopes::satisfies(&live.scopes, scope) {
        let text = format!("The person has not granted {scope}.");
        return Err(ApiError::new(StatusCode::FORBIDDEN, "insufficient_scope", text)
            .challenge(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")));
    }
    Ok(live)
}
