//! What a grant goes through in months: renewal ahead of its end, lost answers under each server's rule, quiet times.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::scripted::{Bench, Pair, Write, granted, sign_in};
use crate::support::{HOUR, World, code};
use loop_sdk::store::TokenStore as _;
use loop_sdk::{
    Action, AuthorizationRequest, Code, EventKind, ImportGrant, LoopClient, LoopClientBuilder, Profile, Secret,
    Standing,
};
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, path};
use wiremock::{Mock, ResponseTemplate};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn access(client: &LoopClient) -> String {
    client.access_token("u").await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_token_is_renewed_beside_the_call_and_never_waited_for() {
    let bench = Bench::connected().await;
    bench.token_endpoint(granted(2).set_delay(Duration::from_millis(200))).await;
    bench.later(55 * MINUTE);
    for _ in 0..20 {
        assert_eq!(access(&bench.client).await, "a1", "it lives, so nobody waits");
    }
    assert!(bench.client.is_busy());
    assert!(bench.client.drain(None).await);
    assert!(!bench.client.is_busy());
    assert_eq!(access(&bench.client).await, "a2");
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn another_process_adopts_what_was_renewed_ahead() {
    let bench = Bench::connected().await;
    let other = bench.other_process();
    assert_eq!(access(&other).await, "a1");
    bench.token_endpoint(granted(2)).await;
    bench.later(55 * MINUTE);
    assert_eq!(access(&bench.client).await, "a1");
    assert!(bench.client.drain(None).await);
    assert_eq!(access(&other).await, "a1");
    assert!(other.drain(None).await);
    assert_eq!(access(&other).await, "a2");
    assert_eq!(bench.posts("token").await.len(), 1);
}

/// A bench whose refresh got no usable answer, and whose access token is over.
async fn lost(change: impl Fn(LoopClientBuilder) -> LoopClientBuilder + 'static) -> Bench {
    let bench = Bench::with(change).await;
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    let _ = bench.client.access_token("u").await;
    assert_eq!(bench.posts("token").await.len(), 1);
    bench
}

#[tokio::test]
async fn under_replay_a_lost_answer_is_simply_asked_for_again() {
    let bench = Bench::with(|builder| builder.profile(Profile::Replay)).await;
    Mock::given(path("/identity/v1/oauth/token"))
        .respond_with(ResponseTemplate::new(502))
        .up_to_n_times(1)
        .mount(&bench.server)
        .await;
    Mock::given(path("/identity/v1/oauth/token")).respond_with(granted(1)).mount(&bench.server).await;
    assert_eq!(access(&bench.client).await, "a1");
    let posts = bench.posts("token").await;
    assert_eq!(posts.len(), 2);
    assert!(posts.iter().all(|body| body.contains("refresh_token=r0")));
}

#[tokio::test]
async fn under_grace_a_token_is_sent_again_until_the_grace_is_over() {
    let grace = |builder: LoopClientBuilder| builder.profile(Profile::Grace(Duration::from_secs(60)));
    let bench = Bench::with(grace).await;
    bench.token_endpoint(ResponseTemplate::new(503).set_delay(Duration::from_millis(1))).await;
    let first = tokio::spawn({
        let client = bench.client.clone();
        async move { client.access_token("u").await }
    });
    while bench.posts("token").await.len() < 3 {
        tokio::task::yield_now().await;
    }
    bench.later(Duration::from_secs(54));
    assert_eq!(code(first.await.unwrap()), Code::RefreshOutcomeUnknown, "nine tenths of the grace have passed");
    let sent = bench.posts("token").await.len();
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(bench.posts("token").await.len(), sent);
}

#[tokio::test]
async fn under_strict_one_second_use_is_the_operators_choice() {
    let bench = lost(|builder| builder.retry_unknown_refresh(false)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(bench.posts("token").await.len(), 1);

    let bench = Bench::with(|builder| builder.retry_unknown_refresh(true)).await;
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(bench.posts("token").await.len(), 2, "once, and never again");
}

/// The introspection endpoint says these, one after the other; the last for ever.
async fn introspection(bench: &Bench, answers: &[bool]) {
    for (index, active) in answers.iter().enumerate() {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"active": active}));
        let mock = Mock::given(path("/identity/v1/oauth/introspect")).respond_with(answer);
        let mock = if index + 1 == answers.len() { mock } else { mock.up_to_n_times(1) };
        mock.mount(&bench.server).await;
    }
}

