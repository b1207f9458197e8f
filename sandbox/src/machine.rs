//! Machine tokens: client credentials for a signed JWT (`POST /v1/tokens`), and reading such a token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::answers::{NotedClient, NotedError, OAuthError, no_store};
use crate::audit::{self, Actor};
use crate::clients::{self, Client};
use crate::db::Trouble;
use crate::params::Params;
use crate::server::RequestId;
use crate::state::{Shared, State};
use crate::token::authenticated_form;
use crate::{id_token, ids, keys, scopes};

const LIFETIME_SECONDS: i64 = 3600;
/// RFC 9068, section 2.1. An id_token, signed by the same keys, has another type.
const TYPE: &str = "at+jwt";

pub(crate) const SERVICES: &[&str] = &[
    "identity",
    "clinical",
    "patient-graph",
    "integrations",
    "membership",
    "entitlements",
    "comms",
    "events",
    "ai",
    "webhooks",
];

/// A machine token that is good right now.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) client_id: String,
    pub(crate) scopes: String,
    pub(crate) expires_at: i64,
}

/// The answer to a machine that asks for a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MachineToken {
    /// A signed JWT.
    access_token: String,
    #[schema(pattern = "^Bearer$")]
    token_type: &'static str,
    expires_in: i64,
    /// Separated by spaces.
    scope: String,
}

/// What a machine sends.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "only its schema is used: the form is read as OAuth reads forms")]
pub(crate) struct MachineTokenRequest {
    /// `client_credentials`.
    grant_type: String,
    /// Or by HTTP Basic, together with the secret.
    client_id: Option<String>,
    client_secret: Option<String>,
    /// Separated by spaces; all that the client is registered for, if not given.
    scope: Option<String>,
    /// The service that the token is for: its name or its base URL.
    audience: Option<String>,
}

/// Get a machine token
///
/// The grant `client_credentials`: a signed JWT for a client that is registered for `admin:` scopes. There is no refresh
/// token.
#[utoipa::path(
    post, path = "/v1/tokens", operation_id = "oauth.machine_token",
    request_body(content = MachineTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = MachineToken),
        (status = 400, description = "The form is not right, or the client may not use this grant", body = crate::answers::OAuthErrorBody),
        (status = 401, description = "Unknown client or wrong secret", body = crate::answers::OAuthErrorBody),
        (status = 403, description = "A scope or audience that this client may not have", body = crate::answers::OAuthErrorBody),
    )
)]
pub(crate) async fn tokens(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match authenticated_form(&state, query.as_deref(), &headers, &body) {
        Ok((client, form)) => mint(&state, &client, &form, &request_id).unwrap_or_else(|refusal| refusal),
        Err(refusal) => refusal.into_response(),
    }
}

/// The answer to a known client; `Err` is a refusal.
#[allow(clippy::result_large_err, reason = "an answer is what the caller returns at once")]
pub(crate) fn mint(state: &State, client: &Client, form: &Params, request_id: &str) -> Result<Response, Response> {
    let refuse = |error: OAuthError| Err(error.into_response());
    match form.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            let text = "The grant_type must be client_credentials.";
            return refuse(OAuthError::new("unsupported_grant_type", text));
        }
        None => return refuse(OAuthError::invalid_request("The parameter grant_type is missing.")),
    }
    let held: Vec<&String> = client.allowed_scopes.iter().filter(|name| scopes::is_for_machines(name)).collect();
    if !client.confidential || held.is_empty() {
        let text = "This client is not registered for a machine's scopes.";
        return refuse(OAuthError::new("unauthorized_client", text));
    }
    let asked = scopes::split(form.get("scope").unwrap_or_default());
    if let Some(name) = asked.iter().find(|name| !held.contains(name)) {
        return Err(denied("invalid_scope", &format!("This client may not have the scope \"{name}\".")));
    }
    let audience = form.get("audience").unwrap_or(&state.base_url);
    if form.get("audience").is_some_and(|audience| !is_service(state, audience)) {
        return Err(denied("invalid_target", "The audience is no service of Loop."));
    }
    let scope = if asked.is_empty() { held.into_iter().cloned().collect() } else { asked }.join(" ");
    let token = issued(state, client, &scope, audience, request_id)
        .map_err(|trouble| OAuthError::from(trouble).into_response())?;
    let body = MachineToken { access_token: token, token_type: "Bearer", expires_in: LIFETIME_SECONDS, scope };
    let mut answer = Json(body).into_response();
    no_store(&mut answer);
    answer.extensions_mut().insert(NotedClient(client.client_id.clone()));
    Ok(answer)
}

