//! The token endpoint.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::answers::{OAuthError, no_store};
use crate::clients::{self, Client};
use crate::grants::{self, Issued};
use crate::id_token::{self, Claims};
use crate::params::Params;
use crate::scopes;
use crate::seed;
use crate::state::{Shared, State};

/// `POST /v1/oauth/token`. Nothing in it waits once the form is read, so a caller that hangs up leaves no half-done work.
pub(crate) async fn token(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let canned = state.faults().token_answers.pop_front();
    if let Some(canned) = canned {
        return canned.into_response();
    }
    match answer(&state, query.as_deref(), &headers, &body) {
        Ok(answer) => answer,
        Err(error) => error.into_response(),
    }
}

fn answer(state: &State, query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let (client, form) = authenticated_form(state, query, headers, body)?;
    let required = |name: &str| {
        form.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    };
    match required("grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (required("code")?, required("redirect_uri")?);
            let verifier = required("code_verifier")?;
            if !is_verifier(verifier) {
                let text = "The code_verifier must be 43 to 128 letters, digits, or any of - . _ ~";
                return Err(OAuthError::invalid_request(text));
            }
            let issued = grants::redeem(&state.store, &state.clock, &client, code, redirect_uri, verifier)?;
            let id_token = id_token_for(state, &client, &issued)?;
            Ok(tokens(&client, &issued, id_token))
        }
        "refresh_token" => {
            let token = required("refresh_token")?;
            let issued = grants::rotate(&state.store, &state.clock, &client, token, form.get("scope"))?;
            Ok(tokens(&client, &issued, None))
        }
        _ => {
            let text = "The grant_type must be authorization_code or refresh_token.";
            Err(OAuthError::new("unsupported_grant_type", text))
        }
    }
}

/// The form of a POST at `/v1/oauth/*`, and the app that sent it.
pub(crate) fn authenticated_form(
    state: &State,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Client, Params), OAuthError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::invalid_request("Send a form: Content-Type application/x-www-form-urlencoded."));
    }
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(OAuthError::invalid_request("Parameters belong in the form, never in the URL."));
    }
    let form = Params::parse(body);
    if let Some(name) = form.repeated() {
        return Err(OAuthError::invalid_request(format!("The parameter {name} came more than once.")));
    }
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let client = clients::authenticate(&state.store, state.now(), &form, authorization)?;
    Ok((client, form))
}

/// RFC 7636, section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn id_token_for(state: &State, client: &Client, issued: &Issued) -> Result<Option<String>, OAuthError> {
    let Some(person) = seed::find(&issued.user_id) else {
        return Ok(None);
    };
    if !scopes::split(&issued.scopes).iter().any(|name| name == "openid") {
        return Ok(None);
    }
    let fault = state.faults().next_id_token();
    let claims = Claims {
        issuer: &state.issuer(),
        audience: &client.client_id,
        person,
        scopes: &issued.scopes,
        nonce: issued.nonce.as_deref(),
        now: state.now(),
    };
    Ok(id_token::make(&state.store, &claims, fault)?)
}

fn tokens(client: &Client, issued: &Issued, id_token: Option<String>) -> Response {
    let mut body = json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": client.access_token_seconds,
        "refresh_token": issued.refresh_token,
        "scope": issued.scopes,
    });
    if let Some(id_token) = id_token {
        body["id_token"] = json!(id_token);
    }
    let mut answer = Json(body).into_response();
    no_store(&mut answer);
    answer
}
