//! Safety flags: one for each result out of its range.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::seeded_uuid;
use crate::seed::{BRAND, Biomarker, BiomarkerStatus};

/// Something in the results that somebody should look at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Flag {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    rule_id: String,
    rule_name: String,
    severity: Severity,
    biomarker_code: String,
    #[schema(format = "uuid")]
    biomarker_id: String,
    message: String,
    acknowledged: bool,
    #[schema(format = DateTime)]
    detected_at: String,
}

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Urgent,
    Warn,
    Info,
}

/// Markers for which out of range is more than worth knowing.
const WARNED_OF: &[&str] =
    &["ferritin", "ldl_c", "apob", "triglycerides", "hba1c", "tsh", "testosterone_total", "alt", "egfr"];

/// The flags that these results raise, the most urgent first.
pub(crate) fn flags(newest: &[Biomarker]) -> Vec<Flag> {
    let mut flags: Vec<Flag> = newest.iter().filter_map(flag).collect();
    flags.sort_by_key(|flag| flag.severity);
    flags
}

fn flag(result: &Biomarker) -> Option<Flag> {
    let severity = match result.status {
        BiomarkerStatus::Normal => return None,
        BiomarkerStatus::Critical => Severity::Urgent,
        _ if WARNED_OF.contains(&result.biomarker_code.as_str()) => Severity::Warn,
        _ => Severity::Info,
    };
    let name = &result.biomarker_name;
    let message = match result.status {
        BiomarkerStatus::Critical => format!("{name} is far out of range: talk to a clinician now."),
        BiomarkerStatus::Low => format!("{name} is below its reference range."),
        _ => format!("{name} is above its reference range."),
    };
    let status = result.status.as_str();
    let rule_id = format!("rule_{status}_{}", result.biomarker_code);
    Some(Flag {
        id: seeded_uuid(&format!("flag {rule_id} {}", result.id)),
        patient_id: result.patient_id.clone(),
        brand_id: BRAND,
        rule_name: format!("{}{} {name}", status[..1].to_uppercase(), &status[1..]),
        rule_id,
        severity,
        biomarker_code: result.biomarker_code.clone(),
        biomarker_id: result.id.clone(),
        message,
        acknowledged: false,
        detected_at: result.parsed_at.clone(),
    })
}
