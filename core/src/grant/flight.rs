//! Single flight: one detached leader per user does the work, whoever asked meanwhile gets its result.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::cache::Access;
use crate::error::{Code, Error};

type Outcome = Result<Arc<Access>, Error>;

/// The flights under way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<HashMap<String, watch::Receiver<Option<Outcome>>>>>);

/// Takes the flight off the map when its leader ends, however it ends.
struct Landing {
    flights: Flights,
    key: String,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

impl Flights {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Receiver<Option<Outcome>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the flight under `key`, starting it with `lead` where there is none.
    ///
    /// The leader runs as a task of its own: a caller that is cancelled or times out leaves it running.
    pub(crate) async fn join<F>(&self, key: &str, lead: impl FnOnce() -> F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut receiver = {
            let mut flights = self.lock();
            if let Some(receiver) = flights.get(key) {
                receiver.clone()
            } else {
                let (sender, receiver) = watch::channel(None);
                flights.insert(key.to_owned(), receiver.clone());
                let landing = Landing { flights: Self(Arc::clone(&self.0)), key: key.to_owned() };
                let leader = lead();
                tokio::spawn(async move {
                    let outcome = leader.await;
                    // Off the map first: whoever comes now has to see what the leader left in the store.
                    drop(landing);
                    sender.send_replace(Some(outcome));
                });
                receiver
            }
        };
        let outcome = receiver.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match outcome {
            Ok(Some(outcome)) => outcome,
            // The leader's task was dropped with its runtime, or panicked.
            _ => Err(Error::new(Code::Internal, "The refresh ended without a result; the next call looks again.")),
        }
    }
}
