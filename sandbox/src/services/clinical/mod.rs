//! The clinical service.

mod biomarkers;
mod bloodwork;
mod check_ins;
mod findings;
mod lab_catalog;
mod lab_orders;
mod protocols;
pub(super) mod results;
mod vendors;
mod wearables;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Shared;

pub(super) use bloodwork::{file as bloodwork_file, from_base64};
pub(super) use lab_orders::{KnownOrder, OrderStatus, of_person as lab_orders_of};
pub(super) use protocols::enrolled_in;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(biomarkers::mine))
        .routes(routes!(biomarkers::of_patient))
        .routes(routes!(biomarkers::parse))
        .routes(routes!(biomarkers::parse_vendor))
        .routes(routes!(bloodwork::upload))
        .routes(routes!(bloodwork::view))
        .routes(routes!(lab_catalog::list))
        .routes(routes!(lab_catalog::upsert))
        .routes(routes!(lab_orders::create))
        .routes(routes!(lab_orders::get))
        .routes(routes!(check_ins::list))
        .routes(routes!(check_ins::next))
        .routes(routes!(protocols::get))
        .routes(routes!(protocols::match_protocols))
        .routes(routes!(protocols::evaluate))
        .routes(routes!(protocols::enroll))
        .routes(routes!(protocols::check_contraindications))
        .routes(routes!(findings::recommendations))
        .routes(routes!(findings::red_flags))
        .routes(routes!(findings::evaluate_red_flags))
        .routes(routes!(findings::health_score))
        .routes(routes!(wearables::metrics))
        .routes(routes!(wearables::connections))
}
