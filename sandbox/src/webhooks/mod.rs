//! Webhooks: which app hears of which event, and how an event reaches the app's own server.
//!
//! Whoever changes something calls [`emit`] in the transaction of the change; the rest happens by itself.

mod catalogue;
mod endpoint;
mod levers;
mod outbox;
pub mod play;
mod post;
#[allow(unused_qualifications, reason = "the code that utoipa's macros write")]
mod replay;
mod worker;

use rusqlite::Connection;
use serde_json::Value;

pub(crate) use catalogue::{EVENTS, Event, find as find_event};
pub(crate) use endpoint::{Endpoint, Setup, check_url, endpoint_of, put, put_in, remove, remove_in, rotate_secret};
pub(crate) use levers::router;
pub(crate) use outbox::{Delivery, Replayed, Status, deliveries_of, delivery};
pub(crate) use replay::router as operations;
pub(crate) use worker::{Hub, settle, work};

use crate::db::Trouble;
use crate::seed::Person;
use crate::state::State;

/// Tells every app that may hear of it: it has a webhook URL, did not leave this event out, and the person granted it the
/// scope behind the event. To be called in the transaction of the change, so that both happen or neither. Returns
/// how many apps will hear.
pub(crate) fn emit(
    state: &State,
    db: &Connection,
    event_type: &str,
    user_id: &str,
    data: &Value,
) -> Result<usize, Trouble> {
    let Some(event) = catalogue::find(event_type) else {
        return Ok(0);
    };
    let apps = endpoint::listeners(db, event, user_id)?;
    if apps.is_empty() {
        return Ok(0);
    }
    let happened = outbox::Happened::now(&state.clock, event.name, user_id, data)?;
    for client_id in &apps {
        outbox::add(db, &state.clock, &happened, client_id, Some(event.scope))?;
    }
    // The worker can't look before the caller's transaction is over: there is one connection.
    state.webhooks.wake();
    Ok(apps.len())
}

/// Sends an example of an event to one app, whatever the person granted it.
pub(crate) fn send_test(state: &State, client_id: &str, event: &Event, person: &Person) -> Result<(), Trouble> {
    let data = catalogue::sample(event.name, person, state.now());
    let happened = outbox::Happened::now(&state.clock, event.name, person.user_id, &data)?;
    state.store.write(|db| outbox::add(db, &state.clock, &happened, client_id, None))?;
    state.webhooks.wake();
    Ok(())
}

/// Makes a delivery due once more, with the same event and a new count of attempts. `None` if there is none of this id.
pub(crate) fn replay(state: &State, delivery_id: &str) -> Result<Option<Replayed>, Trouble> {
    let replayed = outbox::replay(&state.store, &state.clock, delivery_id)?;
    state.webhooks.wake();
    Ok(replayed)
}
