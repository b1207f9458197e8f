//! Reading lab reports.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::clinical::from_base64;
use crate::answers::ApiError;
use crate::api::{self, Body, Caller};
use crate::ids::{Hashed, chance};
use crate::seed::{self, Sex};
use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(extract))
}

/// A lab report to read.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ExtractBloodwork {
    brand_id: String,
    /// The user id of who asks.
    requested_by: String,
    mime_type: FileType,
    #[schema(format = Byte, min_length = 1)]
    file_base64: String,
    vendor_hint: Option<String>,
    #[schema(format = DateTime)]
    drawn_at: Option<String>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) enum FileType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
}

impl FileType {
    /// What keeps a reader from reading the file. Nothing else is looked at: whatever the bytes are, they give lines.
    fn check(self, file: &[u8]) -> Result<(), ApiError> {
        match self {
            FileType::Pdf if holds(file, b"/Encrypt") => {
                Err(ApiError::precondition("The PDF is locked. Send it without a password."))
            }
            FileType::Jpeg if breaks_off(file, JPEG) => Err(unreadable()),
            FileType::Png if breaks_off(file, PNG) => Err(unreadable()),
            _ => Ok(()),
        }
    }
}

/// How a picture begins, and what stands at its end.
const JPEG: (&[u8], &[u8]) = (b"\xff\xd8\xff", b"\xff\xd9");
const PNG: (&[u8], &[u8]) = (b"\x89PNG\r\n\x1a\n", b"IEND");

fn breaks_off(file: &[u8], (beginning, end): (&[u8], &[u8])) -> bool {
    file.starts_with(beginning) && !holds(file, end)
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

fn unreadable() -> ApiError {
    ApiError::upstream("The reader failed: the picture breaks off before its end.")
}

/// What was read in a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtractedBloodwork {
    lab_vendor: Option<String>,
    #[schema(format = DateTime)]
    collected_at: Option<String>,
    biomarkers: Vec<ExtractedBiomarker>,
}

/// One line of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtractedBiomarker {
    name: &'static str,
    value: f64,
    unit: &'static str,
    /// As it is printed: `30-100`, `<99` or `>40`.
    reference_range: Option<String>,
}

/// What every report has, and a value within its range.
const LINES: &[(&str, f64)] = &[
    ("ldl_c", 88.0),
    ("hdl_c", 61.0),
    ("triglycerides", 92.0),
    ("hba1c", 5.3),
    ("tsh", 2.1),
    ("vitamin_d_25_oh", 36.0),
    ("ferritin", 84.0),
];

/// Read a lab report
///
/// The sandbox reads no report: the same bytes always give the same lines, and other bytes others. It sees whether a PDF
/// is locked, and whether a picture breaks off before its end.
#[utoipa::path(
    post, path = "/v1/extract/bloodwork", operation_id = "ai.extract_bloodwork",
    security(("user" = ["write:biomarkers"]), ("machine" = ["admin:clinical"])), request_body = ExtractBloodwork,
    responses(
        (status = 200, body = ExtractedBloodwork),
        (status = 404, description = "No such person"),
        (status = 412, description = "The PDF is locked with a password"),
        (status = 502, description = "The reader fails: the picture breaks off"),
    )
)]
pub(crate) async fn extract(
    caller: Caller,
    Body(asked): Body<ExtractBloodwork>,
) -> Result<Json<ExtractedBloodwork>, ApiError> {
    caller.brand(&asked.brand_id)?;
    let person = if caller.person.is_some() { Some(caller.patient(&asked.requested_by)?) } else { None };
    api::said("requested_by", &asked.requested_by)?;
    let collected_at = asked.drawn_at.as_deref().map(|text| api::time("drawn_at", text)).transpose()?;
    let file = from_base64(&asked.file_base64)?;
    asked.mime_type.check(&file)?;
    let seed = Hashed::of_bytes(&file).0;
    let sex = person.map_or(Sex::Female, |person| person.sex);
    let vendor = if chance(&format!("vendor {seed}")) < 0.5 { "labcorp" } else { "quest" };
    Ok(Json(ExtractedBloodwork {
        lab_vendor: Some(asked.vendor_hint.unwrap_or_else(|| vendor.to_owned())),
        collected_at,
        biomarkers: LINES.iter().filter_map(|line| read(line, &seed, sex)).collect(),
    }))
}

fn read(&(code, middle): &(&str, f64), seed: &str, sex: Sex) -> Option<ExtractedBiomarker> {
    let marker = seed::marker_of(code)?;
    // A fifth more or less, to a tenth.
    let value = (middle * (0.8 + 0.4 * chance(&format!("{code} {seed}"))) * 10.0).round() / 10.0;
    let reference_range = match marker.reference(sex) {
        (Some(low), Some(high)) => Some(format!("{low}-{high}")),
        (None, Some(high)) => Some(format!("<{high}")),
        (Some(low), None) => Some(format!(">{low}")),
        (None, None) => None,
    };
    Some(ExtractedBiomarker { name: marker.name, value, unit: marker.unit, reference_range })
}
