//! What to do with a grant now: pure decisions over the stored record and the time.

use std::time::Duration;

use super::record::{GrantRecord, Intent, IntentKind, Tokens};
use crate::secret::{Digest, Secret};
use crate::sys::{Millis, millis};

/// How long after its intent a request may still be sent.
pub(crate) const SEND_WINDOW: Duration = Duration::from_secs(5);
/// How long after that its answer may come: the token endpoint's own limit, and a margin.
pub(crate) const ANSWER_WINDOW: Duration = Duration::from_secs(130);
/// A token younger than this is not refreshed because one API refuses it: that API is what is wrong.
pub(crate) const YOUNGEST_REFUSED: Duration = Duration::from_secs(60);

/// Why a caller needs a token, beyond that it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need<'a> {
    /// One that lives.
    Live,
    /// One other than this, which an API refused.
    Other(&'a Digest),
}

/// The next step of a leader.
#[derive(Debug)]
pub(crate) enum Step {
    /// The record holds a token that serves.
    Use,
    /// Write an intent and refresh.
    Refresh,
    /// Somebody else holds the right to send; look again then at the latest.
    Wait { until: Millis },
    /// The outcome of an earlier request can't be known.
    Unknown,
    /// There is nothing that could be refreshed any more.
    Ended,
    /// Nobody ever connected, or the app disconnected.
    NotConnected,
    /// The refused token is so young that refreshing would not help.
    Refused,
}

/// How long before its end a token is renewed: a minute or a tenth of its life, never more than half of it.
pub(crate) fn margin(life: Millis) -> Millis {
    (life / 10).max(60_000).min(life / 2)
}

/// Whether a token can be handed out.
pub(crate) fn serves(tokens: &Tokens, need: Need<'_>, now: Millis) -> bool {
    let refused = matches!(need, Need::Other(refused) if tokens.access_token.digest() == *refused);
    !refused && now.saturating_add(margin_of(tokens)) < tokens.access_expires_at
}

/// Whether a token is still good at the server, although it should be renewed.
pub(crate) fn lives(tokens: &Tokens, need: Need<'_>, now: Millis) -> bool {
    let refused = matches!(need, Need::Other(refused) if tokens.access_token.digest() == *refused);
    !refused && now < tokens.access_expires_at
}

fn margin_of(tokens: &Tokens) -> Millis {
    margin(tokens.access_expires_at.saturating_sub(tokens.obtained_at))
}

pub(crate) fn next_step(record: Option<&GrantRecord>, need: Need<'_>, now: Millis) -> Step {
    let Some(record) = record.filter(|record| record.tombstone.is_none()) else {
        return Step::NotConnected;
    };
    let Some(tokens) = record.tokens.as_ref().filter(|_| record.ended_at.is_none()) else {
        return Step::Ended;
    };
    if serves(tokens, need, now) {
        return Step::Use;
    }
    if let Need::Other(refused) = need
        && tokens.access_token.digest() == *refused
        && now < tokens.obtained_at.saturating_add(millis(YOUNGEST_REFUSED))
    {
        return Step::Refused;
    }
    match &record.intent {
        // While the request may still be answered, its own leader knows best.
        Some(intent) if !intent.ambiguous && now < intent.answer_by => Step::Wait { until: intent.answer_by },
        Some(_) if lives(tokens, need, now) => Step::Use,
        Some(_) => Step::Unknown,
        None if tokens.refresh_token.is_none() => {
            if lives(tokens, need, now) {
                Step::Use
            } else {
                Step::Ended
            }
        }
        None => Step::Refresh,
    }
}

pub(crate) fn refresh_intent(attempt: &str, token: &Secret, now: Millis) -> Intent {
    let send_by = now.saturating_add(millis(SEND_WINDOW));
    Intent {
        attempt: attempt.to_owned(),
        kind: IntentKind::Refresh,
        token: token.digest(),
        first_at: now,
        send_by,
        answer_by: send_by.saturating_add(millis(ANSWER_WINDOW)),
        ambiguous: false,
        unknown: serde_json::Map::new(),
    }
}

