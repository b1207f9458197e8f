//! Sign-ins that something interrupts: a store, another callback, missing keys, a caller that gives up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::scripted::{Pair, Write, sign_in};
use crate::support::{HOUR, World, code};
use base64::Engine as _;
use loop_sandbox::NewApp;
use loop_sdk::store::{Entry, Expected, MemoryStore, Saved, TokenStore, Version};
use loop_sdk::{
    Authorization, AuthorizationRequest, Code, Environment, Error, ImportGrant, IssuerOptions, LoopClient, Secret,
};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECOND: Duration = Duration::from_secs(1);

/// The first write fails, or nothing could even be read.
async fn fail_to_save(pair: &Pair, while_down: bool) {
    if while_down {
        pair.store.set_down(true);
    } else {
        pair.store.next(&[Write::Fails]);
    }
    assert_eq!(code(pair.sign_in(&pair.first).await), Code::TokenNotSaved);
    pair.store.set_down(false);
    pair.later(SECOND);
}

#[tokio::test]
async fn a_late_save_of_a_sign_in_never_overwrites_a_newer_grant() {
    for while_down in [false, true] {
        let pair = Pair::new().await;
        fail_to_save(&pair, while_down).await;
        let newer = pair.sign_in(&pair.second).await.unwrap();
        let user = newer.user_id.as_str();
        for client in [&pair.first, &pair.second, &pair.first] {
            assert_eq!(client.access_token(user).await.unwrap(), newer.access_token);
            assert!(client.user(user).clinical().list_biomarkers().await.is_ok());
        }
        pair.later(HOUR);
        for client in [&pair.second, &pair.first] {
            assert!(client.access_token(user).await.is_ok());
        }
        assert_eq!(pair.refreshes(), [Some(200)]);
    }
}

#[tokio::test]
async fn a_late_save_of_a_sign_in_does_not_undo_a_disconnect() {
    let pair = Pair::new().await;
    pair.sign_in(&pair.second).await.unwrap();
    fail_to_save(&pair, false).await;
    let user = pair.store.record().await["user_id"].as_str().unwrap().to_owned();
    pair.second.revoke(&user).await.unwrap();
    assert_eq!(code(pair.first.access_token(&user).await), Code::NotConnected);
    assert_eq!(pair.store.record().await["tokens"], Value::Null);
    let revocations = pair.world.sandbox.journal().into_iter().filter(|entry| entry.path == "/v1/oauth/revoke");
    assert_eq!(revocations.count(), 3, "both tokens of the grant, and those that were never stored");
}

