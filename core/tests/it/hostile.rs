//! A store that fails and a token endpoint that misbehaves: no refresh token is sent twice, none is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::scripted::{Bench, Write, granted};
use crate::support::{HOUR, code};
use loop_sdk::store::TokenStore as _;
use loop_sdk::{ApiRequest, Code, Environment, ImportGrant, Imported, LoopClient};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{body_string_contains, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn an_ambiguous_answer_is_never_followed_by_a_second_request() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_string("{"),
        ResponseTemplate::new(307).insert_header("location", "/identity/v1/oauth/token"),
    ] {
        let bench = Bench::new().await;
        bench.token_endpoint(answer).await;
        for client in [&bench.client, &bench.other_process()] {
            assert_eq!(code(client.access_token("u").await), Code::RefreshOutcomeUnknown);
        }
        bench.later(HOUR);
        assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
        assert_eq!(bench.posts("token").await.len(), 1);
        assert_eq!(bench.store.record().await["intent"]["ambiguous"], true, "marked: nobody waits for its deadline");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_ambiguous() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await;
        }
    });
    let environment = Environment::Template(format!("http://127.0.0.1:{port}/{{service}}"));
    let client = LoopClient::builder().client_id("c").environment(environment).store("memory:").build().unwrap();
    client.import_grant(ImportGrant::new("u", "r0")).await.unwrap();
    assert_eq!(code(client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_did_nothing_is_tried_three_times_and_leaves_no_intent() {
    let bench = Bench::new().await;
    let answer = ResponseTemplate::new(503).set_body_json(json!({"error": "temporarily_unavailable"}));
    bench.token_endpoint(answer.insert_header("retry-after", "0")).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::ServerUnavailable);
    assert_eq!(bench.posts("token").await.len(), 3);
    assert!(bench.store.record().await.get("intent").is_none());
    bench.token_endpoint(granted(1)).await;
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn an_operators_error_keeps_the_grant_and_leaves_no_intent() {
    let bench = Bench::new().await;
    bench.token_endpoint(ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"}))).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::ClientRejected);
    assert_eq!(bench.posts("token").await.len(), 1);
    assert!(bench.store.record().await.get("intent").is_none());
    bench.token_endpoint(granted(1)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::ClientRejected, "it is not asked again at once");
    assert!(bench.posts("token").await.is_empty());
    bench.later(Duration::from_secs(6));
    assert!(bench.client.access_token("u").await.is_ok());
}

#[tokio::test]
async fn a_token_that_lives_is_used_while_its_refresh_fails() {
    for status in [401, 503] {
        let bench = Bench::new().await;
        bench.token_endpoint(granted(1)).await;
        bench.client.access_token("u").await.unwrap();
        let error = if status == 401 { "invalid_client" } else { "temporarily_unavailable" };
        bench.token_endpoint(ResponseTemplate::new(status).set_body_json(json!({"error": error}))).await;
        bench.later(Duration::from_secs(59 * 60));
        assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
        assert!(bench.client.drain(None).await);
        assert_eq!(bench.posts("token").await.len(), 1, "it is due for renewal");
        assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    }
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_former_one_unspent() {
    let bench = Bench::new().await;
    bench
        .token_endpoint(ResponseTemplate::new(200).set_body_json(json!({"access_token": "a1", "expires_in": 3600})))
        .await;
    bench.client.access_token("u").await.unwrap();
    let record = bench.store.record().await;
    assert_eq!((&record["tokens"]["refresh_token"], &record["spent"]), (&json!("r0"), &json!([])));
}

#[tokio::test]
async fn tokens_that_could_not_be_saved_are_seen_by_nobody_and_saved_before_anything_is_sent() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Works, Write::Fails, Write::Fails]);
    for _ in 0..2 {
        assert_eq!(code(bench.client.access_token("u").await), Code::TokenNotSaved);
    }
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert_eq!(bench.store.record().await["tokens"]["refresh_token"], "r1");
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_read_again() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Unknown, Write::Unknown]);
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Lost, Write::Works, Write::Lost, Write::Works]);
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert_eq!(bench.posts("token").await.len(), 1, "no intent in the store, no request");
}

