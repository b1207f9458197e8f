//! A store whose writes fail as a test says, and clients of a token endpoint that answers as a test says.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loop_sdk::store::{Entry, Expected, MemoryStore, Saved, TokenStore, Version};
use loop_sdk::{
    Authorization, AuthorizationRequest, Clock, Environment, Error, ImportGrant, LoopClient, LoopClientBuilder, Tokens,
};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::World;

/// What happens to one write of a grant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Write {
    Works,
    Fails,
    /// Nothing is written, and nobody says so.
    Lost,
    /// It is written just before the next one, and nobody says so.
    Late,
    /// It is written, and the answer is lost.
    Unknown,
    /// It is written; then the store goes away.
    WorksThenDown,
    /// It is written, and the answer is lost because the store went away.
    UnknownThenDown,
}

#[derive(Debug, Default)]
pub(crate) struct Scripted {
    inner: MemoryStore,
    offset: AtomicU64,
    down: AtomicBool,
    writes: Mutex<Vec<Write>>,
    last_key: Mutex<String>,
    late: Mutex<Option<(Vec<u8>, Expected)>>,
}

impl Scripted {
    /// The next writes of a grant; after them every write works.
    pub(crate) fn next(&self, writes: &[Write]) {
        *self.writes.lock().unwrap() = writes.iter().rev().copied().collect();
    }

    /// Whether grants can be reached.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(crate) fn later(&self, by: Duration) {
        self.offset.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn entry(&self) -> (String, Entry) {
        let key = self.last_key.lock().unwrap().clone();
        let entry = self.inner.load(&key).await.unwrap().unwrap();
        (key, entry)
    }

    /// The grant that was written last.
    pub(crate) async fn record(&self) -> Value {
        serde_json::from_slice(&self.entry().await.1.blob).unwrap()
    }

    pub(crate) async fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut record = self.record().await;
        change(&mut record);
        self.overwrite(&record.to_string()).await;
    }

    pub(crate) async fn overwrite(&self, blob: &str) {
        let (key, entry) = self.entry().await;
        self.inner.save(&key, blob.as_bytes(), &Expected::Version(entry.version), None).await.unwrap();
    }

    fn check_up(&self) -> Result<(), Error> {
        if self.down.load(Ordering::SeqCst) { Err(unavailable()) } else { Ok(()) }
    }
}

fn unavailable() -> Error {
    Error::store_unavailable(std::io::Error::other("the disk is full"))
}

#[async_trait::async_trait]
impl TokenStore for Scripted {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        if key.starts_with("grant/") {
            self.check_up()?;
        }
        self.inner.load(key).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        if !key.starts_with("grant/") {
            return self.inner.save(key, blob, expected, ttl).await;
        }
        self.check_up()?;
        key.clone_into(&mut self.last_key.lock().unwrap());
        let write = self.writes.lock().unwrap().pop().unwrap_or(Write::Works);
        let save = || self.inner.save(key, blob, expected, ttl);
        let late = self.late.lock().unwrap().take();
        if let Some((blob, expected)) = late {
            self.inner.save(key, &blob, &expected, None).await?;
        }
        match write {
            Write::Works => save().await,
            Write::Fails => Err(unavailable()),
            Write::Lost => Ok(Saved::Unknown),
            Write::Late => {
                *self.late.lock().unwrap() = Some((blob.to_vec(), expected.clone()));
                Ok(Saved::Unknown)
            }
            Write::Unknown => save().await.map(|_| Saved::Unknown),
            Write::WorksThenDown => {
                let saved = save().await;
                self.set_down(true);
                saved
            }
            Write::UnknownThenDown => {
                save().await?;
                self.set_down(true);
                Ok(Saved::Unknown)
            }
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        self.inner.list(prefix, after, limit).await
    }

    async fn now(&self) -> Result<u64, Error> {
        Ok(self.inner.now().await? + self.offset.load(Ordering::SeqCst))
    }
}