#[tokio::test]
async fn a_late_save_of_a_sign_in_that_nothing_followed_is_made_good() {
    for while_down in [false, true] {
        let pair = Pair::new().await;
        let former = pair.sign_in(&pair.first).await.unwrap();
        pair.later(SECOND);
        fail_to_save(&pair, while_down).await;
        let token = pair.first.access_token(&former.user_id).await.unwrap();
        assert_ne!(token, former.access_token);
        assert_eq!(pair.second.access_token(&former.user_id).await.unwrap(), token);
        pair.later(HOUR);
        assert!(pair.second.access_token(&former.user_id).await.is_ok());
        assert_eq!(pair.refreshes(), [Some(200)]);
    }
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_is_not_put_back_after_another_process_rotated() {
    let pair = Pair::new().await;
    pair.store.next(&[Write::UnknownThenDown]);
    assert_eq!(code(pair.sign_in(&pair.first).await), Code::TokenNotSaved);
    pair.store.set_down(false);
    pair.later(HOUR);
    let user = pair.store.record().await["user_id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let rotated = pair.second.access_token(&user).await.unwrap();
        assert_eq!(pair.first.access_token(&user).await.unwrap(), rotated);
        pair.later(HOUR);
    }
    assert_eq!(pair.refreshes(), [Some(200), Some(200)]);
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_left_as_it_is() {
    let pair = Pair::new().await;
    let user = pair.sign_in(&pair.first).await.unwrap().user_id;
    let newer = json!({"min_reader": 2, "anything": "else"});
    pair.store.overwrite(&newer.to_string()).await;
    assert_eq!(code(pair.second.access_token(&user).await), Code::StoreRecordUnreadable);
    let import = pair.second.import_grant(ImportGrant::new(&user, "lph_rt_elsewhere")).await;
    assert_eq!(code(import), Code::StoreRecordUnreadable);
    assert_eq!(code(pair.sign_in(&pair.second).await), Code::TokenNotSaved);
    assert_eq!(pair.store.record().await, newer);
}

/// Two processes mark a sign-in used at the same moment; the answer may be lost.
#[derive(Debug)]
struct Crossing {
    inner: MemoryStore,
    both_have_read: Barrier,
    answers_are_lost: bool,
}

#[async_trait::async_trait]
impl TokenStore for Crossing {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let marks = key.starts_with("pending/") && matches!(expected, Expected::Version(_));
        if !marks {
            return self.inner.save(key, blob, expected, ttl).await;
        }
        self.both_have_read.wait().await;
        let saved = self.inner.save(key, blob, expected, ttl).await;
        // Whoever reads its own write back does so after both wrote.
        self.both_have_read.wait().await;
        if self.answers_are_lost { saved.map(|_| Saved::Unknown) } else { saved }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }
}

#[tokio::test]
async fn of_two_callbacks_that_read_before_either_wrote_one_is_exchanged_even_where_answers_are_lost() {
    for answers_are_lost in [false, true] {
        let world = World::new().await;
        let store = Crossing { inner: MemoryStore::new(), both_have_read: Barrier::new(2), answers_are_lost };
        let store: Arc<dyn TokenStore> = Arc::new(store);
        let client = || world.builder().store_object(Arc::clone(&store)).build().unwrap();
        let (first, second) = (client(), client());
        let begun = first.authorization_url(AuthorizationRequest::new()).await.unwrap();
        let callback = world.allow(&begun).await;
        let secret = Some(&begun.browser_secret);
        let (one, other) =
            tokio::join!(first.handle_callback(&callback, secret), second.handle_callback(&callback, secret));
        let (good, bad): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
        assert_eq!((good.len(), bad.len()), (1, 1), "answers lost: {answers_are_lost}");
        assert_eq!(code(bad.into_iter().next().unwrap()), Code::AlreadyCompleted);
        assert_eq!(world.token_requests("authorization_code").len(), 1);
    }
}

/// Stops one kind of access until the test lets it go on.
#[derive(Debug)]
struct Gate {
    inner: MemoryStore,
    stops_at: &'static str,
    reached: Notify,
    go_on: Notify,
}

impl Gate {
    async fn pass(&self, access: &str) {
        if access == self.stops_at {
            self.reached.notify_one();
            self.go_on.notified().await;
            self.go_on.notify_one();
        }
    }
}

fn kind_of(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

#[async_trait::async_trait]
impl TokenStore for Gate {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.pass(&format!("load {}", kind_of(key))).await;
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        if *expected != Expected::Absent || kind_of(key) == "grant" {
            self.pass(&format!("save {}", kind_of(key))).await;
        }
        self.inner.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }
}

#[tokio::test]
async fn a_callback_whose_caller_gave_up_is_finished_all_the_same() {
    for stops_at in ["load pending", "save pending", "load grant", "save grant"] {
        let world = World::new().await;
        let user = world.connect().await.user_id;
        let store = Gate { inner: MemoryStore::new(), stops_at, reached: Notify::new(), go_on: Notify::new() };
        let store = Arc::new(store);
        let client = world.builder().store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build().unwrap();
        let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
        let callback = world.allow(&begun).await;
        let call = tokio::spawn({
            let (client, callback, secret) = (client.clone(), callback.clone(), begun.browser_secret.clone());
            async move { client.handle_callback(&callback, Some(&secret)).await }
        });
        store.reached.notified().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        store.go_on.notify_one();
        let kept = async {
            while client.access_token(&user).await.is_err() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), kept).await.expect("the sign-in goes on by itself");
        assert_eq!(code(client.handle_callback(&callback, Some(&begun.browser_secret)).await), Code::AlreadyCompleted);
        assert_eq!(world.token_requests("authorization_code").len(), 2, "one of the two sign-ins each");
    }
}

#[tokio::test]
async fn a_disconnect_whose_caller_gave_up_is_finished_all_the_same() {
    let world = World::new().await;
    let store =
        Gate { inner: MemoryStore::new(), stops_at: "save grant", reached: Notify::new(), go_on: Notify::new() };
    let store = Arc::new(store);
    let client = world.builder().store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build().unwrap();
    store.go_on.notify_one();
    let user = sign_in(&world, &client).await.unwrap().user_id;
    // The gate is shut again.
    store.go_on.notified().await;
    store.reached.notified().await;
    let call = tokio::spawn({
        let (client, user) = (client.clone(), user.clone());
        async move { client.revoke(&user).await }
    });
    store.reached.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    store.go_on.notify_one();
    let revoked = || world.sandbox.journal().iter().filter(|entry| entry.path == "/v1/oauth/revoke").count();
    let done = async {
        while revoked() < 2 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done).await.expect("the disconnect goes on by itself");
    assert_eq!(code(client.access_token(&user).await), Code::NotConnected);
}

