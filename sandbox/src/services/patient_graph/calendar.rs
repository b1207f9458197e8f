//! Which doses are due on which day, and what became of them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Extract;
use jiff::civil::Date;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::adherence::{day_of, followed};
use crate::answers::ApiError;
use crate::api::{self, Asked, Caller};
use crate::db::Trouble;
use crate::seed::{self, Compound, Person, Protocol, Timing};
use crate::services::clinical::enrolled_in;
use crate::state::Shared;

/// The longest that one answer covers.
const MOST_DAYS: usize = 366;

/// A person's doses: those from before the sandbox began, and those logged since.
pub(super) struct History {
    person: &'static Person,
    /// Compound, day, status.
    logged: Vec<(String, Date, String)>,
    has_past: bool,
}

fn taken_by(status: &str) -> Option<bool> {
    match status {
        "taken" => Some(true),
        "skipped" => Some(false),
        _ => None,
    }
}

impl History {
    pub(super) fn read(db: &Connection, person: &'static Person) -> Result<History, Trouble> {
        let sql = "SELECT peptide_id, scheduled_at, status FROM doses WHERE user_id = ?1 ORDER BY rowid";
        let mut statement = db.prepare_cached(sql)?;
        let rows = statement.query_map([person.user_id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let mut logged = Vec::new();
        for row in rows {
            let (compound, at, status) = row?;
            logged.extend(day_of(&at).map(|day| (compound, day, status)));
        }
        Ok(History { person, logged, has_past: seed::follows(person).is_some() })
    }

    /// The last day with a record.
    pub(super) fn last_day(&self) -> Date {
        let logged = self.logged.iter().map(|(_, day, _)| *day);
        logged.max().map_or(seed::LAST_DAY, |last| last.max(seed::LAST_DAY))
    }

    /// `None`: nothing is known of it.
    fn was_taken(&self, compound: &Compound, day: Date) -> Option<bool> {
        let newest = self.logged.iter().rev().find(|(id, at, _)| *id == compound.compound_id && *at == day);
        if let Some((_, _, status)) = newest {
            return taken_by(status);
        }
        self.was_taken_before(compound, day)
    }

    /// As of the sandbox's beginning.
    fn was_taken_before(&self, compound: &Compound, day: Date) -> Option<bool> {
        let is_past = self.has_past && (seed::FIRST_DAY..=seed::LAST_DAY).contains(&day);
        (is_past && compound.is_due_on(day.weekday())).then(|| seed::is_taken(self.person, compound.slug, day))
    }

    pub(super) fn taken_count(&self, compound: &Compound) -> u32 {
        let seeded = each_day(seed::FIRST_DAY, seed::LAST_DAY).map(|day| (day, self.was_taken_before(compound, day)));
        let logged = self.logged.iter().filter(|(id, _, _)| *id == compound.compound_id);
        // The newest word on a day is the one that counts.
        let days: HashMap<Date, Option<bool>> =
            seeded.chain(logged.map(|(_, day, status)| (*day, taken_by(status)))).collect();
        let taken = days.into_values().filter(|taken| *taken == Some(true));
        u32::try_from(taken.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn days(&self, compounds: &[Compound], first: Date, last: Date) -> Vec<Day> {
        let day = |date: Date| {
            let known: Vec<bool> = compounds.iter().filter_map(|compound| self.was_taken(compound, date)).collect();
            let is_due = compounds.iter().any(|compound| compound.is_due_on(date.weekday()));
            let status = match known.as_slice() {
                [] if is_due => DayStatus::Scheduled,
                [] => DayStatus::Off,
                known if known.iter().all(|taken| *taken) => DayStatus::Taken,
                _ => DayStatus::Missed,
            };
            Day { date: date.to_string(), status }
        };
        each_day(first, last).map(day).collect()
    }
}

/// Ten years at most: a dose may be logged for any day that a calendar has.
fn each_day(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last).take(3660)
}

/// One day of the calendar.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Day {
    #[schema(format = Date)]
    date: String,
    pub(super) status: DayStatus,
}

/// What became of a day's doses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DayStatus {
    /// All of them.
    Taken,
    /// Not all of them.
    Missed,
    /// Something is due, and nothing is on record.
    Scheduled,
    /// Nothing is due.
    Off,
}

/// Whose calendar, and which days: a month, or from one day to another. This month, if none is given.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    patient_id: String,
    /// Such as `2026-05`.
    month: Option<String>,
    #[param(format = Date)]
    start: Option<String>,
    #[param(format = Date)]
    end: Option<String>,
    /// As `start`.
    #[param(format = Date)]
    from: Option<String>,
    /// As `end`.
    #[param(format = Date)]
    to: Option<String>,
    protocol_id: Option<String>,
    protocol_compound_id: Option<String>,
}

/// A calendar of doses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calendar {
    #[schema(format = "uuid")]
    patient_id: String,
    days: Vec<Day>,
}

