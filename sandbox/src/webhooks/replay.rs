//! The platform's own route for sending a delivery once more.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::levers::no_delivery;
use super::outbox::Replayed;
use crate::answers::ApiError;
use crate::api::{self, At, Caller};
use crate::state::Shared;

/// The operations of the service `webhooks`.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(replay_delivery))
}

/// Send a delivery again
///
/// The same event, to the app's webhook as it is now.
#[utoipa::path(
    post, path = "/v1/connect/webhooks/{delivery_id}/replay", operation_id = "webhooks.replay_delivery",
    security(("machine" = ["admin:identity"])), params(("delivery_id" = String, Path)),
    responses((status = 200, body = Replayed), (status = 404, description = "No such delivery"))
)]
pub(crate) async fn replay_delivery(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(delivery_id): At<String>,
) -> Result<Response, ApiError> {
    api::write(&state, &caller, StatusCode::OK, |db, audit| {
        let replayed = super::replay(&state, db, &delivery_id)?.ok_or_else(no_delivery)?;
        let details = json!({ "app": replayed.client_id });
        audit.note("webhooks.delivery.replayed", "webhook_delivery", &delivery_id, details);
        Ok(replayed)
    })
}
