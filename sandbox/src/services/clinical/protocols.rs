//! Protocols: which there are, which fit a person, and following one.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::results;
use crate::answers::ApiError;
use crate::api::{self, At, Body, Caller};
use crate::db::Trouble;
use crate::ids;
use crate::rules::{ContraindicationHit, Match, Parameter, Phase, fit, hits, matches, parameters, phase};
use crate::seed::{self, Person, Protocol};
use crate::state::Shared;

pub(crate) fn no_such_protocol() -> ApiError {
    ApiError::not_found("There is no such protocol.")
}

/// See a protocol
#[utoipa::path(
    get, path = "/v1/protocols/{protocol_id}", operation_id = "clinical.get_protocol",
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])), params(("protocol_id" = String, Path)),
    responses((status = 200, body = Protocol), (status = 404, description = "No such protocol"))
)]
pub(crate) async fn get(_: Caller, At(id): At<String>) -> Result<Json<Protocol>, ApiError> {
    seed::protocol(&id).map(Json).ok_or_else(no_such_protocol)
}

/// Whose results to match.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MatchProtocols {
    patient_id: String,
    brand_id: String,
    /// Look at these markers only; at all if not given.
    #[serde(default)]
    biomarker_codes: Vec<String>,
    category: Option<String>,
}

/// Protocols that fit, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MatchList {
    matches: Vec<Match>,
    count: usize,
}

/// Find protocols that fit
#[utoipa::path(
    post, path = "/v1/protocols/match", operation_id = "clinical.match_protocols",
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])), request_body = MatchProtocols,
    responses(
        (status = 200, body = MatchList),
        (status = 404, description = "No such patient"),
        (status = 412, description = "The patient has no biomarkers"),
    )
)]
pub(crate) async fn match_protocols(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<MatchProtocols>,
) -> Result<Json<MatchList>, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let mut newest = state.store.try_read(|db| results::required(db, person))?;
    newest.retain(|result| asked.biomarker_codes.is_empty() || asked.biomarker_codes.contains(&result.biomarker_code));
    let mut matches = matches(person, &newest);
    matches.retain(|found| asked.category.as_deref().is_none_or(|category| category == found.category));
    Ok(Json(MatchList { count: matches.len(), matches }))
}

/// A protocol to work out for a person.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EvaluateProtocol {
    patient_id: String,
    brand_id: String,
    protocol_id: String,
    /// What the person takes: codes or names.
    #[serde(default)]
    medications: Vec<String>,
    /// 1 to 8; 1 if not given.
    #[schema(minimum = 1, maximum = 8)]
    current_week: Option<u8>,
}

/// A protocol, worked out for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProtocolEvaluation {
    protocol_id: &'static str,
    protocol_name: &'static str,
    eligible: bool,
    /// 0 to 1.
    match_score: f64,
    /// Codes of markers whose values fit.
    matched_biomarkers: Vec<String>,
    /// Codes of markers that were not measured.
    missing_biomarkers: Vec<String>,
    contraindication_hits: Vec<ContraindicationHit>,
    phase: Phase,
    parameters: Vec<Parameter>,
}

/// Work a protocol out for a person
#[utoipa::path(
    post, path = "/v1/protocol-engine/evaluate", operation_id = "clinical.evaluate_protocol",
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])), request_body = EvaluateProtocol,
    responses(
        (status = 200, body = ProtocolEvaluation),
        (status = 404, description = "No such patient or protocol"),
        (status = 412, description = "The patient has no biomarkers"),
    )
)]
pub(crate) async fn evaluate(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<EvaluateProtocol>,
) -> Result<Json<ProtocolEvaluation>, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    let protocol = seed::protocol(&asked.protocol_id).ok_or_else(no_such_protocol)?;
    let week = asked.current_week.unwrap_or(1);
    if !(1..=8).contains(&week) {
        return Err(ApiError::validation("current_week must be from 1 to 8."));
    }
    let newest = state.store.try_read(|db| results::required(db, person))?;
    let fit = fit(&protocol, person, &newest);
    let contraindication_hits = hits(&protocol, &asked.medications);
    let is_ruled_out = contraindication_hits.iter().any(ContraindicationHit::is_absolute);
    Ok(Json(ProtocolEvaluation {
        protocol_id: protocol.id,
        protocol_name: protocol.name,
        eligible: protocol.active && fit.is_met && !is_ruled_out,
        match_score: fit.score,
        parameters: parameters(&protocol, person, &newest, week),
        matched_biomarkers: fit.matched,
        missing_biomarkers: fit.missing,
        contraindication_hits,
        phase: phase(week),
    }))
}

/// A protocol to follow.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewEnrollment {
    consent: EnrollmentConsent,
    #[schema(min_items = 1)]
    goals: Vec<String>,
    intake: Intake,
    patient_id: String,
    protocol_id: String,
}

/// What the person agreed to; both must be `true`.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct EnrollmentConsent {
    agreed_to_privacy: bool,
    agreed_to_terms: bool,
}

