//! Connections with other providers, and what is ordered through them. Its fields are in camel case where the
//! platform's are.

mod authorize;
mod connections;
mod inbound;
mod lab_orders;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::authorize::connect;
pub(super) use self::connections::connections_of;
use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(authorize::authorize))
        .routes(routes!(connections::list))
        .routes(routes!(connections::sync))
        .routes(routes!(lab_orders::list))
        .routes(routes!(lab_orders::get))
        .routes(routes!(inbound::webhook))
}