/// A bench under `introspect` that once saw a live token active, and then lost an answer.
async fn lost_under_introspect(answers: &[bool]) -> Bench {
    let bench = Bench::with(|builder| builder.profile(Profile::Introspect)).await;
    bench.token_endpoint(granted(1)).await;
    introspection(&bench, &[true]).await;
    access(&bench.client).await;
    assert!(bench.client.drain(None).await);
    assert_eq!(bench.posts("introspect").await.len(), 1);
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    bench.later(2 * HOUR);
    // Too early to ask: the request may still be on its way. The caller would wait for minutes.
    let early = tokio::time::timeout(Duration::from_millis(300), bench.client.access_token("u")).await;
    assert!(early.is_err());
    assert_eq!((bench.posts("token").await.len(), bench.posts("introspect").await.len()), (1, 0));
    bench.token_endpoint(granted(2)).await;
    introspection(&bench, answers).await;
    bench.later(Duration::from_secs(135 + 60));
    bench
}

#[tokio::test]
async fn under_introspect_a_token_that_is_twice_active_is_sent_again() {
    let bench = lost_under_introspect(&[true, true]).await;
    assert_eq!(access(&bench.client).await, "a2");
    assert_eq!((bench.posts("introspect").await.len(), bench.posts("token").await.len()), (2, 1));
    assert!(bench.posts("token").await[0].contains("refresh_token=r1"));
}

#[tokio::test]
async fn under_introspect_a_token_that_is_twice_inactive_is_over() {
    let bench = lost_under_introspect(&[false, false]).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::GrantEnded);
    assert_eq!(bench.posts("token").await.len(), 0);
    assert_eq!(bench.client.status("u").await.unwrap().standing, Standing::Ended);
}

#[tokio::test]
async fn under_introspect_a_server_that_changes_its_mind_is_asked_later() {
    let bench = lost_under_introspect(&[true, false, true]).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshInProgress);
    assert_eq!(bench.posts("token").await.len(), 0);
    assert_eq!(access(&bench.client).await, "a2");
}

#[tokio::test]
async fn an_issuer_that_never_called_a_live_token_active_is_not_asked() {
    let bench = lost(|builder| builder.profile(Profile::Introspect)).await;
    introspection(&bench, &[true]).await;
    bench.later(Duration::from_secs(135 + 60));
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert!(bench.posts("introspect").await.is_empty());
}

/// Every event of a client.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Value>>>);

impl Events {
    fn watch(&self, builder: LoopClientBuilder) -> LoopClientBuilder {
        let events = self.0.clone();
        builder.on_event(move |event| {
            events.lock().unwrap().push(serde_json::to_value(event).unwrap());
            assert!(format!("{event:?}").contains("user"), "this fails, and nobody minds: {event:?}");
        })
    }

    fn kinds(&self) -> Vec<String> {
        self.0.lock().unwrap().drain(..).map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_application_hears_of_every_step() {
    let events = Events::default();
    let watched = events.clone();
    let bench = Bench::with(move |builder| watched.watch(builder)).await;
    bench.token_endpoint(granted(1)).await;
    access(&bench.client).await;
    assert_eq!(events.kinds(), ["refreshed", "saved"]);
    bench.later(2 * HOUR);
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(events.kinds(), ["ambiguous"]);
    // Until then the lost request might still reach the issuer.
    bench.later(Duration::from_secs(20));
    let mut replacing = ImportGrant::new("u", "s0");
    replacing.replace = true;
    bench.client.import_grant(replacing).await.unwrap();
    bench.token_endpoint(ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}))).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::GrantEnded);
    assert_eq!(events.kinds(), ["ended"]);
    let known = EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    assert_eq!(known.len(), 8);
}

