//! Connecting a provider: the link for the person's browser, and what stands in for the provider's own pages.

use axum::extract::{Extension, RawQuery, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{self, Body, Caller};
use crate::audit::{self, Actor};
use crate::idempotency::Kept;
use crate::ids::{self, Hashed};
use crate::pages::PAGES;
use crate::params::Params;
use crate::redirect_uri;
use crate::seed::PROVIDERS;
use crate::server::RequestId;
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
/// The person's browser opens `url`, and comes back to `redirectUri` with `state` and `status=connected`. In the sandbox
/// there is no provider to ask: `&outcome=denied` after `url` is a person who says no (`status=denied`), and
/// `&outcome=broken` a provider that never answers Loop afterwards.
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
    let is_of_an_app = Url::parse(&asked.redirect_uri).is_ok_and(|url| redirect_uri::may_be_an_app(&url));
    if !is_of_an_app || HeaderValue::try_from(&asked.redirect_uri).is_err() {
        return Err(ApiError::validation("redirectUri must be a URI of the app."));
    }
    if !PROVIDERS.contains(&asked.provider.as_str()) {
        return Err(ApiError::not_found("There is no such provider."));
    }
    let request = ids::secret("")?;
    // Who repeats the request gets a link of their own: the first one's state is a secret, and kept as a hash.
    let kept = |_: &ConnectionAuthorization| Ok(Some(Kept::KeyAlone));
    api::write_with_secret(&state, &caller, StatusCode::OK, kept, |db, audit| {
        db.execute(
            "INSERT INTO connection_requests (state_hash, user_id, provider, redirect_uri, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                Hashed::of(&request).0,
                person.user_id,
                asked.provider,
                asked.redirect_uri,
                audit.now + REQUEST_SECONDS
            ],
        )?;
        audit.note("integrations.connection.requested", "connection", &asked.provider, json!({}));
        let url = format!("{}/integrations/connect?state={request}", state.base_url);
        Ok(ConnectionAuthorization { url, state: request })
    })
}

/// What the person and the provider make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The person says yes, and the provider sends what it has.
    Connected,
    /// The person says no.
    Denied,
    /// The person says yes, and the provider never answers Loop.
    Broken,
}

impl Outcome {
    fn of(text: Option<&str>) -> Result<Outcome, ApiError> {
        match text {
            None => Ok(Outcome::Connected),
            Some("denied") => Ok(Outcome::Denied),
            Some("broken") => Ok(Outcome::Broken),
            Some(_) => Err(ApiError::validation("outcome is denied or broken.")),
        }
    }
}

/// `GET /integrations/connect`: what stands in for the provider's own pages. It says yes, unless `outcome` says otherwise.
pub(crate) async fn connect(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Params::of_query(query.as_deref());
    let outcome = Outcome::of(query.get("outcome"))?;
    let request = query.get("state").unwrap_or_default();
    let now = state.now();
    let redirect_uri: String = state.store.try_write(|db| {
        let sql = "DELETE FROM connection_requests WHERE state_hash = ?1 AND expires_at > ?2
                   RETURNING user_id, provider, redirect_uri";
        let found = db.query_row(sql, params![Hashed::of(request).0, now], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?))
        });
        let (user_id, provider, redirect_uri) =
            found.optional()?.ok_or_else(|| ApiError::not_found("This link was used already, or has expired."))?;
        if outcome != Outcome::Denied {
            let id = ids::uuid()?;
            db.execute(
                "INSERT INTO connections (id, user_id, provider, connected_at, is_broken) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, user_id, provider, now, outcome == Outcome::Broken],
            )?;
            let actor = Actor::user(&user_id, PAGES, "integrations", &request_id);
            audit::row(db, now, actor, "integrations.connection.created", ("connection", &id), json!({}))?;
        }
        Ok::<_, ApiError>(redirect_uri)
    })?;
    let status = if outcome == Outcome::Denied { "denied" } else { "connected" };
    let no_uri = || ApiError::validation("redirectUri is no URI.");
    let mut location = Url::parse(&redirect_uri).map_err(|_| no_uri())?;
    location.query_pairs_mut().append_pair("state", request).append_pair("status", status);
    let location = HeaderValue::try_from(location.as_str()).map_err(|_| no_uri())?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
