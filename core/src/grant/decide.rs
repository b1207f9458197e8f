//! What to do with a grant now: pure decisions over the stored record, the time, and the server's rules.

use std::time::Duration;

use super::record::{GrantRecord, Intent, IntentKind, Tokens};
use crate::profile::{Profile, Rules};
use crate::secret::{Digest, Secret};
use crate::sys::{Millis, millis};

/// A token younger than this is not refreshed because one API refuses it: that API is what is wrong.
const YOUNGEST_REFUSED: Millis = 60_000;
/// A refused token that is about to end anyway is simply renewed.
const NEARLY_OVER: Millis = 5_000;
/// No request stays under way longer, whatever a stored record says.
const LONGEST_ATTEMPT: Millis = 10 * 60_000;
/// A server may answer an introspection from a cache that old.
pub(crate) const INTROSPECTION_CACHE: Millis = 60_000;
/// Clocks of one store may differ by that much, for instance after its failover.
const CLOCKS_APART: Millis = 100;
/// How long a sign-in or an import waits for a request that is under way: a code lives for a minute.
const LONGEST_COURTESY: Millis = 15_000;
/// A refresh token dies when it was not used for this long.
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Why a caller needs a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// One that lives.
    Live,
    /// None yet: one that lives should be renewed before it ends.
    Ahead,
    /// One other than this, which an API refused.
    Other(Digest),
    /// One that lives, for nobody in particular: the grant would lapse otherwise.
    KeepAlive,
}

