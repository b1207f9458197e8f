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
    record.tombstone.as_ref().map(|tombstone| tombstone.at) == tombstone
        && record.intent.as_ref().is_some_and(|intent| intent.attempt == attempt && now < intent.send_by)
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
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::grant::record::Tombstone;

    const HOUR: Millis = 3_600_000;
    const STRICT: Rules = Rules { profile: Profile::Strict, replay_once: false, no_background: false };

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

    fn rules(profile: Profile) -> Rules {
        Rules { profile, ..STRICT }
    }

    fn step_with(rules: &Rules, need: &Need, change: impl FnOnce(&mut GrantRecord), now: Millis) -> String {
        let mut record = record();
        change(&mut record);
        format!("{:?}", next_step(Some(&record), need, 0, now, rules))
    }

    fn step(change: impl FnOnce(&mut GrantRecord), now: Millis) -> String {
        step_with(&STRICT, &Need::Live, change, now)
    }

    fn unchanged(_: &mut GrantRecord) {}

    /// A refresh that began at this moment, and whose answer was lost where `ambiguous`.
    fn refresh_at(at: Millis, ambiguous: bool) -> impl Fn(&mut GrantRecord) {
        move |record| {
            let mut intent = refresh_intent(record, "x", &Secret::new("r"), at, &STRICT);
            intent.ambiguous = ambiguous;
            record.intent = Some(intent);
        }
    }

    #[test]
    fn a_token_that_lives_is_used_and_renewed_ahead_of_its_end() {
        let ahead = |now| step_with(&STRICT, &Need::Ahead, unchanged, now);
        assert_eq!((step(unchanged, HOUR - 1).as_str(), step(unchanged, HOUR).as_str()), ("Use", "Refresh"));
        assert_eq!(ahead(HOUR - margin(HOUR) - 1), "Use");
        assert_eq!(ahead(HOUR - margin(HOUR)), "Refresh");
    }

    #[test]
    fn where_nothing_runs_beside_a_request_the_call_itself_renews() {
        let rules = Rules { no_background: true, ..STRICT };
        assert_eq!(step_with(&rules, &Need::Live, unchanged, HOUR - margin(HOUR) - 1), "Use");
        assert_eq!(step_with(&rules, &Need::Live, unchanged, HOUR - margin(HOUR)), "Refresh");
    }

    #[test]
    fn a_short_lived_token_is_used_for_half_of_its_life() {
        assert_eq!(margin(2000), 1000);
        assert_eq!(margin(HOUR), 360_000);
        assert_eq!(margin(300_000), 60_000);
    }

    #[test]
    fn users_renew_at_different_moments_within_one_more_margin() {
        let tokens = record().tokens.unwrap();
        let moments: Vec<Millis> = (0..1000).map(|user| renew_at(&tokens, user * 7919)).collect();
        let latest = HOUR - margin(HOUR);
        assert!(moments.iter().all(|at| (latest - margin(HOUR)..=latest).contains(at)));
        let early = moments.iter().filter(|at| **at < latest - margin(HOUR) / 2).count();
        assert!((400..600).contains(&early), "{early}");
    }

    #[test]
    fn a_refresh_of_somebody_else_is_waited_for_and_then_unknown() {
        assert!(step(refresh_at(HOUR, false), HOUR + 1000).starts_with("Wait"));
        assert_eq!(step(refresh_at(HOUR, false), HOUR + 134_999), "Wait { until: 3735000 }");
        assert_eq!(step(refresh_at(HOUR, false), HOUR + 135_000), "RefreshUnknown");
    }

    #[test]
    fn an_attempt_of_the_far_future_is_nobodys() {
        assert_eq!(step(refresh_at(HOUR * 1000, false), HOUR), "RefreshUnknown");
    }

    #[test]
    fn an_ambiguous_refresh_leaves_the_living_token_in_use() {
        assert_eq!(step(refresh_at(HOUR - 1000, true), HOUR - 500), "Use");
        assert_eq!(step(refresh_at(HOUR - 1000, true), HOUR), "RefreshUnknown");
        assert_eq!(step_with(&STRICT, &Need::Ahead, refresh_at(HOUR - 1000, true), HOUR - 500), "Use");
    }

    #[test]
    fn an_operator_may_choose_one_second_use() {
        let rules = Rules { replay_once: true, ..STRICT };
        assert_eq!(step_with(&rules, &Need::Live, refresh_at(HOUR, true), HOUR), "Refresh");
        let twice = |record: &mut GrantRecord| {
            refresh_at(HOUR, true)(record);
            record.intent = Some(refresh_intent(record, "y", &Secret::new("r"), HOUR + 1, &rules));
            record.intent.as_mut().unwrap().ambiguous = true;
        };
        assert_eq!(step_with(&rules, &Need::Live, twice, HOUR + 2), "RefreshUnknown");
    }

    #[test]
    fn a_lost_refresh_is_resolved_as_the_servers_rule_allows() {
        let lost = refresh_at(HOUR, true);
        assert_eq!(step_with(&rules(Profile::Replay), &Need::Live, &lost, HOUR), "Refresh");
        let grace = rules(Profile::Grace(Duration::from_secs(30)));
        assert_eq!(step_with(&grace, &Need::Live, &lost, HOUR + 26_999), "Refresh");
        assert_eq!(step_with(&grace, &Need::Live, &lost, HOUR + 27_000), "RefreshUnknown");
        let tomorrow = refresh_at(HOUR * 24, true);
        assert_eq!(step_with(&grace, &Need::Live, tomorrow, HOUR * 2), "RefreshUnknown", "the clock was put back");
        let introspect = rules(Profile::Introspect);
        let over = HOUR + 135_000 + INTROSPECTION_CACHE;
        assert_eq!(step_with(&introspect, &Need::Live, &lost, over - 1), format!("Wait {{ until: {over} }}"));
        assert_eq!(step_with(&introspect, &Need::Live, &lost, over), "Introspect");
    }

    #[test]
    fn who_takes_over_remembers_when_the_first_attempt_began() {
        let grace = rules(Profile::Grace(Duration::from_secs(30)));
        let mut record = record();
        record.intent = Some(refresh_intent(&record, "x", &Secret::new("r"), 1000, &grace));
        let second = refresh_intent(&record, "y", &Secret::new("r"), 26_000, &grace);
        assert_eq!((second.first_at, second.takeovers, second.send_by), (1000, 1, 28_000), "never after the grace");
    }

    #[test]
    fn a_lost_exchange_is_not_resolved_by_any_rule() {
        let lost = |record: &mut GrantRecord| {
            let mut intent = exchange_intent(record, "x", HOUR, &STRICT);
            intent.ambiguous = true;
            record.intent = Some(intent);
        };
        for profile in [Profile::Strict, Profile::Introspect, Profile::Replay, Profile::Grace(Duration::from_secs(30))]
        {
            assert_eq!(step_with(&rules(profile), &Need::Live, lost, HOUR), "ExchangeUnknown");
            assert_eq!(step_with(&rules(profile), &Need::Live, lost, HOUR - 1), "Use");
        }
    }

    #[test]
    fn what_ended_or_was_disconnected_is_not_refreshed() {
        assert_eq!(step(|record| record.ended_at = Some(1), HOUR), "Ended");
        assert_eq!(step(|record| record.tokens.as_mut().unwrap().refresh_token = None, HOUR), "Ended");
        assert_eq!(step(|record| record.tokens = None, 0), "NotConnected", "a sign-in of which nothing came");
        assert_eq!(step(|record| record.tombstone = Some(Tombstone::new(1, 2)), 0), "NotConnected");
        assert_eq!(format!("{:?}", next_step(None, &Need::Live, 0, 0, &STRICT)), "NotConnected");
    }

    #[test]
    fn a_refused_token_is_replaced_unless_it_is_brand_new() {
        let other = |text: &str| Need::Other(Digest::of(text));
        assert_eq!(step_with(&STRICT, &other("a"), unchanged, 59_999), "Refused");
        assert_eq!(step_with(&STRICT, &other("a"), unchanged, 60_000), "Refresh");
        assert_eq!(step_with(&STRICT, &other("b"), unchanged, 0), "Use");
        let short = |record: &mut GrantRecord| record.tokens.as_mut().unwrap().access_expires_at = 10_000;
        assert_eq!(step_with(&STRICT, &other("a"), short, 4_999), "Refused");
        assert_eq!(step_with(&STRICT, &other("a"), short, 5_000), "Refresh", "the API's clock may be ahead");
        let tomorrow = |record: &mut GrantRecord| record.tokens.as_mut().unwrap().obtained_at = HOUR * 24;
        assert_eq!(step_with(&STRICT, &other("a"), tomorrow, 0), "Refresh", "the clock was put back");
    }

    #[test]
    fn nothing_is_sent_after_its_window() {
        let mut record = record();
        record.intent = Some(refresh_intent(&record, "x", &Secret::new("r"), 1000, &STRICT));
        assert!(may_send(&record, "x", 5999, None));
        assert!(!may_send(&record, "x", 6000, None));
        assert!(!may_send(&record, "y", 1000, None));
        record.tombstone = Some(Tombstone::new(1, 2));
        assert!(!may_send(&record, "x", 5999, None), "the app disconnected meanwhile");
        assert!(may_send(&record, "x", 5999, Some(1)) && !may_send(&record, "x", 5999, Some(2)));
    }

    #[test]
    fn a_new_grant_waits_a_little_for_what_is_under_way() {
        let mut record = record();
        assert_eq!(courtesy(Some(&record), 0), None);
        refresh_at(1000, false)(&mut record);
        assert_eq!(courtesy(Some(&record), 1000), Some(21_000));
        assert_eq!(courtesy(Some(&record), 21_000), None);
        record.intent.as_mut().unwrap().ambiguous = true;
        assert_eq!(courtesy(Some(&record), 1000), Some(21_000), "its answer is lost, but it may still arrive");
        assert_eq!(courtesy(Some(&record), 21_000), None);
        record.tombstone = Some(Tombstone::new(21_000, 23_000));
        assert_eq!(courtesy(Some(&record), 21_000), Some(38_000), "a disconnect is being told");
        record.tombstone.as_mut().unwrap().confirmed = true;
        assert_eq!(courtesy(Some(&record), 21_000), None);
        refresh_at(HOUR, false)(&mut record);
        assert_eq!(courtesy(Some(&record), 0), None, "its clock was wrong");
    }

    #[test]
    fn a_code_is_not_sent_beside_a_request_that_may_still_arrive() {
        let mut record = record();
        assert!(!would_cross(&record, "y", 1000));
        refresh_at(1000, false)(&mut record);
        for ambiguous in [false, true] {
            record.intent.as_mut().unwrap().ambiguous = ambiguous;
            assert!(would_cross(&record, "y", 20_999) && !would_cross(&record, "y", 21_000));
        }
        assert!(!would_cross(&record, "x", 1000), "its own, written before and not heard of");
    }

    #[test]
    fn an_attempt_that_is_written_twice_is_cleared_at_once() {
        let mut record = record();
        for _ in 0..2 {
            record.intent = Some(exchange_intent(&record, "x", 1000, &STRICT));
        }
        record.change_intent("x", |_| None);
        assert!(record.intent.is_none());
    }

    #[test]
    fn quiet_grants_come_due_on_different_days_well_before_their_end() {
        const DAY: Millis = 24 * HOUR;
        let tokens = record().tokens.unwrap();
        assert!(!(0..100).any(|user| would_lapse(&tokens, user, 59 * DAY)));
        assert!((0..100).all(|user| would_lapse(&tokens, user, 80 * DAY)));
        let half = (0..100).filter(|user| would_lapse(&tokens, *user, 69 * DAY)).count();
        assert_eq!(half, 50);
        assert_eq!(refresh_expires_at(&tokens), Some(90 * DAY));
    }
}
