//! Whether people take what they meant to take.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::calendar::{Day, DayStatus, History};
use crate::answers::ApiError;
use crate::api::{self, Asked, Body, Caller};
use crate::ids;
use crate::seed::{self, BRAND, Compound, Person, Protocol};
use crate::services::clinical::enrolled_in;
use crate::state::Shared;

/// Injected doses after which a full sharps box is thought of. The platform names no number: this is our choice.
const SHARPS_REMINDER_EVERY: u32 = 25;

/// Days in a row on which everything was taken.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Streak {
    #[schema(format = "uuid")]
    patient_id: String,
    current_streak: u32,
    longest_streak: u32,
    peptides: Vec<PeptideAdherence>,
}

/// How often one compound was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeptideAdherence {
    #[schema(format = "uuid")]
    peptide_id: String,
    taken_dose_count: u32,
    sharps_reminder_enabled: bool,
}

/// See your streak
///
/// As of the last day with a dose on record.
#[utoipa::path(
    get, path = "/v1/adherence/streak/me", operation_id = "patient_graph.get_streak",
    security(("user" = ["read:protocols"])),
    responses((status = 200, body = Streak), (status = 404, description = "You follow no protocol"))
)]
pub(crate) async fn streak(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<Streak>, ApiError> {
    let person = caller.me()?;
    let (protocols, history) = state.store.read(|db| Ok((enrolled_in(db, person)?, History::read(db, person)?)))?;
    if protocols.is_empty() {
        return Err(ApiError::not_found("You follow no protocol."));
    }
    let compounds: Vec<Compound> = protocols.iter().flat_map(seed::compounds).collect();
    let days = history.days(&compounds, seed::FIRST_DAY, history.last_day());
    let (current_streak, longest_streak) = streaks(&days);
    let peptides = compounds.iter().map(|compound| PeptideAdherence {
        peptide_id: compound.compound_id.clone(),
        taken_dose_count: history.taken_count(compound),
        sharps_reminder_enabled: compound.has_sharps,
    });
    Ok(Json(Streak { patient_id: person.patient_id(), current_streak, longest_streak, peptides: peptides.collect() }))
}

/// The one that lasts, and the longest there was. A day on which nothing was due breaks none.
fn streaks(days: &[Day]) -> (u32, u32) {
    let (mut current, mut longest) = (0_u32, 0_u32);
    for day in days {
        match day.status {
            DayStatus::Taken => current += 1,
            DayStatus::Missed => current = 0,
            DayStatus::Scheduled | DayStatus::Off => {}
        }
        longest = longest.max(current);
    }
    (current, longest)
}

/// Whose adherence, and to what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    patient_id: String,
    protocol_id: String,
}

/// How well a protocol is followed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdherenceSummary {
    #[schema(format = "uuid")]
    patient_id: String,
    protocol_id: String,
    streak_days: u32,
    /// 0 to 100.
    adherence_pct: f64,
    last30: LastThirtyDays,
}

/// Days, of the last thirty with a record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastThirtyDays {
    taken: u32,
    missed: u32,
    scheduled: u32,
}

/// See how well a protocol is followed
#[utoipa::path(
    get, path = "/v1/adherence/summary", operation_id = "patient_graph.get_adherence_summary", params(SummaryQuery),
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])),
    responses((status = 200, body = AdherenceSummary), (status = 404, description = "No such patient, or they do not follow it"))
)]
pub(crate) async fn summary(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<SummaryQuery>,
) -> Result<Json<AdherenceSummary>, ApiError> {
    let person = caller.patient(&query.patient_id)?;
    let (protocol, history) = state.store.try_read(|db| {
        let protocol = followed(db, person, &query.protocol_id)?;
        Ok::<_, ApiError>((protocol, History::read(db, person)?))
    })?;
    let compounds = seed::compounds(&protocol);
    let last = history.last_day();
    let (streak_days, _) = streaks(&history.days(&compounds, seed::FIRST_DAY, last));
    let first = last.checked_sub(jiff::Span::new().days(29)).unwrap_or(last);
    let days = history.days(&compounds, first, last);
    let count = |status| u32::try_from(days.iter().filter(|day| day.status == status).count()).unwrap_or(u32::MAX);
    let last30 = LastThirtyDays {
        taken: count(DayStatus::Taken),
        missed: count(DayStatus::Missed),
        scheduled: count(DayStatus::Scheduled),
    };
    let due = f64::from((last30.taken + last30.missed).max(1));
    Ok(Json(AdherenceSummary {
        patient_id: person.patient_id(),
        protocol_id: query.protocol_id,
        streak_days,
        adherence_pct: (f64::from(last30.taken) / due * 1000.0).round() / 10.0,
        last30,
    }))
}