/// What the person says about themselves.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Intake {
    #[schema(minimum = 18)]
    age: u32,
    #[schema(min_items = 1)]
    conditions: Vec<String>,
    #[schema(format = Email)]
    email: String,
    #[schema(min_length = 2)]
    full_name: String,
    #[allow(dead_code, reason = "the platform takes it, and gives it back nowhere")]
    notes: Option<String>,
}

/// A person follows a protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enrollment {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    protocol_id: String,
    status: EnrollmentStatus,
    #[schema(format = DateTime)]
    enrolled_at: String,
}

/// Whether the protocol is followed now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnrollmentStatus {
    Active,
}

/// Start a protocol
#[utoipa::path(
    post, path = "/v1/enrollments", operation_id = "clinical.enroll",
    security(("user" = ["write:protocols"]), ("machine" = ["admin:clinical"])), request_body = NewEnrollment,
    responses(
        (status = 201, body = Enrollment),
        (status = 404, description = "No such patient or protocol"),
        (status = 422, description = "The protocol is not offered any more"),
    )
)]
pub(crate) async fn enroll(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<NewEnrollment>,
) -> Result<Response, ApiError> {
    asked.check()?;
    let person = caller.patient(&asked.patient_id)?;
    let protocol = seed::protocol(&asked.protocol_id).ok_or_else(no_such_protocol)?;
    if !protocol.active {
        return Err(ApiError::unprocessable("This protocol is not offered any more."));
    }
    let id = ids::uuid()?;
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        db.execute(
            "INSERT INTO enrollments (id, user_id, protocol_id, enrolled_at) VALUES (?1, ?2, ?3, ?4)",
            params![id, person.user_id, protocol.id, audit.now],
        )?;
        audit.note("clinical.enrollment.created", "enrollment", &id, json!({ "protocol_id": protocol.id }));
        Ok(Enrollment {
            id,
            patient_id: person.patient_id(),
            protocol_id: protocol.id.to_owned(),
            status: EnrollmentStatus::Active,
            enrolled_at: crate::time_text(audit.now),
        })
    })
}

impl NewEnrollment {
    fn check(&self) -> Result<(), ApiError> {
        let refuse = |text: &str| Err(ApiError::validation(text));
        if !self.consent.agreed_to_privacy || !self.consent.agreed_to_terms {
            return refuse("consent must be true in both parts.");
        }
        if self.goals.is_empty() {
            return refuse("goals must name at least one.");
        }
        if self.intake.age < 18 {
            return refuse("intake.age must be 18 or more.");
        }
        if self.intake.conditions.is_empty() {
            return refuse("intake.conditions must name at least one.");
        }
        if !self.intake.email.contains('@') {
            return refuse("intake.email must be an e-mail address.");
        }
        if self.intake.full_name.trim().chars().count() < 2 {
            return refuse("intake.full_name must have 2 characters or more.");
        }
        Ok(())
    }
}

/// The protocols that a person follows: from the start, and since.
pub(crate) fn enrolled_in(db: &Connection, person: &Person) -> Result<Vec<Protocol>, Trouble> {
    let mut ids: Vec<String> = seed::follows(person).map(str::to_owned).into_iter().collect();
    let mut statement = db.prepare_cached("SELECT protocol_id FROM enrollments WHERE user_id = ?1 ORDER BY rowid")?;
    for row in statement.query_map([person.user_id], |row| row.get::<_, String>(0))? {
        let id = row?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids.iter().filter_map(|id| seed::protocol(id)).collect())
}

/// Medications to check against a protocol.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CheckContraindications {
    patient_id: String,
    brand_id: String,
    protocol_id: String,
    /// Codes or names.
    #[schema(min_items = 1)]
    medications: Vec<String>,
}

/// What speaks against a protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContraindicationCheck {
    protocol_id: &'static str,
    protocol_name: &'static str,
    category: &'static str,
    hits: Vec<ContraindicationHit>,
    has_absolute: bool,
    count: usize,
}

/// Check medications against a protocol
#[utoipa::path(
    post, path = "/v1/contraindications/check", operation_id = "clinical.check_contraindications",
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])), request_body = CheckContraindications,
    responses((status = 200, body = ContraindicationCheck), (status = 404, description = "No such patient or protocol"))
)]
pub(crate) async fn check_contraindications(
    caller: Caller,
    Body(asked): Body<CheckContraindications>,
) -> Result<Json<ContraindicationCheck>, ApiError> {
    caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    if asked.medications.is_empty() {
        return Err(ApiError::validation("medications must name at least one."));
    }
    let protocol = seed::protocol(&asked.protocol_id).ok_or_else(no_such_protocol)?;
    let hits = hits(&protocol, &asked.medications);
    Ok(Json(ContraindicationCheck {
        protocol_id: protocol.id,
        protocol_name: protocol.name,
        category: protocol.category,
        has_absolute: hits.iter().any(ContraindicationHit::is_absolute),
        count: hits.len(),
        hits,
    }))
}
