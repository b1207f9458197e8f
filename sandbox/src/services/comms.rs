//! Notifications.

use axum::Json;
use axum::extract::State as Extract;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answers::ApiError;
use crate::api::{Asked, Caller};
use crate::audit::Audit;
use crate::db::Trouble;
use crate::ids::{self, base64url, from_base64url};
use crate::seed::{self, BRAND, NotificationKind, Person};
use crate::state::Shared;

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationQuery {
    /// As the page before gave it; the first page, if not given.
    cursor: Option<String>,
    /// 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// One page of notifications, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationPage {
    data: Vec<Notification>,
    /// For the page after this one; `null` on the last.
    next_cursor: Option<String>,
}

/// Something that a person was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notification {
    #[schema(format = "uuid")]
    id: String,
    kind: &'static str,
    title: &'static str,
    body: Option<&'static str>,
    link: Option<&'static str>,
    #[schema(format = DateTime)]
    read_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(value_type = Object)]
    metadata: Value,
}

/// List your notifications
#[utoipa::path(
    get, path = "/v1/notifications", operation_id = "comms.list_notifications", params(NotificationQuery),
    security(("user" = ["manage:preferences"])), responses((status = 200, body = NotificationPage))
)]
pub(crate) async fn list(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Asked(query): Asked<NotificationQuery>,
) -> Result<Json<NotificationPage>, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::validation(format!("limit must be from 1 to {MAX_LIMIT}.")));
    }
    let person = caller.me()?;
    let all = state.store.read(|db| of_person(db, person))?;
    let unknown = || ApiError::validation("This cursor is none that a page has given.");
    let skipped = match query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let last = after(cursor).ok_or_else(unknown)?;
            all.iter().position(|notification| notification.id == last).ok_or_else(unknown)? + 1
        }
    };
    let taken = usize::try_from(limit).unwrap_or_default();
    let has_more = all.len() > skipped + taken;
    let data: Vec<Notification> = all.into_iter().skip(skipped).take(taken).map(Notification::from).collect();
    let next_cursor = data.last().filter(|_| has_more).map(|last| base64url(format!("after:{}", last.id).as_bytes()));
    Ok(Json(NotificationPage { data, next_cursor }))
}

/// The id of the last notification of the page that gave this cursor.
fn after(cursor: &str) -> Option<String> {
    String::from_utf8(from_base64url(cursor)?).ok()?.strip_prefix("after:").map(str::to_owned)
}

/// Tells a person something, in the transaction of what they are told of.
pub(super) fn notify(
    db: &Connection,
    audit: &mut Audit,
    person: &Person,
    kind: &NotificationKind,
) -> Result<(), Trouble> {
    let (id, now) = (ids::uuid()?, audit.now);
    let sql = "INSERT INTO notifications (id, user_id, kind, created_at) VALUES (?1, ?2, ?3, ?4)";
    db.execute(sql, params![id, person.user_id, kind.name, now])?;
    let payload = json!({
        "id": id,
        "brand_id": BRAND,
        "person_id": person.user_id,
        "channel": "in_app",
        "category": kind.category,
        "title": kind.title,
        "body": kind.body,
        "action_url": kind.link,
        "read_at": null,
        "created_at": crate::time_text(now),
    });
    audit.event("comms.notification.created.v1", Some(person.user_id), payload);
    Ok(())
}

/// Newest first.
fn of_person(db: &Connection, person: &Person) -> Result<Vec<seed::Notification>, Trouble> {
    let sql = "SELECT id, kind, created_at FROM notifications WHERE user_id = ?1 ORDER BY rowid DESC";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([person.user_id], |row| {
        let kind = NotificationKind::named(&row.get::<_, String>(1)?);
        Ok(kind.map(|kind| (kind, row.get(0), row.get(2))))
    })?;
    let mut all = Vec::new();
    for row in rows {
        if let Some((kind, id, at)) = row? {
            all.push(kind.at(id?, at?));
        }
    }
    all.extend(seed::notifications(person));
    // The sandbox's clock may stand before the time of those from the start.
    all.sort_by(|one, other| other.created_at.cmp(&one.created_at));
    Ok(all)
}

impl From<seed::Notification> for Notification {
    fn from(seeded: seed::Notification) -> Notification {
        Notification {
            id: seeded.id,
            kind: seeded.kind,
            title: seeded.title,
            body: seeded.body,
            link: seeded.link,
            read_at: seeded.read_at,
            created_at: seeded.created_at,
            metadata: seeded.metadata,
        }
    }
}
