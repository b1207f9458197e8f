//! Memberships.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answers::ApiError;
use crate::api::{self, At, Body, Caller};
use crate::db::Trouble;
use crate::ids;
use crate::seed::{self, BRAND, PEOPLE, Person, TIERS};
use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(create))
        .routes(routes!(get))
        .routes(routes!(history))
        .routes(routes!(conversion_eligibility))
}

/// A person's membership.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Membership {
    #[schema(format = "uuid")]
    id: String,
    user_id: &'static str,
    brand_id: &'static str,
    pub(super) tier: String,
    state: String,
    subscription_id: Option<String>,
    has_access: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// How a membership changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Transition {
    from_state: String,
    to_state: String,
    trigger: String,
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A membership with how it came to be so.
struct Known {
    membership: Membership,
    transitions: Vec<Transition>,
}

/// A membership to begin.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewMembership {
    user_id: String,
    brand_id: String,
    /// `basic`, `plus` or `premium`.
    tier: String,
    subscription_id: Option<String>,
}

/// Begin a membership
#[utoipa::path(
    post, path = "/v1/memberships", operation_id = "membership.create_membership",
    security(("user" = ["manage:subscriptions"]), ("machine" = ["admin:payments"])), request_body = NewMembership,
    responses(
        (status = 201, body = Membership),
        (status = 404, description = "No such person"),
        (status = 409, description = "The person has one already, or the Idempotency-Key was used for another request"),
        (status = 422, description = "There is no such tier"),
    )
)]
pub(crate) async fn create(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<NewMembership>,
) -> Result<Response, ApiError> {
    let person = caller.patient_of_brand(&asked.user_id, &asked.brand_id)?;
    if !TIERS.contains(&asked.tier.as_str()) {
        return Err(ApiError::unprocessable("There is no such tier."));
    }
    let id = ids::uuid()?;
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        if of_person(db, person)?.is_some() {
            return Err(ApiError::conflict("This person has a membership already."));
        }
        db.execute(
            "INSERT INTO memberships (id, user_id, tier, subscription_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, person.user_id, asked.tier, asked.subscription_id, audit.now],
        )?;
        audit.note("membership.membership.created", "membership", &id, json!({ "tier": asked.tier }));
        let payload = json!({ "user_id": person.user_id, "tier": asked.tier, "previous_tier": null });
        audit.event("membership.tier.changed.v1", Some(person.user_id), payload);
        let known = of_person(db, person)?.ok_or_else(no_such_membership)?;
        Ok(known.membership)
    })
}

/// See a membership
#[utoipa::path(
    get, path = "/v1/memberships/{membership_id}", operation_id = "membership.get_membership",
    security(("user" = ["manage:subscriptions"]), ("machine" = ["admin:payments"])),
    params(("membership_id" = String, Path, description = "Or the person's user id")),
    responses((status = 200, body = Membership), (status = 404, description = "No such membership"))
)]
pub(crate) async fn get(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(id): At<String>,
) -> Result<Json<Membership>, ApiError> {
    Ok(Json(find(&state, &caller, &id)?.membership))
}

/// How a membership came to be so, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransitionList {
    transitions: Vec<Transition>,
}

/// See a membership's history
#[utoipa::path(
    get, path = "/v1/memberships/{membership_id}/history", operation_id = "membership.list_transitions",
    security(("user" = ["manage:subscriptions"]), ("machine" = ["admin:payments"])),
    params(("membership_id" = String, Path, description = "Or the person's user id")),
    responses((status = 200, body = TransitionList), (status = 404, description = "No such membership"))
)]
pub(crate) async fn history(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(id): At<String>,
) -> Result<Json<TransitionList>, ApiError> {
    Ok(Json(TransitionList { transitions: find(&state, &caller, &id)?.transitions }))
}

/// Whether a membership may turn into another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversionEligibility {
    user_id: &'static str,
    eligible: bool,
    pending_locks: usize,
    locks: Vec<MembershipLock>,
}

/// What keeps a membership as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembershipLock {
    lock_id: &'static str,
    subscription_id: &'static str,
    status: &'static str,
    #[schema(format = DateTime)]
    locked_at: &'static str,
    #[schema(format = DateTime)]
    expires_at: &'static str,
}