/// See a calendar of doses
#[utoipa::path(
    get, path = "/v1/adherence/calendar", operation_id = "patient_graph.get_calendar", params(CalendarQuery),
    security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])),
    responses((status = 200, body = Calendar), (status = 404, description = "No such patient, or they do not follow the protocol"))
)]
pub(crate) async fn calendar(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Json<Calendar>, ApiError> {
    let person = caller.patient(&query.patient_id)?;
    let (first, last) = query.days(state.now())?;
    let (protocols, history) = state.store.try_read(|db| {
        let protocols = chosen(db, person, query.protocol_id.as_deref())?;
        Ok::<_, ApiError>((protocols, History::read(db, person)?))
    })?;
    let mut compounds: Vec<Compound> = protocols.iter().flat_map(seed::compounds).collect();
    compounds.retain(|compound| query.protocol_compound_id.as_ref().is_none_or(|id| *id == compound.id));
    Ok(Json(Calendar { patient_id: person.patient_id(), days: history.days(&compounds, first, last) }))
}

fn chosen(db: &Connection, person: &Person, id: Option<&str>) -> Result<Vec<Protocol>, ApiError> {
    match id {
        Some(id) => Ok(vec![followed(db, person, id)?]),
        None => Ok(enrolled_in(db, person)?),
    }
}

impl CalendarQuery {
    fn days(&self, now: i64) -> Result<(Date, Date), ApiError> {
        let month = match &self.month {
            Some(text) => api::date("month", &format!("{text}-01"))
                .map_err(|_| ApiError::validation("month must be a month such as 2026-05."))?,
            None => day_of(&crate::time_text(now)).unwrap_or(seed::LAST_DAY).first_of_month(),
        };
        let day = |field: &str, text: Option<&String>| text.map(|text| api::date(field, text)).transpose();
        let first = day("start", self.start.as_ref())?.or(day("from", self.from.as_ref())?);
        let last = day("end", self.end.as_ref())?.or(day("to", self.to.as_ref())?);
        let first_day = first.or(last.map(Date::first_of_month)).unwrap_or(month);
        let last_day = last.unwrap_or(first_day.last_of_month());
        if first_day > last_day {
            return Err(ApiError::validation("The calendar ends before it begins."));
        }
        if each_day(first_day, last_day).nth(MOST_DAYS).is_some() {
            return Err(ApiError::validation("A calendar covers a year at most."));
        }
        Ok((first_day, last_day))
    }
}

/// Whose day, and which.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScheduleQuery {
    patient_id: String,
    #[param(format = Date)]
    date: String,
    protocol_id: Option<String>,
}

/// What is due on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DaySchedule {
    #[schema(format = "uuid")]
    patient_id: String,
    #[schema(format = Date)]
    date: String,
    /// 0 is Sunday.
    #[schema(minimum = 0, maximum = 6)]
    weekday: u8,
    morning: Vec<ScheduledDose>,
    evening: Vec<ScheduledDose>,
    before_bed: Vec<ScheduledDose>,
    any: Vec<ScheduledDose>,
}

/// One dose that is due.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ScheduledDose {
    #[schema(format = "uuid")]
    protocol_id: String,
    #[schema(format = "uuid")]
    protocol_compound_id: String,
    #[schema(format = "uuid")]
    compound_id: String,
    compound_slug: &'static str,
    display_name: &'static str,
    /// A number as text, exact.
    dose_amount: &'static str,
    dose_unit: &'static str,
    /// A number as text, exact.
    dose_mcg_equivalent: Option<&'static str>,
    route: Option<&'static str>,
    /// 0 is Sunday.
    days_of_week: Vec<u8>,
    timing: Timing,
    source: DoseSource,
    schedule_changed: bool,
}

/// Why a dose is due.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DoseSource {
    /// The protocol says so.
    Canonical,
    Schedule,
    #[allow(dead_code, reason = "nobody here has changed a dose")]
    Overridden,
    #[allow(dead_code, reason = "nobody here has added one")]
    Added,
}

/// See what is due on a day
#[utoipa::path(
    get, path = "/v1/adherence/today-schedule", operation_id = "patient_graph.get_today_schedule",
    params(ScheduleQuery), security(("user" = ["read:protocols"]), ("machine" = ["admin:clinical"])),
    responses((status = 200, body = DaySchedule), (status = 404, description = "No such patient, or they do not follow the protocol"))
)]
pub(crate) async fn today_schedule(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<ScheduleQuery>,
) -> Result<Json<DaySchedule>, ApiError> {
    let person = caller.patient(&query.patient_id)?;
    let date = api::date("date", &query.date)?;
    let protocols = state.store.try_read(|db| chosen(db, person, query.protocol_id.as_deref()))?;
    let due = |timing: Timing| -> Vec<ScheduledDose> {
        let each = protocols.iter().flat_map(|protocol| {
            let compounds = seed::compounds(protocol).into_iter();
            compounds.map(|compound| (protocol.graph_id(), compound))
        });
        let due = each.filter(|(_, compound)| compound.timing == timing && compound.is_due_on(date.weekday()));
        due.map(|(protocol_id, compound)| ScheduledDose::of(protocol_id, compound)).collect()
    };
    Ok(Json(DaySchedule {
        patient_id: person.patient_id(),
        date: date.to_string(),
        weekday: u8::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or_default(),
        morning: due(Timing::Morning),
        evening: due(Timing::Evening),
        before_bed: due(Timing::BeforeBed),
        any: due(Timing::Any),
    }))
}

impl ScheduledDose {
    fn of(protocol_id: String, compound: Compound) -> ScheduledDose {
        // One compound follows a schedule of its own, so that an app meets both.
        let is_own = compound.has_sharps;
        ScheduledDose {
            protocol_id,
            protocol_compound_id: compound.id,
            compound_id: compound.compound_id,
            compound_slug: compound.slug,
            display_name: compound.display_name,
            dose_amount: compound.dose_amount,
            dose_unit: compound.dose_unit,
            dose_mcg_equivalent: compound.dose_mcg_equivalent,
            route: compound.route,
            days_of_week: compound.days_of_week.to_vec(),
            timing: compound.timing,
            source: if is_own { DoseSource::Schedule } else { DoseSource::Canonical },
            schedule_changed: is_own,
        }
    }
}
