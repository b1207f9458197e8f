//! Check-ins: how a person says that they are, 30, 60 and 90 days after they began.

use axum::Json;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answers::ApiError;
use crate::api::{self, Asked, Caller};
use crate::seed::{CheckIn, check_ins};

/// Check-ins, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInList {
    check_ins: Vec<CheckIn>,
}

/// List your check-ins
#[utoipa::path(
    get, path = "/v1/check-ins", operation_id = "clinical.list_check_ins",
    security(("user" = ["read:check_ins"])), responses((status = 200, body = CheckInList))
)]
pub(crate) async fn list(caller: Caller) -> Result<Json<CheckInList>, ApiError> {
    Ok(Json(CheckInList { check_ins: check_ins(caller.me()?) }))
}

/// When the person began.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NextQuery {
    #[param(format = DateTime)]
    enrolled_at: String,
}

/// The check-in that comes next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextCheckIn {
    /// 30, 60 or 90; `null` when all are done.
    #[schema(minimum = 30, maximum = 90)]
    day_marker: Option<u8>,
    /// When all are done: when the last one was due.
    #[schema(format = DateTime)]
    due_at: String,
}

const MARKERS: [u8; 3] = [30, 60, 90];

/// See when your next check-in is due
#[utoipa::path(
    get, path = "/v1/check-ins/next", operation_id = "clinical.get_next_check_in", params(NextQuery),
    security(("user" = ["read:check_ins"])),
    responses((status = 200, body = NextCheckIn))
)]
pub(crate) async fn next(caller: Caller, Asked(query): Asked<NextQuery>) -> Result<Json<NextCheckIn>, ApiError> {
    let enrolled_at = api::time("enrolled_at", &query.enrolled_at)?;
    let done = check_ins(caller.me()?);
    let day_marker = MARKERS.into_iter().find(|marker| !done.iter().any(|check_in| check_in.day_marker == *marker));
    let days = i64::from(day_marker.unwrap_or(90));
    let due_at = enrolled_at.parse::<Timestamp>().ok().and_then(|at| at.checked_add((days * 24).hours()).ok());
    let due_at = due_at.ok_or_else(|| ApiError::validation("enrolled_at is too late for a check-in after it."))?;
    Ok(Json(NextCheckIn { day_marker, due_at: due_at.to_string() }))
}
