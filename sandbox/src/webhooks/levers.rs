//! `/_sandbox/webhooks/…`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::outbox::{self, Happened, Replayed};
use super::{Setup, catalogue, emit, endpoint, worker};
use crate::admin::readable;
use crate::answers::{ApiError, no_store};
use crate::clients::{self, Client};
use crate::state::{Shared, State};
use crate::{scopes, seed};

type Body<T> = Result<Json<T>, JsonRejection>;

/// Under `/_sandbox/webhooks`.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/events", get(events))
        .route("/endpoint", get(endpoint).post(set_up).delete(remove))
        .route("/rotate-secret", post(rotate_secret))
        .route("/send", post(send))
        .route("/deliveries", get(deliveries))
        .route("/replay", post(replay))
        .route("/run", post(run))
}

/// What an app can be told of, and the scope behind each.
async fn events() -> Json<Value> {
    let row = |event: &catalogue::Event| json!({ "type": event.name, "scope": event.scope, "about": event.about });
    Json(json!(catalogue::EVENTS.iter().map(row).collect::<Vec<_>>()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfClient {
    client_id: String,
}

fn no_webhook() -> ApiError {
    ApiError::not_found("This app has no webhook URL.")
}

async fn endpoint(Extract(state): Extract<Shared>, Query(of): Query<OfClient>) -> Result<Json<Value>, ApiError> {
    let found = endpoint::endpoint_of(&state.store, &of.client_id)?.ok_or_else(no_webhook)?;
    let scopes = known(&state, &of.client_id)?.allowed_scopes.join(" ");
    let open = catalogue::EVENTS.iter().filter(|event| scopes::satisfies(&scopes, event.scope) && found.wants(event));
    let events: Vec<&str> = open.map(|event| event.name).collect();
    let until = found.former_secret_until.map(crate::time_text);
    Ok(Json(json!({ "url": found.url, "events": events, "former_secret_until": until })))
}

async fn remove(Extract(state): Extract<Shared>, Query(of): Query<OfClient>) -> Result<StatusCode, ApiError> {
    let was_there = state.store.write(|db| endpoint::remove(db, &of.client_id))?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(no_webhook()) }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetUp {
    client_id: String,
    url: String,
    events: Option<Vec<String>>,
}

/// The secret is there the first time only.
async fn set_up(Extract(state): Extract<Shared>, body: Body<SetUp>) -> Result<Response, ApiError> {
    let order = readable(body)?;
    let client = known(&state, &order.client_id)?;
    let setup = Setup {
        client_id: &order.client_id,
        url: &order.url,
        events: order.events,
        allowed_scopes: &client.allowed_scopes,
    };
    setup.check().map_err(ApiError::validation)?;
    let secret = state.store.write(|db| endpoint::put(db, state.now(), &setup))?;
    Ok(unstored(json!({ "webhook_signing_secret": secret })))
}

async fn rotate_secret(Extract(state): Extract<Shared>, body: Body<OfClient>) -> Result<Response, ApiError> {
    let order = readable(body)?;
    let secret = state.store.write(|db| endpoint::rotate_secret(db, state.now(), &order.client_id))?;
    let secret = secret.ok_or_else(no_webhook)?;
    Ok(unstored(json!({ "webhook_signing_secret": secret })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    client_id: Option<String>,
    r#type: String,
    user_id: String,
    data: Option<Value>,
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    force: bool,
}

fn once() -> u32 {
    1
}

/// Without a client, to whoever may hear of it. With one, to that app, so many times with one event id. `force` asks for
/// no grant, no filter and no known type.
async fn send(Extract(state): Extract<Shared>, body: Body<Send>) -> Result<Json<Value>, ApiError> {
    let order = readable(body)?;
    let person = seed::find(&order.user_id);
    let event = catalogue::find(&order.r#type);
    if !order.force && (person.is_none() || event.is_none()) {
        let names: Vec<&str> = catalogue::EVENTS.iter().map(|event| event.name).collect();
        let text = format!("type must be one of {}, and user_id a test person.", names.join(", "));
        return Err(ApiError::validation(text));
    }
    let user_id = person.map_or(order.user_id.as_str(), |person| person.user_id);
    let sample = || person.map_or_else(|| json!({}), |person| catalogue::sample(&order.r#type, person, state.now()));
    let data = order.data.clone().unwrap_or_else(sample);
    let Some(client_id) = &order.client_id else {
        let heard = state.store.write(|db| emit(&state, db, &order.r#type, user_id, &data))?;
        return Ok(Json(json!({ "deliveries": heard })));
    };
    known(&state, client_id)?;
    let refusal = match event {
        Some(event) if !order.force => state.store.read(|db| endpoint::may_hear(db, client_id, user_id, event))?,
        _ => Ok(()),
    };
    refusal.map_err(|why| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable_entity", why))?;
    let happened = Happened::now(&state.clock, &order.r#type, user_id, &data)?;
    let scope = event.filter(|_| !order.force).map(|event| event.scope);
    let ids = state.store.write(|db| {
        let add = |_| outbox::add(db, &state.clock, &happened, client_id, scope);
        (0..order.times.clamp(1, 1000)).map(add).collect::<Result<Vec<_>, _>>()
    })?;
    state.webhooks.wake();
    Ok(Json(json!({ "event_id": happened.id, "delivery_ids": ids })))
}

#[derive(Debug, Deserialize)]
struct Which {
    client_id: Option<String>,
}

/// The newest first.
async fn deliveries(Extract(state): Extract<Shared>, Query(which): Query<Which>) -> Result<Json<Value>, ApiError> {
    let found = outbox::deliveries_of(&state.store, which.client_id.as_deref(), 1000)?;
    Ok(Json(json!(found.iter().map(outbox::Delivery::view).collect::<Vec<_>>())))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    delivery_id: String,
}

async fn replay(Extract(state): Extract<Shared>, body: Body<Replay>) -> Result<Json<Replayed>, ApiError> {
    let order = readable(body)?;
    let done = state.store.write(|db| super::replay(&state, db, &order.delivery_id))?;
    Ok(Json(done.ok_or_else(no_delivery)?))
}

/// Delivers all that is due on the sandbox's clock, and answers when the last attempt has ended.
async fn run(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    let attempts = worker::settle(&state).await?;
    let (pending, next) = state.store.read(outbox::waiting)?;
    let next = next.map(|at_ms| crate::time_text(at_ms / 1000));
    Ok(Json(json!({ "attempts": attempts, "pending": pending, "next_attempt_at": next })))
}

pub(super) fn no_delivery() -> ApiError {
    ApiError::not_found("There is no such delivery.")
}

fn known(state: &State, client_id: &str) -> Result<Client, ApiError> {
    clients::find(&state.store, client_id)?.ok_or_else(|| ApiError::not_found("There is no app with this client_id."))
}

fn unstored(body: Value) -> Response {
    let mut answer = Json(body).into_response();
    no_store(&mut answer);
    answer
}
