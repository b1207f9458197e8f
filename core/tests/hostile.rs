//! A store that fails and a token endpoint that misbehaves: no refresh token is sent twice, none is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loop_sdk::store::{Entry, Expected, MemoryStore, Saved, TokenStore, Version};
use loop_sdk::{Clock, Code, Environment, Error, ImportGrant, LoopClient};
use serde_json::{Value, json};
use support::{HOUR, code};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What happens to one write of a grant.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Write {
    Works,
    Fails,
    /// Nothing is written, and nobody says so.
    Lost,
    /// It is written, and the answer is lost.
    Unknown,
}

#[derive(Debug)]
struct Scripted {
    inner: MemoryStore,
    offset: AtomicU64,
    writes: Mutex<Vec<Write>>,
    last_key: Mutex<String>,
}

impl Scripted {
    /// The next writes of a grant; after them every write works.
    fn next(&self, writes: &[Write]) {
        *self.writes.lock().unwrap() = writes.iter().rev().copied().collect();
    }

    async fn record(&self) -> Value {
        let key = self.last_key.lock().unwrap().clone();
        serde_json::from_slice(&self.inner.load(&key).await.unwrap().unwrap().blob).unwrap()
    }

    async fn edit(&self, change: impl FnOnce(&mut Value)) {
        let key = self.last_key.lock().unwrap().clone();
        let entry = self.inner.load(&key).await.unwrap().unwrap();
        let mut record: Value = serde_json::from_slice(&entry.blob).unwrap();
        change(&mut record);
        let blob = record.to_string();
        self.inner.save(&key, blob.as_bytes(), &Expected::Version(entry.version), None).await.unwrap();
    }
}

#[async_trait::async_trait]
impl TokenStore for Scripted {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        if !key.starts_with("grant/") {
            return self.inner.save(key, blob, expected, ttl).await;
        }
        *self.last_key.lock().unwrap() = key.to_owned();
        let write = self.writes.lock().unwrap().pop().unwrap_or(Write::Works);
        match write {
            Write::Works => self.inner.save(key, blob, expected, ttl).await,
            Write::Fails => Err(Error::store_unavailable(std::io::Error::other("the disk is full"))),
            Write::Lost => Ok(Saved::Unknown),
            Write::Unknown => self.inner.save(key, blob, expected, ttl).await.map(|_| Saved::Unknown),
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        Ok(self.inner.now().await? + self.offset.load(Ordering::SeqCst))
    }
}

struct Bench {
    server: MockServer,
    store: Arc<Scripted>,
    clock: Clock,
    client: LoopClient,
}

impl Bench {
    /// A client whose user `u` has a grant with an access token that ended.
    async fn new() -> Self {
        let server = MockServer::start().await;
        let store = Arc::new(Scripted {
            inner: MemoryStore::new(),
            offset: AtomicU64::new(0),
            writes: Mutex::default(),
            last_key: Mutex::default(),
        });
        let clock = Clock::manual();
        let client = client(&server, &store, &clock);
        client.import_grant(ImportGrant::new("u", "r0")).await.unwrap();
        Self { server, store, clock, client }
    }

    fn other_process(&self) -> LoopClient {
        client(&self.server, &self.store, &self.clock)
    }

    fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.store.offset.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn token_endpoint(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(path("/identity/v1/oauth/token")).respond_with(answer).mount(&self.server).await;
        Mock::given(path("/identity/v1/oauth/revoke"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&self.server)
            .await;
    }

    async fn posts(&self, end: &str) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        let of = requests.iter().filter(|request| request.url.path().ends_with(end));
        of.map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
    }
}

fn client(server: &MockServer, store: &Arc<Scripted>, clock: &Clock) -> LoopClient {
    LoopClient::builder()
        .client_id("client_1")
        .environment(Environment::Template(format!("{}/{{service}}", server.uri())))
        .store_object(Arc::clone(store) as Arc<dyn TokenStore>)
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn granted(number: u32) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "access_token": format!("a{number}"), "refresh_token": format!("r{number}"), "expires_in": 3600,
        "token_type": "Bearer",
    }))
}

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
        bench.later(HOUR - Duration::from_secs(60));
        assert_eq!(bench.client.access_token("u").await.unwrap().expose(), "a1");
        assert_eq!(bench.posts("token").await.len(), 1, "it is due for renewal");
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
    bench.later(Duration::from_secs(134));
    assert_eq!(code(bench.client.access_token("u").await), Code::RefreshInProgress, "its answer may still come");
    bench.later(Duration::from_secs(2));
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