fn is_service(state: &State, audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    SERVICES.iter().any(|service| {
        audience == *service
            || audience == format!("{}/{service}", state.base_url)
            || audience == format!("https://{service}.platform.loop.health")
    })
}

/// 403, which no code of the token endpoint has.
fn denied(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    let mut answer = (StatusCode::FORBIDDEN, Json(body)).into_response();
    no_store(&mut answer);
    answer.extensions_mut().insert(NotedError(error.to_owned()));
    answer
}

/// Signs a token, and notes that it was given.
fn issued(state: &State, client: &Client, scope: &str, audience: &str, request_id: &str) -> Result<String, Trouble> {
    let jti = ids::ulid(&state.clock)?;
    let token = signed(state, client, scope, audience, &jti)?;
    let actor = Actor::client(&client.client_id, "identity", request_id);
    let details = json!({ "grant_type": "client_credentials" });
    state
        .store
        .write(|db| audit::row(db, state.now(), actor, "identity.token.issued", ("machine_token", &jti), details))?;
    Ok(token)
}

fn signed(state: &State, client: &Client, scope: &str, audience: &str, jti: &str) -> Result<String, Trouble> {
    let key = keys::current(&state.store)?;
    let now = state.told_now();
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(state.issuer())),
        ("sub", json!(client.client_id)),
        ("client_id", json!(client.client_id)),
        ("aud", json!(audience)),
        ("scope", json!(scope)),
        ("iat", json!(now)),
        ("exp", json!(now + LIFETIME_SECONDS)),
        ("jti", json!(jti)),
    ] {
        claims.insert(name.to_owned(), value);
    }
    Ok(id_token::signed(TYPE, &key, &claims))
}

/// The machine behind a token: the signature is ours, its time is not up, and the client is still switched on.
pub(crate) fn verify(state: &State, token: &str) -> Result<Option<Machine>, Trouble> {
    let Some((signed, claims)) = parts(token) else {
        return Ok(None);
    };
    let keys = keys::all(&state.store)?;
    if !keys.iter().any(|key| key.kid == signed.kid && key.has_signed(signed.message.as_bytes(), &signed.signature)) {
        return Ok(None);
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(client_id), Some(scopes)) = (text("client_id"), text("scope")) else {
        return Ok(None);
    };
    let expires_at = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
    let is_live = state.told_now() < expires_at
        && text("iss").as_deref() == Some(&state.issuer())
        && clients::find(&state.store, &client_id)?.is_some_and(|client| client.enabled);
    Ok(is_live.then_some(Machine { client_id, scopes, expires_at }))
}

struct Signed<'a> {
    kid: String,
    message: &'a str,
    signature: Vec<u8>,
}

fn parts(token: &str) -> Option<(Signed<'_>, Map<String, Value>)> {
    let (message, signature) = token.rsplit_once('.')?;
    let (head, claims) = message.split_once('.')?;
    let head: Value = serde_json::from_slice(&ids::from_base64url(head)?).ok()?;
    let claims = serde_json::from_slice(&ids::from_base64url(claims)?).ok()?;
    let is_ours = head["alg"] == "EdDSA" && head["typ"] == TYPE;
    let kid = is_ours.then(|| head["kid"].as_str()).flatten()?.to_owned();
    Some((Signed { kid, message, signature: ids::from_base64url(signature)? }, claims))
}