#[tokio::test]
async fn a_store_that_takes_no_write_and_does_not_say_so_is_unavailable_and_nothing_is_sent() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Lost; 4]);
    assert_eq!(code(bench.client.access_token("u").await), Code::StoreUnavailable);
    assert!(bench.posts("token").await.is_empty());
    let begun = bench.begin_for("u").await;
    let callback = format!("{}?code=c&state={}", crate::support::REDIRECT_URI, begun.state.expose());
    bench.store.next(&[Write::Lost; 4]);
    let finished = bench.client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(code(finished), Code::StoreUnavailable);
    assert!(bench.posts("token").await.is_empty());
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn another_process_waits_for_a_refresh_and_then_says_so() {
    tokio::time::pause();
    let bench = Bench::new().await;
    let now = bench.store.now().await.unwrap();
    bench
        .store
        .edit(|record| {
            record["intent"] = json!({"attempt": "x", "kind": "refresh", "token": "t", "first_at": now,
                "send_by": now + 5000, "answer_by": now + 135_000});
        })
        .await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshInProgress);
    let import = bench.client.import_grant(ImportGrant::new("u", "r9")).await;
    assert_eq!(code(import), Code::RefreshInProgress);
    bench.later(Duration::from_secs(110));
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshInProgress, "its answer may still come");
    bench.later(Duration::from_secs(26));
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
}

