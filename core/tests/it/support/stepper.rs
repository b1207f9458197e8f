//! A stage on which a test directs every step: each access to the store and each request asks a director first, and time
//! stands still until nothing else can happen.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loop_sandbox::{NewApp, Options, RegisteredApp, Sandbox};
use loop_sdk::store::{Entry, Expected, MemoryStore, Saved, TokenStore, Version};
use loop_sdk::{Clock, Environment, Error, IssuerOptions, LoopClient};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::yield_now;

/// What a process is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An access to the store, and the kind of entry: `load grant`.
    Store(&'static str, String),
    /// A request is about to arrive.
    Request(&'static str),
    /// Its answer is about to arrive.
    Answer(&'static str),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(access, kind) => write!(f, "{access} {kind}"),
            Self::Request(what) => write!(f, "send {what}"),
            Self::Answer(what) => write!(f, "hear {what}"),
        }
    }
}

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Goes,
    /// Nothing is done, and the process hears of a failure.
    Fails,
    /// Nothing is done, and nobody can say so.
    Vanishes,
    /// It is done, and its answer is lost.
    LosesAnswer,
    /// It is done, and the process hears of a failure.
    FailsAfterwards,
    /// The process ends here.
    Dies,
    /// It is done; the process has ended meanwhile.
    DiesAfterwards,
    /// It is done, and then the director is told.
    GoesAndTells,
}

/// Says what becomes of each step.
#[async_trait::async_trait]
pub(crate) trait Director: std::fmt::Debug + Send + Sync + 'static {
    async fn ask(&self, process: usize, step: Step) -> Order;

    /// A step with [`Order::GoesAndTells`] was done.
    async fn done(&self) {}
}

/// Lets everything go.
#[derive(Debug)]
pub(crate) struct Free;

#[async_trait::async_trait]
impl Director for Free {
    async fn ask(&self, _: usize, _: Step) -> Order {
        Order::Goes
    }
}

/// One time for all: tokio's, the clients', the store's and the sandbox's.
#[derive(Debug)]
pub(crate) struct Time {
    pub(crate) clock: Clock,
    store: AtomicU64,
    /// The machine's own time when all agreed.
    machine: AtomicU64,
    /// Milliseconds that the sandbox, which counts in whole seconds, has not been told of.
    rest: AtomicU64,
}

/// The entries that processes share, with lives measured by the stage's time.
#[derive(Debug)]
pub(crate) struct Shared {
    time: Arc<Time>,
    inner: Mutex<Arc<MemoryStore>>,
    ends: Mutex<HashMap<String, u64>>,
    grant_key: Mutex<Option<String>>,
}

impl Shared {
    fn new(time: Arc<Time>) -> Arc<Self> {
        Arc::new(Self { time, inner: Mutex::default(), ends: Mutex::default(), grant_key: Mutex::default() })
    }

    fn inner(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.inner.lock().unwrap())
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.inner.lock().unwrap() = Arc::default();
        self.ends.lock().unwrap().clear();
        *self.grant_key.lock().unwrap() = None;
    }

    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let over = self.ends.lock().unwrap().get(key).is_some_and(|end| *end <= self.time.store.load(Ordering::SeqCst));
        let entry = self.inner().load(key).await?;
        match entry {
            Some(entry) if over => {
                self.inner().delete(key, &entry.version).await?;
                Ok(None)
            }
            entry => Ok(entry),
        }
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.load(key).await?;
        let saved = self.inner().save(key, blob, expected, None).await?;
        if matches!(saved, Saved::Version(_)) {
            let mut ends = self.ends.lock().unwrap();
            ends.remove(key);
            if let Some(ttl) = ttl {
                let life = u64::try_from(ttl.as_millis()).unwrap();
                ends.insert(key.to_owned(), self.time.store.load(Ordering::SeqCst) + life);
            }
            if key.starts_with("grant/") {
                *self.grant_key.lock().unwrap() = Some(key.to_owned());
            }
        }
        Ok(saved)
    }

    /// The one stored grant.
    pub(crate) async fn record(&self) -> Option<Value> {
        let key = self.grant_key.lock().unwrap().clone()?;
        let entry = self.load(&key).await.unwrap()?;
        Some(serde_json::from_slice(&entry.blob).unwrap())
    }
}

