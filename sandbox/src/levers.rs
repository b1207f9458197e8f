//! `/_sandbox/…`: what tests pull to see and steer the sandbox. None of it exists on the platform.

use axum::extract::State as Extract;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::readable;
use crate::answers::ApiError;
use crate::browser::{self, SignIn, SignInError};
use crate::faults::CannedAnswer;
use crate::id_token::IdTokenFault;
use crate::seed::PEOPLE;
use crate::state::Shared;
use crate::{keys, revocation};

type Body<T> = Result<Json<T>, JsonRejection>;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/journal", get(journal).delete(clear_journal))
        .route("/people", get(people))
        .route("/alerts", get(alerts))
        .route("/id-token", post(next_id_token))
        .route("/next-token-answer", post(next_token_answer))
        .route("/clock", get(clock).post(advance_clock))
        .route("/keys/rotate", post(rotate_keys))
        .route("/sign-in", post(sign_in))
        .route("/revoke-grant", post(revoke_grant))
        .route("/switches", get(switches).post(set_switches))
}

async fn journal(Extract(state): Extract<Shared>) -> Json<Value> {
    Json(json!(state.journal.entries()))
}

async fn clear_journal(Extract(state): Extract<Shared>) -> StatusCode {
    state.journal.clear();
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

async fn revoke_grant(Extract(state): Extract<Shared>, body: Body<RevokeGrant>) -> Result<StatusCode, ApiError> {
    let order = readable(body)?;
    if revocation::end_grant(&state.store, state.now(), &order.user_id, &order.client_id)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("This person has not connected this app."))
    }
}

/// Absent leaves a switch as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchOrder {
    strict_openid: Option<bool>,
    lenient_nonce: Option<bool>,
    all_or_nothing: Option<bool>,
}

async fn switches(Extract(state): Extract<Shared>) -> Json<Value> {
    let now = state.switches();
    Json(json!({
        "strict_openid": now.strict_openid,
        "lenient_nonce": now.lenient_nonce,
        "all_or_nothing": now.all_or_nothing,
    }))
}

async fn set_switches(Extract(state): Extract<Shared>, body: Body<SwitchOrder>) -> Result<Json<Value>, ApiError> {
    let order = readable(body)?;
    {
        let mut now = state.switches_mut();
        now.strict_openid = order.strict_openid.unwrap_or(now.strict_openid);
        now.lenient_nonce = order.lenient_nonce.unwrap_or(now.lenient_nonce);
        now.all_or_nothing = order.all_or_nothing.unwrap_or(now.all_or_nothing);
    }
    Ok(switches(Extract(state)).await)
}