#[tokio::test]
async fn a_disconnect_during_a_refresh_revokes_the_new_token_and_strips_the_secrets() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1).set_delay(Duration::from_millis(300))).await;
    let refresh = tokio::spawn({
        let client = bench.client.clone();
        async move { client.access_token("u").await }
    });
    while bench.posts("token").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.other_process().revoke("u").await.unwrap();
    assert_eq!(code(refresh.await.unwrap()), Code::NotConnected);
    let revoked = bench.posts("revoke").await;
    assert!(revoked.iter().any(|form| form.contains("token=r1")), "{revoked:?}");
    let record = bench.store.record().await;
    assert_eq!((&record["tokens"], &record["generation"]), (&Value::Null, &json!(2)));
    assert!(!record.to_string().contains("r0"), "only its digest is kept");
    assert_eq!(record["spent"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_of_the_former_token_does_not_end_the_newer_grant() {
    let bench = Bench::new().await;
    let refused = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    bench.token_endpoint(refused.set_delay(Duration::from_millis(300))).await;
    let refresh = tokio::spawn({
        let client = bench.client.clone();
        async move { client.access_token("u").await }
    });
    while bench.posts("token").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let later = bench.store.now().await.unwrap() + 3_600_000;
    bench
        .store
        .edit(|record| {
            record["generation"] = 2.into();
            record["intent"] = Value::Null;
            record["tokens"] = json!({"access_token": "new", "access_expires_at": later, "obtained_at": later - 3_600_000,
                "refresh_token": "r9", "scopes": []});
        })
        .await;
    assert_eq!(refresh.await.unwrap().unwrap().expose(), "new");
    assert!(bench.store.record().await.get("ended_at").is_none());
}

#[tokio::test]
async fn a_store_that_goes_away_between_intent_and_request_costs_neither_a_request_nor_the_grant() {
    for write in [Write::WorksThenDown, Write::UnknownThenDown, Write::Fails] {
        for pause in [Duration::ZERO, Duration::from_secs(136)] {
            let bench = Bench::new().await;
            bench.token_endpoint(granted(1)).await;
            bench.store.next(&[write]);
            assert_eq!(code(bench.client.access_token("u").await), Code::StoreUnavailable);
            assert!(bench.posts("token").await.is_empty(), "{write:?}");
            bench.store.set_down(false);
            bench.later(pause);
            assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1", "{write:?} {pause:?}");
            assert_eq!(bench.posts("token").await.len(), 1);
            assert!(bench.other_process().access_token("u").await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_store_that_is_still_away_keeps_the_debt() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::WorksThenDown]);
    for _ in 0..3 {
        assert_eq!(code(bench.client.access_token("u").await), Code::StoreUnavailable);
    }
    bench.store.set_down(false);
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn after_a_lost_refresh_an_import_takes_the_place_and_a_disconnect_says_that_it_is_unconfirmed() {
    let bench = Bench::new().await;
    bench.token_endpoint(ResponseTemplate::new(500)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    assert_eq!(code(bench.client.import_grant(ImportGrant::new("u", "r9")).await), Code::GrantExists);
    assert_eq!(bench.client.import_grant(replacing("r9")).await.unwrap(), Imported::Imported);
    bench.token_endpoint(granted(1)).await;
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert!(bench.posts("token").await[0].contains("refresh_token=r9"));

    bench.later(HOUR);
    bench.token_endpoint(ResponseTemplate::new(500)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
    for _ in 0..2 {
        assert_eq!(code(bench.client.revoke("u").await), Code::RevokeUnconfirmed);
    }
    assert!(bench.posts("revoke").await.iter().any(|form| form.contains("token=r1")), "what is known is revoked");
    assert_eq!(code(bench.client.access_token("u").await), Code::NotConnected);
}

fn replacing(refresh_token: &str) -> ImportGrant {
    let mut grant = ImportGrant::new("u", refresh_token);
    grant.replace = true;
    grant
}

#[tokio::test]
async fn an_import_during_every_start_of_forty_rotations_never_brings_the_spent_token_back() {
    let bench = Bench::new().await;
    for number in 1..=40 {
        bench.later(HOUR);
        bench.token_endpoint(granted(number)).await;
        assert_eq!(bench.client.access_token("u").await.unwrap().expose(), format!("a{number}"));
        assert!(bench.posts("token").await[0].contains(&format!("refresh_token=r{}", number - 1)));
        let plain = ImportGrant::new("u", "r0");
        assert_eq!(bench.client.import_grant(plain).await.unwrap(), Imported::KnownSpent, "{number}");
        assert_eq!(bench.client.import_grant(replacing("r0")).await.unwrap(), Imported::KnownSpent, "{number}");
    }
}

#[tokio::test]
async fn the_first_of_many_imports_is_still_known() {
    let bench = Bench::new().await;
    for number in 1..=40 {
        let imported = bench.client.import_grant(replacing(&format!("r{number}"))).await.unwrap();
        assert_eq!(imported, Imported::Imported);
    }
    assert_eq!(bench.client.import_grant(replacing("r0")).await.unwrap(), Imported::KnownSpent);
}

#[tokio::test]
async fn an_import_that_replaces_is_used_by_the_next_call() {
    let bench = Bench::connected().await;
    assert_eq!(bench.client.import_grant(replacing("r9")).await.unwrap(), Imported::Imported);
    bench.token_endpoint(granted(10)).await;
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a10", "not the former token from memory");
}

#[tokio::test]
async fn a_disconnect_while_tokens_are_unsaved_revokes_the_newest_of_both_kinds() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(1)).await;
    bench.store.next(&[Write::Works, Write::Fails]);
    assert_eq!(code(bench.client.access_token("u").await), Code::TokenNotSaved);
    bench.client.revoke("u").await.unwrap();
    let revoked = bench.posts("revoke").await;
    for token in ["token=r1&", "token=a1&"] {
        assert!(revoked.iter().any(|form| form.starts_with(token)), "{revoked:?}");
    }
    assert_eq!(bench.store.record().await["tokens"], Value::Null);
    assert_eq!(code(bench.client.access_token("u").await), Code::NotConnected);
}

#[tokio::test]
async fn a_server_that_revokes_refresh_tokens_only_has_done_what_matters() {
    let bench = Bench::connected().await;
    bench.server.reset().await;
    let unsupported = ResponseTemplate::new(400).set_body_json(json!({"error": "unsupported_token_type"}));
    let access = body_string_contains("hint=access_token");
    Mock::given(access).respond_with(unsupported).mount(&bench.server).await;
    let refresh = body_string_contains("hint=refresh_token");
    Mock::given(refresh).respond_with(ResponseTemplate::new(200)).mount(&bench.server).await;
    bench.client.revoke("u").await.unwrap();
    assert_eq!(bench.posts("revoke").await.len(), 2);
    bench.client.revoke("u").await.unwrap();
    assert_eq!(bench.posts("revoke").await.len(), 2, "it is done");
}

#[tokio::test]
async fn the_time_limit_of_a_call_covers_its_refresh_which_goes_on_by_itself() {
    let bench = Bench::with_timeout(Duration::from_millis(60)).await;
    bench.token_endpoint(granted(1).set_delay(Duration::from_millis(250))).await;
    assert_eq!(code(bench.client.user("u").clinical().list_biomarkers().await), Code::RefreshInProgress);
    let token = loop {
        match bench.client.access_token("u").await {
            Ok(token) => break token,
            Err(error) => assert_eq!(error.code(), Code::RefreshInProgress),
        }
    };
    assert_eq!(token.expose(), "a1");
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn a_retry_after_of_the_token_endpoint_holds_for_all_later_calls() {
    let bench = Bench::new().await;
    let limited = ResponseTemplate::new(429).set_body_json(json!({"error": "rate_limited"}));
    bench.token_endpoint(limited.insert_header("retry-after", "60")).await;
    bench.client.import_grant(ImportGrant::new("v", "s0")).await.unwrap();
    for user in ["u", "u", "u", "v"] {
        let error = bench.client.access_token(user).await.unwrap_err();
        assert_eq!(error.code(), Code::RateLimited);
        let pause = error.retry_after().unwrap();
        assert!(pause > Duration::from_secs(50) && pause <= Duration::from_secs(60), "{pause:?}");
    }
    assert_eq!(bench.posts("token").await.len(), 1);
    bench.token_endpoint(granted(1)).await;
    bench.later(Duration::from_secs(50));
    assert_eq!(code(bench.client.access_token("u").await), Code::RateLimited);
    assert!(bench.posts("token").await.is_empty());
    bench.later(Duration::from_secs(11));
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn a_living_token_is_used_while_the_token_endpoint_wants_a_pause() {
    let bench = Bench::connected().await;
    bench.token_endpoint(ResponseTemplate::new(429).insert_header("retry-after", "60")).await;
    bench.later(Duration::from_secs(58 * 60));
    for _ in 0..3 {
        assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
        assert!(bench.client.drain(None).await);
        assert_eq!(bench.posts("token").await.len(), 1);
        bench.later(Duration::from_secs(15));
    }
    bench.later(Duration::from_secs(20));
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert!(bench.client.drain(None).await);
    assert_eq!(bench.posts("token").await.len(), 2, "the pause is over");
}

#[tokio::test]
async fn a_living_token_is_used_while_another_process_refreshes() {
    let bench = Bench::connected().await;
    bench.later(Duration::from_secs(58 * 60));
    let now = bench.store.now().await.unwrap();
    bench
        .store
        .edit(|record| {
            record["intent"] = json!({"attempt": "x", "kind": "refresh", "token": "t", "first_at": now,
                "send_by": now + 5000, "answer_by": now + 135_000});
        })
        .await;
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert_eq!(bench.posts("token").await.len(), 1, "the one that brought it");
}

#[tokio::test]
async fn each_token_request_has_a_connection_of_its_own() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for number in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = vec![0; 8192];
                let _ = stream.read(&mut buffer).await;
                let body = format!(
                    r#"{{"access_token":"a{number}","refresh_token":"r{number}","expires_in":3600,"token_type":"Bearer"}}"#
                );
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                // Kept open, and closed just as the next request goes out on it.
                let _ = stream.read(&mut buffer).await;
            });
        }
    });
    let clock = loop_sdk::Clock::manual();
    let environment = Environment::Template(format!("http://127.0.0.1:{port}/{{service}}"));
    let builder = LoopClient::builder().client_id("c").environment(environment).store("memory:").clock(clock.clone());
    let client = builder.build().unwrap();
    client.import_grant(ImportGrant::new("u", "r0")).await.unwrap();
    for number in 1..=3 {
        assert_eq!(client.access_token("u").await.unwrap().expose(), format!("a{number}"));
        clock.advance(HOUR);
    }
}

