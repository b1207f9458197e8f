//! Records of the clinical service.

use loop_sdk_macros::model;

use super::Json;

/// One lab result: a marker's value, its unit and the laboratory's reference range.
#[model]
pub struct Biomarker {
    /// Identifies this result.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The marker's code, for instance `ldl_c`.
    pub biomarker_code: String,
    /// The marker's name for people, for instance `LDL cholesterol`.
    pub biomarker_name: String,
    /// The measured value, in `unit`.
    pub value: f64,
    /// The unit of `value` and of both references, for instance `mg/dL`.
    pub unit: String,
    /// Lower end of the reference range, in `unit`; null where the laboratory gives none.
    pub reference_low: Option<f64>,
    /// Upper end of the reference range, in `unit`; null where the laboratory gives none.
    pub reference_high: Option<f64>,
    /// Where the value stands in its range.
    pub status: BiomarkerStatus,
    /// When the sample was taken (RFC 3339).
    pub collected_at: String,
    /// When Loop read the result (RFC 3339).
    pub parsed_at: String,
}

/// Where a value stands in its reference range.
#[model(plural = "biomarker_statuses")]
pub enum BiomarkerStatus {
    /// Inside the range.
    Normal,
    /// Below the range.
    Low,
    /// Above the range.
    High,
    /// So far outside that somebody should look at once.
    Critical,
}

/// One protocol of the clinical catalogue.
#[model]
pub struct Protocol {
    /// Identifies the protocol.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its version, as the platform writes it.
    pub version: String,
    /// What it is for, in a paragraph; null where the platform gives none.
    pub description: Option<String>,
    /// The kind of protocol, for instance `metabolic`.
    pub category: String,
    /// Whom it suits: a JSON object whose keys the platform does not fix.
    pub criteria: Json,
    /// What it asks the person to do: JSON, not fixed by the platform.
    pub recommendations: Vec<Json>,
    /// What speaks against it: JSON, not fixed by the platform.
    pub contraindications: Vec<Json>,
    /// Whether new people may start it.
    pub active: bool,
}