/// A process's way to the shared entries.
#[derive(Debug)]
struct Handle {
    process: usize,
    shared: Arc<Shared>,
    director: Arc<dyn Director>,
    moves: Arc<AtomicUsize>,
}

async fn machine_time() -> u64 {
    MemoryStore::new().now().await.unwrap()
}

fn kind_of(key: &str) -> String {
    key.split('/').next().unwrap_or_default().to_owned()
}

pub(crate) fn unavailable() -> Error {
    Error::store_unavailable(std::io::Error::other("the disk is full"))
}

impl Handle {
    async fn step<T>(
        &self,
        step: Step,
        unknown: Option<T>,
        act: impl AsyncFnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let order = self.director.ask(self.process, step).await;
        self.moves.fetch_add(1, Ordering::SeqCst);
        match order {
            Order::Goes => act().await,
            Order::GoesAndTells => {
                let done = act().await;
                self.director.done().await;
                done
            }
            Order::Fails => Err(unavailable()),
            Order::Vanishes => unknown.ok_or_else(unavailable),
            Order::LosesAnswer => {
                act().await?;
                unknown.ok_or_else(unavailable)
            }
            Order::FailsAfterwards => {
                act().await?;
                Err(unavailable())
            }
            Order::Dies => std::future::pending().await,
            Order::DiesAfterwards => {
                act().await?;
                std::future::pending().await
            }
        }
    }
}

#[async_trait::async_trait]
impl TokenStore for Handle {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.step(Step::Store("load", kind_of(key)), None, async || self.shared.load(key).await).await
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let act = async || self.shared.save(key, blob, expected, ttl).await;
        self.step(Step::Store("save", kind_of(key)), Some(Saved::Unknown), act).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        let act = async || self.shared.inner().delete(key, expected).await;
        self.step(Step::Store("delete", kind_of(key)), None, act).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let act = async || self.shared.inner().list(prefix, after, limit).await;
        self.step(Step::Store("list", kind_of(prefix)), None, act).await
    }

    async fn now(&self) -> Result<u64, Error> {
        let act = async || Ok(self.shared.time.store.load(Ordering::SeqCst));
        self.step(Step::Store("now", String::new()), None, act).await
    }
}

/// A code or refresh token on its way to the server.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) process: usize,
    pub(crate) what: &'static str,
    pub(crate) secret: String,
    /// The tokens that the server gave for it, whether or not anybody heard.
    pub(crate) got: Option<Got>,
    /// What the server answered, where the process heard it.
    pub(crate) heard: Option<u16>,
}

#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) refresh: String,
    pub(crate) access: String,
}

/// Everything that went to the server and came back.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Sent>>);

impl Ledger {
    pub(crate) fn entries(&self) -> Vec<Sent> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn note(&self, at: usize, change: impl FnOnce(&mut Sent)) {
        if let Some(sent) = self.0.lock().unwrap().get_mut(at) {
            change(sent);
        }
    }
}

/// One process: a client, its way to the store, and its way to the server.
pub(crate) struct Process {
    pub(crate) client: LoopClient,
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: RegisteredApp,
    pub(crate) time: Arc<Time>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) ledger: Arc<Ledger>,
    /// Whatever moves on the stage counts here.
    moves: Arc<AtomicUsize>,
    /// Requests that the sandbox is working on, or whose bytes are on their way.
    in_flight: Arc<AtomicUsize>,
    idle: Arc<Notify>,
}

pub(crate) const SCOPES: [&str; 1] = ["read:biomarkers"];
/// No call lasts longer on a stage.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(400);

/// Plays on a stage of its own.
pub(crate) fn on_a_stage<T>(play: impl AsyncFnOnce(&Stage) -> T) -> T {
    let idle = Arc::new(Notify::new());
    let parks = Arc::clone(&idle);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(move || parks.notify_one())
        .build()
        .unwrap();
    let played = runtime.block_on(async {
        // A task that blocks keeps tokio from moving its clock by itself, which it would do while a request is on its way.
        let (holds, held) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || {
            let _ = held.recv();
        });
        let stage = Stage::new(idle).await;
        let played = play(&stage).await;
        drop(holds);
        played
    });
    runtime.shutdown_background();
    played
}

