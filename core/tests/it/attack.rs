//! What a hostile reader found: races of retries, second disconnects, slow applications, storms.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::scripted::{Bench, Write, granted};
use crate::support::{HOUR, REDIRECT_URI, SCOPES, code};
use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};
use loop_sdk::{Code, Environment, Error, ImportGrant, Imported, LoopClient, Profile, Tokens};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use wiremock::ResponseTemplate;

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than anything here takes, shorter than an attempt's span.
const SOON: Duration = Duration::from_secs(20);

/// A process on the bench's store that counts its reads of grants, and stops at one of them.
#[derive(Debug)]
struct Watched {
    inner: Arc<dyn TokenStore>,
    loads: AtomicUsize,
    stops_at: usize,
    reached: Notify,
    go_on: Notify,
}

#[async_trait::async_trait]
impl TokenStore for Watched {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        if key.starts_with("grant/") && self.loads.fetch_add(1, Ordering::SeqCst) + 1 == self.stops_at {
            self.reached.notify_one();
            self.go_on.notified().await;
        }
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.inner.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn list(&self, p: &str, a: Option<&str>, l: usize) -> Result<Option<Vec<(String, Entry)>>, Error> {
        self.inner.list(p, a, l).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }
}

fn watched(bench: &Bench, stops_at: usize) -> (LoopClient, Arc<Watched>) {
    let inner = Arc::clone(&bench.store) as Arc<dyn TokenStore>;
    let (reached, go_on) = (Notify::new(), Notify::new());
    let store = Arc::new(Watched { inner, loads: AtomicUsize::new(0), stops_at, reached, go_on });
    let client = LoopClient::builder()
        .client_id("client_1")
        .redirect_uri(REDIRECT_URI)
        .scopes(SCOPES)
        .identify(false)
        .environment(Environment::Template(format!("{}/{{service}}", bench.server.uri())))
        .store_object(Arc::clone(&store) as Arc<dyn TokenStore>)
        .clock(bench.clock.clone())
        .build()
        .unwrap();
    (client, store)
}

/// A sign-in of `u` whose code is under way, and takes a while.
async fn code_under_way(bench: &Bench) -> JoinHandle<Result<Tokens, Error>> {
    let begun = bench.begin_for("u").await;
    let client = bench.client.clone();
    let before = bench.posts("token").await.len();
    let sign_in = tokio::spawn(async move {
        let query = format!("code=c&state={}", begun.state.expose());
        client.handle_callback(&query, Some(&begun.browser_secret)).await
    });
    while bench.posts("token").await.len() == before {
        tokio::task::yield_now().await;
    }
    sign_in
}

async fn until(bench: &Bench, holds: impl Fn(&Value) -> bool) {
    while !holds(&bench.store.record().await) {
        tokio::task::yield_now().await;
    }
}

async fn soon<T>(task: JoinHandle<T>) -> T {
    tokio::time::timeout(SOON, task).await.expect("it hangs").unwrap()
}

async fn under_way_elsewhere(bench: &Bench) {
    let now = bench.store.now().await.unwrap();
    let intent = json!({"attempt": "x", "kind": "refresh", "token": "t", "first_at": now,
        "send_by": now + 5000, "answer_by": now + 135_000});
    bench.store.edit(|record| record["intent"] = intent).await;
}

#[tokio::test]
async fn a_retried_disconnect_does_not_undo_a_sign_in_that_is_under_way() {
    let bench = Bench::new().await;
    assert_eq!(code(bench.client.revoke("u").await), Code::RevokeUnconfirmed);
    bench.token_endpoint(granted(9).set_delay(Duration::from_millis(500))).await;
    let sign_in = code_under_way(&bench).await;
    let other = bench.other_process();
    let retry = tokio::spawn(async move { other.keep_alive().await });
    soon(sign_in).await.unwrap();
    soon(retry).await.unwrap();
    assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a9");
    // The former grant may be told of, before the code is sent.
    assert!(bench.posts("revoke").await.iter().all(|form| form.contains("token=r0")));
}

