//! `POST /v1/oauth/introspect` (RFC 7662), with a cache that makes its answers old on order.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::answers::{OAuthError, no_store};
use crate::db::Trouble;
use crate::ids::Hashed;
use crate::refresh;
use crate::revocation::{self, LiveToken};
use crate::state::{Shared, State};
use crate::token::authenticated_form;

/// What was found out about a token, and when, on the sandbox clock in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<String, (i64, Option<LiveToken>)>);

/// Tokens of other apps count as not active.
pub(crate) async fn introspect(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    state.stats.add(|stats| stats.introspections += 1);
    let (client, form) = authenticated_form(&state, query.as_deref(), &headers, &body)?;
    let token = form.get("token").ok_or_else(|| OAuthError::invalid_request("The parameter token is missing."))?;
    let found = remembered(&state, token)?.filter(|live| live.client_id == client.client_id);
    let mut answer = Json(found.as_ref().map_or_else(|| json!({ "active": false }), described)).into_response();
    no_store(&mut answer);
    Ok(answer)
}

fn described(live: &LiveToken) -> Value {
    let mut body = json!({
        "active": true,
        "sub": live.user_id,
        "client_id": live.client_id,
        "scope": live.scopes,
        "exp": live.expires_at,
        "brand": "loop",
    });
    // RFC 6749, section 7.1 gives access tokens a type; a refresh token has none.
    if !live.is_refresh {
        body["token_type"] = json!("Bearer");
    }
    body
}

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
    match revocation::live_access_token(&state.store, state.now(), token)? {
        Some(access) => Ok(Some(access)),
        None => refresh::live(&state.store, &state.clock, state.rule(), token),
    }
}