/// A user whose grant was imported, at a platform that answers as the test says.
pub(crate) struct Bench {
    pub(crate) server: MockServer,
    pub(crate) store: Arc<Scripted>,
    pub(crate) clock: Clock,
    pub(crate) client: LoopClient,
    change: Arc<Change>,
}

type Change = dyn Fn(LoopClientBuilder) -> LoopClientBuilder;

impl Bench {
    /// A client whose user `u` has a grant with an access token that ended.
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with_timeout(limit: Duration) -> Self {
        Self::with(move |builder| builder.timeout(limit)).await
    }

    pub(crate) async fn with(change: impl Fn(LoopClientBuilder) -> LoopClientBuilder + 'static) -> Self {
        let server = MockServer::start().await;
        let store = Arc::new(Scripted::default());
        let clock = Clock::manual();
        let change: Arc<Change> = Arc::new(change);
        let client = client(&server, &store, &clock, &*change);
        client.import_grant(ImportGrant::new("u", "r0")).await.unwrap();
        Self { server, store, clock, client, change }
    }

    /// Begins a sign-in for this user.
    pub(crate) async fn begin_for(&self, user_id: &str) -> Authorization {
        self.client.authorization_url(AuthorizationRequest::new().user_id(user_id)).await.unwrap()
    }

    /// A bench whose user has a living access token, `a1`.
    pub(crate) async fn connected() -> Self {
        let bench = Self::new().await;
        bench.token_endpoint(granted(1)).await;
        bench.client.access_token("u").await.unwrap();
        bench
    }

    pub(crate) fn other_process(&self) -> LoopClient {
        client(&self.server, &self.store, &self.clock, &*self.change)
    }

    pub(crate) fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.store.later(by);
    }

    pub(crate) async fn token_endpoint(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(path("/identity/v1/oauth/token")).respond_with(answer).mount(&self.server).await;
        Mock::given(path("/identity/v1/oauth/revoke"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&self.server)
            .await;
    }

    pub(crate) async fn posts(&self, end: &str) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        let of = requests.iter().filter(|request| request.url.path().ends_with(end));
        of.map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
    }
}

fn client(server: &MockServer, store: &Arc<Scripted>, clock: &Clock, change: &Change) -> LoopClient {
    let builder = LoopClient::builder()
        .client_id("client_1")
        .redirect_uri(super::REDIRECT_URI)
        .scopes(super::SCOPES)
        .identify(false)
        .environment(Environment::Template(format!("{}/{{service}}", server.uri())))
        .store_object(Arc::clone(store) as Arc<dyn TokenStore>)
        .clock(clock.clone());
    change(builder).build().unwrap()
}

pub(crate) fn granted(number: u32) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "access_token": format!("a{number}"), "refresh_token": format!("r{number}"), "expires_in": 3600,
        "token_type": "Bearer",
    }))
}

/// Two processes of one app at the sandbox, on one store that fails as the test says.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) store: Arc<Scripted>,
    pub(crate) first: LoopClient,
    pub(crate) second: LoopClient,
}

impl Pair {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let store = Arc::new(Scripted::default());
        let client = || world.builder().store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build().unwrap();
        let (first, second) = (client(), client());
        Self { world, store, first, second }
    }

    pub(crate) fn later(&self, by: Duration) {
        self.world.later(by);
        self.store.later(by);
    }

    pub(crate) async fn sign_in(&self, client: &LoopClient) -> Result<Tokens, Error> {
        sign_in(&self.world, client).await
    }

    /// What the token endpoint answered to refreshes.
    pub(crate) fn refreshes(&self) -> Vec<Option<u16>> {
        self.world.token_requests("refresh_token").iter().map(|entry| entry.status).collect()
    }
}

/// Ada signs in and allows.
pub(crate) async fn sign_in(world: &World, client: &LoopClient) -> Result<Tokens, Error> {
    let begun = client.authorization_url(AuthorizationRequest::new()).await?;
    let callback = world.allow(&begun).await;
    client.handle_callback(&callback, Some(&begun.browser_secret)).await
}