/// See whether a membership may turn into another
#[utoipa::path(
    get, path = "/v1/memberships/{user_id}/conversion-eligibility", operation_id = "membership.get_conversion_eligibility",
    security(("user" = ["manage:subscriptions"]), ("machine" = ["admin:payments"])), params(("user_id" = String, Path)),
    responses((status = 200, body = ConversionEligibility), (status = 404, description = "No such person"))
)]
pub(crate) async fn conversion_eligibility(
    Extract(state): Extract<Shared>,
    caller: Caller,
    At(user_id): At<String>,
) -> Result<Json<ConversionEligibility>, ApiError> {
    let person = caller.patient(&user_id)?;
    let has_membership = state.store.read(|db| of_person(db, person))?.is_some();
    let locks: Vec<MembershipLock> = seed::locks(person)
        .iter()
        .map(|(lock_id, subscription_id, status, locked_at, expires_at)| MembershipLock {
            lock_id,
            subscription_id,
            status,
            locked_at,
            expires_at,
        })
        .collect();
    let pending_locks = locks.iter().filter(|lock| lock.status == "pending").count();
    let eligible = has_membership && pending_locks == 0;
    Ok(Json(ConversionEligibility { user_id: person.user_id, eligible, pending_locks, locks }))
}

fn no_such_membership() -> ApiError {
    ApiError::not_found("There is no such membership, or your token does not open it.")
}

fn find(state: &Shared, caller: &Caller, id: &str) -> Result<Known, ApiError> {
    for person in PEOPLE.iter().filter(|person| caller.patient(person.user_id).is_ok()) {
        let known = state.store.read(|db| of_person(db, person))?;
        if let Some(known) = known.filter(|known| known.membership.id == id || person.user_id == id) {
            return Ok(known);
        }
    }
    Err(no_such_membership())
}

fn of_person(db: &Connection, person: &'static Person) -> Result<Option<Known>, Trouble> {
    if let Some(seeded) = seed::membership(person) {
        let transitions: Vec<Transition> = seeded
            .transitions
            .iter()
            .map(|(from, to, trigger, reason, at)| Transition {
                from_state: (*from).to_owned(),
                to_state: (*to).to_owned(),
                trigger: (*trigger).to_owned(),
                reason: reason.map(str::to_owned),
                created_at: (*at).to_owned(),
            })
            .collect();
        let state = transitions.last().map_or_else(String::new, |last| last.to_state.clone());
        let at = |transition: Option<&Transition>| transition.map(|one| one.created_at.clone()).unwrap_or_default();
        let membership = Membership {
            id: seeded.id,
            user_id: person.user_id,
            brand_id: BRAND,
            tier: seeded.tier.to_owned(),
            has_access: state == "active" || state == "trial",
            state,
            subscription_id: seeded.subscription_id.map(str::to_owned),
            created_at: at(transitions.first()),
            updated_at: at(transitions.last()),
        };
        return Ok(Some(Known { membership, transitions }));
    }
    let sql = "SELECT id, tier, subscription_id, created_at FROM memberships WHERE user_id = ?1";
    let found = db.query_row(sql, [person.user_id], |row| {
        let created_at = crate::time_text(row.get(3)?);
        Ok(Known {
            transitions: vec![Transition {
                from_state: "none".to_owned(),
                to_state: "active".to_owned(),
                trigger: "signup".to_owned(),
                reason: None,
                created_at: created_at.clone(),
            }],
            membership: Membership {
                id: row.get(0)?,
                user_id: person.user_id,
                brand_id: BRAND,
                tier: row.get(1)?,
                state: "active".to_owned(),
                subscription_id: row.get(2)?,
                has_access: true,
                created_at: created_at.clone(),
                updated_at: created_at,
            },
        })
    });
    Ok(found.optional()?)
}

/// The tier of a person's membership.
pub(super) fn tier_of(db: &Connection, person: &'static Person) -> Result<Option<String>, Trouble> {
    Ok(of_person(db, person)?.map(|known| known.membership.tier))
}