#[test]
fn a_call_without_a_runtime_ends_or_panics_but_does_not_block() {
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let client = offline_client();
        let mut call = Box::pin(async move { client.access_token("u").await });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let poll = std::panic::AssertUnwindSafe(|| call.as_mut().poll(&mut context).is_ready());
        let _ = std::panic::catch_unwind(poll);
        done.send(()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_refresh_that_begins_while_the_runtime_ends_does_not_block_it() {
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let client = offline_client();
        let (begun, beginning) = std::sync::mpsc::channel();
        let (dropping, drops) = std::sync::mpsc::channel();
        let guard = Dropped(dropping);
        runtime.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        runtime.spawn(async move {
            begun.send(()).unwrap();
            // This worker is busy while the runtime ends: the other one drops the waiting task.
            drops.recv().unwrap();
            let _ = client.access_token("u").await;
        });
        beginning.recv().unwrap();
        drop(runtime);
        done.send(()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(10)).expect("the runtime can be dropped");
}

/// Says that the runtime has begun to drop its tasks.
struct Dropped(std::sync::mpsc::Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn offline_client() -> LoopClient {
    LoopClient::builder().client_id("c").environment(Environment::Production).store("memory:").build().unwrap()
}

async fn api(bench: &Bench, matcher: impl wiremock::Match + 'static, answer: ResponseTemplate, times: u64) {
    let mock = Mock::given(path("/clinical/v1/things")).and(matcher).respond_with(answer);
    mock.up_to_n_times(times).mount(&bench.server).await;
}

fn anything(_: &wiremock::Request) -> bool {
    true
}

fn things(method: &str) -> ApiRequest {
    ApiRequest::new(method, "clinical", "/v1/things")
}

#[tokio::test]
async fn a_read_is_sent_again_when_the_api_is_overloaded_and_a_write_is_not() {
    let bench = Bench::connected().await;
    api(&bench, anything, ResponseTemplate::new(503), 1).await;
    api(&bench, anything, ResponseTemplate::new(200).set_body_string("[]"), 9).await;
    assert_eq!(bench.client.request("u", things("GET")).await.unwrap().status, 200);
    assert_eq!(bench.posts("things").await.len(), 2);

    let bench = Bench::connected().await;
    api(&bench, anything, ResponseTemplate::new(503), 9).await;
    assert_eq!(code(bench.client.request("u", things("POST")).await), Code::ServerUnavailable);
    assert_eq!(bench.posts("things").await.len(), 1);
}

#[tokio::test]
async fn a_call_whose_time_is_up_says_what_was_waited_for() {
    let bench = Bench::with_timeout(Duration::from_millis(400)).await;
    bench.token_endpoint(granted(1)).await;
    bench.client.access_token("u").await.unwrap();
    api(&bench, anything, ResponseTemplate::new(200).set_delay(Duration::from_secs(5)), 9).await;
    let read = ("GET", Code::Timeout, "No answer from 127.0.0.1");
    let write = ("POST", Code::WriteOutcomeUnknown, "may have carried this write out");
    for (method, expected, words) in [read, write] {
        let error = bench.client.request("u", things(method)).await.unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(error.message().contains(words), "{method}: {error}");
    }
}

#[tokio::test]
async fn a_read_is_sent_four_times_at_most() {
    let bench = Bench::connected().await;
    api(&bench, anything, ResponseTemplate::new(502).insert_header("retry-after", "0"), 9).await;
    assert_eq!(code(bench.client.request("u", things("GET")).await), Code::ServerUnavailable);
    assert_eq!(bench.posts("things").await.len(), 4);
}

#[tokio::test]
async fn an_error_that_will_not_pass_is_not_sent_again() {
    for (status, expected) in [(500, Code::ServerUnavailable), (404, Code::NotFound), (400, Code::InvalidRequest)] {
        let bench = Bench::connected().await;
        api(&bench, anything, ResponseTemplate::new(status), 9).await;
        assert_eq!(code(bench.client.request("u", things("GET")).await), expected);
        assert_eq!(bench.posts("things").await.len(), 1, "{status}");
    }
}

#[tokio::test]
async fn the_pause_that_an_api_asks_for_is_kept_or_left_to_the_caller() {
    let bench = Bench::connected().await;
    api(&bench, anything, ResponseTemplate::new(429).insert_header("retry-after", "1"), 1).await;
    api(&bench, anything, ResponseTemplate::new(200).set_body_string("[]"), 9).await;
    let before = tokio::time::Instant::now();
    assert_eq!(bench.client.request("u", things("GET")).await.unwrap().status, 200);
    assert!(before.elapsed() >= Duration::from_secs(1), "the SDK's own first pause is shorter");
    assert_eq!(bench.posts("things").await.len(), 2);

    let bench = Bench::connected().await;
    api(&bench, anything, ResponseTemplate::new(429).insert_header("retry-after", "20"), 9).await;
    let error = bench.client.request("u", things("GET")).await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Code::RateLimited, Some(Duration::from_secs(20))));
    assert_eq!(bench.posts("things").await.len(), 1, "it would take more than half of the call's time");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_kept() {
    let bench = Bench::connected().await;
    let body = vec![b' '; 32 * 1024 * 1024 + 1];
    let answer = ResponseTemplate::new(200).insert_header("x-request-id", "req_1").set_body_bytes(body);
    api(&bench, anything, answer, 9).await;
    let error = bench.client.request("u", things("GET")).await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), (Code::AnswerTooLarge, Some("req_1")));
    assert_eq!(bench.posts("things").await.len(), 1);
}

