//! Lab results: reading them, and writing new ones down.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::results::{self, NewResult};
use super::vendors;
use crate::answers::ApiError;
use crate::api::{self, Asked, Body, Caller};
use crate::audit::Audit;
use crate::openapi::JsonObject;
use crate::seed::{BRAND, Biomarker, BiomarkerStatus, NotificationKind, Person};
use crate::services::comms;
use crate::state::{Shared, State};

/// Lab results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BiomarkerList {
    results: Vec<Biomarker>,
    count: usize,
}

impl BiomarkerList {
    fn of(results: Vec<Biomarker>) -> BiomarkerList {
        BiomarkerList { count: results.len(), results }
    }
}

/// List your lab results
///
/// All of them, in the order in which they came.
#[utoipa::path(
    get, path = "/v1/biomarkers/me", operation_id = "clinical.list_biomarkers",
    security(("user" = ["read:biomarkers"])), responses((status = 200, body = BiomarkerList))
)]
pub(crate) async fn mine(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<BiomarkerList>, ApiError> {
    listed(&state, caller.me()?)
}

/// Whose results.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PatientQuery {
    user_id: String,
}

/// List a person's lab results
#[utoipa::path(
    get, path = "/v1/biomarkers", operation_id = "clinical.list_patient_biomarkers", params(PatientQuery),
    security(("machine" = ["admin:clinical"])),
    responses((status = 200, body = BiomarkerList), (status = 404, description = "No such person"))
)]
pub(crate) async fn of_patient(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<PatientQuery>,
) -> Result<Json<BiomarkerList>, ApiError> {
    listed(&state, caller.patient(&query.user_id)?)
}

fn listed(state: &State, person: &Person) -> Result<Json<BiomarkerList>, ApiError> {
    Ok(Json(BiomarkerList::of(state.store.read(|db| results::all(db, person))?)))
}

/// Results to write down.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ParseBiomarkers {
    patient_id: String,
    brand_id: String,
    /// Where they come from.
    #[schema(min_length = 1)]
    source: String,
    #[schema(min_items = 1)]
    biomarkers: Vec<NewBiomarker>,
}

/// One result to write down.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewBiomarker {
    #[schema(min_length = 1)]
    code: String,
    #[schema(min_length = 1)]
    name: String,
    value: f64,
    unit: String,
    reference_low: Option<f64>,
    reference_high: Option<f64>,
    #[schema(format = DateTime)]
    collected_at: String,
}

/// Write results down
#[utoipa::path(
    post, path = "/v1/biomarkers/parse", operation_id = "clinical.parse_biomarkers",
    security(("user" = ["write:biomarkers"]), ("machine" = ["admin:clinical"])), request_body = ParseBiomarkers,
    responses(
        (status = 200, body = BiomarkerList),
        (status = 404, description = "No such patient"),
        (status = 422, description = "A reference range is upside down"),
    )
)]
pub(crate) async fn parse(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<ParseBiomarkers>,
) -> Result<Response, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    api::said("source", &asked.source)?;
    if asked.biomarkers.is_empty() {
        return Err(ApiError::validation("biomarkers must name at least one."));
    }
    let new: Vec<NewResult> = asked.biomarkers.into_iter().map(NewBiomarker::checked).collect::<Result<_, _>>()?;
    api::write(&state, &caller, StatusCode::OK, |db, audit| written(db, audit, person, &asked.source, &new))
}

impl NewBiomarker {
    fn checked(self) -> Result<NewResult, ApiError> {
        api::said("code", &self.code)?;
        api::said("name", &self.name)?;
        if let (Some(low), Some(high)) = (self.reference_low, self.reference_high)
            && low > high
        {
            let text = format!("The reference range of {} ends before it begins.", self.code);
            return Err(ApiError::unprocessable(text));
        }
        Ok(NewResult {
            collected_at: api::time("collected_at", &self.collected_at)?,
            code: self.code,
            name: self.name,
            value: self.value,
            unit: self.unit,
            reference_low: self.reference_low,
            reference_high: self.reference_high,
        })
    }
}

/// Results in a laboratory's own form.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ParseVendorResults {
    patient_id: String,
    brand_id: String,
    vendor: Vendor,
    /// As the laboratory sent it: somewhere in it is a list of objects with a code or name, and a value.
    #[schema(value_type = Object)]
    raw_payload: JsonObject,
}

/// A laboratory.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Vendor {
    Labcorp,
    Quest,
    Junction,
}

impl Vendor {
    fn name(self) -> &'static str {
        match self {
            Vendor::Labcorp => "labcorp",
            Vendor::Quest => "quest",
            Vendor::Junction => "junction",
        }
    }
}

/// Write a laboratory's results down
#[utoipa::path(
    post, path = "/v1/biomarkers/parse/vendor", operation_id = "clinical.parse_vendor_results",
    security(("user" = ["write:biomarkers"]), ("machine" = ["admin:clinical"])), request_body = ParseVendorResults,
    responses(
        (status = 200, body = BiomarkerList),
        (status = 404, description = "No such patient"),
        (status = 422, description = "There is no result in the payload"),
    )
)]
pub(crate) async fn parse_vendor(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<ParseVendorResults>,
) -> Result<Response, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let new = vendors::results(&asked.raw_payload, person, state.now());
    if new.is_empty() {
        return Err(ApiError::unprocessable("There is no result in raw_payload."));
    }
    let source = asked.vendor.name();
    api::write(&state, &caller, StatusCode::OK, |db, audit| written(db, audit, person, source, &new))
}

fn written(
    db: &Transaction<'_>,
    audit: &mut Audit,
    person: &Person,
    source: &str,
    new: &[NewResult],
) -> Result<BiomarkerList, ApiError> {
    let now = audit.now;
    let results: Vec<Biomarker> =
        new.iter().map(|new| results::add(db, now, person, source, new)).collect::<Result<_, _>>()?;
    let patient_id = person.patient_id();
    for result in &results {
        audit.note("clinical.biomarker.parsed", "biomarker", &result.id, json!({ "patient_id": patient_id }));
    }
    let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    let payload = json!({ "patient_id": patient_id, "brand_id": BRAND, "biomarker_ids": ids, "parsed_at": crate::time_text(now) });
    audit.event("clinical.biomarker.parsed.v1", Some(person.user_id), payload);
    let critical: Vec<&str> = results
        .iter()
        .filter(|result| result.status == BiomarkerStatus::Critical)
        .map(|result| result.biomarker_code.as_str())
        .collect();
    if !critical.is_empty() {
        let payload = json!({
            "patient_id": patient_id,
            "brand_id": BRAND,
            "order_id": null,
            "biomarker_codes": critical,
            "critical_marker_count": critical.len(),
            "source_event_type": "labtest.result.critical",
            "reported_at": crate::time_text(now),
        });
        audit.event("clinical.lab_result.critical.v1", Some(person.user_id), payload);
    }
    comms::notify(db, audit, person, NotificationKind::RESULTS_READY)?;
    Ok(BiomarkerList::of(results))
}