impl Stage {
    async fn new(idle: Arc<Notify>) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let app = sandbox.register(NewApp::default()).await.unwrap();
        let clock = Clock::manual();
        let now = machine_time().await;
        let time = Arc::new(Time { clock, store: now.into(), machine: now.into(), rest: AtomicU64::new(0) });
        let shared = Shared::new(Arc::clone(&time));
        let (ledger, moves, in_flight) = (Arc::default(), Arc::default(), Arc::default());
        Self { sandbox, app, time, shared, ledger, moves, in_flight, idle }
    }

    /// Entries that only some processes share.
    pub(crate) fn other_store(&self) -> Arc<Shared> {
        Shared::new(Arc::clone(&self.time))
    }

    pub(crate) async fn process(&self, number: usize, director: &Arc<dyn Director>) -> Process {
        self.process_on(number, director, &self.shared).await
    }

    /// A new process; its director hears of each of its steps.
    pub(crate) async fn process_on(
        &self,
        number: usize,
        director: &Arc<dyn Director>,
        shared: &Arc<Shared>,
    ) -> Process {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire {
            process: number,
            server: self.host().to_owned(),
            director: Arc::clone(director),
            ledger: Arc::clone(&self.ledger),
            moves: Arc::clone(&self.moves),
            in_flight: Arc::clone(&self.in_flight),
        });
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&wire).carry(stream));
            }
        });
        let issuer = format!("{}/identity", self.sandbox.base_url());
        let near = |path: &str| Some(format!("http://127.0.0.1:{port}/identity{path}"));
        let mut options = IssuerOptions::new(issuer.as_str());
        options.authorization_endpoint = Some(format!("{issuer}/v1/oauth/authorize"));
        options.token_endpoint = near("/v1/oauth/token");
        options.revocation_endpoint = near("/v1/oauth/revoke");
        options.introspection_endpoint = near("/v1/oauth/introspect");
        options.jwks_uri = near("/.well-known/jwks.json");
        let handle = Handle {
            process: number,
            shared: Arc::clone(shared),
            director: Arc::clone(director),
            moves: Arc::clone(&self.moves),
        };
        let client = LoopClient::builder()
            .client_id(&self.app.client_id)
            .client_secret(self.app.client_secret.as_deref().unwrap())
            .redirect_uri(crate::support::REDIRECT_URI)
            .scopes(SCOPES)
            .environment(Environment::Issuer(options))
            .store_object(Arc::new(handle))
            .clock(self.time.clock.clone())
            .build()
            .unwrap();
        Process { client }
    }

    /// A day later nothing is left of what was played before, but for what lives at the sandbox.
    pub(crate) async fn clear(&self) {
        self.later(Duration::from_secs(25 * 3600)).await;
        // The sandbox's clock goes on while the stage's stands still.
        let machine = machine_time().await;
        let behind = machine - self.time.machine.swap(machine, Ordering::SeqCst);
        self.time.clock.advance(Duration::from_millis(behind));
        self.time.store.fetch_add(behind, Ordering::SeqCst);
        self.shared.clear();
        self.ledger.clear();
        self.sandbox.reset_stats();
    }

    /// Moves all clocks.
    pub(crate) async fn later(&self, by: Duration) {
        self.time.clock.advance(by);
        let millis = u64::try_from(by.as_millis()).unwrap();
        self.time.store.fetch_add(millis, Ordering::SeqCst);
        let rest = self.time.rest.load(Ordering::SeqCst) + millis;
        self.sandbox.advance_clock(Duration::from_secs(rest / 1000));
        self.time.rest.store(rest % 1000, Ordering::SeqCst);
        tokio::time::advance(by).await;
    }

    /// Returns when everybody waits: for a director, or for time to pass.
    pub(crate) async fn settle(&self) {
        let (mut seen, mut quiet) = (usize::MAX, 0);
        while quiet < 4 {
            self.idle.notified().await;
            let moves = self.moves.load(Ordering::SeqCst);
            let still = moves == seen && self.in_flight.load(Ordering::SeqCst) == 0;
            quiet = if still { quiet + 1 } else { 0 };
            seen = moves;
        }
    }

    /// Lets `work` run to its end. Time passes only when nothing else can happen.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let passing = async {
            let mut passed = Duration::ZERO;
            loop {
                self.settle().await;
                let step = Duration::from_millis(if passed < Duration::from_secs(3) { 100 } else { 1000 });
                self.later(step).await;
                passed += step;
                assert!(passed < 3 * FOR_EVER, "nobody waits that long");
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = passing => unreachable!(),
        }
    }

    /// The URL that the app's browser comes back to after this person clicked Allow. (The sandbox's own browser brings a
    /// TLS client along, which costs more than all else in a play.)
    pub(crate) async fn allow(&self, url: &str, person: &str) -> String {
        let (host, base) = (self.host(), self.sandbox.base_url());
        let mut path = url.strip_prefix(base).unwrap().to_owned();
        let (mut form, mut cookie) = (None::<String>, String::new());
        for _ in 0..8 {
            let request = match form.take() {
                None => format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"),
                Some(form) => post(host, &path, &cookie, &form),
            };
            let answer = String::from_utf8(answer_of(host, request.as_bytes()).await).unwrap();
            let (head, page) = answer.split_once("\r\n\r\n").unwrap();
            let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let Some(set) = header("set-cookie:") {
                set.split(';').next().unwrap().clone_into(&mut cookie);
            }
            match header("location:") {
                Some(location) if location.starts_with('/') => location.clone_into(&mut path),
                Some(location) => match location.strip_prefix(base) {
                    Some(own) => own.clone_into(&mut path),
                    None => return location.to_owned(),
                },
                None => {
                    let mut fields = url::form_urlencoded::Serializer::new(String::new());
                    for input in page.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
                        let attribute = |name: &str| input.split(&format!("{name}=\"")).nth(1)?.split('"').next();
                        if let (Some(name), Some(value)) = (attribute("name"), attribute("value")) {
                            fields.append_pair(name, value);
                        }
                    }
                    if path.contains("consent") {
                        fields.append_pair("decision", "allow");
                    } else {
                        fields.append_pair("person", person);
                    }
                    path.truncate(path.find('?').unwrap_or(path.len()));
                    form = Some(fields.finish());
                }
            }
        }
        panic!("the pages lead round in a circle")
    }

    fn host(&self) -> &str {
        self.sandbox.base_url().trim_start_matches("http://")
    }

    /// What the server says of a token.
    pub(crate) async fn is_alive(&self, token: &str) -> bool {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("client_id", &self.app.client_id)
            .append_pair("client_secret", self.app.client_secret.as_deref().unwrap())
            .finish();
        let request = post(self.host(), "/identity/v1/oauth/introspect", "", &body);
        let answer = answer_of(self.host(), request.as_bytes()).await;
        body_of(&answer)["active"].as_bool().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&answer)))
    }

    /// A code or refresh token that was sent twice: nobody could know what the first had done.
    pub(crate) fn sent_twice(&self) -> Option<String> {
        let entries = self.ledger.entries();
        let mut seen = HashMap::new();
        entries.iter().find_map(|sent| {
            let before = seen.insert(&sent.secret, sent.process)?;
            Some(format!("a {} was sent by {before} and again by {}", sent.what, sent.process))
        })
    }

    /// Every pair of tokens that the server ever gave, with whether they are alive.
    pub(crate) async fn given(&self) -> Vec<Given> {
        let entries = self.ledger.entries();
        let mut given = Vec::new();
        for (index, sent) in entries.iter().enumerate() {
            let Some(got) = &sent.got else { continue };
            // The first of its line was brought by a code.
            let mut root = index;
            while let Some(parent) = entries[..root]
                .iter()
                .rposition(|before| before.got.as_ref().is_some_and(|got| got.refresh == entries[root].secret))
            {
                root = parent;
            }
            given.push(Given {
                refresh: got.refresh.clone(),
                access: got.access.clone(),
                root_process: entries[root].process,
                root,
                refresh_lives: self.is_alive(&got.refresh).await,
                access_lives: self.is_alive(&got.access).await,
            });
        }
        given
    }
}