/// The next step of a leader.
#[derive(Debug)]
pub(crate) enum Step {
    /// The record holds a token that serves.
    Use,
    /// Write an intent and refresh.
    Refresh,
    /// Somebody else holds the right to send, or it is too early to tell; look again then at the latest.
    Wait { until: Millis },
    /// Ask the server whether the token of a request without an answer is still good.
    Introspect,
    /// The outcome of an earlier refresh can't be known.
    RefreshUnknown,
    /// The outcome of a code exchange for this user can't be known.
    ExchangeUnknown,
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

/// When a token is renewed. Users differ by up to a margin more, so that those who came together do not return together.
pub(crate) fn renew_at(tokens: &Tokens, user: u64) -> Millis {
    let life = tokens.access_expires_at.saturating_sub(tokens.obtained_at);
    let margin = margin(life);
    let spread = margin.min(life / 10).max(1);
    tokens.access_expires_at.saturating_sub(margin).saturating_sub(user % spread)
}

/// Whether a token can be handed out.
pub(crate) fn lives(tokens: &Tokens, need: &Need, now: Millis) -> bool {
    !is_refused(tokens, need) && now < tokens.access_expires_at
}

fn is_refused(tokens: &Tokens, need: &Need) -> bool {
    matches!(need, Need::Other(refused) if tokens.access_token.digest() == *refused)
}

fn is_young(tokens: &Tokens, now: Millis) -> bool {
    now.abs_diff(tokens.obtained_at) < YOUNGEST_REFUSED && now.saturating_add(NEARLY_OVER) < tokens.access_expires_at
}

pub(crate) fn next_step(record: Option<&GrantRecord>, need: &Need, user: u64, now: Millis, rules: &Rules) -> Step {
    let Some(record) = record.filter(|record| record.tombstone.is_none()) else {
        return Step::NotConnected;
    };
    if record.ended_at.is_some() {
        return Step::Ended;
    }
    let Some(tokens) = &record.tokens else {
        // A sign-in has begun, and nothing came of it yet.
        return Step::NotConnected;
    };
    let alive = lives(tokens, need, now);
    let waits_for_the_end = matches!(need, Need::Live | Need::Other(_)) && !rules.no_background;
    if alive && (waits_for_the_end || now < renew_at(tokens, user)) {
        return Step::Use;
    }
    if is_refused(tokens, need) && is_young(tokens, now) {
        return Step::Refused;
    }
    match &record.intent {
        _ if alive && tokens.refresh_token.is_none() => Step::Use,
        None if tokens.refresh_token.is_none() => Step::Ended,
        None => Step::Refresh,
        Some(intent) if is_under_way(intent, now) => Step::Wait { until: intent.answer_by },
        Some(_) if alive => Step::Use,
        Some(intent) => after_silence(intent, now, rules),
    }
}

/// Whether the request of an intent may still be answered: its own leader knows best until then.
pub(crate) fn is_under_way(intent: &Intent, now: Millis) -> bool {
    // An end in the far future comes from a clock that was wrong.
    !intent.ambiguous && now < intent.answer_by && intent.answer_by.saturating_sub(now) < LONGEST_ATTEMPT
}

/// Whether anybody has to mind an attempt: it may still be answered, or arrive without an answer that is heard.
pub(crate) fn is_open(intent: &Intent, now: Millis) -> bool {
    is_under_way(intent, now) || may_arrive(intent.send_by, now)
}

/// When nobody has to mind an attempt any more: no answer to it comes, and it does not arrive.
pub(crate) fn over_at(intent: &Intent) -> Millis {
    intent.answer_by.max(arrives_by(intent.send_by))
}

/// How long an attempt lasts, for observers who measure it with a clock of their own.
pub(crate) fn span(intent: &Intent) -> Millis {
    over_at(intent).saturating_sub(intent.first_at).min(LONGEST_ATTEMPT)
}

/// A request was sent, or may have been, and nobody will hear its answer.
fn after_silence(intent: &Intent, now: Millis, rules: &Rules) -> Step {
    if intent.kind == IntentKind::Exchange {
        // Loop may have replaced this refresh token by the one of the lost answer.
        return Step::ExchangeUnknown;
    }
    match rules.profile {
        Profile::Replay => Step::Refresh,
        Profile::Strict if rules.replay_once && intent.takeovers == 0 => Step::Refresh,
        Profile::Strict => Step::RefreshUnknown,
        Profile::Grace(_) => {
            // From a clock that was put back nobody can tell how much of the grace has passed.
            let began = intent.first_at <= now.saturating_add(CLOCKS_APART);
            let in_time = began && rules.grace_ends(intent.first_at).is_some_and(|end| now < end);
            if in_time { Step::Refresh } else { Step::RefreshUnknown }
        }
        Profile::Introspect => {
            // A request that is still on its way could make an answer of the server wrong a moment later.
            let from = intent.answer_by.saturating_add(INTROSPECTION_CACHE);
            if now < from && from - now < LONGEST_ATTEMPT { Step::Wait { until: from } } else { Step::Introspect }
        }
    }
}

/// The right to send one refresh. It takes over from an attempt whose answer is lost, and remembers when that began.
pub(crate) fn refresh_intent(
    record: &GrantRecord,
    attempt: &str,
    token: &Secret,
    now: Millis,
    rules: &Rules,
) -> Intent {
    let lost = record.intent.as_ref().filter(|intent| intent.kind == IntentKind::Refresh);
    let first_at = lost.map_or(now, |intent| intent.first_at);
    let mut send_by = now.saturating_add(rules.send_window());
    if let Some(end) = rules.grace_ends(first_at) {
        send_by = send_by.min(end);
    }
    Intent {
        takeovers: lost.map_or(0, |intent| intent.takeovers.saturating_add(1)),
        first_at,
        ..intent(attempt, IntentKind::Refresh, token.digest(), now, send_by, rules)
    }
}

/// The right to send one code for this user. It keeps what it displaces, which counts again if the code did nothing.
pub(crate) fn exchange_intent(record: &GrantRecord, attempt: &str, now: Millis, rules: &Rules) -> Intent {
    let token = record.refresh_token().map_or_else(|| Digest::of(""), Secret::digest);
    // A write whose answer was lost is made again: an attempt must not displace itself, or it could never be cleared.
    let mut before = record.clone();
    before.change_intent(attempt, |_| None);
    let mut displaced = before.intent.map(Box::new);
    // What an attempt displaced counts again where it did nothing; of one that is lost nobody will ever hear that.
    if let Some(lost) = displaced.as_mut().filter(|intent| !is_under_way(intent, now)) {
        lost.displaced = None;
    }
    Intent {
        displaced,
        ..intent(attempt, IntentKind::Exchange, token, now, now.saturating_add(rules.send_window()), rules)
    }
}

fn intent(attempt: &str, kind: IntentKind, token: Digest, now: Millis, send_by: Millis, rules: &Rules) -> Intent {
    Intent {
        attempt: attempt.to_owned(),
        kind,
        token,
        first_at: now,
        send_by,
        answer_by: send_by.saturating_add(rules.answer_window()),
        ambiguous: false,
        takeovers: 0,
        displaced: None,
        unknown: serde_json::Map::new(),
    }
}

/// Whether this attempt may send now, having read its own intent back. A sign-in knows of the `tombstone` that it is
/// about to replace.
pub(crate) fn may_send(record: &GrantRecord, attempt: &str, now: Millis, tombstone: Option<Millis>) -> bool {
    let mine = record.intent.as_ref().filter(|intent| intent.attempt == attempt && now < intent.send_by);
    mine.is_some_and(|intent| {
        // It may have been judged by a clock that was put back just then.
        let displaced = intent.displaced.as_deref().is_some_and(|other| may_arrive(other.send_by, now));
        record.tombstone.as_ref().map(|tombstone| tombstone.at) == tombstone && !displaced
    })
}

/// Until when a new grant for this user has to wait: for a request that may still arrive, or a disconnect that is being
/// told.
pub(crate) fn courtesy(record: Option<&GrantRecord>, now: Millis) -> Option<Millis> {
    let record = record?;
    let request = record.intent.as_ref().map(|intent| intent.send_by);
    let telling = record.tombstone.as_ref().filter(|tombstone| !tombstone.confirmed).map(|tombstone| tombstone.busy_by);
    request.into_iter().chain(telling).filter(|sent_by| may_arrive(*sent_by, now)).max().map(arrives_by)
}

/// Whether what replaces the grant now could cross a request of another attempt. A refresh that reaches the issuer after
/// a code has replaced its token looks like theft; and one whose answer was lost may still be on its way.
pub(crate) fn would_cross(record: &GrantRecord, attempt: &str, now: Millis) -> bool {
    let other = record.intent.as_ref().filter(|intent| intent.attempt != attempt);
    other.is_some_and(|intent| may_arrive(intent.send_by, now))
}

/// Whether Loop is being told of a disconnect just now. What is granted before it has answered would outlive that.
pub(crate) fn is_being_told(record: &GrantRecord, now: Millis) -> bool {
    record.tombstone.as_ref().is_some_and(|tombstone| !tombstone.confirmed && may_arrive(tombstone.busy_by, now))
}

fn may_arrive(sent_by: Millis, now: Millis) -> bool {
    let until = arrives_by(sent_by);
    // As above: one in the far future comes from a clock that was wrong.
    now < until && until - now < LONGEST_ATTEMPT
}

fn arrives_by(sent_by: Millis) -> Millis {
    sent_by.saturating_add(LONGEST_COURTESY)
}

/// When the refresh token dies if nobody uses it.
pub(crate) fn refresh_expires_at(tokens: &Tokens) -> Option<Millis> {
    tokens.refresh_token.as_ref().map(|_| tokens.obtained_at.saturating_add(millis(REFRESH_LIFE)))
}

/// Whether a grant would lapse soon: after 60 to 80 quiet days, so that those who came together do not all come due
/// on one day.
pub(crate) fn would_lapse(tokens: &Tokens, user: u64, now: Millis) -> bool {
    const DAY: Millis = 24 * 60 * 60 * 1000;
    let quiet = now.saturating_sub(tokens.obtained_at) / DAY;
    tokens.refresh_token.is_some() && quiet >= 60 + user % 20
}

#[cfg(test)]
mod tests;
