//! Registering apps: the admin API, for machines, and its twin among the levers, which asks for no token and may
//! register machines too.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::{ApiError, no_store};
use crate::api::{self, At, Body, Caller};
use crate::clients::{self, ClientForm, ClientType, ClientView, DEFAULT_ACCESS_TOKEN_SECONDS, Registered};
use crate::idempotency::Kept;
use crate::state::{Shared, State};

/// The platform's shortest; `/_sandbox/access-token-seconds` goes below it.
const SHORTEST_ACCESS_TOKEN_SECONDS: u32 = 300;

/// An app to register.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOAuthClient)]
pub(crate) struct Registration {
    #[schema(min_length = 1, max_length = 255)]
    client_name: String,
    #[serde(default)]
    client_type: ClientType,
    /// At least one, except for a machine.
    #[serde(default)]
    #[schema(required)]
    redirect_uris: Vec<String>,
    #[schema(min_items = 1)]
    allowed_scopes: Vec<String>,
    #[serde(default)]
    /// Of pages in browsers, such as `https://app.example.com`.
    allowed_origins: Vec<String>,
    /// https, or http on this machine; `logo_uri` too.
    #[schema(format = "uri")]
    client_uri: Option<String>,
    #[schema(format = "uri")]
    logo_uri: Option<String>,
    /// 300 or more; an hour if not given.
    #[schema(minimum = 300)]
    access_token_seconds: Option<u32>,
    /// Whether it may ask for scopes that open health data; `true` if not given.
    baa: Option<bool>,
    webhook_url: Option<String>,
}

/// What to change of an app. Absent leaves a field alone; `null` empties one that may be empty.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OAuthClientChange)]
#[allow(clippy::option_option, reason = "absent, null and a value are three different orders")]
pub(crate) struct Change {
    client_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    client_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    logo_uri: Option<Option<String>>,
    redirect_uris: Option<Vec<String>>,
    allowed_scopes: Option<Vec<String>>,
    allowed_origins: Option<Vec<String>>,
    #[schema(minimum = 300)]
    access_token_seconds: Option<u32>,
    enabled: Option<bool>,
    baa: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    webhook_url: Option<Option<String>>,
}

#[allow(clippy::option_option, reason = "see Change")]
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// All apps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthClientList {
    clients: Vec<ClientView>,
}

/// One app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthClientAnswer {
    client: ClientView,
    /// Of a webhook that is new, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    webhook_signing_secret: Option<String>,
}

/// One app with its new secret, which is shown this once: a request repeated with its `Idempotency-Key` finds `null`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthClientWithSecret {
    client: ClientView,
    /// `null` for a public client.
    client_secret: Option<String>,
    /// Of a webhook that is new, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    webhook_signing_secret: Option<String>,
}

/// What a repeated request is told: the app, and no secret. Each is shown once.
fn kept_without_secrets(answer: &impl Serialize) -> Result<Option<Kept>, ApiError> {
    let mut answer = serde_json::to_value(answer)?;
    if let Some(members) = answer.as_object_mut() {
        members.shift_remove("webhook_signing_secret");
        members.entry("client_secret").and_modify(|secret| *secret = json!(null));
    }
    Ok(Some(Kept::Answer(answer.to_string())))
}

impl From<Registered> for OAuthClientWithSecret {
    fn from(registered: Registered) -> OAuthClientWithSecret {
        let Registered { client, client_secret, webhook_signing_secret } = registered;
        OAuthClientWithSecret { client: client.into(), client_secret, webhook_signing_secret }
    }
}

/// List apps
#[utoipa::path(
    get, path = "/v1/admin/oauth-clients", operation_id = "identity.list_oauth_clients",
    security(("machine" = ["admin:identity"])), responses((status = 200, body = OAuthClientList))
)]
pub(crate) async fn list(Extract(state): Extract<Shared>, _: Caller) -> Result<Json<OAuthClientList>, ApiError> {
    listed(&state)
}

/// Register an app
#[utoipa::path(
    post, path = "/v1/admin/oauth-clients", operation_id = "identity.create_oauth_client",
    security(("machine" = ["admin:identity"])), request_body = Registration,
    responses((status = 201, body = OAuthClientWithSecret))
)]
pub(crate) async fn register(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<Registration>,
) -> Result<Response, ApiError> {
    let form = asked.checked(false)?;
    api::write_with_secret(&state, &caller, StatusCode::CREATED, kept_without_secrets, |db, audit| {
        let registered = clients::register_in(db, &state.clock, &form)?;
        audit.note("identity.oauth_client.created", "oauth_client", &registered.client.client_id, json!({}));
        Ok(OAuthClientWithSecret::from(registered))
    })
}

/// Change an app
#[utoipa::path(
    patch, path = "/v1/admin/oauth-clients/{client_id}", operation_id = "identity.update_oauth_client",
    security(("machine" = ["admin:identity"])), params(("client_id" = String, Path)), request_body = Change,
    responses((status = 200, body = OAuthClientAnswer), (status = 404, description = "No such app"))
)]
pub(crate) async fn change(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(client_id): At<String>,
    Body(asked): Body<Change>,
) -> Result<Response, ApiError> {
    api::write_with_secret(&state, &caller, StatusCode::OK, kept_without_secrets, |db, audit| {
        let answer = changed(db, &state, &client_id, asked, false)?;
        audit.note("identity.oauth_client.updated", "oauth_client", &client_id, json!({}));
        Ok(answer)
    })
}

