//! What wearable devices have sent.

use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::Caller;
use crate::seed::{ConnectionStatus, WearableMetric, wearable_metrics};
use crate::services::integrations::connections_of;
use crate::state::Shared;

/// List what your wearables measured
#[utoipa::path(
    get, path = "/v1/wearables/metrics", operation_id = "clinical.list_wearable_metrics",
    security(("user" = ["read:wearables"])),
    responses(
        (status = 200, body = Vec<WearableMetric>),
        (status = 404, description = "No wearable is connected"),
        (status = 502, description = "None of the providers that are connected answers"),
    )
)]
pub(crate) async fn metrics(
    Extract(state): Extract<Shared>,
    caller: Caller,
) -> Result<Json<Vec<WearableMetric>>, ApiError> {
    let person = caller.me()?;
    let connections = state.store.read(|db| connections_of(db, person))?;
    let connected = connections.iter().filter(|connection| connection.status == ConnectionStatus::Connected);
    let metrics: Vec<_> = connected.flat_map(|connection| wearable_metrics(person, &connection.provider)).collect();
    let is_broken = connections.iter().any(|connection| connection.status == ConnectionStatus::Error);
    if metrics.is_empty() && is_broken {
        return Err(ApiError::upstream("The provider does not answer."));
    }
    if metrics.is_empty() {
        return Err(ApiError::not_found("No wearable is connected."));
    }
    Ok(Json(metrics))
}

/// A wearable device that a person has connected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WearableConnection {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    provider: String,
    junction_user_id: String,
    status: ConnectionStatus,
    #[schema(format = DateTime)]
    connected_at: String,
    #[schema(format = DateTime)]
    last_synced_at: Option<String>,
}

/// Connected wearables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WearableConnectionList {
    connections: Vec<WearableConnection>,
}

/// List your connected wearables
#[utoipa::path(
    get, path = "/v1/wearables/connections", operation_id = "clinical.list_wearable_connections",
    security(("user" = ["read:wearables"])), responses((status = 200, body = WearableConnectionList))
)]
pub(crate) async fn connections(
    Extract(state): Extract<Shared>,
    caller: Caller,
) -> Result<Json<WearableConnectionList>, ApiError> {
    let person = caller.me()?;
    let known = state.store.read(|db| connections_of(db, person))?;
    let connections = known.into_iter().map(|connection| WearableConnection {
        id: connection.id,
        patient_id: person.patient_id(),
        provider: connection.provider,
        junction_user_id: person.record_id("junction user"),
        status: connection.status,
        connected_at: connection.connected_at,
        last_synced_at: connection.last_synced_at,
    });
    Ok(Json(WearableConnectionList { connections: connections.collect() }))
}
