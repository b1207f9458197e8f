//! The test people's devices, and what they measured.

use serde::Serialize;
use utoipa::ToSchema;

use super::people::Person;

/// Whose devices can be connected.
pub(crate) const PROVIDERS: &[&str] = &["oura", "whoop", "libre", "dexcom"];

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionStatus {
    Connected,
    Disconnected,
    Error,
    Pending,
}

/// A connection that a person has from the start.
#[derive(Debug, Clone)]
pub(crate) struct SeededConnection {
    pub(crate) id: String,
    pub(crate) provider: &'static str,
    pub(crate) status: ConnectionStatus,
    pub(crate) connected_at: &'static str,
    pub(crate) last_synced_at: Option<&'static str>,
}

pub(crate) fn connections(person: &Person) -> Vec<SeededConnection> {
    let one = |provider: &'static str, status, connected_at, last_synced_at| SeededConnection {
        id: person.record_id(&format!("connection {provider}")),
        provider,
        status,
        connected_at,
        last_synced_at,
    };
    match person.handle {
        "ada" => vec![
            one("oura", ConnectionStatus::Connected, "2026-01-12T18:22:00Z", Some("2026-05-20T05:31:00Z")),
            one("libre", ConnectionStatus::Disconnected, "2025-11-02T09:00:00Z", Some("2025-12-01T22:10:00Z")),
        ],
        "ben" => vec![
            one("whoop", ConnectionStatus::Connected, "2026-02-03T07:45:00Z", Some("2026-05-20T06:02:00Z")),
            one("dexcom", ConnectionStatus::Error, "2026-03-08T20:15:00Z", Some("2026-04-30T23:55:00Z")),
        ],
        "omar" => vec![one("dexcom", ConnectionStatus::Pending, "2026-05-18T16:40:00Z", None)],
        _ => Vec::new(),
    }
}

/// Something that a device measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WearableMetric {
    provider: String,
    metric: &'static str,
    label: &'static str,
    /// A number as text, exact.
    value: &'static str,
    show_on_optimize: bool,
}

pub(crate) fn wearable_metrics(person: &Person, provider: &str) -> Vec<WearableMetric> {
    let one = |metric, label, value, show_on_optimize| WearableMetric {
        provider: provider.to_owned(),
        metric,
        label,
        value,
        show_on_optimize,
    };
    match (person.handle, provider) {
        ("ada", "oura") => vec![
            one("resting_heart_rate", "Resting heart rate", "47", true),
            one("hrv", "Heart rate variability", "78.50", true),
            one("sleep_score", "Sleep score", "86", true),
            one("body_temperature_deviation", "Body temperature deviation", "-0.10", false),
        ],
        ("ben", "whoop") => vec![
            one("recovery", "Recovery", "54", true),
            one("strain", "Day strain", "11.70", true),
            one("resting_heart_rate", "Resting heart rate", "61", false),
        ],
        (_, "oura") => vec![one("sleep_score", "Sleep score", "81", true)],
        (_, "whoop") => vec![one("recovery", "Recovery", "66", true)],
        (_, "libre" | "dexcom") => vec![one("glucose_average", "Average glucose", "96.40", true)],
        _ => Vec::new(),
    }
}