#[tokio::test]
async fn a_retried_disconnect_does_not_end_a_grant_that_was_made_since_it_looked() {
    let bench = Bench::new().await;
    assert_eq!(code(bench.client.revoke("u").await), Code::RevokeUnconfirmed);
    bench.token_endpoint(granted(9)).await;
    let (other, store) = watched(&bench, 2);
    let retry = tokio::spawn(async move { other.keep_alive().await });
    store.reached.notified().await;
    let sign_in = code_under_way(&bench).await;
    soon(sign_in).await.unwrap();
    store.go_on.notify_one();
    soon(retry).await.unwrap();
    bench.other_process().access_token("u").await.unwrap();
    // The former grant may be told of, before the code is sent.
    assert!(bench.posts("revoke").await.iter().all(|form| form.contains("token=r0")));
}

#[tokio::test]
async fn of_two_disconnects_at_once_neither_is_confirmed_by_the_other_nor_forgotten() {
    let bench = Bench::new().await;
    under_way_elsewhere(&bench).await;
    let revoke = |client: LoopClient| tokio::spawn(async move { client.revoke("u").await });
    let one = revoke(bench.client.clone());
    until(&bench, |record| record["generation"] == 2).await;
    let two = revoke(bench.other_process());
    until(&bench, |record| record["generation"] == 3).await;
    bench.store.edit(|record| record["intent"] = Value::Null).await;
    assert_eq!(code(soon(one).await), Code::RevokeUnconfirmed, "Loop refused");
    assert_eq!(code(soon(two).await), Code::RevokeUnconfirmed);
    bench.token_endpoint(granted(1)).await;
    bench.later(11 * MINUTE);
    bench.client.keep_alive().await.unwrap();
    assert!(!bench.posts("revoke").await.is_empty(), "it is told again");
}

#[tokio::test]
async fn a_disconnect_does_not_wait_for_a_code_whose_answer_came() {
    let bench = Bench::new().await;
    bench.token_endpoint(granted(9).set_delay(Duration::from_millis(500))).await;
    let sign_in = code_under_way(&bench).await;
    let other = bench.other_process();
    let revoke = tokio::spawn(async move { other.revoke("u").await });
    assert_eq!(code(soon(sign_in).await), Code::NotConnected);
    soon(revoke).await.unwrap();
    assert!(bench.posts("revoke").await.iter().any(|form| form.contains("token=r9")));
}

#[tokio::test]
async fn a_token_that_comes_after_its_disconnect_gave_up_is_told_of_also_by_another_process() {
    let bench = Bench::new().await;
    // Long enough for a slow machine: the disconnect has nothing to wait for.
    bench.token_endpoint(granted(1).set_delay(Duration::from_secs(2))).await;
    let client = bench.client.clone();
    let refresh = tokio::spawn(async move { client.access_token("u").await });
    while bench.posts("token").await.is_empty() {
        tokio::task::yield_now().await;
    }
    bench.later(3 * MINUTE);
    let revoked = bench.other_process().revoke("u").await;
    assert_eq!(code(revoked), Code::RevokeUnconfirmed, "what the answer holds is not known yet");
    assert_eq!(code(soon(refresh).await), Code::NotConnected);
    bench.later(11 * MINUTE);
    bench.other_process().keep_alive().await.unwrap();
    let told = bench.posts("revoke").await;
    assert_eq!(told.iter().filter(|form| form.contains("token=r1")).count(), 2, "by its leader, who might have died");
    assert_eq!(bench.store.record().await["tombstone"]["confirmed"], true);
}

