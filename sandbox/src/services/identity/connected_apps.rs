//! Which apps a person has let in, and showing one out.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{self, At, Caller};
use crate::db::Trouble;
use crate::revocation::end_grant_in;
use crate::scopes;
use crate::seed::Person;
use crate::state::Shared;

/// What a person allowed an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Grant {
    id: String,
    client_id: String,
    client_name: String,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    is_first_party: bool,
    scopes_granted: Vec<String>,
    #[schema(format = DateTime)]
    granted_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

/// Everything that a person allowed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantList {
    data: Vec<Grant>,
}

/// An app that a person has let in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectedApp {
    client_id: String,
    client_name: String,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    is_first_party: bool,
    scopes_granted: Vec<String>,
    #[schema(format = DateTime)]
    granted_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The apps that a person has let in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectedAppList {
    data: Vec<ConnectedApp>,
}

/// List your grants
#[utoipa::path(
    get, path = "/v1/me/grants", operation_id = "identity.list_grants",
    security(("user" = ["manage:connected_apps"])), responses((status = 200, body = GrantList))
)]
pub(crate) async fn grants(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<GrantList>, ApiError> {
    let person = caller.me()?;
    Ok(Json(GrantList { data: state.store.read(|db| live(db, person))? }))
}

/// End a grant
///
/// 204 also when it has ended already.
#[utoipa::path(
    delete, path = "/v1/me/grants/{grant_id}", operation_id = "identity.delete_grant",
    security(("user" = ["manage:connected_apps"])), params(("grant_id" = String, Path)),
    responses((status = 204, description = "It has ended"))
)]
pub(crate) async fn delete_grant(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(grant_id): At<String>,
) -> Result<Response, ApiError> {
    let person = caller.me()?;
    api::write(&state, &caller, StatusCode::NO_CONTENT, |db, audit| {
        let sql = "SELECT client_id FROM grants WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
        let found: Option<String> =
            db.query_row(sql, [grant_id.as_str(), person.user_id], |row| row.get(0)).optional()?;
        if let Some(app) = found {
            end_grant_in(db, audit.now, &grant_id)?;
            audit.note("identity.grant.revoked", "oauth_grant", &grant_id, json!({ "app": app }));
        }
        Ok(())
    })
}

/// List your connected apps
#[utoipa::path(
    get, path = "/v1/users/me/connected-apps", operation_id = "identity.list_connected_apps",
    security(("user" = ["manage:connected_apps"])), responses((status = 200, body = ConnectedAppList))
)]
pub(crate) async fn list(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<ConnectedAppList>, ApiError> {
    let person = caller.me()?;
    let grants = state.store.read(|db| live(db, person))?;
    let app = |grant: Grant| ConnectedApp {
        client_id: grant.client_id,
        client_name: grant.client_name,
        client_uri: grant.client_uri,
        logo_uri: grant.logo_uri,
        is_first_party: grant.is_first_party,
        scopes_granted: grant.scopes_granted,
        granted_at: grant.granted_at,
        updated_at: grant.updated_at,
    };
    Ok(Json(ConnectedAppList { data: grants.into_iter().map(app).collect() }))
}

/// Disconnect an app
///
/// Its tokens end with it.
#[utoipa::path(
    delete, path = "/v1/users/me/connected-apps/{client_id}", operation_id = "identity.delete_connected_app",
    security(("user" = ["manage:connected_apps"])), params(("client_id" = String, Path)),
    responses((status = 204, description = "It is disconnected"), (status = 404, description = "It is not connected"))
)]
pub(crate) async fn delete(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(client_id): At<String>,
) -> Result<Response, ApiError> {
    let person = caller.me()?;
    api::write(&state, &caller, StatusCode::NO_CONTENT, |db, audit| {
        let sql = "SELECT id FROM grants WHERE client_id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
        let grant: Option<String> =
            db.query_row(sql, [client_id.as_str(), person.user_id], |row| row.get(0)).optional()?;
        let grant = grant.ok_or_else(|| ApiError::not_found("This app is not connected."))?;
        end_grant_in(db, audit.now, &grant)?;
        audit.note("identity.connected_app.revoked", "oauth_grant", &grant, json!({ "app": client_id }));
        Ok(())
    })
}

fn live(db: &Connection, person: &Person) -> Result<Vec<Grant>, Trouble> {
    let mut statement = db.prepare_cached(
        "SELECT g.id, g.client_id, c.client_name, c.client_uri, c.logo_uri, g.scopes, g.granted_at, g.updated_at,
             g.last_used_at
         FROM grants g JOIN clients c ON c.client_id = g.client_id
         WHERE g.user_id = ?1 AND g.revoked_at IS NULL ORDER BY g.granted_at, g.id",
    )?;
    let rows = statement.query_map([person.user_id], |row| {
        Ok(Grant {
            id: row.get(0)?,
            client_id: row.get(1)?,
            client_name: row.get(2)?,
            client_uri: row.get(3)?,
            logo_uri: row.get(4)?,
            is_first_party: false,
            scopes_granted: scopes::split(&row.get::<_, String>(5)?),
            granted_at: crate::time_text(row.get(6)?),
            updated_at: crate::time_text(row.get(7)?),
            last_used_at: row.get::<_, Option<i64>>(8)?.map(crate::time_text),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