/// Whether this attempt may send now, having read its own intent back.
pub(crate) fn may_send(record: &GrantRecord, attempt: &str, now: Millis) -> bool {
    record.tombstone.is_none()
        && record.intent.as_ref().is_some_and(|intent| intent.attempt == attempt && now < intent.send_by)
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    const HOUR: Millis = 3_600_000;

    fn record() -> GrantRecord {
        let tokens = Tokens {
            access_token: Secret::new("a"),
            access_expires_at: HOUR,
            obtained_at: 0,
            refresh_token: Some(Secret::new("r")),
            scopes: Vec::new(),
            unknown: Map::new(),
        };
        GrantRecord::granted("user_1", tokens, None, 0)
    }

    fn step(change: impl FnOnce(&mut GrantRecord), now: Millis) -> String {
        let mut record = record();
        change(&mut record);
        format!("{:?}", next_step(Some(&record), Need::Live, now))
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        assert_eq!(step(|_| (), HOUR / 2), "Use");
        assert_eq!(step(|_| (), HOUR - margin(HOUR)), "Refresh");
        assert_eq!(step(|_| (), HOUR * 2), "Refresh");
    }

    #[test]
    fn a_short_lived_token_is_used_for_half_of_its_life() {
        assert_eq!(margin(2000), 1000);
        assert_eq!(margin(HOUR), 360_000);
        assert_eq!(margin(300_000), 60_000);
    }

    #[test]
    fn an_intent_of_somebody_else_is_waited_for_and_then_unknown() {
        let with_intent = |record: &mut GrantRecord| {
            record.intent = Some(refresh_intent("x", &Secret::new("r"), HOUR));
        };
        assert!(step(with_intent, HOUR + 1000).starts_with("Wait"));
        assert_eq!(step(with_intent, HOUR + 136_000), "Unknown");
    }

    #[test]
    fn an_ambiguous_refresh_leaves_the_living_token_in_use() {
        let ambiguous = |record: &mut GrantRecord| {
            let mut intent = refresh_intent("x", &Secret::new("r"), HOUR - 1000);
            intent.ambiguous = true;
            record.intent = Some(intent);
        };
        assert_eq!(step(ambiguous, HOUR - 500), "Use");
        assert_eq!(step(ambiguous, HOUR), "Unknown");
    }

    #[test]
    fn what_ended_or_was_disconnected_is_not_refreshed() {
        assert_eq!(step(|record| record.ended_at = Some(1), HOUR), "Ended");
        assert_eq!(step(|record| record.tokens = None, 0), "Ended");
        let tombstone = |record: &mut GrantRecord| {
            record.tombstone = Some(crate::grant::record::Tombstone { at: 1, confirmed: true, unknown: Map::new() });
        };
        assert_eq!(step(tombstone, 0), "NotConnected");
        assert_eq!(format!("{:?}", next_step(None, Need::Live, 0)), "NotConnected");
    }

    #[test]
    fn a_refused_token_is_replaced_unless_it_is_brand_new() {
        let digest = Digest::of("a");
        let step = |now| format!("{:?}", next_step(Some(&record()), Need::Other(&digest), now));
        assert_eq!(step(59_000), "Refused");
        assert_eq!(step(61_000), "Refresh");
        let other = Digest::of("b");
        assert_eq!(format!("{:?}", next_step(Some(&record()), Need::Other(&other), 0)), "Use");
    }

    #[test]
    fn nothing_is_sent_after_its_window() {
        let mut record = record();
        record.intent = Some(refresh_intent("x", &Secret::new("r"), 1000));
        assert!(may_send(&record, "x", 5999));
        assert!(!may_send(&record, "x", 6000));
        assert!(!may_send(&record, "y", 1000));
        record.tombstone = Some(crate::grant::record::Tombstone { at: 1, confirmed: false, unknown: Map::new() });
        assert!(!may_send(&record, "x", 5999), "the app disconnected meanwhile");
    }

    #[test]
    fn a_request_may_be_sent_for_five_seconds_and_answered_for_longer_than_the_client_waits() {
        let intent = refresh_intent("x", &Secret::new("r"), 1000);
        assert_eq!((intent.send_by, intent.answer_by), (6000, 136_000));
        assert!(intent.token.is_of("r") && !intent.ambiguous);
    }
}
