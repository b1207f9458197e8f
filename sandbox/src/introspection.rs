//! `POST /v1/oauth/introspect` (RFC 7662), with a cache that makes its answers old on order.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answers::{OAuthError, no_store};
use crate::db::Trouble;
use crate::ids::Hashed;
use crate::machine::{self, Machine};
use crate::oauth_limits::{self, Endpoint};
use crate::params::Params;
use crate::refresh;
use crate::revocation::{self, LiveToken};
use crate::seed::{self, BRAND};
use crate::state::{Shared, State};
use crate::token::authenticated_form;

/// What was found out about a token, and when, on the sandbox clock in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<String, (i64, Option<LiveToken>)>);

/// What is known about a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Introspection {
    pub(crate) active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// Separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'static str>,
    /// `Bearer`; a refresh token has none (RFC 6749, section 7.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
}

/// A form that names a token, with the app's credentials in it or in the `Authorization` header.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "only its schema is used: the form is read as OAuth reads forms")]
pub(crate) struct TokenForm {
    token: String,
    token_type_hint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Ask about a token
///
/// RFC 7662. Tokens of other apps count as not active.
#[utoipa::path(
    post, path = "/v1/oauth/introspect", operation_id = "oauth.introspect",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Introspection),
        (status = 400, description = "The form is not right", body = crate::answers::OAuthErrorBody),
        (status = 401, description = "Unknown client or wrong secret", body = crate::answers::OAuthErrorBody),
        (status = 429, description = "Over the limit; wait as long as Retry-After says", body = crate::answers::RateLimitedBody),
    )
)]
pub(crate) async fn introspect(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    state.stats.add(|stats| stats.introspections += 1);
    let named = oauth_limits::named_client(&headers, &Params::parse(&body));
    if let Err(limited) = oauth_limits::admit(&state, Endpoint::Introspect, named.as_deref()) {
        return Ok(limited.into_response());
    }
    let (client, form) = authenticated_form(&state, query.as_deref(), &headers, &body)?;
    let token = form.get("token").ok_or_else(|| OAuthError::invalid_request("The parameter token is missing."))?;
    let found = remembered(&state, token)?.filter(|live| live.client_id == client.client_id);
    let mut answer = Json(found.as_ref().map_or(NOT_ACTIVE, described)).into_response();
    no_store(&mut answer);
    Ok(answer)
}

fn described(live: &LiveToken) -> Introspection {
    Introspection {
        active: true,
        sub: Some(live.user_id.clone()),
        client_id: Some(live.client_id.clone()),
        scope: Some(live.scopes.clone()),
        exp: Some(live.expires_at),
        brand: seed::find(&live.user_id).map_or(Some(BRAND), |person| person.brand_id),
        token_type: (!live.is_refresh).then_some("Bearer"),
    }
}

const NOT_ACTIVE: Introspection =
    Introspection { active: false, sub: None, client_id: None, scope: None, exp: None, brand: None, token_type: None };

/// The token's state, or the one of a moment ago where that is switched on.
fn remembered(state: &State, token: &str) -> Result<Option<LiveToken>, Trouble> {
    let (now, oldest) = (state.clock.now_ms(), i64::from(state.switches().introspection_cache_seconds) * 1000);
    let mut answers = state.introspected();
    // Also when the cache is off: one that is switched on must not begin with answers of long ago.
    answers.0.retain(|_, (at, _)| (0..oldest).contains(&(now - *at)));
    let hash = Hashed::of(token).0;
    if let Some((_, known)) = answers.0.get(&hash) {
        return Ok(known.clone());
    }
    let found = live(state, token)?;
    if oldest > 0 {
        answers.0.insert(hash, (now, found.clone()));
    }
    Ok(found)
}

fn live(state: &State, token: &str) -> Result<Option<LiveToken>, Trouble> {
    if let Some(machine) = machine::verify(state, token)? {
        let Machine { client_id, scopes, expires_at } = machine;
        // A machine's token has no person: it is about the machine itself (RFC 9068, section 2.2).
        return Ok(Some(LiveToken { user_id: client_id.clone(), client_id, scopes, expires_at, is_refresh: false }));
    }
    match revocation::live_access_token(&state.store, state.now(), token)? {
        Some(access) => Ok(Some(access)),
        None => refresh::live(&state.store, &state.clock, state.rule(), token),
    }
}
