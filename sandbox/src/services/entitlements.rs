//! Which features a tier opens.

use axum::Json;
use axum::extract::State as Extract;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::membership::tier_of;
use crate::answers::ApiError;
use crate::api::{Asked, At, Caller};
use crate::seed::{self, BRAND, TIERS};
use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(get)).routes(routes!(preview))
}

/// Of which tier, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntitlementQuery {
    /// `basic`, `plus` or `premium`.
    tier: String,
    brand_id: String,
}

/// What a tier opens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entitlements {
    user_id: &'static str,
    tier: String,
    brand_id: &'static str,
    features: Vec<String>,
}

/// See what a tier opens for a person
#[utoipa::path(
    get, path = "/v1/entitlements/user/{user_id}", operation_id = "entitlements.get_entitlements",
    security(("user" = ["read:entitlements"]), ("machine" = ["admin:identity"])),
    params(("user_id" = String, Path), EntitlementQuery),
    responses(
        (status = 200, body = Entitlements),
        (status = 404, description = "No such person"),
        (status = 422, description = "There is no such tier"),
    )
)]
pub(crate) async fn get(
    caller: Caller,
    At(user_id): At<String>,
    Asked(query): Asked<EntitlementQuery>,
) -> Result<Json<Entitlements>, ApiError> {
    let person = caller.patient_of_brand(&user_id, &query.brand_id)?;
    let features = seed::features(&query.tier).ok_or_else(|| ApiError::unprocessable("There is no such tier."))?;
    Ok(Json(Entitlements { user_id: person.user_id, tier: query.tier, brand_id: BRAND, features }))
}

/// Whose entitlements.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    user_id: String,
    brand_id: Option<String>,
}

/// What a person may use, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntitlementPreview {
    user_id: &'static str,
    tier: String,
    brand_id: &'static str,
    entitlements: Vec<String>,
    sources: EntitlementSources,
}

/// Why a person may use what they may use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntitlementSources {
    tier: Vec<String>,
    manual_grants: Vec<String>,
    cohorts: Vec<String>,
}

/// See what a person may use, and why
#[utoipa::path(
    get, path = "/v1/admin/entitlements/preview", operation_id = "entitlements.preview", params(PreviewQuery),
    security(("machine" = ["admin:identity"])),
    responses((status = 200, body = EntitlementPreview), (status = 404, description = "No such person"))
)]
pub(crate) async fn preview(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<PreviewQuery>,
) -> Result<Json<EntitlementPreview>, ApiError> {
    let person = caller.patient_of_brand(&query.user_id, query.brand_id.as_deref().unwrap_or(BRAND))?;
    let tier = state.store.read(|db| tier_of(db, person))?.unwrap_or_else(|| TIERS[0].to_owned());
    let sources = EntitlementSources {
        tier: seed::features(&tier).unwrap_or_default(),
        manual_grants: if person.handle == "mei" { vec!["research_papers".to_owned()] } else { Vec::new() },
        cohorts: if person.handle == "ada" { vec!["early_access".to_owned()] } else { Vec::new() },
    };
    let mut entitlements = sources.tier.clone();
    entitlements.extend(sources.manual_grants.iter().chain(&sources.cohorts).cloned());
    Ok(Json(EntitlementPreview { user_id: person.user_id, tier, brand_id: BRAND, entitlements, sources }))
}