#[tokio::test]
async fn tokens_that_could_not_be_revoked_do_not_keep_the_person_from_signing_in() {
    let bench = Bench::new().await;
    let answer = granted(9).set_delay(Duration::from_millis(500));
    wiremock::Mock::given(wiremock::matchers::path("/identity/v1/oauth/token"))
        .respond_with(answer)
        .mount(&bench.server)
        .await;
    let sign_in = code_under_way(&bench).await;
    let other = bench.other_process();
    let revoke = tokio::spawn(async move { other.revoke("u").await });
    assert_eq!(code(soon(sign_in).await), Code::RevokeUnconfirmed, "there is no such endpoint");
    assert_eq!(code(soon(revoke).await), Code::RevokeUnconfirmed);
    wiremock::Mock::given(wiremock::matchers::path("/identity/v1/oauth/token"))
        .respond_with(granted(10))
        .with_priority(1)
        .mount(&bench.server)
        .await;
    let sign_in = code_under_way(&bench).await;
    soon(sign_in).await.unwrap();
    bench.token_endpoint(granted(11)).await;
    assert!(bench.client.drain(Some(SOON)).await);
}

#[tokio::test]
async fn the_application_is_asked_for_its_secret_before_the_right_to_send_is_taken() {
    let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, hear) = (Arc::clone(&asked), Arc::clone(&answer));
    let bench = Bench::with(move |builder| {
        let (tell, hear) = (Arc::clone(&tell), Arc::clone(&hear));
        builder.client_secret_source(move || {
            let (tell, hear) = (Arc::clone(&tell), Arc::clone(&hear));
            async move {
                tell.notify_one();
                hear.notified().await;
                Ok(vec![loop_sdk::Secret::new("s")])
            }
        })
    })
    .await;
    bench.token_endpoint(granted(1)).await;
    let client = bench.client.clone();
    let call = tokio::spawn(async move { client.access_token("u").await });
    asked.notified().await;
    let record = bench.store.record().await;
    answer.notify_one();
    assert!(record.get("intent").is_none(), "it may take its time, and the window to send is short");
    soon(call).await.unwrap();
}

#[tokio::test]
async fn an_application_that_never_says_its_secret_does_not_block_its_users_for_ever() {
    tokio::time::pause();
    let bench = Bench::with(|builder| builder.client_secret_source(std::future::pending)).await;
    assert_eq!(code(bench.client.access_token("u").await), Code::ClientSecretUnavailable);
    assert!(bench.client.drain(Some(MINUTE)).await);
}

#[tokio::test]
async fn a_permit_that_was_waited_for_is_used() {
    let bench = Bench::with(|builder| builder.token_requests_per_minute(1)).await;
    bench.client.import_grant(ImportGrant::new("v", "s0")).await.unwrap();
    bench.token_endpoint(granted(1)).await;
    bench.client.access_token("u").await.unwrap();
    let client = bench.client.clone();
    let waiting = tokio::spawn(async move { client.access_token("v").await });
    // It waits for its turn by now, or soon: the clock moves while it does.
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Its intent and its tokens are all that it needs to write.
    bench.store.next(&[Write::Works, Write::Works, Write::Fails, Write::Fails]);
    bench.later(Duration::from_secs(67));
    soon(waiting).await.unwrap();
}

#[tokio::test]
async fn a_server_that_fails_is_not_hammered_where_a_second_use_is_allowed() {
    let bench = Bench::with(|builder| builder.profile(Profile::Replay)).await;
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    let error = bench.client.access_token("u").await.unwrap_err();
    assert_eq!(bench.posts("token").await.len(), 3);
    assert_eq!(error.code(), Code::ServerUnavailable);
}

#[tokio::test]
async fn after_a_lost_renewal_the_living_token_is_used_without_the_store() {
    let bench = Bench::new().await;
    let (client, store) = watched(&bench, 0);
    bench.token_endpoint(granted(1)).await;
    client.access_token("u").await.unwrap();
    bench.token_endpoint(ResponseTemplate::new(502)).await;
    bench.later(55 * MINUTE);
    client.access_token("u").await.unwrap();
    assert!(client.drain(None).await);
    let before = store.loads.load(Ordering::SeqCst);
    for _ in 0..20 {
        assert_eq!(client.access_token("u").await.unwrap().expose(), "a1");
        assert!(client.drain(None).await);
    }
    assert!(store.loads.load(Ordering::SeqCst) - before <= 1, "{}", store.loads.load(Ordering::SeqCst) - before);
}

