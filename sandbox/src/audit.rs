//! The audit log: a row for every change, written in the change's own transaction; ids and counts, never a value.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::db::{Store, Trouble};
use crate::ids;
use crate::seed::BRAND;
use crate::state::State;
use crate::webhooks;

/// Who changes something, by way of which app, and in which request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor<'a> {
    /// `user`, `service` or `system`.
    kind: &'static str,
    id: &'a str,
    client_id: &'a str,
    service: &'a str,
    request_id: &'a str,
}

impl<'a> Actor<'a> {
    /// A person, through an app; at one of the services.
    pub(crate) fn user(user_id: &'a str, client_id: &'a str, service: &'a str, request_id: &'a str) -> Actor<'a> {
        Actor { kind: "user", id: user_id, client_id, service, request_id }
    }

    /// An app or a machine for itself.
    pub(crate) fn client(client_id: &'a str, service: &'a str, request_id: &'a str) -> Actor<'a> {
        Actor { kind: "service", id: client_id, client_id, service, request_id }
    }

    /// Identity's own rules, because of something that this app did.
    pub(crate) fn rules(client_id: &'a str, request_id: &'a str) -> Actor<'a> {
        Actor { kind: "system", id: "identity", client_id, service: "identity", request_id }
    }
}

/// What one request changes, collected while it is done.
#[derive(Debug)]
pub(crate) struct Audit {
    /// When: read once, so that a record and its row agree.
    pub(crate) now: i64,
    rows: Vec<Row>,
    events: Vec<Event>,
}

#[derive(Debug)]
struct Row {
    event_type: &'static str,
    entity_type: &'static str,
    entity_id: String,
    details: Value,
}

/// What other services and apps hear of it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    /// `None`: about nobody in particular.
    pub(crate) user_id: Option<String>,
    pub(crate) payload: Value,
}

impl Audit {
    pub(crate) fn at(now: i64) -> Audit {
        Audit { now, rows: Vec::new(), events: Vec::new() }
    }

    /// `details` name records and count them.
    pub(crate) fn note(
        &mut self,
        event_type: &'static str,
        entity_type: &'static str,
        entity_id: impl Into<String>,
        details: Value,
    ) {
        self.rows.push(Row { event_type, entity_type, entity_id: entity_id.into(), details });
    }

    /// Publishes an event together with the change.
    pub(crate) fn event(&mut self, name: impl Into<String>, user_id: Option<&str>, payload: Value) {
        self.events.push(Event { name: name.into(), user_id: user_id.map(str::to_owned), payload });
    }

    /// Writes the rows, and publishes the events.
    pub(crate) fn record(self, db: &Connection, state: &State, actor: Actor<'_>) -> Result<(), Trouble> {
        self.write_rows(db, actor)?;
        for event in &self.events {
            publish(db, state, self.now, &ids::uuid()?, event)?;
        }
        Ok(())
    }

    fn write_rows(&self, db: &Connection, actor: Actor<'_>) -> Result<(), Trouble> {
        for row in &self.rows {
            let mut details = row.details.clone();
            details["client_id"] = json!(actor.client_id);
            db.execute(
                "INSERT INTO audit_log (id, occurred_at, service, actor_type, actor_id, actor_brand_id, event_type,
                     entity_type, entity_id, brand_id, request_id, details)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6, ?10, ?11)",
                params![
                    ids::uuid()?,
                    self.now,
                    actor.service,
                    actor.kind,
                    actor.id,
                    BRAND,
                    row.event_type,
                    row.entity_type,
                    row.entity_id,
                    actor.request_id,
                    details.to_string()
                ],
            )?;
        }
        Ok(())
    }
}

/// One row, for a change that publishes nothing.
pub(crate) fn row(
    db: &Connection,
    now: i64,
    actor: Actor<'_>,
    event_type: &'static str,
    (entity_type, entity_id): (&'static str, &str),
    details: Value,
) -> Result<(), Trouble> {
    let mut audit = Audit::at(now);
    audit.note(event_type, entity_type, entity_id, details);
    audit.write_rows(db, actor)
}

/// Writes an event down and, if it is about a person, sends it to the apps that may hear of it.
pub(crate) fn publish(db: &Connection, state: &State, now: i64, id: &str, event: &Event) -> Result<(), Trouble> {
    db.execute(
        "INSERT INTO events (id, name, user_id, payload, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, event.name, event.user_id, event.payload.to_string(), now],
    )?;
    if let Some(user_id) = &event.user_id {
        webhooks::emit(state, db, &event.name, user_id, &event.payload)?;
    }
    Ok(())
}

/// Every row, oldest first.
pub(crate) fn rows(store: &Store) -> Result<Vec<Value>, Trouble> {
    store.read(|db| {
        let mut statement = db.prepare(
            "SELECT id, occurred_at, service, actor_type, actor_id, actor_brand_id, event_type, entity_type, entity_id,
                 brand_id, request_id, details FROM audit_log ORDER BY rowid",
        )?;
        let rows = statement.query_map([], |row| {
            let text = |index| row.get::<_, String>(index);
            let details: String = row.get(11)?;
            Ok(json!({
                "id": text(0)?,
                "occurred_at": crate::time_text(row.get(1)?),
                "service": text(2)?,
                "actor_type": text(3)?,
                "actor_id": text(4)?,
                "actor_brand_id": text(5)?,
                "event_type": text(6)?,
                "entity_type": text(7)?,
                "entity_id": text(8)?,
                "brand_id": text(9)?,
                "request_id": text(10)?,
                "details": serde_json::from_str::<Value>(&details).unwrap_or_default(),
            }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

/// Every event, oldest first.
pub(crate) fn events(store: &Store) -> Result<Vec<Value>, Trouble> {
    store.read(|db| {
        let mut statement = db.prepare("SELECT id, name, user_id, payload, at FROM events ORDER BY rowid")?;
        let rows = statement.query_map([], |row| {
            let payload: String = row.get(3)?;
            Ok(json!({
                "id": row.get::<_, String>(0)?,
                "name": row.get::<_, String>(1)?,
                "user_id": row.get::<_, Option<String>>(2)?,
                "payload": serde_json::from_str::<Value>(&payload).unwrap_or_default(),
                "at": crate::time_text(row.get(4)?),
            }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}