/// A client of the sandbox whose keys come from elsewhere.
fn with_keys_of(world: &World, keys: &MockServer) -> LoopClient {
    let mut issuer = IssuerOptions::new(format!("{}/identity", world.sandbox.base_url()));
    issuer.jwks_uri = Some(format!("{}/jwks", keys.uri()));
    world.builder().environment(Environment::Issuer(issuer)).build().unwrap()
}

async fn keys_of(world: &World) -> Value {
    let url = format!("{}/identity/.well-known/jwks.json", world.sandbox.base_url());
    serde_json::from_slice(&reqwest::get(url).await.unwrap().bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn an_old_date_on_keys_from_a_cache_does_not_spoil_the_sign_in() {
    let world = World::new().await;
    let cache = MockServer::start().await;
    let client = with_keys_of(&world, &cache);
    // Fetched before the code is sent, and then, for a new key, after it.
    for _ in 0..2 {
        cache.reset().await;
        let answer = ResponseTemplate::new(200).set_body_json(keys_of(&world).await);
        let answer = answer.insert_header("date", "Thu, 01 Jan 2026 00:00:00 GMT").insert_header("age", "3600");
        Mock::given(any()).respond_with(answer).mount(&cache).await;
        let signed_in = sign_in(&world, &client).await;
        assert!(signed_in.is_ok(), "{signed_in:?}");
        assert_eq!(cache.received_requests().await.unwrap().len(), 1);
        world.sandbox.rotate_keys();
        world.later(Duration::from_secs(61));
    }
}

#[tokio::test]
async fn keys_that_are_missing_for_a_moment_leave_the_sign_in_pending() {
    let world = World::new().await;
    let connected = world.connect().await;
    let keys = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).up_to_n_times(2).mount(&keys).await;
    let answer = ResponseTemplate::new(200).set_body_json(keys_of(&world).await);
    Mock::given(any()).respond_with(answer).mount(&keys).await;
    let client = with_keys_of(&world, &keys);
    let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let callback = world.allow(&begun).await;
    let finish = || client.handle_callback(&callback, Some(&begun.browser_secret));
    for _ in 0..2 {
        assert_eq!(code(finish().await), Code::ServerUnavailable);
        assert_eq!(world.token_requests("authorization_code").len(), 1, "the code is not spent");
        assert!(world.client.user(&connected.user_id).clinical().list_biomarkers().await.is_ok());
    }
    assert!(finish().await.is_ok());
    assert_eq!(code(finish().await), Code::AlreadyCompleted);
}

#[tokio::test]
async fn keys_of_kinds_that_the_sdk_does_not_know_are_passed_over() {
    for foreign in [
        json!({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA", "kid": "k1", "alg": "ES256K", "use": "sig"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "k1", "use": "enc", "alg": "ECDH-ES"}),
        json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA", "kid": "k1", "use": "sig"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "k1", "use": "enc", "alg": "RSA-OAEP-512"}),
    ] {
        let world = World::new().await;
        let mut set = keys_of(&world).await;
        set["keys"].as_array_mut().unwrap().insert(0, foreign.clone());
        let keys = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(set)).mount(&keys).await;
        let signed_in = sign_in(&world, &with_keys_of(&world, &keys)).await;
        assert!(signed_in.is_ok(), "{foreign}: {signed_in:?}");
    }
}

#[tokio::test]
async fn a_person_who_signs_in_for_another_stays_connected() {
    let world = World::new().await;
    let ada = world.connect().await.user_id;
    let request = AuthorizationRequest::new().user_id("user_bob");
    let begun = world.client.authorization_url(request).await.unwrap();
    let callback = world.allow(&begun).await;
    let error = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
    assert_eq!(error.code(), Code::UserMismatch);
    assert!(world.client.user(&ada).clinical().list_biomarkers().await.is_ok());
    world.later(HOUR);
    assert!(world.client.access_token(&ada).await.is_ok());
    assert_eq!(code(world.client.access_token("user_bob").await), Code::NotConnected);
}

/// Fails to read the first grant that was stored in it, so many times.
#[derive(Debug, Default)]
struct Forgetful {
    inner: MemoryStore,
    first: std::sync::OnceLock<String>,
    fails: AtomicUsize,
}

#[async_trait::async_trait]
impl TokenStore for Forgetful {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let less = |left: usize| left.checked_sub(1);
        let is_first = self.first.get().is_some_and(|first| first == key);
        if is_first && self.fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(Error::store_unavailable(std::io::Error::other("away")));
        }
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        if kind_of(key) == "grant" {
            self.first.get_or_init(|| key.to_owned());
        }
        self.inner.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }
}

