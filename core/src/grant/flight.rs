//! Single flight: one detached leader per user does the work, whoever asked meanwhile gets its result.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::cache::Access;
use super::decide::Need;
use crate::error::{Code, Error};

type Outcome = Result<Arc<Access>, Error>;
/// The user, and what for: who needs another token must not get the result of a flight that is content with this one.
type Key = (String, Need);
type Receiver = watch::Receiver<Option<Outcome>>;
type Map = HashMap<Key, Receiver>;

/// The flights under way.
#[derive(Default)]
pub(crate) struct Flights(Arc<Mutex<Map>>);

/// Takes the flight off the map when its leader ends, however it ends.
struct Landing {
    flights: Flights,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

impl Flights {
    fn lock(&self) -> std::sync::MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Boards the flight under `key`, starting it with `lead` where there is none.
    ///
    /// The leader runs as a task of its own: a caller that is cancelled or times out leaves it running.
    pub(crate) fn board<F>(&self, key: Key, lead: impl FnOnce() -> F) -> Seat
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (receiver, takeoff) = {
            let mut flights = self.lock();
            if let Some(receiver) = flights.get(&key) {
                (receiver.clone(), None)
            } else {
                let (sender, receiver) = watch::channel(None);
                flights.insert(key.clone(), receiver.clone());
                (receiver, Some((sender, Landing { flights: Self(Arc::clone(&self.0)), key })))
            }
        };
        // Not under the lock: a runtime that is shutting down drops the task at once, and its landing locks again.
        if let Some((sender, landing)) = takeoff {
            let leader = lead();
            tokio::spawn(async move {
                let outcome = leader.await;
                // Off the map first: whoever comes now has to see what the leader left in the store.
                drop(landing);
                sender.send_replace(Some(outcome));
            });
        }
        Seat(receiver)
    }
}

/// A place on a flight. Whoever leaves it early does not stop the flight.
pub(crate) struct Seat(Receiver);

impl Seat {
    pub(crate) async fn arrive(mut self) -> Outcome {
        let outcome = self.0.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match outcome {
            Ok(Some(outcome)) => outcome,
            // The leader's task was dropped with its runtime, or panicked.
            _ => Err(Error::new(Code::Internal, "The refresh ended without a result; the next call looks again.")),
        }
    }
}
