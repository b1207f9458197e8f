//! When this process first saw each attempt of another: a second opinion on how long it has been under way, by a clock
//! that counts the time asleep and never jumps.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::decide;
use super::record::Intent;
use crate::sys::Millis;

/// Attempts that are remembered; more are under way at once only where everything hangs.
const KEPT: usize = 1000;

#[derive(Default)]
pub(crate) struct Sightings(Mutex<HashMap<String, Millis>>);

impl Sightings {
    /// The time to judge an intent by: the store's, or the attempt's end where its whole span has passed for us.
    pub(crate) fn now(&self, intent: Option<&Intent>, stored: Millis, own: Millis) -> Millis {
        let Some(intent) = intent.filter(|intent| decide::is_open(intent, stored)) else { return stored };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= KEPT {
            // An attempt's span is minutes at most.
            seen.retain(|_, first| own.saturating_sub(*first) < 60 * 60 * 1000);
        }
        let first = *seen.entry(intent.attempt.clone()).or_insert(own);
        if own.saturating_sub(first) >= decide::span(intent) { stored.max(decide::over_at(intent)) } else { stored }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::record::GrantRecord;
    use crate::profile::Rules;

    #[test]
    fn an_attempt_is_over_when_its_span_has_passed_by_either_clock() {
        let sightings = Sightings::default();
        let record = GrantRecord::placeholder("user_1", 0);
        let intent = decide::exchange_intent(&record, "x", 1_000_000, &Rules::default());
        let now = |stored, own| sightings.now(Some(&intent), stored, own);
        assert_eq!(now(1_000_000, 50), 1_000_000);
        // The store's clock was put back by ten seconds.
        assert_eq!(now(990_000, 135_049), 990_000);
        assert_eq!(now(990_000, 135_050), intent.answer_by);
        assert_eq!(now(1_200_000, 135_050), 1_200_000);
        assert_eq!(sightings.now(None, 7, 1), 7);
    }
}
