//! The admin API of the developer portal: registering apps. Here it needs no login, because only this machine can call.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::answers::{ApiError, no_store};
use crate::clients::{self, Client, ClientForm, ClientView, DEFAULT_ACCESS_TOKEN_SECONDS};
use crate::state::{Shared, State};

/// The platform's shortest; `/_sandbox/access-token-seconds` goes below it.
const SHORTEST_ACCESS_TOKEN_SECONDS: u32 = 300;

type Body<T> = Result<Json<T>, JsonRejection>;

#[derive(Debug, Deserialize)]
pub(crate) struct Registration {
    client_name: String,
    #[serde(default)]
    client_type: ClientType,
    redirect_uris: Vec<String>,
    allowed_scopes: Vec<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    access_token_seconds: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClientType {
    #[default]
    Confidential,
    Public,
}

/// `POST /v1/admin/oauth-clients`.
pub(crate) async fn register(Extract(state): Extract<Shared>, body: Body<Registration>) -> Result<Response, ApiError> {
    let asked = readable(body)?;
    check_lifetime(asked.access_token_seconds)?;
    let form = ClientForm {
        client_name: asked.client_name,
        client_uri: asked.client_uri,
        logo_uri: asked.logo_uri,
        confidential: asked.client_type == ClientType::Confidential,
        redirect_uris: asked.redirect_uris,
        allowed_scopes: asked.allowed_scopes,
        allowed_origins: asked.allowed_origins,
        access_token_seconds: asked.access_token_seconds.unwrap_or(DEFAULT_ACCESS_TOKEN_SECONDS),
        enabled: true,
    };
    form.check().map_err(ApiError::validation)?;
    let (client, secret) = clients::register(&state.store, &state.clock, &form)?;
    Ok(with_secret(StatusCode::CREATED, &client, secret.as_deref()))
}

/// `GET /v1/admin/oauth-clients`.
pub(crate) async fn list(Extract(state): Extract<Shared>) -> Result<Json<Value>, ApiError> {
    let clients = clients::all(&state.store)?;
    let views: Vec<ClientView<'_>> = clients.iter().map(ClientView::from).collect();
    Ok(Json(json!({ "clients": views })))
}

/// Absent leaves a field alone; `null` empties one that may be empty.
#[derive(Debug, Deserialize)]
#[allow(clippy::option_option, reason = "absent, null and a value are three different orders")]
pub(crate) struct Change {
    client_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    client_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    logo_uri: Option<Option<String>>,
    redirect_uris: Option<Vec<String>>,
    allowed_scopes: Option<Vec<String>>,
    allowed_origins: Option<Vec<String>>,
    access_token_seconds: Option<u32>,
    enabled: Option<bool>,
}

#[allow(clippy::option_option, reason = "see Change")]
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// `PATCH /v1/admin/oauth-clients/{client_id}`.
pub(crate) async fn change(
    Extract(state): Extract<Shared>,
    Path(client_id): Path<String>,
    body: Body<Change>,
) -> Result<Json<Value>, ApiError> {
    let asked = readable(body)?;
    check_lifetime(asked.access_token_seconds)?;
    let client = known(&state, &client_id)?;
    let form = ClientForm {
        client_name: asked.client_name.unwrap_or(client.client_name),
        client_uri: asked.client_uri.unwrap_or(client.client_uri),
        logo_uri: asked.logo_uri.unwrap_or(client.logo_uri),
        confidential: client.confidential,
        redirect_uris: asked.redirect_uris.unwrap_or(client.redirect_uris),
        allowed_scopes: asked.allowed_scopes.unwrap_or(client.allowed_scopes),
        allowed_origins: asked.allowed_origins.unwrap_or(client.allowed_origins),
        access_token_seconds: asked.access_token_seconds.unwrap_or(client.access_token_seconds),
        enabled: asked.enabled.unwrap_or(client.enabled),
    };
    form.check().map_err(ApiError::validation)?;
    let changed = clients::update(&state.store, state.now(), &client_id, &form)?.ok_or_else(no_such_client)?;
    Ok(Json(json!({ "client": ClientView::from(&changed) })))
}

/// `POST /v1/admin/oauth-clients/{client_id}/rotate-secret`.
pub(crate) async fn rotate_secret(
    Extract(state): Extract<Shared>,
    Path(client_id): Path<String>,
) -> Result<Response, ApiError> {
    if !known(&state, &client_id)?.confidential {
        return Err(ApiError::validation("A public client has no secret to rotate."));
    }
    let secret = clients::rotate_secret(&state.store, state.now(), &client_id)?;
    let client = known(&state, &client_id)?;
    Ok(with_secret(StatusCode::OK, &client, Some(&secret)))
}

fn check_lifetime(asked: Option<u32>) -> Result<(), ApiError> {
    if asked.is_some_and(|seconds| seconds < SHORTEST_ACCESS_TOKEN_SECONDS) {
        let text = format!("access_token_seconds must be at least {SHORTEST_ACCESS_TOKEN_SECONDS}.");
        return Err(ApiError::validation(text));
    }
    Ok(())
}

fn known(state: &State, client_id: &str) -> Result<Client, ApiError> {
    clients::find(&state.store, client_id)?.ok_or_else(no_such_client)
}

fn no_such_client() -> ApiError {
    ApiError::not_found("There is no app with this client_id.")
}

fn with_secret(status: StatusCode, client: &Client, secret: Option<&str>) -> Response {
    let body = json!({ "client": ClientView::from(client), "client_secret": secret });
    let mut answer = (status, Json(body)).into_response();
    no_store(&mut answer);
    answer
}

/// The parsed body, or a 400 that says where it went wrong.
pub(crate) fn readable<T>(body: Body<T>) -> Result<T, ApiError> {
    body.map(|Json(value)| value).map_err(|rejection| ApiError::validation(rejection.body_text()))
}
