//! `/_sandbox/…`: what tests pull to see and steer the sandbox. None of it exists on the platform.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::admin::readable;
use crate::answers::ApiError;
use crate::browser::{self, SignIn, SignInError};
use crate::fault::{Fault, Place};
use crate::faults::CannedAnswer;
use crate::id_token::IdTokenFault;
use crate::seed::PEOPLE;
use crate::server::RequestId;
use crate::state::Shared;
use crate::stats::Stats;
use crate::switches::Switches;
use crate::{admin, audit, clients, keys, revocation};

type Body<T> = Result<Json<T>, JsonRejection>;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/journal", get(journal).delete(clear_journal))
        .route("/stats", get(stats).delete(reset_stats))
        .route("/people", get(people))
        .route("/alerts", get(alerts))
        .route("/id-token", post(next_id_token))
        .route("/next-token-answer", post(next_token_answer))
        .route("/clients", get(admin::lever_list).post(admin::lever_register))
        .route("/clients/{client_id}", patch(admin::lever_change))
        .route("/clients/{client_id}/rotate-secret", post(admin::lever_rotate_secret))
        .route("/audit", get(audit_rows))
        .route("/events", get(events))
        .route("/api-faults", get(api_faults).post(order_api_fault).delete(clear_api_faults))
        .route("/token-faults", get(token_faults).post(order_token_fault).delete(clear_token_faults))
        .route("/clock", get(clock).post(advance_clock))
        .route("/keys/rotate", post(rotate_keys))
        .route("/sign-in", post(sign_in))
        .route("/revoke-grant", post(revoke_grant))
        .route("/expire-access", post(expire_access))
        .route("/access-token-seconds", post(set_access_token_seconds))
        .route("/switches", get(switches).post(set_switches))
}

async fn journal(Extract(state): Extract<Shared>) -> Json<Value> {
    Json(json!(state.journal.entries()))
}

async fn clear_journal(Extract(state): Extract<Shared>) -> StatusCode {
    state.journal.clear();
    StatusCode::NO_CONTENT
}

async fn stats(Extract(state): Extract<Shared>) -> Json<Stats> {
    Json(state.stats.read())
}

async fn reset_stats(Extract(state): Extract<Shared>) -> StatusCode {
    state.stats.reset();
    StatusCode::NO_CONTENT
}

async fn people() -> Json<Value> {
    Json(json!(PEOPLE))
}

async fn alerts(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!(revocation::alerts(&state.store)?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NextIdToken {
    next: IdTokenFault,
}

async fn next_id_token(Extract(state): Extract<Shared>, body: Body<NextIdToken>) -> Result<StatusCode, ApiError> {
    let NextIdToken { next } = readable(body)?;
    state.faults().id_tokens.push_back(next);
    Ok(StatusCode::NO_CONTENT)
}

async fn next_token_answer(Extract(state): Extract<Shared>, body: Body<CannedAnswer>) -> Result<StatusCode, ApiError> {
    let answer = readable(body)?;
    answer.check()?;
    state.faults().token_answers.push_back(answer);
    Ok(StatusCode::NO_CONTENT)
}

async fn token_faults(Extract(state): Extract<Shared>) -> Json<Value> {
    Json(json!(state.faults().at_token))
}

async fn order_token_fault(Extract(state): Extract<Shared>, body: Body<Fault>) -> Result<StatusCode, ApiError> {
    let fault = readable(body)?;
    let fault = fault.check(Place::Token).map_err(|refusal| ApiError::validation(refusal.to_string()))?;
    state.faults().at_token.push_back(fault);
    Ok(StatusCode::NO_CONTENT)
}

async fn api_faults(Extract(state): Extract<Shared>) -> Json<Value> {
    Json(json!(state.faults().at_api))
}

async fn order_api_fault(Extract(state): Extract<Shared>, body: Body<Fault>) -> Result<StatusCode, ApiError> {
    let fault = readable(body)?;
    let fault = fault.check(Place::Api).map_err(|refusal| ApiError::validation(refusal.to_string()))?;
    state.faults().at_api.push_back(fault);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_api_faults(Extract(state): Extract<Shared>) -> StatusCode {
    state.faults().at_api.clear();
    StatusCode::NO_CONTENT
}

async fn audit_rows(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!(audit::rows(&state.store)?)))
}

async fn events(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!(audit::events(&state.store)?)))
}

async fn clear_token_faults(Extract(state): Extract<Shared>) -> StatusCode {
    state.faults().at_token.clear();
    StatusCode::NO_CONTENT
}

async fn clock(Extract(state): Extract<Shared>) -> Json<Value> {
    Json(json!({ "now": crate::time_text(state.now()), "now_seconds": state.now() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn advance_clock(Extract(state): Extract<Shared>, body: Body<Advance>) -> Result<Json<Value>, ApiError> {
    state.clock.advance(readable(body)?.advance_seconds);
    Ok(clock(Extract(state)).await)
}

async fn rotate_keys(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "kid": keys::rotate(&state.store)?.kid })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInOrder {
    authorization_url: String,
    person: String,
    #[serde(default = "yes")]
    allow: bool,
    #[serde(default)]
    untick: Vec<String>,
}

fn yes() -> bool {
    true
}

async fn sign_in(Extract(state): Extract<Shared>, body: Body<SignInOrder>) -> Result<Response, ApiError> {
    let order = readable(body)?;
    let sign_in = SignIn {
        base_url: &state.base_url,
        authorization_url: &order.authorization_url,
        person: &order.person,
        allow: order.allow,
        untick: &order.untick,
    };
    Ok(match browser::sign_in(&sign_in).await {
        Ok(callback_url) => Json(json!({ "callback_url": callback_url })).into_response(),
        Err(SignInError { error, message, page_text }) => {
            let body = json!({ "error": error, "message": message, "page_text": page_text });
            (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
        }
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeGrant {
    user_id: String,
    client_id: String,
}

async fn revoke_grant(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    body: Body<RevokeGrant>,
) -> Result<StatusCode, ApiError> {
    let order = readable(body)?;
    if revocation::end_grant(&state.store, state.now(), &order.user_id, &order.client_id, &request_id)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("This person has not connected this app."))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireAccess {
    user_id: Option<String>,
    client_id: Option<String>,
}

async fn expire_access(Extract(state): Extract<Shared>, body: Body<ExpireAccess>) -> Result<Json<Value>, ApiError> {
    let order = readable(body)?;
    let (user_id, client_id) = (order.user_id.as_deref(), order.client_id.as_deref());
    let expired = revocation::expire_access(&state.store, state.now(), user_id, client_id)?;
    Ok(Json(json!({ "expired": expired })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessTokenSeconds {
    client_id: String,
    seconds: u32,
}

async fn set_access_token_seconds(
    Extract(state): Extract<Shared>,
    body: Body<AccessTokenSeconds>,
) -> Result<StatusCode, ApiError> {
    let order = readable(body)?;
    if order.seconds == 0 {
        return Err(ApiError::validation("seconds must be at least 1."));
    }
    if clients::set_access_token_seconds(&state.store, &order.client_id, order.seconds)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("There is no app with this client_id."))
    }
}

async fn switches(Extract(state): Extract<Shared>) -> Json<Switches> {
    Json(state.switches())
}

/// What is not named stays as it is.
async fn set_switches(
    Extract(state): Extract<Shared>,
    body: Body<Map<String, Value>>,
) -> Result<Json<Switches>, ApiError> {
    let changed = state.switches().changed(readable(body)?).map_err(ApiError::validation)?;
    state.switch(changed);
    Ok(Json(changed))
}
