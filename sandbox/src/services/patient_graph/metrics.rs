//! Series of numbers about a person. Numbers travel as text here, exact.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Extract;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answers::ApiError;
use crate::api::{self, Asked, At, Caller};
use crate::db::Trouble;
use crate::ids::seeded_uuid;
use crate::seed::{self, BRAND, MetricPoint, MetricValue, Person};
use crate::services::clinical::results;
use crate::state::Shared;

/// The newest value of each series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricList {
    #[schema(format = "uuid")]
    patient_id: String,
    metrics: Vec<Metric>,
}

/// The newest value of a series.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Metric {
    metric_key: String,
    /// A number as text, exact; or a text.
    last_value: Option<String>,
    unit: Option<String>,
    #[schema(format = DateTime)]
    last_recorded_at: String,
    is_phi: bool,
}

/// List what is known about a person
#[utoipa::path(
    get, path = "/v1/patients/{patient_id}/metrics", operation_id = "patient_graph.list_metrics",
    security(("user" = ["read:profile"]), ("machine" = ["admin:clinical"])), params(("patient_id" = String, Path)),
    responses((status = 200, body = MetricList), (status = 404, description = "No such patient"))
)]
pub(crate) async fn list(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(patient_id): At<String>,
) -> Result<Json<MetricList>, ApiError> {
    let person = caller.patient(&patient_id)?;
    let mut newest: Vec<MetricPoint> = Vec::new();
    for point in state.store.read(|db| points(db, person))? {
        match newest.iter_mut().find(|known| known.key == point.key) {
            Some(known) => *known = point,
            None => newest.push(point),
        }
    }
    let metrics = newest.into_iter().map(|point| Metric {
        last_value: Some(match point.value {
            MetricValue::Numeric(number) => number,
            MetricValue::Text(text) => text,
        }),
        metric_key: point.key,
        unit: point.unit,
        last_recorded_at: point.recorded_at,
        is_phi: point.is_phi,
    });
    Ok(Json(MetricList { patient_id: person.patient_id(), metrics: metrics.collect() }))
}

/// Which part of a series, and how fine.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// A time, or a date: from its beginning.
    from: Option<String>,
    /// A time, or a date: to its end.
    to: Option<String>,
    /// `raw` if not given. Of a day, a week (from Monday) or a month, the last value.
    #[param(inline)]
    granularity: Option<Granularity>,
}

/// How fine a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Granularity {
    Raw,
    Day,
    Week,
    Month,
}

/// A series, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricSeries {
    #[schema(format = "uuid")]
    patient_id: String,
    metric_key: String,
    data: Vec<SeriesPoint>,
    count: usize,
}

/// One point of a series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesPoint {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    metric_key: String,
    /// A number as text, exact.
    #[schema(pattern = r"^-?\d+(\.\d+)?$")]
    value_numeric: Option<String>,
    value_text: Option<String>,
    unit: Option<String>,
    source: String,
    is_phi: bool,
    #[schema(format = DateTime)]
    recorded_at: String,
    #[schema(format = DateTime)]
    created_at: String,
}

