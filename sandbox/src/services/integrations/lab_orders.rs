//! Orders at the laboratory, as they are billed and sent.

use axum::Json;
use axum::extract::State as Extract;
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{At, Caller};
use crate::db::Trouble;
use crate::seed::{BRAND, PEOPLE, Person};
use crate::services::clinical::{KnownOrder, OrderStatus, lab_orders_of};
use crate::state::Shared;

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
    let order = |order: KnownOrder| {
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
pub(crate) async fn list(
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
pub(crate) async fn get(
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