#[tokio::test]
async fn a_person_who_signs_in_for_another_stays_connected_also_where_the_store_is_away_just_then() {
    let world = World::new().await;
    let store = Arc::new(Forgetful::default());
    let client = world.builder().store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build().unwrap();
    let ada = sign_in(&world, &client).await.unwrap().user_id;
    let begun = client.authorization_url(AuthorizationRequest::new().user_id("user_bob")).await.unwrap();
    let callback = world.allow(&begun).await;
    store.fails.store(3, Ordering::SeqCst);
    assert_eq!(code(client.handle_callback(&callback, Some(&begun.browser_secret)).await), Code::UserMismatch);
    assert_eq!(store.fails.load(Ordering::SeqCst), 0);
    world.later(HOUR);
    assert!(client.access_token(&ada).await.is_ok());
}

/// Metadata of an issuer that names endpoints of its own.
async fn discovery(change: Value) -> (MockServer, IssuerOptions) {
    let server = MockServer::start().await;
    let mut document = json!({
        "issuer": server.uri(),
        "authorization_endpoint": format!("{}/a", server.uri()),
        "token_endpoint": format!("{}/t", server.uri()),
        "jwks_uri": format!("{}/k", server.uri()),
    });
    document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let metadata = Mock::given(path("/.well-known/openid-configuration"));
    metadata.respond_with(ResponseTemplate::new(200).set_body_json(document)).mount(&server).await;
    let options = IssuerOptions::new(server.uri());
    (server, options)
}

async fn begin(issuer: IssuerOptions) -> (LoopClient, Authorization) {
    let client = LoopClient::builder()
        .client_id("client:1")
        .client_secret("s e/c+r%et:ü")
        .redirect_uri("https://app.example/callback")
        .scopes(["a"])
        .identify(false)
        .environment(Environment::Issuer(issuer))
        .store("memory:")
        .build()
        .unwrap();
    let begun = client.authorization_url(AuthorizationRequest::new().user_id("u")).await.unwrap();
    (client, begun)
}

async fn posts(server: &MockServer, at: &str) -> Vec<wiremock::Request> {
    let mut requests = server.received_requests().await.unwrap();
    requests.retain(|request| request.url.path() == at);
    requests
}

#[tokio::test]
async fn an_endpoint_option_alone_wins_over_what_is_discovered() {
    let (server, mut options) = discovery(json!({})).await;
    options.authorization_endpoint = Some("https://mine.example/authorize".into());
    let (client, begun) = begin(options).await;
    assert!(begun.url.starts_with("https://mine.example/authorize?"), "{}", begun.url);
    let callback = format!("code=c&state={}", begun.state.expose());
    let _ = client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(posts(&server, "/t").await.len(), 1, "the others are the discovered ones");

    let (server, mut options) = discovery(json!({})).await;
    options.token_endpoint = Some(format!("{}/mine", server.uri()));
    let (client, begun) = begin(options).await;
    assert!(begun.url.starts_with(&format!("{}/a?", server.uri())));
    let callback = format!("code=c&state={}", begun.state.expose());
    let _ = client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!((posts(&server, "/mine").await.len(), posts(&server, "/t").await.len()), (1, 0));
}

#[tokio::test]
async fn a_callback_without_iss_is_refused_where_the_server_says_that_it_sends_one() {
    let (server, options) = discovery(json!({"authorization_response_iss_parameter_supported": true})).await;
    let (client, begun) = begin(options).await;
    let callback = format!("code=c&state={}", begun.state.expose());
    let silent = client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(code(silent), Code::IssuerMismatch);
    assert!(posts(&server, "/t").await.is_empty());

    let issuer: String = url::form_urlencoded::byte_serialize(server.uri().as_bytes()).collect();
    let named = client.handle_callback(&format!("{callback}&iss={issuer}"), Some(&begun.browser_secret)).await;
    assert_ne!(code(named), Code::IssuerMismatch);
    assert_eq!(posts(&server, "/t").await.len(), 1);
}