/// The protocol of this id, if the person follows it.
pub(super) fn followed(db: &Connection, person: &Person, id: &str) -> Result<Protocol, ApiError> {
    let found = enrolled_in(db, person)?.into_iter().find(|protocol| protocol.id == id || protocol.graph_id() == id);
    found.ok_or_else(|| ApiError::not_found("This person does not follow such a protocol."))
}

/// A dose to log.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewDose {
    /// The compound's id.
    peptide_id: String,
    protocol_id: String,
    status: DoseStatus,
    #[schema(format = DateTime)]
    scheduled_at: String,
    #[schema(format = "uuid")]
    protocol_compound_id: Option<String>,
    skip_reason: Option<SkipReason>,
    #[schema(min_length = 1, max_length = 500)]
    skip_reason_note: Option<String>,
    #[schema(format = DateTime)]
    logged_at: Option<String>,
}

/// What became of a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DoseStatus {
    Taken,
    Skipped,
    Scheduled,
}

impl DoseStatus {
    fn as_str(self) -> &'static str {
        match self {
            DoseStatus::Taken => "taken",
            DoseStatus::Skipped => "skipped",
            DoseStatus::Scheduled => "scheduled",
        }
    }
}

/// Why a dose was left out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SkipReason {
    Vacation,
    Sick,
    Forgot,
    SideEffect,
    Other,
}

/// A dose on record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dose {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    peptide_id: String,
    protocol_id: String,
    #[schema(format = "uuid")]
    protocol_compound_id: Option<String>,
    status: DoseStatus,
    skip_reason: Option<SkipReason>,
    #[schema(format = DateTime)]
    scheduled_at: String,
    #[schema(format = DateTime)]
    logged_at: String,
}

/// Log a dose
#[utoipa::path(
    post, path = "/v1/adherence/doses", operation_id = "patient_graph.log_dose",
    security(("user" = ["write:protocols"])), request_body = NewDose,
    responses(
        (status = 201, body = Dose),
        (status = 404, description = "You do not follow the protocol, or it has no such compound"),
        (status = 422, description = "A reason to skip a dose that was not skipped"),
    )
)]
pub(crate) async fn log_dose(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<NewDose>,
) -> Result<Response, ApiError> {
    let person = caller.me()?;
    let scheduled_at = api::time("scheduled_at", &asked.scheduled_at)?;
    let logged_at = asked.logged_at.as_deref().map(|text| api::time("logged_at", text)).transpose()?;
    if asked.skip_reason_note.as_deref().is_some_and(|note| !(1..=500).contains(&note.chars().count())) {
        return Err(ApiError::validation("skip_reason_note must have 1 to 500 characters."));
    }
    if asked.skip_reason.is_some() && asked.status != DoseStatus::Skipped {
        return Err(ApiError::unprocessable("Only a dose that was skipped has a skip_reason."));
    }
    let id = ids::uuid()?;
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        let protocol = followed(db, person, &asked.protocol_id)?;
        let no_such = || ApiError::not_found("The protocol has no such compound.");
        let is_meant = |compound: &Compound| {
            let is_row = asked.protocol_compound_id.as_ref().is_none_or(|id| *id == compound.id);
            compound.compound_id == asked.peptide_id && is_row
        };
        let compound = seed::compounds(&protocol).into_iter().find(|one| is_meant(one)).ok_or_else(no_such)?;
        let taken_before = History::read(db, person)?.taken_count(&compound);
        db.execute(
            "INSERT INTO doses (id, user_id, peptide_id, protocol_id, protocol_compound_id, status, scheduled_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                person.user_id,
                asked.peptide_id,
                protocol.id,
                asked.protocol_compound_id,
                asked.status.as_str(),
                scheduled_at
            ],
        )?;
        audit.note("patient_graph.dose.logged", "dose", &id, json!({ "protocol_id": asked.protocol_id }));
        let taken = History::read(db, person)?.taken_count(&compound);
        if compound.has_sharps && taken > taken_before && taken % SHARPS_REMINDER_EVERY == 0 {
            let payload = json!({
                "patient_id": person.patient_id(),
                "brand_id": BRAND,
                "user_id": person.user_id,
                "peptide_id": asked.peptide_id,
                "protocol_id": protocol.graph_id(),
                "taken_dose_count": taken,
            });
            audit.event("patient_graph.adherence.sharps_reminder_requested.v1", Some(person.user_id), payload);
        }
        Ok(Dose {
            id,
            patient_id: person.patient_id(),
            peptide_id: asked.peptide_id,
            protocol_id: asked.protocol_id,
            protocol_compound_id: asked.protocol_compound_id,
            status: asked.status,
            skip_reason: asked.skip_reason,
            scheduled_at,
            logged_at: logged_at.unwrap_or_else(|| crate::time_text(audit.now)),
        })
    })
}

/// The day of a time that was sent, in UTC.
pub(super) fn day_of(time: &str) -> Option<Date> {
    let at: jiff::Timestamp = time.parse().ok()?;
    Some(at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date())
}