#[tokio::test]
async fn a_write_that_is_made_after_all_is_not_taken_for_somebody_elses() {
    let events = Events::default();
    let watched = events.clone();
    let bench = Bench::with(move |builder| watched.watch(builder)).await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Late, Write::Works, Write::Late, Write::Works]);
    assert_eq!(access(&bench.client).await, "a1");
    assert_eq!(events.kinds(), ["refreshed", "saved"]);
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn a_status_says_where_a_user_stands_and_what_to_do() {
    let bench = Bench::new().await;
    let standing = async |user: &str| bench.client.status(user).await.unwrap();
    assert_eq!(standing("nobody").await.standing, Standing::NotConnected);
    assert_eq!(standing("nobody").await.next(), Some(Action::SignInAgain));
    assert_eq!((standing("u").await.standing, standing("u").await.next()), (Standing::RefreshDue, None));
    bench.token_endpoint(granted(1)).await;
    access(&bench.client).await;
    let status = standing("u").await;
    assert_eq!((status.standing, status.is_connected()), (Standing::Connected, true));
    let now = bench.store.now().await.unwrap();
    let minutes = |end: Option<SystemTime>| {
        let end = end.unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        (end - u128::from(now) + 30_000) / 60_000
    };
    assert_eq!((minutes(status.access_expires_at), minutes(status.refresh_expires_at)), (60, 90 * 24 * 60));
    assert!(!format!("{status:?}").contains("u1") && format!("{status:?}").contains("connected"));
    bench.client.revoke("u").await.unwrap();
    assert_eq!(standing("u").await.standing, Standing::NotConnected);
}