#[tokio::test]
async fn id_and_secret_are_form_encoded_before_they_become_basic() {
    let basic = json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]});
    let (server, options) = discovery(basic).await;
    let (client, begun) = begin(options).await;
    let callback = format!("code=c&state={}", begun.state.expose());
    let _ = client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    let request = posts(&server, "/t").await.remove(0);
    let header = request.headers.get("authorization").unwrap().to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = base64::engine::general_purpose::STANDARD.decode(header).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "client%3A1:s%20e%2Fc%2Br%25et%3A%C3%BC");
    let form = String::from_utf8(request.body).unwrap();
    assert!(!form.contains("client_id") && !form.contains("client_secret"), "{form}");
}

/// Keeps the newest blob of every key in sight.
#[derive(Debug, Default)]
struct Seen {
    inner: MemoryStore,
    blobs: Mutex<HashMap<String, Value>>,
}

#[async_trait::async_trait]
impl TokenStore for Seen {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.blobs.lock().unwrap().insert(key.to_owned(), serde_json::from_slice(blob).unwrap());
        self.inner.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }
}

#[tokio::test]
async fn a_stored_sign_in_does_not_hold_its_state_and_once_used_no_verifier() {
    let world = World::new().await;
    let store = Arc::new(Seen::default());
    let client = world.builder().store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build().unwrap();
    let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let pending = || {
        let blobs = store.blobs.lock().unwrap();
        let mut found = blobs.iter().filter(|(key, _)| key.starts_with("pending/"));
        let (key, blob) = found.next().unwrap();
        assert!(found.next().is_none());
        (key.clone(), blob.clone())
    };
    let (key, before) = pending();
    assert!(before["code_verifier"].is_string() && before["nonce"].is_string());
    for secret in [&begun.state, &begun.browser_secret] {
        assert!(!key.contains(secret.expose()) && !before.to_string().contains(secret.expose()));
    }
    let callback = world.allow(&begun).await;
    let tokens = client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    let (_, after) = pending();
    assert_eq!((&after["code_verifier"], &after["nonce"]), (&Value::Null, &Value::Null));
    assert!(after["used_at"].is_u64());
    for name in ["code_verifier", "nonce"] {
        assert!(!after.to_string().contains(before[name].as_str().unwrap()), "{name}");
    }
    let keys: Vec<_> = store.blobs.lock().unwrap().keys().cloned().collect();
    assert!(keys.iter().all(|key| !key.contains(&tokens.user_id)), "{keys:?}");
}

#[tokio::test]
async fn two_apps_on_one_store_do_not_see_each_other() {
    let world = World::new().await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let mine = world.builder().store_object(Arc::clone(&store)).build().unwrap();
    let other_app = world.sandbox.register(NewApp::named("another")).await.unwrap();
    let theirs = world.builder().client_id(&other_app.client_id).store_object(store).build().unwrap();
    let user = sign_in(&world, &mine).await.unwrap().user_id;
    assert_eq!(code(theirs.access_token(&user).await), Code::NotConnected);
    theirs.revoke(&user).await.unwrap();
    assert!(mine.access_token(&user).await.is_ok());
    let begun = mine.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let callback = world.allow(&begun).await;
    let strange = theirs.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(code(strange), Code::StateUnknown);
    assert!(mine.handle_callback(&callback, Some(&begun.browser_secret)).await.is_ok());
}

#[tokio::test]
async fn a_reload_is_recognised_for_ten_minutes_after_the_callback() {
    let world = World::new().await;
    let begun = world.begin().await;
    world.later(Duration::from_secs(9 * 60));
    let callback = world.allow(&begun).await;
    let finish = || world.client.handle_callback(&callback, Some(&begun.browser_secret));
    finish().await.unwrap();
    world.later(Duration::from_secs(10 * 60 - 1));
    assert_eq!(code(finish().await), Code::AlreadyCompleted);
    world.later(Duration::from_secs(2));
    assert_eq!(code(finish().await), Code::StateUnknown);
}

#[tokio::test]
async fn a_browser_secret_that_the_sdk_did_not_make_is_replaced() {
    let world = World::new().await;
    for foreign in [String::new(), "1".into(), "x".repeat(42)] {
        let request = AuthorizationRequest::new().browser_secret(foreign.as_str());
        let begun = world.client.authorization_url(request).await.unwrap();
        assert_ne!(begun.browser_secret.expose(), foreign);
        assert_eq!(begun.browser_secret.expose().len(), 43);
        let callback = world.allow(&begun).await;
        let with_foreign = world.client.handle_callback(&callback, Some(&Secret::new(foreign))).await;
        assert_eq!(code(with_foreign), Code::BrowserMismatch);
        assert!(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.is_ok());
    }
}