/// Tokens that the server gave.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) refresh: String,
    pub(crate) access: String,
    /// Who sent the code that this line of tokens began with, and where that stands in the ledger.
    pub(crate) root_process: usize,
    pub(crate) root: usize,
    pub(crate) refresh_lives: bool,
    pub(crate) access_lives: bool,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { root_process, root, refresh_lives, access_lives, .. } = self;
        write!(
            f,
            "line {root} of {root_process}: refresh token lives {refresh_lives}, access token lives {access_lives}"
        )
    }
}

/// What carries a process's requests to the sandbox.
struct Wire {
    process: usize,
    server: String,
    director: Arc<dyn Director>,
    ledger: Arc<Ledger>,
    moves: Arc<AtomicUsize>,
    in_flight: Arc<AtomicUsize>,
}

impl Wire {
    async fn carry(self: Arc<Self>, mut stream: TcpStream) {
        self.moving(1);
        let request = read_request(&mut stream).await;
        if request.is_empty() {
            return self.moving(-1);
        }
        let (what, secret) = kind_of_request(&request);
        let entry = secret.map(|secret| {
            let mut entries = self.ledger.0.lock().unwrap();
            entries.push(Sent { process: self.process, what, secret, got: None, heard: None });
            entries.len() - 1
        });
        self.moving(-1);
        let order = self.director.ask(self.process, Step::Request(what)).await;
        if matches!(order, Order::Fails | Order::Vanishes) {
            return self.drop_line(stream);
        }
        if order == Order::Dies {
            std::future::pending::<()>().await;
        }
        self.moving(1);
        let answer = answer_of(&self.server, &request).await;
        let (status, body) = (status_of(&answer), body_of(&answer));
        if let Some(entry) = entry {
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            let got = text("refresh_token").zip(text("access_token")).map(|(refresh, access)| Got { refresh, access });
            self.ledger.note(entry, |sent| sent.got = got);
        }
        self.moving(-1);
        match order {
            Order::LosesAnswer | Order::FailsAfterwards => return self.drop_line(stream),
            Order::DiesAfterwards => std::future::pending().await,
            Order::GoesAndTells => self.director.done().await,
            _ => {}
        }
        if self.director.ask(self.process, Step::Answer(what)).await != Order::Goes {
            return self.drop_line(stream);
        }
        self.moving(1);
        if let Some(entry) = entry {
            self.ledger.note(entry, |sent| sent.heard = Some(status));
        }
        // A process that gave up does not listen any more.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        self.moving(-1);
    }

