//! Protocols, as the patient graph has them: with what they consist of.

use axum::Json;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{At, Caller};
use crate::seed::{self, BRAND};

const CREATED_AT: &str = "2025-11-03T12:00:00Z";
const UPDATED_AT: &str = "2026-02-17T09:30:00Z";

/// A protocol with its compounds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphProtocol {
    #[schema(format = "uuid")]
    id: String,
    brand_id: &'static str,
    slug: String,
    name: &'static str,
    version: &'static str,
    category: Option<&'static str>,
    description: Option<&'static str>,
    oversight_tier: &'static str,
    active: bool,
    #[schema(value_type = Object)]
    metadata: Value,
    #[schema(format = DateTime)]
    created_at: &'static str,
    #[schema(format = DateTime)]
    updated_at: &'static str,
    compounds: Vec<ProtocolCompound>,
}

/// One thing to take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProtocolCompound {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    protocol_id: String,
    #[schema(format = "uuid")]
    compound_id: String,
    compound_slug: &'static str,
    display_name: &'static str,
    /// A number as text, exact.
    dose_amount: &'static str,
    dose_unit: &'static str,
    route: Option<&'static str>,
    position: usize,
    #[schema(format = DateTime)]
    created_at: &'static str,
}

/// See a protocol and its compounds
#[utoipa::path(
    get, path = "/v1/protocols/{protocol_id}", operation_id = "patient_graph.get_protocol",
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])), params(("protocol_id" = String, Path)),
    responses((status = 200, body = GraphProtocol), (status = 404, description = "No such protocol"))
)]
pub(crate) async fn get(_: Caller, At(id): At<String>) -> Result<Json<GraphProtocol>, ApiError> {
    let protocol = seed::protocol(&id).ok_or_else(|| ApiError::not_found("There is no such protocol."))?;
    let protocol_id = protocol.graph_id();
    let compounds = seed::compounds(&protocol).into_iter().enumerate().map(|(position, compound)| ProtocolCompound {
        id: compound.id,
        protocol_id: protocol_id.clone(),
        compound_id: compound.compound_id,
        compound_slug: compound.slug,
        display_name: compound.display_name,
        dose_amount: compound.dose_amount,
        dose_unit: compound.dose_unit,
        route: compound.route,
        position,
        created_at: CREATED_AT,
    });
    Ok(Json(GraphProtocol {
        compounds: compounds.collect(),
        id: protocol_id.clone(),
        brand_id: BRAND,
        slug: protocol.slug(),
        name: protocol.name,
        version: protocol.version,
        category: protocol.active.then_some(protocol.category),
        description: protocol.description,
        oversight_tier: if protocol.category == "endocrine" { "clinician" } else { "self_guided" },
        active: protocol.active,
        metadata: json!({ "clinical_id": protocol.id, "total_weeks": 8 }),
        created_at: CREATED_AT,
        updated_at: UPDATED_AT,
    }))
}
