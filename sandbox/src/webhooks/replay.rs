//! The platform's own route for sending a delivery once more.

use axum::Json;
use axum::extract::{Path, State as Extract};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::levers::replayed;
use super::outbox::Replayed;
use crate::answers::ApiError;
use crate::state::Shared;

/// The operations of the service `webhooks`.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(replay))
}

/// Send a delivery once more
#[utoipa::path(
    post, path = "/v1/connect/webhooks/{delivery_id}/replay", operation_id = "webhooks.replay_delivery",
    params(("delivery_id" = String, Path)),
    security(("machine" = ["admin:identity"])),
    responses((status = 200, body = Replayed), (status = 404, description = "There is no such delivery"))
)]
pub(crate) async fn replay(
    Extract(state): Extract<Shared>,
    Path(delivery_id): Path<String>,
) -> Result<Json<Replayed>, ApiError> {
    replayed(&state, &delivery_id)
}
