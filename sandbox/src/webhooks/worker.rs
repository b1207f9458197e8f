//! Delivers what is due: every app and person at once, the events of one person in one app one after the other.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::endpoint;
use super::outbox::{self, Delivery};
use super::post::{self, Message, Outcome};
use crate::db::Trouble;
use crate::state::{Shared, State};

/// How often the clock is looked at: a lever may have moved it.
const TICK: Duration = Duration::from_millis(250);

/// What the worker and those who wait for it share.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    wake: Notify,
    /// Counts attempts that have ended.
    ended: watch::Sender<u64>,
    /// Whose delivery is on its way: app and person.
    busy: Mutex<HashSet<(String, String)>>,
    /// Made at the first delivery: most sandboxes make none.
    client: OnceLock<Option<reqwest::Client>>,
}

impl Hub {
    /// There may be something to deliver.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<(String, String)>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs until the sandbox stops.
pub(crate) async fn work(state: Shared) {
    let mut stopped = state.stopped();
    loop {
        // A database that fails now is asked again at the next tick; every other request shows the trouble, too.
        let _ = start_due(&state);
        tokio::select! {
            () = state.webhooks.wake.notified() => {}
            () = tokio::time::sleep(TICK) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

fn start_due(state: &Shared) -> Result<(), Trouble> {
    // Held while the table is read, or an attempt that ends in between would be made twice.
    let mut busy = state.webhooks.busy();
    for delivery in state.store.read(|db| outbox::due(db, state.clock.now_ms()))? {
        let owner = (delivery.client_id.clone(), delivery.user_id.clone());
        if busy.insert(owner.clone()) {
            let state = Arc::clone(state);
            tokio::spawn(async move {
                // As above: a row that could not be changed is due again.
                let _ = attempt(&state, &delivery).await;
                state.webhooks.busy().remove(&owner);
                state.webhooks.ended.send_modify(|count| *count += 1);
                state.webhooks.wake();
            });
        }
    }
    Ok(())
}

async fn attempt(state: &State, delivery: &Delivery) -> Result<(), Trouble> {
    let scope = delivery.scope.as_deref();
    let found = state.store.read(|db| endpoint::destination(db, &delivery.client_id, &delivery.user_id, scope))?;
    let to = match found {
        Ok(to) => to,
        Err(why) => return state.store.write(|db| outbox::give_up(db, &delivery.id, why)),
    };
    let number = delivery.attempts + 1;
    let outcome = match state.webhooks.client.get_or_init(|| post::client().ok()) {
        None => Outcome::NoAnswer("The sandbox can't open connections.".to_owned()),
        Some(client) => {
            let message = Message {
                url: &to.url,
                event_id: &delivery.event_id,
                event_type: &delivery.event_type,
                signature: &post::signature(&to.secret, delivery.body.as_bytes()),
                attempt: number,
                body: &delivery.body,
            };
            post::send(client, &message).await
        }
    };
    state.store.write(|db| outbox::record(db, &state.clock, &delivery.id, number, &outcome))
}

/// Waits until nothing is due and nothing is on its way. Returns how many attempts ended meanwhile.
pub(crate) async fn settle(state: &State) -> Result<u64, Trouble> {
    let mut ended = state.webhooks.ended.subscribe();
    let mut stopped = state.stopped();
    let first = *ended.borrow();
    loop {
        let count = *ended.borrow_and_update();
        let is_quiet = {
            let busy = state.webhooks.busy();
            busy.is_empty() && state.store.read(|db| outbox::due(db, state.clock.now_ms()))?.is_empty()
        };
        if is_quiet {
            return Ok(count - first);
        }
        state.webhooks.wake();
        tokio::select! {
            _ = ended.changed() => {}
            _ = stopped.wait_for(|stop| *stop) => return Ok(count - first),
        }
    }
}
