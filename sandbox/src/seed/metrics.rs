//! The patient graph's series: twelve weeks of numbers for each person who has any.

use super::people::Person;

/// One point of a series.
#[derive(Debug, Clone)]
pub(crate) struct MetricPoint {
    pub(crate) key: String,
    /// An exact decimal, or the text.
    pub(crate) value: MetricValue,
    pub(crate) unit: Option<String>,
    pub(crate) source: String,
    pub(crate) is_phi: bool,
    pub(crate) recorded_at: String,
}

#[derive(Debug, Clone)]
pub(crate) enum MetricValue {
    Numeric(String),
    Text(String),
}

struct Series {
    key: &'static str,
    unit: Option<&'static str>,
    source: &'static str,
    is_phi: bool,
    /// Hundredths at the start, and what each week adds to them.
    begins: i64,
    weekly: &'static [i64],
}

const fn series_of(key: &'static str, unit: &'static str, begins: i64, weekly: &'static [i64]) -> Series {
    Series { key, unit: Some(unit), source: "app", is_phi: true, begins, weekly }
}

/// Weeks before 20 May 2026, at seven in the morning, a Wednesday each.
const WEEKS: [&str; 12] = [
    "2026-03-04T07:00:00Z",
    "2026-03-11T07:00:00Z",
    "2026-03-18T07:00:00Z",
    "2026-03-25T07:00:00Z",
    "2026-04-01T07:00:00Z",
    "2026-04-08T07:00:00Z",
    "2026-04-15T07:00:00Z",
    "2026-04-22T07:00:00Z",
    "2026-04-29T07:00:00Z",
    "2026-05-06T07:00:00Z",
    "2026-05-13T07:00:00Z",
    "2026-05-20T07:00:00Z",
];

const FALLING: &[i64] = &[0, -15, -30, -20, -45, -60, -55, -80, -95, -90, -110, -130];
const STEADY: &[i64] = &[0, 10, -5, 5, 0, -10, 15, 5, 0, -5, 10, 0];

fn of_person(person: &Person) -> Vec<Series> {
    let sessions = Series { is_phi: false, ..series_of("app_sessions", "count", 300, STEADY_HUNDREDS) };
    match person.handle {
        "ada" => vec![
            series_of("weight_kg", "kg", 5940, FALLING),
            Series { source: "oura", ..series_of("resting_heart_rate", "bpm", 5000, FALLING) },
            sessions,
        ],
        "ben" => vec![
            series_of("weight_kg", "kg", 9210, FALLING),
            series_of("systolic_bp", "mmHg", 13_280, FALLING),
            sessions,
        ],
        "mei" => vec![series_of("weight_kg", "kg", 5620, STEADY), sessions],
        "omar" => vec![
            series_of("weight_kg", "kg", 10_450, STEADY),
            series_of("systolic_bp", "mmHg", 13_950, FALLING),
            sessions,
        ],
        _ => Vec::new(),
    }
}

const STEADY_HUNDREDS: &[i64] = &[0, 100, -100, 200, 0, 100, 0, 300, -200, 100, 0, 200];

/// What a person had in mind at the time.
fn phases(person: &Person) -> &'static [(&'static str, &'static str)] {
    match person.handle {
        "ada" => &[("2026-03-04T07:00:00Z", "base"), ("2026-04-15T07:00:00Z", "build")],
        "ben" | "omar" => &[("2026-03-11T07:00:00Z", "weight loss")],
        _ => &[],
    }
}

/// Every point that a person has from the start, series by series, oldest first.
pub(crate) fn series(person: &Person) -> Vec<MetricPoint> {
    let mut points = Vec::new();
    for series in of_person(person) {
        for (at, change) in WEEKS.iter().zip(series.weekly) {
            let hundredths = series.begins + change;
            points.push(MetricPoint {
                key: series.key.to_owned(),
                value: MetricValue::Numeric(format!("{}.{:02}", hundredths / 100, hundredths % 100)),
                unit: series.unit.map(str::to_owned),
                source: series.source.to_owned(),
                is_phi: series.is_phi,
                recorded_at: (*at).to_owned(),
            });
        }
    }
    points.extend(phases(person).iter().map(|(at, text)| MetricPoint {
        key: "training_phase".to_owned(),
        value: MetricValue::Text((*text).to_owned()),
        unit: None,
        source: "app".to_owned(),
        is_phi: true,
        recorded_at: (*at).to_owned(),
    }));
    points
}
