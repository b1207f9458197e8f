//! The test people's check-ins.

use serde::Serialize;
use utoipa::ToSchema;

use super::people::Person;

/// How a person said that they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CheckIn {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    /// 30, 60 or 90.
    #[schema(minimum = 30, maximum = 90)]
    pub(crate) day_marker: u8,
    goals: Vec<&'static str>,
    wins: Vec<&'static str>,
    blockers: Vec<&'static str>,
    protocol_changes: Option<&'static str>,
    /// 1 to 10.
    mood: u8,
    weight_kg: Option<f64>,
    /// 1 to 10.
    sleep_quality: u8,
    #[schema(format = DateTime)]
    completed_at: &'static str,
    #[schema(format = DateTime)]
    created_at: &'static str,
}

/// Oldest first.
pub(crate) fn check_ins(person: &Person) -> Vec<CheckIn> {
    let one = |day_marker: u8, completed_at| CheckIn {
        id: person.record_id(&format!("check-in {day_marker}")),
        patient_id: person.patient_id(),
        day_marker,
        goals: Vec::new(),
        wins: Vec::new(),
        blockers: Vec::new(),
        protocol_changes: None,
        mood: 7,
        weight_kg: None,
        sleep_quality: 7,
        completed_at,
        created_at: completed_at,
    };
    match person.handle {
        "ada" => vec![
            CheckIn {
                goals: vec!["Finish the marathon under four hours", "Feel less tired after long runs"],
                wins: vec!["Slept through most nights"],
                blockers: vec!["Iron upsets my stomach"],
                protocol_changes: Some("Iron every other day"),
                mood: 6,
                weight_kg: Some(58.4),
                sleep_quality: 7,
                ..one(30, "2026-04-18T06:55:00Z")
            },
            CheckIn {
                goals: vec!["Finish the marathon under four hours"],
                wins: vec!["No more headaches", "32 km without stopping"],
                mood: 8,
                weight_kg: Some(58.1),
                sleep_quality: 8,
                ..one(60, "2026-05-19T06:40:00Z")
            },
        ],
        "ben" => vec![CheckIn {
            goals: vec!["Lower LDL without a statin"],
            wins: vec!["Oats every morning"],
            blockers: vec!["Travel weeks"],
            mood: 7,
            weight_kg: Some(91.2),
            sleep_quality: 6,
            ..one(30, "2026-04-05T19:10:00Z")
        }],
        "mei" => vec![
            CheckIn { goals: vec!["Know my baseline"], mood: 8, sleep_quality: 8, ..one(30, "2026-02-10T12:00:00Z") },
            CheckIn { goals: vec!["Keep it up"], mood: 8, sleep_quality: 9, ..one(60, "2026-03-12T12:00:00Z") },
            CheckIn { wins: vec!["All in range"], mood: 9, sleep_quality: 9, ..one(90, "2026-04-11T12:00:00Z") },
        ],
        _ => Vec::new(),
    }
}