#[tokio::test]
async fn neither_token_nor_secret_follows_a_redirect() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = ResponseTemplate::new(status).insert_header("location", elsewhere.uri().as_str());
        let bench = Bench::connected().await;
        api(&bench, anything, redirect.clone(), 9).await;
        assert_eq!(code(bench.client.request("u", things("GET")).await), Code::AnswerInvalid);
        bench.later(HOUR);
        bench.token_endpoint(redirect).await;
        assert_eq!(code(bench.client.access_token("u").await), Code::RefreshOutcomeUnknown);
        assert_eq!(bench.posts("token").await.len(), 1);
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_calls_whose_token_an_api_refuses_share_one_refresh() {
    let bench = Bench::connected().await;
    bench.token_endpoint(granted(2)).await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_token"}));
    // Long enough that all eight are out with the former token before the first one hears.
    let refused = refused.set_delay(Duration::from_millis(100));
    api(&bench, header("authorization", "Bearer a1"), refused, 99).await;
    let accepted = ResponseTemplate::new(200).set_body_string("[]");
    api(&bench, header("authorization", "Bearer a2"), accepted, 99).await;
    bench.later(Duration::from_secs(61));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = bench.client.clone();
            tokio::spawn(async move { client.request("u", things("GET")).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status, 200);
    }
    assert_eq!(bench.posts("things").await.len(), 16);
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn a_caller_whose_token_was_refused_gets_another_while_others_are_content_with_it() {
    let bench = Bench::connected().await;
    bench.token_endpoint(granted(2)).await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_token"}));
    api(&bench, header("authorization", "Bearer a1"), refused, 99).await;
    api(&bench, header("authorization", "Bearer a2"), ResponseTemplate::new(200).set_body_string("[]"), 99).await;
    bench.later(Duration::from_secs(61));
    let call = bench.client.request("u", things("GET"));
    let (answer, token) = tokio::join!(call, bench.client.access_token("u"));
    assert_eq!((answer.unwrap().status, token.unwrap().expose()), (200, "a1"));
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a2");
    assert_eq!(bench.posts("token").await.len(), 1);
}

#[tokio::test]
async fn who_needs_another_token_does_not_join_a_refresh_that_may_end_with_the_refused_one() {
    let bench = Bench::connected().await;
    bench.later(Duration::from_secs(58 * 60));
    bench.server.reset().await;
    let overloaded = ResponseTemplate::new(503).set_body_json(json!({"error": "temporarily_unavailable"}));
    let slowly = overloaded.clone().set_delay(Duration::from_millis(300));
    for (answer, times) in [(overloaded, 1), (slowly, 1), (granted(2), 9)] {
        let mock = Mock::given(path("/identity/v1/oauth/token")).respond_with(answer);
        mock.up_to_n_times(times).mount(&bench.server).await;
    }
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_token"}));
    let refused = refused.set_delay(Duration::from_millis(100));
    api(&bench, header("authorization", "Bearer a1"), refused, 99).await;
    api(&bench, header("authorization", "Bearer a2"), ResponseTemplate::new(200).set_body_string("[]"), 99).await;
    let call = tokio::spawn({
        let client = bench.client.clone();
        async move { client.request("u", things("GET")).await }
    });
    while bench.posts("things").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Content with the former token, and still at it when the API refuses that one.
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
    assert_eq!(call.await.unwrap().unwrap().status, 200);
    assert_eq!(bench.posts("token").await.len(), 3);
}
