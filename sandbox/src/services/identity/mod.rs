//! The identity service: OAuth, the person's account, and administration.

pub(crate) mod account;
mod connected_apps;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Shared;
use crate::{admin, identity, interact, introspection, machine, token};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(interact::authorize))
        .routes(routes!(token::token))
        .routes(routes!(machine::tokens))
        .routes(routes!(introspection::introspect))
        .routes(routes!(identity::revoke))
        .routes(routes!(identity::discovery))
        .routes(routes!(identity::jwks))
        .routes(routes!(account::me))
        .routes(routes!(account::settings))
        .routes(routes!(account::sessions))
        .routes(routes!(connected_apps::grants))
        .routes(routes!(connected_apps::delete_grant))
        .routes(routes!(connected_apps::list))
        .routes(routes!(connected_apps::delete))
        .routes(routes!(account::user))
        .routes(routes!(admin::list, admin::register))
        .routes(routes!(admin::change))
        .routes(routes!(admin::rotate_secret))
}
