//! What a laboratory can measure.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::answers::ApiError;
use crate::api::{self, Asked, Body, Caller};
use crate::db::Trouble;
use crate::ids::seeded_uuid;
use crate::seed::{self, CatalogEntry};
use crate::state::Shared;

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// Which markers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MarkerQuery {
    /// Part of a name, a slug or a code, in any case.
    q: Option<String>,
    /// Two letters, such as `NY`: also says whether each is available there.
    state: Option<String>,
    tag: Option<String>,
    /// 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    #[param(minimum = 0)]
    offset: Option<u32>,
}

/// One page of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabMarkerPage {
    markers: Vec<LabMarker>,
    /// How many there are on all pages.
    total: usize,
    limit: u32,
    offset: u32,
    state: Option<String>,
}

/// Something that a laboratory can measure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabMarker {
    #[schema(format = "uuid")]
    id: String,
    slug: String,
    name: String,
    description: String,
    biomarker_code: String,
    units: String,
    wholesale_cost: f64,
    currency: String,
    source_lab_id: String,
    tags: Vec<String>,
    /// `null` if no state was asked for.
    availability: Option<Availability>,
    retail_price: f64,
}

/// Whether a marker can be measured in a state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    state: String,
    status: AvailabilityStatus,
    source_lab_id: Option<String>,
    note: Option<String>,
}

/// How a marker can be had.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AvailabilityStatus {
    Available,
    /// Only with a physician of one's own.
    RequiresByop,
    AvailableViaByop,
    Unavailable,
}

/// Search the lab catalogue
#[utoipa::path(
    get, path = "/v1/lab-catalog/markers", operation_id = "clinical.list_lab_markers", params(MarkerQuery),
    security(("user" = ["read:lab_catalog"]), ("machine" = ["admin:clinical"])),
    responses((status = 200, body = LabMarkerPage))
)]
pub(crate) async fn list(
    Extract(state): Extract<Shared>,
    _: Caller,
    Asked(query): Asked<MarkerQuery>,
) -> Result<Json<LabMarkerPage>, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::validation(format!("limit must be from 1 to {MAX_LIMIT}.")));
    }
    let offset = query.offset.unwrap_or_default();
    let mut found = state.store.read(entries)?;
    found.retain(|entry| query.fits(entry));
    let total = found.len();
    let (skipped, taken) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or_default());
    let page = found.into_iter().skip(skipped).take(taken);
    let markers = page.map(|entry| LabMarker::of(entry, query.state.as_deref())).collect();
    Ok(Json(LabMarkerPage { markers, total, limit, offset, state: query.state }))
}

impl MarkerQuery {
    fn fits(&self, entry: &CatalogEntry) -> bool {
        let words = self.q.as_deref().unwrap_or_default().to_lowercase();
        let has_words =
            [&entry.name, &entry.slug, &entry.biomarker_code].iter().any(|text| text.to_lowercase().contains(&words));
        has_words && self.tag.as_ref().is_none_or(|tag| entry.tags.contains(tag))
    }
}

impl LabMarker {
    fn of(entry: CatalogEntry, state: Option<&str>) -> LabMarker {
        LabMarker {
            id: seeded_uuid(&format!("lab marker {}", entry.slug)),
            availability: state.map(|state| availability(&entry, state)),
            // Twice the cost, up to the next whole dollar and less a cent: what a shop would ask.
            retail_price: (entry.wholesale_cost * 2.0).ceil() - 0.01,
            slug: entry.slug,
            name: entry.name,
            description: entry.description,
            biomarker_code: entry.biomarker_code,
            units: entry.units,
            wholesale_cost: entry.wholesale_cost,
            currency: entry.currency,
            source_lab_id: entry.source_lab_id,
            tags: entry.tags,
        }
    }
}

