//! Deliveries, from the event to its last attempt: one row each.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::post::Outcome;
use crate::db::{Store, Trouble};
use crate::ids;
use crate::sys::Clock;

/// Waits before the second, third, fourth and fifth attempt. The platform names none: this is our choice.
pub(crate) const WAITS_SECONDS: [i64; 4] = [10, 60, 600, 3600];
/// Old deliveries go when there are more than this many, so that a sandbox left running does not grow.
const KEPT: i64 = 10_000;

/// An event, as every app hears of it.
#[derive(Debug)]
pub(super) struct Happened<'a> {
    pub(super) id: String,
    name: &'a str,
    user_id: &'a str,
    occurred_at: String,
    data: &'a Value,
}

impl<'a> Happened<'a> {
    pub(super) fn now(clock: &Clock, name: &'a str, user_id: &'a str, data: &'a Value) -> Result<Self, Trouble> {
        let id = format!("evt_{}", ids::ulid(clock)?);
        Ok(Happened { id, name, user_id, occurred_at: crate::time_text(clock.now()), data })
    }

    /// The body that is signed and sent, byte for byte.
    pub(super) fn body(&self, client_id: &str) -> String {
        json!({
            "id": self.id,
            "type": self.name,
            "user_id": self.user_id,
            "client_id": client_id,
            "occurred_at": self.occurred_at,
            "data": self.data,
        })
        .to_string()
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStatus)]
pub(crate) enum Status {
    /// Its next attempt lies ahead.
    Pending,
    /// The app answered with a 2xx.
    Delivered,
    /// Given up.
    Failed,
}

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Delivered => "delivered",
            Status::Failed => "failed",
        }
    }
}

/// One event on its way to one app.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) body: String,
    /// What the person must still grant; `None` where a lever said to send it anyway.
    pub(super) scope: Option<String>,
    pub(crate) status: Status,
    /// Since it was made or replayed.
    pub(crate) attempts: u32,
    pub(crate) due_at_ms: i64,
    pub(crate) created_at: i64,
    pub(crate) last_attempt_at: Option<i64>,
    pub(crate) last_status: Option<u16>,
    pub(crate) last_answer: Option<String>,
}

impl Delivery {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Delivery> {
        let status = match row.get::<_, String>("status")?.as_str() {
            "delivered" => Status::Delivered,
            "failed" => Status::Failed,
            _ => Status::Pending,
        };
        Ok(Delivery {
            id: row.get("id")?,
            client_id: row.get("client_id")?,
            user_id: row.get("user_id")?,
            event_id: row.get("event_id")?,
            event_type: row.get("event_type")?,
            body: row.get("body")?,
            scope: row.get("scope")?,
            status,
            attempts: row.get("attempts")?,
            due_at_ms: row.get("due_at_ms")?,
            created_at: row.get("created_at")?,
            last_attempt_at: row.get("last_attempt_at")?,
            last_status: row.get("last_status")?,
            last_answer: row.get("last_answer")?,
        })
    }

    /// For the lever. `next_attempt_at` is there while one lies ahead.
    pub(super) fn view(&self) -> Value {
        let next = (self.status == Status::Pending).then(|| crate::time_text(self.due_at_ms / 1000));
        json!({
            "delivery_id": self.id,
            "client_id": self.client_id,
            "user_id": self.user_id,
            "event_id": self.event_id,
            "type": self.event_type,
            "status": self.status,
            "attempts": self.attempts,
            "created_at": crate::time_text(self.created_at),
            "next_attempt_at": next,
            "last_attempt_at": self.last_attempt_at.map(crate::time_text),
            "last_status": self.last_status,
            "last_answer": self.last_answer,
            "body": serde_json::from_str::<Value>(&self.body).unwrap_or_default(),
        })
    }
}