#[tokio::test]
async fn a_sign_in_waits_for_a_refresh_however_short_the_limit_of_calls_is() {
    tokio::time::pause();
    let bench = Bench::with_timeout(Duration::from_secs(1)).await;
    let begun = bench.begin_for("u").await;
    under_way_elsewhere(&bench).await;
    let client = bench.client.clone();
    let sign_in = tokio::spawn(async move {
        client.handle_callback(&format!("code=c&state={}", begun.state.expose()), Some(&begun.browser_secret)).await
    });
    tokio::time::sleep(Duration::from_secs(19)).await;
    assert_eq!(bench.store.record().await["intent"]["attempt"], "x");
    assert!(!sign_in.is_finished() && bench.posts("token").await.is_empty());
}

#[tokio::test]
async fn a_token_that_is_being_disconnected_is_not_imported_again() {
    let bench = Bench::connected().await;
    bench.server.reset().await;
    assert_eq!(code(bench.client.revoke("u").await), Code::RevokeUnconfirmed);
    let import = bench.client.import_grant(ImportGrant::new("u", "r1")).await;
    assert_eq!(import.unwrap(), Imported::KnownSpent);
    assert_eq!(code(bench.client.access_token("u").await), Code::NotConnected);
}

#[tokio::test]
async fn no_time_limit_is_too_long() {
    let bench = Bench::with_timeout(Duration::MAX).await;
    bench.token_endpoint(granted(1)).await;
    bench.client.access_token("u").await.unwrap();
    bench.later(2 * HOUR);
    bench.client.access_token("u").await.unwrap();
}

#[tokio::test]
async fn a_quiet_grant_that_waits_for_its_turn_keeps_no_process_up() {
    let bench = Bench::with(|builder| builder.token_requests_per_minute(1)).await;
    bench.client.import_grant(ImportGrant::new("v", "s0")).await.unwrap();
    bench.later(80 * 24 * HOUR);
    bench.token_endpoint(granted(1)).await;
    bench.client.access_token("u").await.unwrap();
    let client = bench.client.clone();
    let job = tokio::spawn(async move { client.keep_alive().await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!job.is_finished() && !bench.client.is_busy(), "its turn comes in a minute, or in hours");
    bench.later(Duration::from_secs(67));
    assert_eq!(soon(job).await.unwrap().refreshed, 1);
}

#[tokio::test]
async fn a_429_that_names_no_time_quiets_the_fleet_all_the_same() {
    let bench = Bench::new().await;
    bench.client.import_grant(ImportGrant::new("v", "s0")).await.unwrap();
    bench.token_endpoint(ResponseTemplate::new(429)).await;
    let one = bench.client.clone();
    let one = tokio::spawn(async move { one.access_token("u").await });
    while bench.posts("token").await.is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let other = bench.other_process();
    let two = tokio::spawn(async move { other.access_token("v").await });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(bench.posts("token").await.len(), 1);
    one.abort();
    two.abort();
}

#[tokio::test]
async fn a_disconnect_that_a_dead_process_began_is_told_again_within_minutes_of_a_start() {
    let bench = Bench::new().await;
    assert_eq!(code(bench.client.revoke("u").await), Code::RevokeUnconfirmed);
    let now = bench.store.now().await.unwrap();
    bench.store.edit(|record| record["tombstone"]["busy_by"] = (now + 130_000).into()).await;
    bench.token_endpoint(granted(1)).await;
    let started = bench.other_process();
    let revoked = async || {
        let _ = started.access_token("nobody").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        bench.posts("revoke").await.len()
    };
    assert_eq!(revoked().await, 0, "somebody may be telling Loop just now");
    bench.later(6 * MINUTE);
    assert!(revoked().await > 0);
}
