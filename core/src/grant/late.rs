//! What an answer means for the record, whatever that has become meanwhile: pure, for the answer may come very late.

use super::owed::Arrived;
use super::record::{GrantRecord, Intent, Tokens};
use super::records::Change;
use crate::profile::{Profile, Rules};
use crate::secret::Secret;
use crate::sys::Millis;

/// How a late save ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    Saved,
    /// A newer sign-in has replaced the grant: these tokens are no longer wanted.
    Replaced,
    Disconnected,
    /// A refresh with the former token was refused meanwhile, and took this grant with it.
    Ended,
}

/// Tokens from a refresh. Also says whether the attempt had been given up.
pub(super) fn rotated(
    current: Option<&GrantRecord>,
    attempt: &str,
    tokens: &Tokens,
) -> Change<GrantRecord, (Late, bool)> {
    let Some(current) = current else { return Change::Leave((Late::Disconnected, false)) };
    if let Some(intent) = current.intent_of(attempt) {
        let disconnected = current.tombstone.is_some();
        // Under a tombstone too: the revocation that waits for this intent has to know the newest token.
        let record = current.rotated(attempt, tokens.clone());
        let stored = if disconnected { Late::Disconnected } else { Late::Saved };
        return Change::Write(Box::new(record), (stored, intent.ambiguous));
    }
    if current.last_attempt.as_deref() == Some(attempt) {
        return Change::Leave((Late::Saved, false));
    }
    Change::Leave((if current.tombstone.is_some() { Late::Disconnected } else { Late::Replaced }, false))
}

/// Tokens from a sign-in. It replaces what it found when it first looked; whatever came after that is newer than it.
pub(super) fn granted(
    current: Option<&GrantRecord>,
    user_id: &str,
    arrived: &Arrived,
    replaces: &mut Option<u64>,
    late: bool,
    now: Millis,
) -> Change<GrantRecord, (Late, bool)> {
    let Arrived { attempt, tokens, .. } = arrived;
    let generation = current.map_or(0, |current| current.generation);
    if let Some(current) = current {
        if current.last_attempt.as_ref() == Some(attempt) {
            return Change::Leave((Late::Saved, false));
        }
        let moved = replaces.is_some_and(|known| known != generation);
        if let Some(tombstone) = &current.tombstone
            && (moved || tombstone.at > tokens.obtained_at)
        {
            return answered(current, attempt, tokens, Late::Disconnected);
        }
        // Of two sign-ins that cross, Loop honours the one that was sent later.
        let theirs = current.tokens.as_ref().map_or(0, |tokens| tokens.obtained_at);
        // Not while our own intent stands: nobody else stored a grant then, whatever clocks say.
        let stands = !moved && current.intent_of(attempt).is_some();
        let newer = !stands && (moved || late) && theirs > tokens.obtained_at;
        let digest = tokens.refresh_token.as_ref().map(Secret::digest);
        if newer || digest.is_some_and(|digest| current.spent.contains(&digest)) {
            return answered(current, attempt, tokens, Late::Replaced);
        }
        // A refresh with the former token, sent after our code, looked like theft to Loop.
        if current.ended_at.is_some_and(|ended| ended > tokens.obtained_at) {
            return answered(current, attempt, tokens, Late::Ended);
        }
    }
    replaces.get_or_insert(generation);
    let healed = current.and_then(|current| current.intent.as_ref()).is_some_and(|intent| intent.ambiguous);
    let mut record = GrantRecord::granted(user_id, tokens.clone(), current, now);
    record.last_attempt = Some(attempt.clone());
    Change::Write(Box::new(record), (Late::Saved, healed))
}

/// Nobody gets to see the answer. It came, so nobody has to wait for it any more.
fn answered(current: &GrantRecord, attempt: &str, tokens: &Tokens, how: Late) -> Change<GrantRecord, (Late, bool)> {
    if current.intent_of(attempt).is_none() {
        return Change::Leave((how, false));
    }
    let record = if how == Late::Disconnected {
        let mut record = current.clone();
        // What it displaced refreshed a grant that this one has replaced: its late answer must not hide the newest token.
        record.change_intent(attempt, |intent| Some(Intent { displaced: None, ..intent }));
        // The disconnect that waits for this has to know that, should we end before it is revoked.
        record.rotated(attempt, tokens.clone())
    } else {
        let mut record = current.clone();
        record.change_intent(attempt, |_| None);
        record
    };
    Change::Write(Box::new(record), (how, false))
}

/// Changes the record while this attempt's intent stands. False where somebody replaced the grant meanwhile.
pub(super) fn while_it_stands(
    current: Option<&GrantRecord>,
    attempt: &str,
    change: impl Fn(&mut GrantRecord),
) -> Change<GrantRecord, bool> {
    match current {
        Some(current) if current.intent_of(attempt).is_some() => {
            let mut record = current.clone();
            change(&mut record);
            Change::Write(Box::new(record), true)
        }
        _ => Change::Leave(false),
    }
}