/// Adds a delivery that is due at once. Returns its id.
pub(super) fn add(
    db: &Connection,
    clock: &Clock,
    happened: &Happened<'_>,
    client_id: &str,
    scope: Option<&str>,
) -> Result<String, Trouble> {
    let id = format!("dlv_{}", ids::ulid(clock)?);
    db.execute(
        "INSERT INTO webhook_deliveries
             (id, client_id, user_id, event_id, event_type, body, scope, status, attempts, due_at_ms, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', 0, ?8, ?9)",
        params![
            id,
            client_id,
            happened.user_id,
            happened.id,
            happened.name,
            happened.body(client_id),
            scope,
            clock.now_ms(),
            clock.now()
        ],
    )?;
    let sql = "DELETE FROM webhook_deliveries WHERE seq <= ?1 AND status <> 'pending'";
    db.execute(sql, [db.last_insert_rowid() - KEPT])?;
    Ok(id)
}

/// The deliveries whose time has come, at most one for each app and person: the events of a person keep their order, so
/// one that is tried again holds back those behind it.
pub(super) fn due(db: &Connection, now_ms: i64) -> Result<Vec<Delivery>, Trouble> {
    let mut statement = db.prepare_cached(
        "SELECT d.* FROM webhook_deliveries d
         WHERE d.status = 'pending' AND d.due_at_ms <= ?1 AND NOT EXISTS (
             SELECT 1 FROM webhook_deliveries e
             WHERE e.status = 'pending' AND e.client_id = d.client_id AND e.user_id = d.user_id AND e.seq < d.seq)
         ORDER BY d.seq LIMIT 32",
    )?;
    let rows = statement.query_map([now_ms], Delivery::from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes how attempt number `attempt` ended, and when the next one is due.
pub(super) fn record(db: &Connection, clock: &Clock, id: &str, attempt: u32, outcome: &Outcome) -> Result<(), Trouble> {
    let wait = usize::try_from(attempt).ok().and_then(|made| WAITS_SECONDS.get(made.saturating_sub(1)));
    let (status, due_at_ms) = match (outcome.is_accepted(), wait) {
        (true, _) => (Status::Delivered, 0),
        (false, Some(seconds)) => (Status::Pending, clock.now_ms() + seconds * 1000),
        (false, None) => (Status::Failed, 0),
    };
    let (answer_status, answer) = outcome.parts();
    db.execute(
        "UPDATE webhook_deliveries
         SET status = ?2, attempts = ?3, due_at_ms = ?4, last_attempt_at = ?5, last_status = ?6, last_answer = ?7
         WHERE id = ?1",
        params![id, status.name(), attempt, due_at_ms, clock.now(), answer_status, answer],
    )?;
    Ok(())
}

/// Gives a delivery up without an attempt.
pub(super) fn give_up(db: &Connection, id: &str, why: &str) -> Result<(), Trouble> {
    let sql = "UPDATE webhook_deliveries SET status = 'failed', last_status = NULL, last_answer = ?2 WHERE id = ?1";
    db.execute(sql, [id, why])?;
    Ok(())
}

/// What a replay answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Replayed {
    pub(crate) delivery_id: String,
    pub(crate) client_id: String,
    pub(crate) status: Status,
}

/// See [`super::replay`].
pub(super) fn replay(store: &Store, clock: &Clock, delivery_id: &str) -> Result<Option<Replayed>, Trouble> {
    store.write(|db| {
        let sql = "UPDATE webhook_deliveries SET status = 'pending', attempts = 0, due_at_ms = ?2 WHERE id = ?1";
        db.execute(sql, params![delivery_id, clock.now_ms()])?;
        let sql = "SELECT client_id FROM webhook_deliveries WHERE id = ?1";
        let client_id: Option<String> = db.query_row(sql, [delivery_id], |row| row.get(0)).optional()?;
        Ok(client_id.map(|client_id| Replayed {
            delivery_id: delivery_id.to_owned(),
            client_id,
            status: Status::Pending,
        }))
    })
}

pub(crate) fn delivery(store: &Store, id: &str) -> Result<Option<Delivery>, Trouble> {
    store.read(|db| {
        let sql = "SELECT * FROM webhook_deliveries WHERE id = ?1";
        Ok(db.query_row(sql, [id], Delivery::from_row).optional()?)
    })
}

/// The newest first; of every app, or of one.
pub(crate) fn deliveries_of(store: &Store, client_id: Option<&str>, limit: u32) -> Result<Vec<Delivery>, Trouble> {
    store.read(|db| {
        let mut statement = db.prepare(
            "SELECT * FROM webhook_deliveries WHERE client_id = coalesce(?1, client_id) ORDER BY seq DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![client_id, limit], Delivery::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

/// How many wait, and when the first of them is due.
pub(super) fn waiting(db: &Connection) -> Result<(u32, Option<i64>), Trouble> {
    let sql = "SELECT count(*), min(due_at_ms) FROM webhook_deliveries WHERE status = 'pending'";
    Ok(db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
