//! What is decided for a grant, and at which moment.

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
    for profile in [Profile::Strict, Profile::Introspect, Profile::Replay, Profile::Grace(Duration::from_secs(30))] {
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
