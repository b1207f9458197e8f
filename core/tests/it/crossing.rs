//! Sign-ins that cross each other, a revoke or a damaged record: what lives at Loop is what is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::scripted::{Bench, Pair, granted, sign_in};
use crate::support::{HOUR, World, code};
use loop_sdk::store::{Entry, Expected, MemoryStore, Saved, TokenStore, Version};
use loop_sdk::{AuthorizationRequest, Code, Error, ImportGrant, Imported, LoopClient, Tokens};
use tokio::sync::Notify;
use wiremock::ResponseTemplate;

#[tokio::test]
async fn a_damaged_record_is_replaced_by_a_sign_in_or_an_import() {
    for damage in ["{\"min_reader\":1,", "", "[]", "{\"min_reader\":1}"] {
        let pair = Pair::new().await;
        let user = pair.sign_in(&pair.first).await.unwrap().user_id;
        pair.store.overwrite(damage).await;
        assert_eq!(code(pair.second.access_token(&user).await), Code::StoreRecordUnreadable, "{damage}");
        assert_eq!(code(pair.second.revoke(&user).await), Code::StoreRecordUnreadable);
        let tokens = pair.sign_in(&pair.second).await.unwrap();
        assert_eq!(pair.second.access_token(&user).await.unwrap(), tokens.access_token);

        pair.store.overwrite(damage).await;
        let import = pair.second.import_grant(ImportGrant::new(&user, "lph_rt_elsewhere")).await;
        assert_eq!(import.unwrap(), Imported::Imported);
    }
}

#[tokio::test]
async fn a_pause_that_the_token_endpoint_asks_for_lasts_a_day_at_most() {
    let bench = Bench::new().await;
    let body = r#"{"error":"rate_limited","retry_after_ms":18446744073709551615}"#;
    bench.token_endpoint(ResponseTemplate::new(429).set_body_string(body)).await;
    let error = bench.client.access_token("u").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(86_400)));
    bench.token_endpoint(granted(1)).await;
    bench.later(Duration::from_secs(86_401));
    assert!(bench.client.access_token("u").await.is_ok());
}

/// One process of several on a store, stopped at one access of a grant.
#[derive(Debug)]
struct Gate {
    inner: Arc<MemoryStore>,
    offset: Arc<AtomicU64>,
    stops_at: &'static str,
    reached: Notify,
    go_on: Notify,
}

impl Gate {
    async fn pass(&self, access: &str, key: &str) {
        if key.starts_with("grant/") && access == self.stops_at {
            self.reached.notify_one();
            self.go_on.notified().await;
            self.go_on.notify_one();
        }
    }
}

#[async_trait::async_trait]
impl TokenStore for Gate {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.pass("load", key).await;
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.pass("save", key).await;
        self.inner.save(key, blob, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        Ok(self.inner.now().await? + self.offset.load(Ordering::SeqCst))
    }
}

struct Processes {
    world: World,
    inner: Arc<MemoryStore>,
    offset: Arc<AtomicU64>,
}

impl Processes {
    async fn new() -> Self {
        Self { world: World::new().await, inner: Arc::default(), offset: Arc::default() }
    }

    fn stopped_at(&self, stops_at: &'static str) -> (LoopClient, Arc<Gate>) {
        let (inner, offset) = (Arc::clone(&self.inner), Arc::clone(&self.offset));
        let gate = Arc::new(Gate { inner, offset, stops_at, reached: Notify::new(), go_on: Notify::new() });
        let store = Arc::clone(&gate) as Arc<dyn TokenStore>;
        (self.world.builder().store_object(store).build().unwrap(), gate)
    }

    /// A sign-in whose tokens have arrived, and which has not written its grant yet.
    async fn stopped_sign_in(
        &self,
        client: &LoopClient,
        gate: &Gate,
    ) -> tokio::task::JoinHandle<Result<Tokens, Error>> {
        let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
        let callback = self.world.allow(&begun).await;
        let client = client.clone();
        let call = tokio::spawn(async move { client.handle_callback(&callback, Some(&begun.browser_secret)).await });
        gate.reached.notified().await;
        self.later(Duration::from_secs(1));
        call
    }

    fn later(&self, by: Duration) {
        self.world.later(by);
        self.offset.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn of_two_sign_ins_that_cross_the_newer_one_is_kept() {
    let processes = Processes::new().await;
    let ((a, at_load), (b, at_save)) = (processes.stopped_at("load"), processes.stopped_at("save"));
    let older = processes.stopped_sign_in(&a, &at_load).await;
    let newer = processes.stopped_sign_in(&b, &at_save).await;
    at_load.go_on.notify_one();
    older.await.unwrap().unwrap();
    at_save.go_on.notify_one();
    let newer = newer.await.unwrap().unwrap();
    processes.later(HOUR);
    let (third, _) = processes.stopped_at("never");
    assert!(third.access_token(&newer.user_id).await.is_ok(), "Loop replaced the older one's refresh token");
}

#[tokio::test]
async fn a_sign_in_that_a_newer_one_overtook_does_not_leave_its_token_in_memory() {
    let processes = Processes::new().await;
    let ((a, at_save), (b, _)) = (processes.stopped_at("save"), processes.stopped_at("never"));
    let older = processes.stopped_sign_in(&a, &at_save).await;
    let newer = sign_in(&processes.world, &b).await.unwrap();
    at_save.go_on.notify_one();
    let _ = older.await.unwrap();
    assert_eq!(a.access_token(&newer.user_id).await.unwrap(), newer.access_token);
}

#[tokio::test]
async fn a_sign_in_that_a_disconnect_overtook_does_not_connect_anybody() {
    let processes = Processes::new().await;
    let ((a, at_save), (b, _)) = (processes.stopped_at("save"), processes.stopped_at("never"));
    let user = sign_in(&processes.world, &b).await.unwrap().user_id;
    let overtaken = processes.stopped_sign_in(&a, &at_save).await;
    b.revoke(&user).await.unwrap();
    at_save.go_on.notify_one();
    assert!(overtaken.await.unwrap().is_err(), "its tokens were revoked: nobody is connected");
    assert_eq!(code(a.access_token(&user).await), Code::NotConnected);
}

#[tokio::test]
async fn a_code_of_a_known_user_is_not_sent_while_the_store_is_away() {
    let pair = Pair::new().await;
    let ada = pair.sign_in(&pair.first).await.unwrap().user_id;
    let request = AuthorizationRequest::new().user_id(ada);
    let begun = pair.first.authorization_url(request).await.unwrap();
    let callback = pair.world.allow(&begun).await;
    pair.store.set_down(true);
    let refused = pair.first.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(code(refused), Code::StoreUnavailable);
    assert_eq!(pair.world.token_requests("authorization_code").len(), 1, "only the first sign-in's");
    pair.store.set_down(false);
    pair.first.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
}