/// Give an app a new secret
///
/// The one before works for 24 hours more.
#[utoipa::path(
    post, path = "/v1/admin/oauth-clients/{client_id}/rotate-secret",
    operation_id = "identity.rotate_oauth_client_secret",
    security(("machine" = ["admin:identity"])), params(("client_id" = String, Path)),
    responses((status = 200, body = OAuthClientWithSecret), (status = 404, description = "No such app"))
)]
pub(crate) async fn rotate_secret(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(client_id): At<String>,
) -> Result<Response, ApiError> {
    api::write_with_secret(&state, &caller, StatusCode::OK, kept_without_secrets, |db, audit| {
        let answer = rotated(db, &state, &client_id)?;
        audit.note("identity.oauth_client.secret_rotated", "oauth_client", &client_id, json!({}));
        Ok(answer)
    })
}

type LeverBody<T> = Result<Json<T>, JsonRejection>;

/// `GET /_sandbox/clients`.
pub(crate) async fn lever_list(Extract(state): Extract<Shared>) -> Result<Json<OAuthClientList>, ApiError> {
    listed(&state)
}

/// `POST /_sandbox/clients`.
pub(crate) async fn lever_register(
    Extract(state): Extract<Shared>,
    body: LeverBody<Registration>,
) -> Result<Response, ApiError> {
    let form = readable(body)?.checked(true)?;
    let registered = clients::register(&state.store, &state.clock, &form)?;
    Ok(secretly(StatusCode::CREATED, OAuthClientWithSecret::from(registered)))
}

/// `PATCH /_sandbox/clients/{client_id}`.
pub(crate) async fn lever_change(
    Extract(state): Extract<Shared>,
    Path(client_id): Path<String>,
    body: LeverBody<Change>,
) -> Result<Response, ApiError> {
    let asked = readable(body)?;
    Ok(secretly(StatusCode::OK, state.store.try_write(|db| changed(db, &state, &client_id, asked, true))?))
}

/// `POST /_sandbox/clients/{client_id}/rotate-secret`.
pub(crate) async fn lever_rotate_secret(
    Extract(state): Extract<Shared>,
    Path(client_id): Path<String>,
) -> Result<Response, ApiError> {
    let answer = state.store.try_write(|db| rotated(db, &state, &client_id))?;
    Ok(secretly(StatusCode::OK, answer))
}

fn secretly(status: StatusCode, body: impl Serialize) -> Response {
    let mut answer = (status, Json(body)).into_response();
    no_store(&mut answer);
    answer
}

fn listed(state: &State) -> Result<Json<OAuthClientList>, ApiError> {
    let clients = clients::all(&state.store)?;
    Ok(Json(OAuthClientList { clients: clients.into_iter().map(ClientView::from).collect() }))
}

impl Registration {
    fn checked(self, may_be_machine: bool) -> Result<ClientForm, ApiError> {
        check_lifetime(self.access_token_seconds)?;
        let form = ClientForm {
            client_name: self.client_name,
            client_uri: self.client_uri,
            logo_uri: self.logo_uri,
            confidential: self.client_type == ClientType::Confidential,
            redirect_uris: self.redirect_uris,
            allowed_scopes: self.allowed_scopes,
            allowed_origins: self.allowed_origins,
            access_token_seconds: self.access_token_seconds.unwrap_or(DEFAULT_ACCESS_TOKEN_SECONDS),
            enabled: true,
            baa: self.baa.unwrap_or(true),
            webhook_url: self.webhook_url,
        };
        form.check(may_be_machine).map_err(ApiError::validation)?;
        Ok(form)
    }
}

fn changed(
    db: &Connection,
    state: &State,
    client_id: &str,
    asked: Change,
    may_be_machine: bool,
) -> Result<OAuthClientAnswer, ApiError> {
    check_lifetime(asked.access_token_seconds)?;
    let client = clients::find_in(db, client_id)?.ok_or_else(no_such_client)?;
    // A machine that a lever made may be renamed by whoever may change apps; nobody becomes one here.
    let may_be_machine = may_be_machine || asked.allowed_scopes.is_none();
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
        baa: asked.baa.unwrap_or(client.baa),
        webhook_url: asked.webhook_url.unwrap_or(client.webhook_url),
    };
    form.check(may_be_machine).map_err(ApiError::validation)?;
    let (client, webhook_signing_secret) =
        clients::update(db, state.now(), client_id, &form)?.ok_or_else(no_such_client)?;
    Ok(OAuthClientAnswer { client: client.into(), webhook_signing_secret })
}

fn rotated(db: &Connection, state: &State, client_id: &str) -> Result<OAuthClientWithSecret, ApiError> {
    let client = clients::find_in(db, client_id)?.ok_or_else(no_such_client)?;
    if !client.confidential {
        return Err(ApiError::validation("A public client has no secret to rotate."));
    }
    let secret = clients::rotate_secret(db, state.now(), client_id)?;
    let client = clients::find_in(db, client_id)?.ok_or_else(no_such_client)?;
    Ok(OAuthClientWithSecret { client: client.into(), client_secret: Some(secret), webhook_signing_secret: None })
}

fn check_lifetime(asked: Option<u32>) -> Result<(), ApiError> {
    if asked.is_some_and(|seconds| seconds < SHORTEST_ACCESS_TOKEN_SECONDS) {
        let text = format!("access_token_seconds must be at least {SHORTEST_ACCESS_TOKEN_SECONDS}.");
        return Err(ApiError::validation(text));
    }
    Ok(())
}

fn no_such_client() -> ApiError {
    ApiError::not_found("There is no app with this client_id.")
}

/// The parsed body, or a 400 that says where it went wrong.
pub(crate) fn readable<T>(body: LeverBody<T>) -> Result<T, ApiError> {
    body.map(|Json(value)| value).map_err(|rejection| ApiError::validation(rejection.body_text()))
}
