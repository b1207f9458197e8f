//! The audit log: a row for every change, written in the change's own transaction; ids and counts, never a value.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::api::Caller;
use crate::db::{Store, Trouble};
use crate::ids;
use crate::seed::BRAND;
use crate::state::State;
use crate::webhooks;

/// What one request changes, collected while it is done.
#[derive(Debug, Default)]
pub(crate) struct Audit {
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

    pub(crate) fn record(self, db: &Connection, state: &State, caller: &Caller) -> Result<(), Trouble> {
        let (actor_type, actor_id) = match caller.person {
            Some(person) => ("user", person.user_id),
            None => ("service", caller.client_id.as_str()),
        };
        for row in self.rows {
            let mut details = row.details;
            details["client_id"] = json!(caller.client_id);
            db.execute(
                "INSERT INTO audit_log (id, occurred_at, service, actor_type, actor_id, actor_brand_id, event_type,
                     entity_type, entity_id, brand_id, request_id, details)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6, ?10, ?11)",
                params![
                    ids::uuid()?,
                    state.now(),
                    caller.service,
                    actor_type,
                    actor_id,
                    BRAND,
                    row.event_type,
                    row.entity_type,
                    row.entity_id,
                    caller.request_id,
                    details.to_string()
                ],
            )?;
        }
        for event in &self.events {
            publish(db, state, &ids::uuid()?, event)?;
        }
        Ok(())
    }
}

/// Writes an event down and, if it is about a person, sends it to the apps that may hear of it.
pub(crate) fn publish(db: &Connection, state: &State, id: &str, event: &Event) -> Result<(), Trouble> {
    db.execute(
        "INSERT INTO events (id, name, user_id, payload, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, event.name, event.user_id, event.payload.to_string(), state.now()],
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