/// See a series
#[utoipa::path(
    get, path = "/v1/patients/{patient_id}/metrics/{metric_key}", operation_id = "patient_graph.get_metric_series",
    security(("user" = ["read:profile"]), ("machine" = ["admin:clinical"])),
    params(("patient_id" = String, Path), ("metric_key" = String, Path), SeriesQuery),
    responses((status = 200, body = MetricSeries), (status = 404, description = "No such patient or series"))
)]
pub(crate) async fn series(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At((patient_id, metric_key)): At<(String, String)>,
    Asked(query): Asked<SeriesQuery>,
) -> Result<Json<MetricSeries>, ApiError> {
    let person = caller.patient(&patient_id)?;
    let from = query.from.as_deref().map(|text| bound("from", text, false)).transpose()?;
    let to = query.to.as_deref().map(|text| bound("to", text, true)).transpose()?;
    let mut points = state.store.read(|db| points(db, person))?;
    points.retain(|point| point.key == metric_key);
    if points.is_empty() {
        return Err(ApiError::not_found("There is no such series about this person."));
    }
    let timed = points.into_iter().filter_map(|point| Some((point.recorded_at.parse::<Timestamp>().ok()?, point)));
    let within = timed.filter(|(at, _)| from.is_none_or(|from| *at >= from) && to.is_none_or(|to| *at <= to));
    let mut shown = BTreeMap::new();
    for (index, (at, point)) in within.enumerate() {
        // The last of a span takes the place of those before it.
        shown.insert(span(query.granularity.unwrap_or(Granularity::Raw), at, index), point);
    }
    let data: Vec<SeriesPoint> = shown.into_values().map(|point| SeriesPoint::of(point, person)).collect();
    Ok(Json(MetricSeries { patient_id: person.patient_id(), metric_key, count: data.len(), data }))
}

fn bound(field: &str, text: &str, is_end: bool) -> Result<Timestamp, ApiError> {
    if text.contains(['T', 't']) {
        let at = api::time(field, text)?;
        return at.parse().map_err(|_| ApiError::validation(format!("{field} is out of range.")));
    }
    let day = api::date(field, text)?;
    let moment = if is_end { day.at(23, 59, 59, 999_999_999) } else { day.at(0, 0, 0, 0) };
    let at = moment.to_zoned_datetime(TimeZone::UTC).map(|zoned| zoned.timestamp());
    at.map_err(|_| ApiError::validation(format!("{field} is out of range.")))
}

/// Where a point belongs; points of one place are shown as one.
fn span(granularity: Granularity, at: Timestamp, index: usize) -> (Date, usize) {
    let day = at.to_zoned_datetime(TimeZone::UTC).date();
    match granularity {
        Granularity::Raw => (day, index + 1),
        Granularity::Day => (day, 0),
        Granularity::Week => {
            let monday = day.checked_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset()));
            (monday.unwrap_or(day), 0)
        }
        Granularity::Month => (day.first_of_month(), 0),
    }
}

impl SeriesPoint {
    fn of(point: MetricPoint, person: &Person) -> SeriesPoint {
        let id = seeded_uuid(&format!("metric {} {} {}", person.user_id, point.key, point.recorded_at));
        let (value_numeric, value_text) = match point.value {
            MetricValue::Numeric(number) => (Some(number), None),
            MetricValue::Text(text) => (None, Some(text)),
        };
        SeriesPoint {
            id,
            patient_id: person.patient_id(),
            brand_id: BRAND,
            metric_key: point.key,
            value_numeric,
            value_text,
            unit: point.unit,
            source: point.source,
            is_phi: point.is_phi,
            created_at: point.recorded_at.clone(),
            recorded_at: point.recorded_at,
        }
    }
}

/// Series by series, oldest first: what a person has from the start, and their lab results.
fn points(db: &Connection, person: &Person) -> Result<Vec<MetricPoint>, Trouble> {
    let mut points = seed::series(person);
    let mut results = results::all(db, person)?;
    results.sort_by_key(|result| result.collected_at.parse::<Timestamp>().ok());
    points.extend(results.into_iter().map(|result| MetricPoint {
        value: MetricValue::Numeric(decimal(result.value)),
        key: result.biomarker_code,
        unit: Some(result.unit),
        source: "lab".to_owned(),
        is_phi: true,
        recorded_at: result.collected_at,
    }));
    Ok(points)
}

/// Every digit of the number, and two decimal places at least: `131.50`.
fn decimal(value: f64) -> String {
    let text = value.to_string();
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, places)) if places.len() == 1 => format!("{text}0"),
        Some(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_every_digit_and_two_places_at_least() {
        for (value, text) in [(131.5, "131.50"), (62.0, "62.00"), (0.45, "0.45"), (1.925, "1.925"), (-3.4, "-3.40")] {
            assert_eq!(decimal(value), text);
        }
    }
}
