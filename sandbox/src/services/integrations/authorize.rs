//! Connecting a provider: the link for the person's browser, and what stands in for the provider's own pages.

use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{self, Body, Caller};
use crate::ids::{self, Hashed};
use crate::params::Params;
use crate::seed::PROVIDERS;
use crate::state::Shared;

/// How long a person may take at the provider.
const REQUEST_SECONDS: i64 = 600;

/// A provider to connect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizeConnection {
    /// `oura`, `whoop`, `libre` or `dexcom`.
    provider: String,
    #[schema(format = "uri")]
    redirect_uri: String,
}

/// Where the person goes to connect it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionAuthorization {
    #[schema(format = "uri")]
    url: String,
    state: String,
}

/// Begin to connect a provider
///
/// The person's browser opens `url`, and comes back to `redirectUri` with `state` and `status=connected`.
#[utoipa::path(
    post, path = "/v1/connections/authorize", operation_id = "integrations.authorize_connection",
    security(("user" = ["write:wearables"])), request_body = AuthorizeConnection,
    responses((status = 200, body = ConnectionAuthorization), (status = 404, description = "No such provider"))
)]
pub(crate) async fn authorize(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<AuthorizeConnection>,
) -> Result<Response, ApiError> {
    let person = caller.me()?;
    if Url::parse(&asked.redirect_uri).is_err() || HeaderValue::try_from(&asked.redirect_uri).is_err() {
        return Err(ApiError::validation("redirectUri must be a URI."));
    }
    if !PROVIDERS.contains(&asked.provider.as_str()) {
        return Err(ApiError::not_found("There is no such provider."));
    }
    let request = ids::secret("")?;
    api::write(&state, &caller, StatusCode::OK, |db, audit| {
        db.execute(
            "INSERT INTO connection_requests (state_hash, user_id, provider, redirect_uri, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                Hashed::of(&request).0,
                person.user_id,
                asked.provider,
                asked.redirect_uri,
                state.now() + REQUEST_SECONDS
            ],
        )?;
        audit.note("integrations.connection.requested", "connection", &asked.provider, json!({}));
        let url = format!("{}/integrations/connect?state={request}", state.base_url);
        Ok(ConnectionAuthorization { url, state: request })
    })
}

/// `GET /integrations/connect`: what stands in for the provider's own pages. It always says yes.
pub(crate) async fn connect(Extract(state): Extract<Shared>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Params::of_query(query.as_deref());
    let request = query.get("state").unwrap_or_default();
    let location = state.store.try_write(|db| {
        let hash = Hashed::of(request).0;
        let sql = "SELECT user_id, provider, redirect_uri FROM connection_requests
                   WHERE state_hash = ?1 AND expires_at > ?2";
        let found = db.query_row(sql, params![hash, state.now()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        });
        let (user_id, provider, redirect_uri) =
            found.optional()?.ok_or_else(|| ApiError::not_found("This link was used already, or has expired."))?;
        db.execute("DELETE FROM connection_requests WHERE state_hash = ?1", [&hash])?;
        db.execute(
            "INSERT INTO connections (id, user_id, provider, connected_at) VALUES (?1, ?2, ?3, ?4)",
            params![ids::uuid()?, user_id, provider, state.now()],
        )?;
        let mut location = Url::parse(&redirect_uri).map_err(|_| ApiError::validation("redirectUri is no URI."))?;
        location.query_pairs_mut().append_pair("state", request).append_pair("status", "connected");
        Ok::<_, ApiError>(location)
    })?;
    let location =
        HeaderValue::try_from(location.as_str()).map_err(|_| ApiError::validation("redirectUri is no URI."))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
