//! Connections with other providers, and what is ordered through them. Its fields are in camel case where the
//! platform's are.

use axum::Json;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::clinical::{OrderStatus, lab_orders_of};
use crate::answers::ApiError;
use crate::api::{self, Asked, At, Body, Caller};
use crate::db::Trouble;
use crate::ids::{self, Hashed, seeded_uuid};
use crate::params::Params;
use crate::seed::{self, BRAND, ConnectionStatus, PEOPLE, PROVIDERS, Person};
use crate::state::Shared;

/// How long a person may take at the provider.
const REQUEST_SECONDS: i64 = 600;
/// How many records a sync finds.
const SYNCED_RECORDS: u32 = 24;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(authorize))
        .routes(routes!(list_connections))
        .routes(routes!(sync))
        .routes(routes!(list_lab_orders))
        .routes(routes!(get_lab_order))
        .routes(routes!(inbound_webhook))
}

/// A connection, as both services that know of it need it.
#[derive(Debug)]
pub(super) struct KnownConnection {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) status: ConnectionStatus,
    pub(super) connected_at: String,
    pub(super) last_synced_at: Option<String>,
}

/// A person's connections: those that they have from the start, and those made since.
pub(super) fn connections_of(db: &Connection, person: &Person) -> Result<Vec<KnownConnection>, Trouble> {
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
    let sql = "SELECT id, provider, connected_at FROM connections WHERE user_id = ?1 ORDER BY rowid";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([person.user_id], |row| {
        Ok(KnownConnection {
            id: row.get(0)?,
            provider: row.get(1)?,
            status: ConnectionStatus::Connected,
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
pub(crate) async fn list_connections(
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
                params![id, connection.id, state.now()],
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
                completed_at: Some(crate::time_text(state.now())),
            },
        })
    })
}

/// An order at the laboratory, as it is billed and sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationLabOrder {
    #[schema(format = "uuid")]
    id: String,
    brand_id: &'static str,
    user_id: &'static str,
    #[schema(format = "uuid")]
    patient_id: Option<String>,
    panel_slug: String,
    junction_order_id: String,
    status: OrderStatus,
    total_cents: Option<u32>,
    currency: Option<&'static str>,
    tracking_number: Option<String>,
    /// The report that came of it.
    #[schema(format = "uuid")]
    result_bloodwork_id: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(format = DateTime)]
    completed_at: Option<String>,
}

/// Orders, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationLabOrderList {
    data: Vec<IntegrationLabOrder>,
}

fn orders(db: &Connection, person: &'static Person) -> Result<Vec<IntegrationLabOrder>, Trouble> {
    let order = |order: super::clinical::KnownOrder| {
        let is_done = order.completed_at.is_some();
        IntegrationLabOrder {
            status: order.status(),
            tracking_number: is_done.then(|| format!("1Z{}", order.junction_order_id[4..14].to_uppercase())),
            id: order.id,
            brand_id: BRAND,
            user_id: person.user_id,
            patient_id: Some(person.patient_id()),
            total_cents: is_done.then_some(18_900),
            currency: is_done.then_some("usd"),
            result_bloodwork_id: is_done.then(|| person.record_id("bloodwork")),
            panel_slug: order.panel,
            junction_order_id: order.junction_order_id,
            updated_at: order.completed_at.clone().unwrap_or_else(|| order.created_at.clone()),
            created_at: order.created_at,
            completed_at: order.completed_at,
        }
    };
    Ok(lab_orders_of(db, person)?.into_iter().map(order).collect())
}

/// List your lab orders
#[utoipa::path(
    get, path = "/v1/labs/orders", operation_id = "integrations.list_lab_orders",
    security(("user" = ["read:lab_results"])), responses((status = 200, body = IntegrationLabOrderList))
)]
pub(crate) async fn list_lab_orders(
    Extract(state): Extract<Shared>,
    caller: Caller,
) -> Result<Json<IntegrationLabOrderList>, ApiError> {
    let person = caller.me()?;
    Ok(Json(IntegrationLabOrderList { data: state.store.read(|db| orders(db, person))? }))
}

/// See a lab order
#[utoipa::path(
    get, path = "/v1/labs/orders/{order_id}", operation_id = "integrations.get_lab_order",
    security(("user" = ["read:lab_results"]), ("machine" = ["admin:clinical"])), params(("order_id" = String, Path)),
    responses((status = 200, body = IntegrationLabOrder), (status = 404, description = "No such order"))
)]
pub(crate) async fn get_lab_order(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(order_id): At<String>,
) -> Result<Json<IntegrationLabOrder>, ApiError> {
    for person in PEOPLE.iter().filter(|person| caller.patient(person.user_id).is_ok()) {
        let found = state.store.read(|db| orders(db, person))?.into_iter().find(|order| order.id == order_id);
        if let Some(order) = found {
            return Ok(Json(order));
        }
    }
    Err(ApiError::not_found("There is no such order, or your token does not open it."))
}

/// What a vendor is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    received: bool,
    event_type: String,
}

/// What a vendor sends; more may be in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used: the signature is checked before anything is read")]
pub(crate) struct VendorEvent {
    event_type: String,
}

/// Receive a vendor's webhook
///
/// For vendors, not for apps: no SDK calls it. The body is signed in `X-Signature`, with the secret
/// `sandbox-inbound-secret`: HMAC-SHA256 in lower-case hex.
#[utoipa::path(
    post, path = "/v1/stream/webhooks", operation_id = "inbound.stream_webhook", request_body = VendorEvent,
    params(("X-Signature" = Option<String>, Header)),
    responses(
        (status = 202, body = Received),
        (status = 400, description = "The body has no eventType"),
        (status = 401, description = "The signature is not right"),
    )
)]
pub(crate) async fn inbound_webhook(headers: HeaderMap, body: axum::body::Bytes) -> Result<Response, ApiError> {
    let presented = headers.get("x-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !ids::same(presented, &ids::hmac_sha256_hex(INBOUND_SECRET, &body)) {
        let text = "The signature is missing, or is not the body's.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_signature", text));
    }
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let event_type = ["eventType", "event_type", "type"].iter().find_map(|key| event[*key].as_str());
    let event_type = event_type.ok_or_else(|| ApiError::validation("The body has no eventType."))?.to_owned();
    Ok((StatusCode::ACCEPTED, Json(Received { received: true, event_type })).into_response())
}

const INBOUND_SECRET: &[u8] = b"sandbox-inbound-secret";
