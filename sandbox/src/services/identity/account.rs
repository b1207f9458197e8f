//! A person's own account, and what a machine may know of it.

use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::ApiError;
use crate::api::{At, Caller};
use crate::db::Trouble;
use crate::seed::{self, Badge, DoseReminders, Person, PersonKind, Session};
use crate::services::clinical::enrolled_in;
use crate::state::{Shared, State};

/// A person, as others at Loop see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profile {
    user_id: &'static str,
    display_name: Option<&'static str>,
    bio: Option<&'static str>,
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    badges: Vec<Badge>,
    follower_count: u32,
    #[schema(format = DateTime)]
    joined_at: Option<&'static str>,
    display_full_name: bool,
    specialties: Vec<&'static str>,
    #[schema(format = "uri")]
    coach_booking_url: Option<&'static str>,
    /// Always 0 here.
    mutual_followers_count: u32,
    kind: PersonKind,
    day_on_loop: Option<u32>,
    active_protocol_label: Option<&'static str>,
}

/// See your profile
#[utoipa::path(
    get, path = "/v1/users/me", operation_id = "identity.get_me",
    security(("user" = ["profile"])), responses((status = 200, body = Profile))
)]
pub(crate) async fn me(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<Profile>, ApiError> {
    let person = caller.me()?;
    let account = seed::account(person);
    let newest = state.store.read(|db| enrolled_in(db, person))?.pop();
    Ok(Json(Profile {
        user_id: person.user_id,
        display_name: Some(person.name),
        bio: account.bio,
        avatar_url: account.avatar_url,
        badges: account.badges,
        follower_count: account.follower_count,
        joined_at: Some(account.joined_at),
        display_full_name: true,
        specialties: Vec::new(),
        coach_booking_url: None,
        mutual_followers_count: 0,
        kind: account.kind,
        day_on_loop: account.day_on_loop,
        active_protocol_label: newest.map(|protocol| protocol.name),
    }))
}

/// What a person has set.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "each is one setting")]
pub(crate) struct Settings {
    profile_public: bool,
    show_full_name: bool,
    display_full_name: bool,
    specialties: Vec<&'static str>,
    show_day_count: bool,
    notification_level: NotificationLevel,
    timezone: Option<&'static str>,
    locale: &'static str,
    handle: Option<&'static str>,
    pronouns: Option<&'static str>,
    dose_reminder_schedule: Option<DoseReminders>,
    #[schema(format = DateTime)]
    updated_at: &'static str,
}

/// How much a person wants to hear.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotificationLevel {
    All,
    Highlights,
    Off,
}

/// See your settings
#[utoipa::path(
    get, path = "/v1/users/me/settings", operation_id = "identity.get_settings",
    security(("user" = ["read:account"])), responses((status = 200, body = Settings))
)]
pub(crate) async fn settings(caller: Caller) -> Result<Json<Settings>, ApiError> {
    let person = caller.me()?;
    let account = seed::account(person);
    Ok(Json(Settings {
        profile_public: person.handle == "ada",
        show_full_name: true,
        display_full_name: true,
        specialties: Vec::new(),
        show_day_count: account.day_on_loop.is_some(),
        notification_level: match person.handle {
            "mei" => NotificationLevel::Off,
            "omar" => NotificationLevel::Highlights,
            _ => NotificationLevel::All,
        },
        timezone: account.timezone,
        locale: account.locale,
        handle: (!matches!(person.handle, "nia" | "kai")).then_some(person.handle),
        pronouns: account.pronouns,
        dose_reminder_schedule: account.dose_reminder_schedule,
        updated_at: account.settings_updated_at,
    }))
}

/// Where a person is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    data: Vec<Session>,
}

/// List where you are signed in
#[utoipa::path(
    get, path = "/v1/users/me/sessions", operation_id = "identity.list_sessions",
    security(("user" = ["read:account"])), responses((status = 200, body = SessionList))
)]
pub(crate) async fn sessions(Extract(state): Extract<Shared>, caller: Caller) -> Result<Json<SessionList>, ApiError> {
    let person = caller.me()?;
    Ok(Json(SessionList { data: live_sessions(&state, person)? }))
}

/// Those that the person has not ended.
pub(crate) fn live_sessions(state: &State, person: &Person) -> Result<Vec<Session>, Trouble> {
    let ended: Vec<String> = state.store.read(|db| {
        let mut statement = db.prepare_cached("SELECT id FROM ended_sessions")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    Ok(seed::sessions(person).into_iter().filter(|session| !ended.contains(&session.id)).collect())
}

/// An account, as an administrator sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminUser {
    user_id: &'static str,
    #[schema(format = Email)]
    email: &'static str,
    name: Option<&'static str>,
    brand_id: Option<&'static str>,
    #[schema(format = DateTime)]
    created_at: &'static str,
}

/// See a person's account
#[utoipa::path(
    get, path = "/v1/admin/users/{user_id}", operation_id = "identity.get_user",
    security(("machine" = ["admin:identity"])), params(("user_id" = String, Path)),
    responses((status = 200, body = AdminUser), (status = 404, description = "No such person"))
)]
pub(crate) async fn user(caller: Caller, At(user_id): At<String>) -> Result<Json<AdminUser>, ApiError> {
    let person = caller.patient(&user_id)?;
    Ok(Json(AdminUser {
        user_id: person.user_id,
        email: person.email,
        name: Some(person.name),
        brand_id: person.brand_id,
        created_at: seed::account(person).joined_at,
    }))
}
