//! The servers that give out tokens: the sandbox, and npm's oidc-provider with strict rotation.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use loop_sandbox::{NewApp, Options, RegisteredApp, Sandbox};
use loop_sdk::{Environment, LoopClient, LoopClientBuilder};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/callback";
/// RFC 7636, appendix B: a secret of the harness need not be one.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A server of tokens that says what it was asked.
pub(crate) struct Server {
    kind: Kind,
    http: reqwest::Client,
    issuer: String,
    client_id: String,
    client_secret: String,
    /// Events of the peer that are no news any more.
    seen: usize,
}

enum Kind {
    Sandbox(Box<Sandbox>),
    Peer(Child),
}

impl Server {
    pub(crate) async fn sandbox() -> Self {
        Self::sandbox_with(NewApp::default()).await
    }

    pub(crate) async fn sandbox_with(app: NewApp) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let RegisteredApp { client_id, client_secret, .. } = sandbox.register(app).await.unwrap();
        let issuer = format!("{}/identity", sandbox.base_url());
        let client_secret = client_secret.unwrap_or_default();
        Self::new(Kind::Sandbox(Box::new(sandbox)), issuer, client_id, client_secret)
    }

    /// None, and a sentence why, where there is no Node.
    pub(crate) fn peer() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers");
        if !folder.join("node_modules/oidc-provider").exists() {
            println!("skipped: run `npm ci` in conformance/peers first (cargo xtask test does)");
            assert!(std::env::var_os("CI").is_none(), "CI runs the tests against other servers");
            return None;
        }
        let mut process = Command::new("node")
            .args(["oidc-provider.mjs", "client_secret_post"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Some(Self::new(Kind::Peer(process), text("issuer"), text("client_id"), text("client_secret")))
    }

    fn new(kind: Kind, issuer: String, client_id: String, client_secret: String) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { kind, http, issuer, client_id, client_secret, seen: 0 }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sandbox(_) => "sandbox",
            Kind::Peer(_) => "oidc-provider",
        }
    }

    pub(crate) fn has_apis(&self) -> bool {
        matches!(self.kind, Kind::Sandbox(_))
    }

    pub(crate) fn sandbox_ref(&self) -> &Sandbox {
        match &self.kind {
            Kind::Sandbox(sandbox) => sandbox,
            Kind::Peer(_) => panic!("only the sandbox can do that"),
        }
    }

    /// A client's options, in every language.
    pub(crate) fn options(&self, store: &str) -> Value {
        let (environment, scopes) = match &self.kind {
            Kind::Sandbox(sandbox) => (json!(sandbox.environment()), json!(["read:biomarkers", "read:protocols"])),
            Kind::Peer(_) => (json!({ "issuer": self.issuer }), json!(["offline_access", "read:biomarkers"])),
        };
        json!({
            "client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": REDIRECT_URI,
            "scopes": scopes, "environment": environment, "store": store, "token_requests_per_minute": 1_000_000,
        })
    }

    /// A client of the sandbox in this process.
    pub(crate) fn client(&self, store: &str) -> LoopClient {
        self.builder(store).build().unwrap()
    }

    pub(crate) fn builder(&self, store: &str) -> LoopClientBuilder {
        LoopClient::builder()
            .client_id(&self.client_id)
            .client_secret(self.client_secret.as_str())
            .redirect_uri(REDIRECT_URI)
            .environment(Environment::Template(self.sandbox_ref().environment()))
            .store(store)
            .token_requests_per_minute(1_000_000)
    }

    /// Signs Ada in without the SDK, and returns the refresh token that only this test knows.
    pub(crate) async fn refresh_token(&self) -> String {
        let (authorize, token, scope) = match self.kind {
            Kind::Sandbox(_) => ("/v1/oauth/authorize", "/v1/oauth/token", "openid read:biomarkers read:protocols"),
            Kind::Peer(_) => ("/auth", "/token", "openid offline_access read:biomarkers"),
        };
        let parameters = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "0123456789abcdef0123456789abcdef"),
            ("nonce", "0123456789abcdef"),
            ("prompt", "consent"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let url = url::Url::parse_with_params(&format!("{}{authorize}", self.issuer), parameters).unwrap();
        let callback = url::Url::parse(&self.allow(url.as_str()).await).unwrap();
        let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.post(&format!("{}{token}", self.issuer), &form).await;
        answer["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token: {}", answer["error"])).to_owned()
    }

    /// A refresh that is not the SDK's: the whole answer.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Value {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.post(&format!("{}/v1/oauth/token", self.issuer), &form).await
    }

    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Value {
        let client = [("client_id", self.client_id.as_str()), ("client_secret", &self.client_secret)];
        let form: Vec<_> = form.iter().chain(&client).collect();
        self.http.post(url).form(&form).send().await.unwrap().json().await.unwrap()
    }

    /// What the person's browser does with an authorization URL; where it lands in the end.
    pub(crate) async fn allow(&self, url: &str) -> String {
        match &self.kind {
            Kind::Sandbox(sandbox) => sandbox.sign_in(url, "ada", true).await.unwrap(),
            Kind::Peer(_) => self.browse(url).await,
        }
    }

    /// Follows redirects as a browser does, until one leads to the app.
    async fn browse(&self, url: &str) -> String {
        let mut cookies = BTreeMap::new();
        let mut url = url.to_owned();
        for _ in 0..12 {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = self.http.get(&url).header("cookie", jar.join("; ")).send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
                cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
            }
            let location = answer.headers().get("location").expect("a redirect").to_str().unwrap().to_owned();
            if location.starts_with(REDIRECT_URI) {
                return location;
            }
            url = url::Url::parse(&url).unwrap().join(&location).unwrap().into();
        }
        panic!("too many redirects");
    }

    /// From here on requests are counted anew.
    pub(crate) async fn mark(&mut self) {
        match &self.kind {
            Kind::Sandbox(sandbox) => sandbox.clear_journal(),
            Kind::Peer(_) => self.seen = self.events().await.len(),
        }
    }

    /// Token requests since the mark.
    pub(crate) async fn token_requests(&self) -> usize {
        match &self.kind {
            Kind::Sandbox(_) => self.refreshes().len(),
            Kind::Peer(_) => {
                let grants = |event: &&Value| event["name"] == "grant.success" || event["name"] == "grant.error";
                self.events().await[self.seen..].iter().filter(grants).count()
            }
        }
    }

    /// What the sandbox answered to each refresh since the mark.
    pub(crate) fn refreshes(&self) -> Vec<Option<u16>> {
        let entries = self.sandbox_ref().journal().into_iter();
        let refreshes = entries.filter(|entry| entry.grant_type.as_deref() == Some("refresh_token"));
        refreshes.map(|entry| entry.status).collect()
    }

    pub(crate) fn revocations(&self) -> usize {
        self.sandbox_ref().journal().iter().filter(|entry| entry.path == "/v1/oauth/revoke").count()
    }

    /// How often a spent refresh token arrived: what a platform takes for theft.
    pub(crate) async fn replays(&self) -> usize {
        match &self.kind {
            Kind::Sandbox(_) => self.stat("replays").await,
            Kind::Peer(_) => self.events().await.iter().filter(|event| event["name"] != "grant.success").count(),
        }
    }

    /// How often the sandbox alarmed a person.
    pub(crate) async fn alerts(&self) -> usize {
        self.stat("alerts").await
    }

    async fn stat(&self, name: &str) -> usize {
        let url = format!("{}/_sandbox/stats", self.sandbox_ref().base_url());
        let stats: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        usize::try_from(stats[name].as_u64().unwrap_or_else(|| panic!("{name} is not counted"))).unwrap()
    }

    /// Sets the sandbox's rule for refresh tokens that were used before.
    pub(crate) async fn rotation(&self, rule: &str) {
        let url = format!("{}/_sandbox/switches", self.sandbox_ref().base_url());
        let answer = self.http.post(url).json(&json!({ "rotation": rule })).send().await.unwrap();
        assert!(answer.status().is_success(), "the sandbox knows no rotation rule {rule}");
    }

    async fn events(&self) -> Vec<Value> {
        self.http.get(format!("{}/_events", self.issuer)).send().await.unwrap().json().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Kind::Peer(process) = &mut self.kind {
            // Its standard input closes, which stops it.
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}
