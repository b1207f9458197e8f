//! Before a process ends: whether token requests are under way or tokens are not stored, and waiting for them.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::forked::PerProcess;
use crate::client::LoopClient;
use crate::error::Error;
use crate::grant::activity::within;
use crate::grant::manager::Manager;

/// The clients of this process. A forked child has none of its parent's.
static CLIENTS: PerProcess<Mutex<Vec<Weak<Manager>>>> = PerProcess::new();

pub(super) fn remember(client: &LoopClient) -> Result<(), Error> {
    let clients = CLIENTS.get(|| Ok(Mutex::default()))?;
    let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
    clients.retain(|client| client.strong_count() > 0);
    clients.push(Arc::downgrade(client.manager()));
    Ok(())
}

fn managers() -> Vec<Arc<Manager>> {
    let Ok(clients) = CLIENTS.get(|| Ok(Mutex::default())) else { return Vec::new() };
    clients.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
}

/// Whether any client of this process has a token request under way, or tokens that are not stored.
pub fn busy() -> bool {
    managers().iter().any(|manager| manager.is_busy())
}

/// Waits until none has, for `limit` at most. False where that was too short.
pub async fn drain_all(limit: Option<Duration>) -> bool {
    let settled = async {
        // While one is waited for, another may have begun something.
        while busy() {
            for manager in managers() {
                manager.drain(None).await;
            }
        }
    };
    within(limit, settled).await
}