#[tokio::test]
async fn grants_are_listed_page_by_page_and_quiet_ones_are_kept_alive() {
    let world = World::new().await;
    for number in 0..25 {
        let grant = ImportGrant::new(format!("user_{number}"), format!("r{number}"));
        world.client.import_grant(grant).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.client.grants(cursor.as_deref(), Some(10)).await.unwrap();
        assert!(page.items.len() <= 10);
        seen.extend(page.items.into_iter().map(|status| status.user_id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    for (cursor, limit) in [(Some("x"), None), (None, Some(0)), (None, Some(1001))] {
        assert_eq!(code(world.client.grants(cursor, limit).await), Code::InvalidOption);
    }
}

#[tokio::test]
async fn a_grant_that_would_lapse_is_refreshed_and_a_busy_one_is_left() {
    let bench = Bench::connected().await;
    bench.token_endpoint(granted(2)).await;
    bench.later(59 * DAY);
    let kept = bench.client.keep_alive().await.unwrap();
    assert_eq!((kept.looked_at, kept.refreshed), (1, 0));
    bench.later(21 * DAY);
    let kept = bench.client.keep_alive().await.unwrap();
    assert_eq!((kept.looked_at, kept.refreshed), (1, 1));
    assert_eq!(bench.posts("token").await.len(), 1);
    let kept = bench.client.keep_alive().await.unwrap();
    assert_eq!((kept.looked_at, kept.refreshed), (1, 0));
}

#[tokio::test]
async fn the_cap_of_the_token_endpoint_is_shared_by_all_processes() {
    let bench = Bench::with(|builder| builder.token_requests_per_minute(10).timeout(Duration::from_secs(3))).await;
    let processes: Vec<LoopClient> = (0..4).map(|_| bench.other_process()).collect();
    bench.token_endpoint(granted(1)).await;
    let mut calls = Vec::new();
    for (number, client) in processes.iter().cycle().take(20).enumerate() {
        let user = format!("user_{number}");
        client.import_grant(ImportGrant::new(&user, format!("r{number}"))).await.unwrap();
        calls.push(tokio::spawn({
            let client = client.clone();
            async move { client.access_token(&user).await }
        }));
    }
    let mut paced = 0;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    let mut served = 0;
    for call in calls {
        match tokio::time::timeout_at(deadline, call).await.unwrap().unwrap() {
            Ok(_) => served += 1,
            Err(error) => {
                assert_eq!((error.code(), error.action()), (Code::Paced, Action::Retry));
                assert!(error.retry_after().is_some());
                paced += 1;
            }
        }
    }
    assert_eq!((served, paced), (8, 12), "a fifth stays free for people who sign in");
    assert_eq!(bench.posts("token").await.len(), 8);
}

#[tokio::test]
async fn a_pause_that_one_process_was_asked_for_holds_in_all_of_them() {
    let bench = Bench::new().await;
    let other = bench.other_process();
    bench.token_endpoint(ResponseTemplate::new(429).insert_header("retry-after", "60")).await;
    bench.client.import_grant(ImportGrant::new("v", "s0")).await.unwrap();
    assert_eq!(code(bench.client.access_token("u").await), Code::RateLimited);
    let error = other.access_token("v").await.unwrap_err();
    assert_eq!(error.code(), Code::RateLimited);
    assert!(error.retry_after().unwrap() > 50 * Duration::from_secs(1));
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn the_old_client_secret_serves_until_the_new_one_works() {
    let bench = Bench::with(|builder| builder.client_secrets(["new", "old"])).await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"}));
    let knows = async |secret: &str, number| {
        bench.server.reset().await;
        Mock::given(path("/identity/v1/oauth/token"))
            .and(body_string_contains(format!("client_secret={secret}")))
            .respond_with(granted(number))
            .mount(&bench.server)
            .await;
        Mock::given(path("/identity/v1/oauth/token")).respond_with(refused.clone()).mount(&bench.server).await;
    };
    knows("old", 1).await;
    assert_eq!(access(&bench.client).await, "a1");
    assert_eq!(bench.posts("token").await.len(), 2);
    bench.later(2 * HOUR);
    knows("new", 2).await;
    assert_eq!(access(&bench.client).await, "a2");
    assert_eq!(bench.posts("token").await.len(), 1, "the new one is tried first again");
    bench.later(2 * HOUR);
    knows("old", 3).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::ClientRejected);
    assert_eq!(bench.posts("token").await.len(), 1, "once the new one worked, the old one is over");
    assert_eq!(bench.client.status("u").await.unwrap().standing, Standing::RefreshDue, "nobody is signed out");
}

#[tokio::test]
async fn an_application_may_be_asked_for_its_secret() {
    let bench = Bench::with(|builder| builder.client_secret_source(|| async { Ok(vec![Secret::new("asked")]) })).await;
    bench.token_endpoint(granted(1)).await;
    assert_eq!(access(&bench.client).await, "a1");
    assert!(bench.posts("token").await[0].contains("client_secret=asked"));
}

#[tokio::test]
async fn an_error_leads_back_to_the_person_it_was_about() {
    let world = World::new().await;
    let tokens = world.connect().await;
    assert!(world.sandbox.end_grant(&tokens.user_id, &world.app.client_id));
    world.later(2 * HOUR);
    let error = world.client.user(&tokens.user_id).clinical().list_biomarkers().await.unwrap_err();
    assert_eq!((error.code(), error.user_id()), (Code::GrantEnded, Some(tokens.user_id.as_str())));
    assert!(!format!("{error} {error:?}").contains(&tokens.user_id));
    let begun = world.client.sign_in_again(&error, AuthorizationRequest::new().app_state("/back")).await.unwrap();
    let callback = world.allow(&begun).await;
    let again = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    assert_eq!((again.user_id, again.app_state.as_deref()), (tokens.user_id, Some("/back")));
}

#[tokio::test]
async fn the_way_out_of_a_missing_scope_asks_for_it_whatever_else_is_asked_for() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let error = world.client.user(&tokens.user_id).clinical().list_red_flags(&tokens.user_id).await.unwrap_err();
    assert_eq!(error.missing_scopes(), ["read:red_flags"]);
    let begun = world.client.sign_in_again(&error, AuthorizationRequest::new().scopes(["profile"])).await.unwrap();
    let url = url::Url::parse(&begun.url).unwrap();
    let asked = url.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    let asked: Vec<&str> = asked.split(' ').collect();
    let granted = tokens.scopes.iter().map(String::as_str);
    for scope in granted.chain(["profile", "read:red_flags"]) {
        assert!(asked.contains(&scope), "{scope} is not asked for: {asked:?}");
    }
}

#[tokio::test]
async fn the_second_of_two_devices_ends_the_first_cleanly() {
    let world = World::new().await;
    let phone = world.builder().build().unwrap();
    let laptop = world.builder().build().unwrap();
    let user = sign_in(&world, &phone).await.unwrap().user_id;
    sign_in(&world, &laptop).await.unwrap();
    assert!(phone.access_token(&user).await.is_ok(), "its access token lives on");
    world.later(2 * HOUR);
    let error = phone.access_token(&user).await.unwrap_err();
    assert_eq!(error.code(), Code::GrantEnded);
    assert!(error.message().contains("another device"), "{error}");
    assert!(laptop.access_token(&user).await.is_ok());
    assert_eq!(phone.status(&user).await.unwrap().standing, Standing::Ended);
}

/// Begins a sign-in for a known user, and returns the callback of the one who allowed.
async fn begin_for(pair: &Pair, client: &LoopClient, user: &str) -> (String, Secret) {
    let begun = client.authorization_url(AuthorizationRequest::new().user_id(user)).await.unwrap();
    (pair.world.allow(&begun).await, begun.browser_secret)
}

#[tokio::test]
async fn nobody_refreshes_while_a_known_users_code_is_under_way() {
    let pair = Pair::new().await;
    let user = pair.sign_in(&pair.first).await.unwrap().user_id;
    let (callback, secret) = begin_for(&pair, &pair.first, &user).await;
    pair.later(2 * MINUTE);
    // The sandbox's codes live a minute by its own clock, so this one is over: it does nothing, and the intent goes.
    assert_eq!(code(pair.first.handle_callback(&callback, Some(&secret)).await), Code::CodeRejected);
    assert!(pair.store.record().await["intent"].is_null());
    pair.later(2 * HOUR);
    assert!(pair.second.access_token(&user).await.is_ok(), "the former grant is as good as before");
    let (callback, secret) = begin_for(&pair, &pair.first, &user).await;
    pair.first.handle_callback(&callback, Some(&secret)).await.unwrap();
    let record = pair.store.record().await;
    assert_eq!((&record["intent"], &record["generation"]), (&Value::Null, &json!(2)));
}

#[tokio::test]
async fn a_lost_exchange_for_a_known_user_sends_neither_the_code_nor_the_old_token_again() {
    let bench = Bench::connected().await;
    bench.client.status("u").await.unwrap();
    let begun = bench.begin_for("u").await;
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    let query = format!("code=c&state={}", begun.state.expose());
    let finish = || bench.client.handle_callback(&query, Some(&begun.browser_secret));
    assert_eq!(code(finish().await), Code::ExchangeOutcomeUnknown);
    assert_eq!(access(&bench.client).await, "a1", "the old access token is used while it lives");
    bench.later(2 * HOUR);
    assert_eq!(code(bench.client.access_token("u").await), Code::ExchangeOutcomeUnknown);
    assert_eq!(code(finish().await), Code::AlreadyCompleted);
    assert_eq!(bench.posts("token").await.len(), 1);
    assert_eq!(bench.client.status("u").await.unwrap().standing, Standing::OutcomeUnknown);
}
