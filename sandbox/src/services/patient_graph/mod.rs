//! The patient graph: protocols with their compounds, series of numbers, and adherence.

mod adherence;
mod calendar;
mod metrics;
mod protocols;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(protocols::get))
        .routes(routes!(metrics::list))
        .routes(routes!(metrics::series))
        .routes(routes!(adherence::streak))
        .routes(routes!(adherence::summary))
        .routes(routes!(adherence::log_dose))
        .routes(routes!(calendar::today_schedule))
        .routes(routes!(calendar::calendar))
}