/// A few states have rules of their own, so that every status can be met.
fn availability(entry: &CatalogEntry, state: &str) -> Availability {
    let is_hormone = entry.tags.iter().any(|tag| tag == "hormones");
    let (status, note) = match state.to_uppercase().as_str() {
        "NY" if is_hormone => (AvailabilityStatus::Unavailable, Some("Not offered in New York.")),
        "NY" => (AvailabilityStatus::RequiresByop, Some("New York asks for a physician of your own.")),
        "NJ" | "RI" => (AvailabilityStatus::AvailableViaByop, Some("Available with a physician of your own.")),
        _ => (AvailabilityStatus::Available, None),
    };
    let is_offered = !matches!(status, AvailabilityStatus::Unavailable);
    Availability {
        state: state.to_owned(),
        status,
        source_lab_id: is_offered.then(|| entry.source_lab_id.clone()),
        note: note.map(str::to_owned),
    }
}

/// Markers to add or to replace.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpsertLabMarkers {
    #[schema(min_items = 1)]
    markers: Vec<NewLabMarker>,
}

/// A marker to add, or to put in the place of the one with the same slug.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewLabMarker {
    #[schema(min_length = 1)]
    slug: String,
    #[schema(min_length = 1)]
    name: String,
    description: String,
    biomarker_code: String,
    units: String,
    #[schema(minimum = 0, maximum = 1_000_000)]
    wholesale_cost: f64,
    currency: String,
    source_lab_id: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// How many were added or replaced.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upserted {
    upserted: usize,
}

/// Add markers to the lab catalogue
#[utoipa::path(
    post, path = "/v1/admin/lab-catalog/markers", operation_id = "clinical.upsert_lab_markers",
    security(("machine" = ["admin:clinical"])), request_body = UpsertLabMarkers,
    responses((status = 200, body = Upserted))
)]
pub(crate) async fn upsert(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<UpsertLabMarkers>,
) -> Result<Response, ApiError> {
    if asked.markers.is_empty() {
        return Err(ApiError::validation("markers must name at least one."));
    }
    for marker in &asked.markers {
        api::said("slug", &marker.slug)?;
        api::said("name", &marker.name)?;
        if !(0.0..=1_000_000.0).contains(&marker.wholesale_cost) {
            return Err(ApiError::validation("wholesale_cost must be from 0 to 1000000."));
        }
    }
    api::write(&state, &caller, StatusCode::OK, |db, audit| {
        let upserted = asked.markers.len();
        for marker in asked.markers {
            let entry = CatalogEntry::from(marker);
            db.execute(
                "INSERT INTO lab_markers (slug, record) VALUES (?1, ?2)
                 ON CONFLICT (slug) DO UPDATE SET record = excluded.record",
                params![entry.slug, serde_json::to_string(&entry)?],
            )?;
            audit.note("clinical.lab_marker.upserted", "lab_marker", &entry.slug, json!({}));
        }
        Ok(Upserted { upserted })
    })
}

impl From<NewLabMarker> for CatalogEntry {
    fn from(marker: NewLabMarker) -> CatalogEntry {
        CatalogEntry {
            slug: marker.slug,
            name: marker.name,
            description: marker.description,
            biomarker_code: marker.biomarker_code,
            units: marker.units,
            wholesale_cost: marker.wholesale_cost,
            currency: marker.currency,
            source_lab_id: marker.source_lab_id,
            tags: marker.tags,
        }
    }
}

/// What the catalogue has from the start, with what was written over it and after it.
fn entries(db: &Connection) -> Result<Vec<CatalogEntry>, Trouble> {
    let mut entries = seed::lab_catalog();
    let mut statement = db.prepare_cached("SELECT record FROM lab_markers ORDER BY rowid")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    for row in rows {
        let written: CatalogEntry = serde_json::from_str(&row?)?;
        match entries.iter_mut().find(|entry| entry.slug == written.slug) {
            Some(entry) => *entry = written,
            None => entries.push(written),
        }
    }
    Ok(entries)
}
