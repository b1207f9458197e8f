//! What a person has connected, and fetching what a provider has.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::answers::ApiError;
use crate::api::{self, Asked, At, Caller};
use crate::db::Trouble;
use crate::ids::{self, seeded_uuid};
use crate::seed::{self, ConnectionStatus, PEOPLE, Person};
use crate::state::Shared;

/// How many records a sync finds.
const SYNCED_RECORDS: u32 = 24;

/// A connection, as both services that know of it need it.
#[derive(Debug)]
pub(crate) struct KnownConnection {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) status: ConnectionStatus,
    pub(crate) connected_at: String,
    pub(crate) last_synced_at: Option<String>,
}

/// A person's connections: those that they have from the start, and those made since.
pub(crate) fn connections_of(db: &Connection, person: &Person) -> Result<Vec<KnownConnection>, Trouble> {
    let mut known: Vec<KnownConnection> = seed::connections(person)
        .into_iter()
        .map(|seeded| KnownConnection {
            id: seeded.id,
            provider: seeded.provider.to_owned(),
            status: seeded.status,
            connected_at: seeded.connected_at.to_owned(),
            last_synced_at: seeded.last_synced_at.map(str::to_owned),
        })
        .collect();
    let sql = "SELECT id, provider, connected_at, is_broken FROM connections WHERE user_id = ?1 ORDER BY rowid";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([person.user_id], |row| {
        Ok(KnownConnection {
            id: row.get(0)?,
            provider: row.get(1)?,
            status: if row.get(3)? { ConnectionStatus::Error } else { ConnectionStatus::Connected },
            connected_at: crate::time_text(row.get(2)?),
            last_synced_at: None,
        })
    })?;
    for row in rows {
        let made = row?;
        // A provider that is connected again takes its former place.
        known.retain(|former| former.provider != made.provider);
        known.push(made);
    }
    for connection in &mut known {
        let newest: Option<i64> = db
            .prepare_cached("SELECT max(completed_at) FROM sync_runs WHERE connection_id = ?1")?
            .query_row([&connection.id], |row| row.get(0))?;
        connection.last_synced_at = newest.map(crate::time_text).or(connection.last_synced_at.take());
    }
    Ok(known)
}

/// Whose connections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionQuery {
    user_id: String,
}

/// A provider that a person has connected.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderConnection {
    #[schema(format = "uuid")]
    id: String,
    user_id: &'static str,
    #[schema(format = "uuid")]
    provider_id: String,
    provider_slug: String,
    status: ConnectionStatus,
    #[schema(format = DateTime)]
    last_sync_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Connected providers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderConnectionList {
    connections: Vec<ProviderConnection>,
}

/// List a person's connected providers
#[utoipa::path(
    get, path = "/v1/connections", operation_id = "integrations.list_connections", params(ConnectionQuery),
    security(("user" = ["read:wearables"]), ("machine" = ["admin:clinical"])),
    responses((status = 200, body = ProviderConnectionList), (status = 404, description = "No such person"))
)]
pub(crate) async fn list(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<ConnectionQuery>,
) -> Result<Json<ProviderConnectionList>, ApiError> {
    let person = caller.patient(&query.user_id)?;
    let known = state.store.read(|db| connections_of(db, person))?;
    let connections = known.into_iter().map(|connection| ProviderConnection {
        id: connection.id,
        user_id: person.user_id,
        provider_id: seeded_uuid(&format!("provider {}", connection.provider)),
        provider_slug: connection.provider,
        status: connection.status,
        last_sync_at: connection.last_synced_at,
        created_at: connection.connected_at,
    });
    Ok(Json(ProviderConnectionList { connections: connections.collect() }))
}

/// One run of a sync.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncRun {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    connection_id: String,
    status: SyncStatus,
    records_processed: u32,
    errors: Vec<&'static str>,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SyncStatus {
    Completed,
    Failed,
}

/// A run of a sync.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncAnswer {
    sync_run: SyncRun,
}

/// Fetch what a provider has
#[utoipa::path(
    post, path = "/v1/sync/{connection_id}", operation_id = "integrations.sync_connection",
    security(("user" = ["write:wearables"]), ("machine" = ["admin:clinical"])), params(("connection_id" = String, Path)),
    responses((status = 200, body = SyncAnswer), (status = 404, description = "No such connection"))
)]
pub(crate) async fn sync(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(connection_id): At<String>,
) -> Result<Response, ApiError> {
    let id = ids::uuid()?;
    api::write(&state, &caller, StatusCode::OK, |db, audit| {
        let owners: Vec<&Person> = PEOPLE.iter().filter(|person| caller.patient(person.user_id).is_ok()).collect();
        let mut found = None;
        for person in owners {
            let known = connections_of(db, person)?.into_iter();
            found = found.or(known.into_iter().find(|connection| connection.id == connection_id));
        }
        let no_such = || ApiError::not_found("There is no such connection, or your token does not open it.");
        let connection = found.ok_or_else(no_such)?;
        let works = connection.status == ConnectionStatus::Connected;
        if works {
            db.execute(
                "INSERT INTO sync_runs (id, connection_id, completed_at) VALUES (?1, ?2, ?3)",
                params![id, connection.id, audit.now],
            )?;
        }
        audit.note("integrations.sync.run", "sync_run", &id, json!({ "connection_id": connection.id }));
        Ok(SyncAnswer {
            sync_run: SyncRun {
                id,
                connection_id: connection.id,
                status: if works { SyncStatus::Completed } else { SyncStatus::Failed },
                records_processed: if works { SYNCED_RECORDS } else { 0 },
                errors: if works { Vec::new() } else { vec!["The provider is not connected."] },
                completed_at: Some(crate::time_text(audit.now)),
            },
        })
    })
}
