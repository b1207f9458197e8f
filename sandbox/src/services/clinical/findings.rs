//! What follows from a person's results: safety flags, a score, and recommendations.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Extract;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::results;
use crate::answers::ApiError;
use crate::api::{At, Body, Caller};
use crate::rules::{Flag, Recommendation, flags, recommend, score};
use crate::seed::{self, BRAND};
use crate::state::Shared;

/// Safety flags.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagList {
    flags: Vec<Flag>,
}

/// List a person's safety flags
#[utoipa::path(
    get, path = "/v1/red-flags/{patient_id}", operation_id = "clinical.list_red_flags",
    security(("user" = ["read:red_flags"]), ("machine" = ["admin:clinical"])), params(("patient_id" = String, Path)),
    responses((status = 200, body = FlagList), (status = 404, description = "No such patient"))
)]
pub(crate) async fn red_flags(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(patient_id): At<String>,
) -> Result<Json<FlagList>, ApiError> {
    let person = caller.patient(&patient_id)?;
    let newest = state.store.read(|db| results::newest(db, person))?;
    Ok(Json(FlagList { flags: flags(&newest) }))
}

/// Whose results to look at.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ResultsOf {
    patient_id: String,
    brand_id: String,
    /// Only these, each the newest of its marker; all if not given.
    #[serde(default)]
    biomarker_ids: Vec<String>,
}

/// What the rules found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagEvaluation {
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    flags_detected: usize,
    flags: Vec<Flag>,
}

/// Look for safety flags
#[utoipa::path(
    post, path = "/v1/red-flags/evaluate", operation_id = "clinical.evaluate_red_flags",
    security(("user" = ["read:red_flags"]), ("machine" = ["admin:clinical"])), request_body = ResultsOf,
    responses(
        (status = 200, body = FlagEvaluation),
        (status = 404, description = "No such patient"),
        (status = 412, description = "The patient has no biomarkers"),
        (status = 422, description = "A result that is not the patient's, or not the newest"),
    )
)]
pub(crate) async fn evaluate_red_flags(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<ResultsOf>,
) -> Result<Json<FlagEvaluation>, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let newest = state.store.try_read(|db| results::required(db, person))?;
    let flags = flags(&results::named(newest, &asked.biomarker_ids)?);
    Ok(Json(FlagEvaluation { patient_id: person.patient_id(), brand_id: BRAND, flags_detected: flags.len(), flags }))
}

/// How a person's results look as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthScore {
    /// The same for the same results.
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    /// 0 to 100.
    overall_score: f64,
    /// 0 to 100 each.
    domain_scores: BTreeMap<&'static str, f64>,
    biomarker_count: usize,
    /// When the newest of these results came.
    #[schema(format = DateTime)]
    computed_at: String,
}

/// Score a person's results
#[utoipa::path(
    post, path = "/v1/health-engine/score", operation_id = "clinical.compute_health_score",
    security(("user" = ["read:biomarkers"]), ("machine" = ["admin:clinical"])), request_body = ResultsOf,
    responses(
        (status = 200, body = HealthScore),
        (status = 404, description = "No such patient"),
        (status = 412, description = "The patient has no biomarkers"),
        (status = 422, description = "A result that is not the patient's, or not the newest"),
    )
)]
pub(crate) async fn health_score(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<ResultsOf>,
) -> Result<Json<HealthScore>, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let newest = state.store.try_read(|db| results::required(db, person))?;
    let used = results::named(newest, &asked.biomarker_ids)?;
    let (overall_score, domain_scores) = score(&used);
    let ids: Vec<&str> = used.iter().map(|result| result.id.as_str()).collect();
    Ok(Json(HealthScore {
        id: crate::ids::seeded_uuid(&format!("score {}", ids.join(" "))),
        patient_id: person.patient_id(),
        brand_id: BRAND,
        overall_score,
        domain_scores,
        biomarker_count: used.len(),
        computed_at: used.iter().map(|result| result.parsed_at.clone()).max().unwrap_or_default(),
    }))
}

/// What recommendations are made from.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct GenerateRecommendations {
    patient_id: String,
    brand_id: String,
    /// Take these protocols' advice; that of every matching protocol, if not given.
    #[serde(default)]
    protocol_ids: Vec<String>,
    /// What the person takes: codes or names.
    #[serde(default)]
    medications: Vec<String>,
}

/// Recommendations, the most urgent first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecommendationList {
    recommendations: Vec<Recommendation>,
    count: usize,
}

/// Make recommendations
#[utoipa::path(
    post, path = "/v1/recommendations/generate", operation_id = "clinical.generate_recommendations",
    security(("user" = ["read:recommendations"]), ("machine" = ["admin:clinical"])),
    request_body = GenerateRecommendations,
    responses(
        (status = 200, body = RecommendationList),
        (status = 404, description = "No such patient or protocol"),
        (status = 412, description = "The patient has no biomarkers"),
    )
)]
pub(crate) async fn recommendations(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<GenerateRecommendations>,
) -> Result<Json<RecommendationList>, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let newest = state.store.try_read(|db| results::required(db, person))?;
    let named = asked.protocol_ids.iter().map(|id| seed::protocol(id).ok_or_else(super::protocols::no_such_protocol));
    let named: Vec<_> = named.collect::<Result<_, _>>()?;
    let recommendations = recommend(person, &newest, &named, &asked.medications);
    Ok(Json(RecommendationList { count: recommendations.len(), recommendations }))
}
