//! What vendors tell Loop.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::ids;
use crate::state::Shared;

const INBOUND_SECRET: &[u8] = b"sandbox-inbound-secret";

/// What a vendor is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    received: bool,
    event_type: String,
}

/// What a vendor sends; more may be in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used: the signature is checked before anything is read")]
pub(crate) struct VendorEvent {
    event_type: String,
}

/// Receive a vendor's webhook
///
/// For vendors, not for apps: no SDK calls it. The body is signed in `X-Signature`, with the secret
/// `sandbox-inbound-secret`: HMAC-SHA256 in lower-case hex.
#[utoipa::path(
    post, path = "/v1/stream/webhooks", operation_id = "inbound.stream_webhook", request_body = VendorEvent,
    params(("X-Signature" = Option<String>, Header)),
    responses(
        (status = 202, body = Received),
        (status = 400, description = "The body has no eventType"),
        (status = 401, description = "The signature is not right"),
        (status = 412, description = "The secret of this vendor is not set up"),
    )
)]
pub(crate) async fn webhook(
    Extract(state): Extract<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    if state.switches().inbound_secret_missing {
        return Err(ApiError::precondition("The secret of this vendor is not set up."));
    }
    let presented = headers.get("x-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !ids::same(presented, &ids::hmac_sha256_hex(INBOUND_SECRET, &body)) {
        let text = "The signature is missing, or is not the body's.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_signature", text));
    }
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let event_type = ["eventType", "event_type", "type"].iter().find_map(|key| event[*key].as_str());
    let event_type = event_type.ok_or_else(|| ApiError::validation("The body has no eventType."))?.to_owned();
    Ok((StatusCode::ACCEPTED, Json(Received { received: true, event_type })).into_response())
}