    fn moving(&self, by: isize) {
        self.moves.fetch_add(1, Ordering::SeqCst);
        if by > 0 {
            self.in_flight.fetch_add(1, Ordering::SeqCst)
        } else {
            self.in_flight.fetch_sub(1, Ordering::SeqCst)
        };
    }

    fn drop_line(&self, stream: TcpStream) {
        drop(stream);
        self.moves.fetch_add(1, Ordering::SeqCst);
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = head_end(&bytes) {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.split("content-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
            if bytes.len() >= end + length.unwrap_or(0) {
                break;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            // Nobody asks for anything: the process has given up.
            return Vec::new();
        }
    }
    // One request for each connection.
    let line_end = bytes.windows(2).position(|window| window == b"\r\n").unwrap() + 2;
    bytes.splice(line_end..line_end, *b"connection: close\r\n");
    bytes
}

fn post(host: &str, path: &str, cookie: &str, form: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {cookie}\r\norigin: http://{host}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
}

async fn answer_of(server: &str, request: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

fn status_of(answer: &[u8]) -> u16 {
    String::from_utf8_lossy(answer).split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

fn body_of(answer: &[u8]) -> Value {
    head_end(answer).and_then(|end| serde_json::from_slice(&answer[end..]).ok()).unwrap_or_default()
}

/// What a request is for, and the secret that must not be sent twice.
fn kind_of_request(request: &[u8]) -> (&'static str, Option<String>) {
    let text = String::from_utf8_lossy(request);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let form = head_end(request).map(|end| &request[end..]).unwrap_or_default();
    let field = |name: &str| {
        url::form_urlencoded::parse(form).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    match path.rsplit('/').next().unwrap_or_default() {
        "token" => match field("refresh_token") {
            Some(token) => ("refresh", Some(token)),
            None => ("code", field("code")),
        },
        "revoke" => ("revoke", None),
        "introspect" => ("introspect", None),
        _ => ("keys", None),
    }
}

/// Lets what was just woken run.
pub(crate) async fn let_others_run() {
    for _ in 0..4 {
        yield_now().await;
    }
}