/// The request did nothing. A lost one whose place it took may have done something all the same.
pub(super) fn clear(record: &mut GrantRecord, attempt: &str, rules: &Rules) {
    record.change_intent(attempt, |intent| {
        // The server itself said that the lost one had done nothing.
        let resolved = rules.profile == Profile::Introspect;
        let takeovers = intent.takeovers.checked_sub(1).filter(|_| !resolved)?;
        Some(Intent { ambiguous: true, takeovers, ..intent })
    });
}

/// Nobody will hear the answer, so nobody has to wait for it.
pub(super) fn mark_ambiguous(record: &mut GrantRecord, attempt: &str) {
    record.change_intent(attempt, |intent| Some(Intent { ambiguous: true, ..intent }));
}

/// The issuer refused the token: the grant is over.
pub(super) fn end(record: &mut GrantRecord, attempt: &str, now: Millis) {
    record.change_intent(attempt, |_| None);
    end_now(record, now);
}

/// The issuer said of the token of a lost request that it is dead.
pub(super) fn end_lost(current: Option<&GrantRecord>, attempt: &str, now: Millis) -> Change<GrantRecord, bool> {
    match current {
        Some(current) if current.intent.as_ref().is_some_and(|intent| intent.attempt == attempt) => {
            let mut record = current.clone();
            record.intent = None;
            end_now(&mut record, now);
            Change::Write(Box::new(record), true)
        }
        _ => Change::Leave(false),
    }
}

fn end_now(record: &mut GrantRecord, now: Millis) {
    record.ended_at = Some(now);
    record.updated_at = now;
    if let Some(digest) = record.refresh_token().map(Secret::digest) {
        record.remember_spent(digest);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Map;

    use super::*;
    use crate::grant::decide::{exchange_intent, refresh_intent};
    use crate::grant::record::{IntentKind, Tombstone};

    fn tokens(refresh: &str, obtained_at: Millis) -> Tokens {
        Tokens {
            access_token: Secret::new("a"),
            access_expires_at: obtained_at,
            obtained_at,
            refresh_token: Some(Secret::new(refresh)),
            scopes: Vec::new(),
            unknown: Map::new(),
        }
    }

    #[test]
    fn a_refresh_that_a_code_displaced_does_not_hide_the_codes_token_from_a_disconnect() {
        let rules = Rules::default();
        let mut record = GrantRecord::granted("user_1", tokens("r", 0), None, 0);
        record.intent = Some(refresh_intent(&record, "refresh", &Secret::new("r"), 1_000, &rules));
        record.intent = Some(exchange_intent(&record, "code", 200_000, &rules));
        record.tombstone = Some(Tombstone::new(200_002, 0));
        let attempt = "code".to_owned();
        let arrived =
            Arrived { attempt, kind: IntentKind::Exchange, tokens: tokens("new", 200_001), replaces: Some(1) };
        let Change::Write(record, (Late::Disconnected, _)) =
            granted(Some(&record), "user_1", &arrived, &mut Some(1), false, 200_003)
        else {
            panic!("the disconnect has to know the new token");
        };
        let late = rotated(Some(&record), "refresh", &tokens("old", 1_000));
        assert!(matches!(late, Change::Leave((Late::Disconnected, _))));
        assert_eq!(record.refresh_token().map(Secret::expose), Some("new"));
    }

    /// What is left of a lost refresh after the one that took its place did nothing.
    fn left_of_a_lost_one(profile: Profile) -> Option<(Millis, bool, u32)> {
        let rules = Rules { profile, ..Rules::default() };
        let mut record = GrantRecord::granted("user_1", tokens("r", 0), None, 0);
        for (attempt, at) in [("x", 1000), ("y", 9000)] {
            record.intent = Some(refresh_intent(&record, attempt, &Secret::new("r"), at, &rules));
        }
        clear(&mut record, "y", &rules);
        record.intent.map(|intent| (intent.first_at, intent.ambiguous, intent.takeovers))
    }

    #[test]
    fn a_second_request_that_did_nothing_does_not_make_the_first_one_undone() {
        let grace = Profile::Grace(Duration::from_secs(30));
        assert_eq!(left_of_a_lost_one(grace), Some((1000, true, 0)), "its grace is counted from the first");
        assert_eq!(left_of_a_lost_one(Profile::Strict), Some((1000, true, 0)), "the operator's one second use");
        assert_eq!(left_of_a_lost_one(Profile::Introspect), None, "the server has said that it did nothing");
    }
}
