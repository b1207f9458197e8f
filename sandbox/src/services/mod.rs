//! The platform's services, one file or folder each.
#![allow(unused_qualifications, reason = "the code that utoipa's macros write")]

mod ai;
mod clinical;
mod comms;
mod entitlements;
mod events;
pub(crate) mod identity;
mod integrations;
mod membership;
mod patient_graph;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::machine::SERVICES;
use crate::state::Shared;
use crate::{server, webhooks};

/// Every operation, each under its service's name.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .nest("/identity", identity::router())
        .nest("/clinical", clinical::router())
        .nest("/patient-graph", patient_graph::router())
        .nest("/integrations", integrations::router())
        .nest("/membership", membership::router())
        .nest("/entitlements", entitlements::router())
        .nest("/comms", comms::router())
        .nest("/events", events::router())
        .nest("/ai", ai::router())
        .nest("/webhooks", webhooks::operations())
}

/// What the services answer a browser or a load balancer: no operations.
pub(crate) fn pages() -> Router<Shared> {
    let health = |router: Router<Shared>, service: &&str| {
        router
            .route(&format!("/{service}/healthz"), get(server::health))
            .route(&format!("/{service}/readyz"), get(server::health))
    };
    SERVICES
        .iter()
        .fold(Router::new(), health)
        .route("/clinical/files/bloodwork/{bloodwork_id}", get(clinical::bloodwork_file))
        .route("/integrations/connect", get(integrations::connect).head(only_by_a_person))
}

/// A program that looks where a link leads must not use it up.
async fn only_by_a_person() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// What was written; what people have from the start is in seed/. Times are seconds since 1970 on the sandbox clock,
/// except those that were sent, which stay text.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS audit_log (
    id TEXT PRIMARY KEY,
    occurred_at INTEGER NOT NULL,
    service TEXT NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_brand_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    user_id TEXT,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS idempotency (
    holder TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    -- NULL: the answer held a secret and nothing without it.
    body TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (holder, route, key)
);
CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency (at);
CREATE TABLE IF NOT EXISTS biomarkers (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    reference_low REAL,
    reference_high REAL,
    collected_at TEXT NOT NULL,
    parsed_at INTEGER NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS biomarkers_of_user ON biomarkers (user_id);
CREATE TABLE IF NOT EXISTS bloodwork (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    file_name TEXT,
    content_type TEXT NOT NULL,
    source TEXT NOT NULL,
    uploaded_at INTEGER NOT NULL,
    file BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS lab_markers (
    slug TEXT PRIMARY KEY,
    record TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS lab_orders (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    panel_id TEXT NOT NULL,
    junction_order_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS enrollments (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    protocol_id TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS connections (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    connected_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS connection_requests (
    state_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sync_runs (
    id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL,
    completed_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS doses (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    peptide_id TEXT NOT NULL,
    protocol_id TEXT NOT NULL,
    protocol_compound_id TEXT,
    status TEXT NOT NULL,
    scheduled_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS doses_of_user ON doses (user_id);
CREATE TABLE IF NOT EXISTS notifications (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS notifications_of_user ON notifications (user_id);
CREATE TABLE IF NOT EXISTS ended_sessions (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS memberships (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    tier TEXT NOT NULL,
    subscription_id TEXT,
    created_at INTEGER NOT NULL
);
";
