//! Lab reports as files.

use axum::Json;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::{ApiError, no_store};
use crate::api::{self, At, Body, Caller};
use crate::ids;
use crate::openapi::JsonObject;
use crate::params::Params;
use crate::seed::{self, BRAND, PEOPLE, Person};
use crate::state::{Shared, State};

const LINK_SECONDS: i64 = 300;

/// A lab report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bloodwork {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    file_name: Option<String>,
    content_type: ReportType,
    source: String,
    status: BloodworkStatus,
    #[schema(format = DateTime)]
    uploaded_at: String,
}

/// A lab report, and where to download it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BloodworkView {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    patient_id: String,
    brand_id: &'static str,
    file_name: Option<String>,
    content_type: ReportType,
    source: String,
    status: BloodworkStatus,
    #[schema(format = DateTime)]
    uploaded_at: String,
    /// Good for five minutes.
    #[schema(format = "uri")]
    signed_url: String,
}

/// How far the report has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BloodworkStatus {
    Uploaded,
    Parsed,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(crate) enum ReportType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "application/json")]
    Json,
}

impl ReportType {
    fn as_str(self) -> &'static str {
        match self {
            ReportType::Pdf => "application/pdf",
            ReportType::Json => "application/json",
        }
    }
}

/// A lab report to keep.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UploadBloodwork {
    patient_id: String,
    brand_id: String,
    content_type: UploadType,
    #[schema(min_length = 1)]
    source: String,
    #[schema(format = Byte, min_length = 1)]
    file_base64: String,
    #[allow(dead_code, reason = "the platform takes it, and gives it back nowhere")]
    clinician_id: Option<String>,
    file_name: Option<String>,
    #[schema(value_type = Option<Object>)]
    #[allow(dead_code, reason = "the platform takes it, and gives it back nowhere")]
    structured_data: Option<JsonObject>,
}

/// The form of a report to keep.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) enum UploadType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "application/json")]
    Json,
}

/// A report as it is stored.
struct Stored {
    id: String,
    person: &'static Person,
    file_name: Option<String>,
    content_type: ReportType,
    source: String,
    status: BloodworkStatus,
    uploaded_at: String,
    file: Vec<u8>,
}

/// Upload a lab report
#[utoipa::path(
    post, path = "/v1/bloodwork/upload", operation_id = "clinical.upload_bloodwork",
    security(("user" = ["write:biomarkers"]), ("machine" = ["admin:clinical"])), request_body = UploadBloodwork,
    responses((status = 201, body = Bloodwork), (status = 404, description = "No such patient"))
)]
pub(crate) async fn upload(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<UploadBloodwork>,
) -> Result<Response, ApiError> {
    let person = caller.patient_of_brand(&asked.patient_id, &asked.brand_id)?;
    api::said("source", &asked.source)?;
    let file = from_base64(&asked.file_base64)?;
    let now = state.now();
    let stored = Stored {
        id: ids::uuid()?,
        person,
        file_name: asked.file_name,
        content_type: match asked.content_type {
            UploadType::Pdf => ReportType::Pdf,
            UploadType::Json => ReportType::Json,
        },
        source: asked.source,
        status: BloodworkStatus::Uploaded,
        uploaded_at: crate::time_text(now),
        file,
    };
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        db.execute(
            "INSERT INTO bloodwork (id, user_id, file_name, content_type, source, uploaded_at, file)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                stored.id,
                person.user_id,
                stored.file_name,
                stored.content_type.as_str(),
                stored.source,
                now,
                stored.file
            ],
        )?;
        audit.note("clinical.bloodwork.uploaded", "bloodwork", &stored.id, json!({ "bytes": stored.file.len() }));
        let payload = json!({
            "bloodwork_id": stored.id,
            "patient_id": person.patient_id(),
            "brand_id": BRAND,
            "file_name": stored.file_name,
            "content_type": stored.content_type.as_str(),
            "source": stored.source,
            "uploaded_by": caller.person.map_or(caller.client_id.as_str(), |person| person.user_id),
            "uploaded_at": stored.uploaded_at,
        });
        audit.event("clinical.bloodwork.uploaded.v1", Some(person.user_id), payload);
        Ok(Bloodwork {
            id: stored.id,
            patient_id: person.patient_id(),
            brand_id: BRAND,
            file_name: stored.file_name,
            content_type: stored.content_type,
            source: stored.source,
            status: stored.status,
            uploaded_at: stored.uploaded_at,
        })
    })
}

pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, ApiError> {
    match STANDARD.decode(text.trim()) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(ApiError::validation("file_base64 must be a file in base64.")),
    }
}

/// See a lab report
#[utoipa::path(
    get, path = "/v1/bloodwork/view/{bloodwork_id}", operation_id = "clinical.view_bloodwork",
    security(("user" = ["read:biomarkers"]), ("machine" = ["admin:clinical"])), params(("bloodwork_id" = String, Path)),
    responses((status = 200, body = BloodworkView), (status = 404, description = "No such report"))
)]
pub(crate) async fn view(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(id): At<String>,
) -> Result<Json<BloodworkView>, ApiError> {
    let stored = find(&state, &id)?.ok_or_else(no_such_report)?;
    caller.patient(stored.person.user_id).map_err(|_| no_such_report())?;
    let expires = state.now() + LINK_SECONDS;
    let signature = signature(&state, &id, expires);
    Ok(Json(BloodworkView {
        signed_url: format!("{}/clinical/files/bloodwork/{id}?expires={expires}&signature={signature}", state.base_url),
        id: stored.id,
        patient_id: stored.person.patient_id(),
        brand_id: BRAND,
        file_name: stored.file_name,
        content_type: stored.content_type,
        source: stored.source,
        status: stored.status,
        uploaded_at: stored.uploaded_at,
    }))
}

/// `GET /clinical/files/bloodwork/{bloodwork_id}`: what a signed link leads to.
pub(crate) async fn file(
    Extract(state): Extract<Shared>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Params::of_query(query.as_deref());
    let expires: i64 = query.get("expires").and_then(|text| text.parse().ok()).unwrap_or_default();
    let is_signed = ids::same(query.get("signature").unwrap_or_default(), &signature(&state, &id, expires));
    if !is_signed || state.now() >= expires {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "This link has expired, or was changed."));
    }
    let stored = find(&state, &id)?.ok_or_else(no_such_report)?;
    let content_type = HeaderValue::from_static(stored.content_type.as_str());
    // Whatever was uploaded must not run as a page of the sandbox's.
    let nosniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut answer = ([(header::CONTENT_TYPE, content_type), nosniff], stored.file).into_response();
    no_store(&mut answer);
    Ok(answer)
}

fn signature(state: &State, id: &str, expires: i64) -> String {
    ids::hmac_sha256_hex(state.file_secret.as_bytes(), format!("{id}\n{expires}").as_bytes())
}

fn no_such_report() -> ApiError {
    ApiError::not_found("There is no such report, or your token does not open it.")
}

fn find(state: &State, id: &str) -> Result<Option<Stored>, ApiError> {
    if let Some(person) = PEOPLE.iter().find(|person| person.record_id("bloodwork") == id) {
        return Ok(seeded(person));
    }
    let found = state.store.read(|db| {
        let sql = "SELECT user_id, file_name, content_type, source, uploaded_at, file FROM bloodwork WHERE id = ?1";
        let found = db.query_row(sql, [id], |row| {
            let content_type: String = row.get(2)?;
            let is_pdf = content_type == "application/pdf";
            let user_id: String = row.get(0)?;
            let stored = |person| -> Result<Stored, rusqlite::Error> {
                Ok(Stored {
                    id: id.to_owned(),
                    person,
                    file_name: row.get(1)?,
                    content_type: if is_pdf { ReportType::Pdf } else { ReportType::Json },
                    source: row.get(3)?,
                    status: BloodworkStatus::Uploaded,
                    uploaded_at: crate::time_text(row.get(4)?),
                    file: row.get(5)?,
                })
            };
            seed::find(&user_id).map(stored).transpose()
        });
        Ok(found.optional()?.flatten())
    })?;
    Ok(found)
}

/// The report that a person's first results come from.
fn seeded(person: &'static Person) -> Option<Stored> {
    let (_, parsed_at) = seed::panel_times(person)?;
    Some(Stored {
        id: person.record_id("bloodwork"),
        person,
        file_name: Some(format!("{}-panel.pdf", person.handle)),
        content_type: ReportType::Pdf,
        source: "labcorp".to_owned(),
        status: BloodworkStatus::Parsed,
        uploaded_at: parsed_at.to_owned(),
        file: format!("%PDF-1.4\n% The lab report of {}, an invented person.\n%%EOF\n", person.name).into_bytes(),
    })
}
