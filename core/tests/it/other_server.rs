//! The same behaviour at somebody else's server: npm's oidc-provider with strict rotation of refresh tokens.
//!
//! Needs Node and `npm ci` in conformance/peers (`cargo xtask test` does that); says so where they are missing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{HOUR, REDIRECT_URI, code};
use loop_sdk::{AuthorizationRequest, Clock, Code, Environment, IssuerOptions, LoopClient};

struct Peer {
    // Its standard input closes with it, which stops the server.
    process: Child,
    issuer: String,
    client_id: String,
    client_secret: String,
}

impl Peer {
    fn start(client_auth: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/peers");
        if !folder.join("node_modules/oidc-provider").exists() {
            println!("skipped: run `npm ci` in conformance/peers first (cargo xtask test does)");
            assert!(std::env::var_os("CI").is_none(), "CI runs the tests against other servers");
            return None;
        }
        let mut process = Command::new("node")
            .args(["oidc-provider.mjs", client_auth])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Some(Self {
            process,
            issuer: text("issuer"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
        })
    }

    fn client(&self, clock: &Clock) -> LoopClient {
        LoopClient::builder()
            .client_id(&self.client_id)
            .client_secret(self.client_secret.as_str())
            .redirect_uri(REDIRECT_URI)
            .scopes(["offline_access", "read:biomarkers"])
            .environment(Environment::Issuer(IssuerOptions::new(&self.issuer)))
            .store("memory:")
            .clock(clock.clone())
            .build()
            .unwrap()
    }

    /// Follows redirects as a browser does, until one leads to the app.
    async fn browse(&self, url: &str) -> String {
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut cookies = BTreeMap::new();
        let mut url = url.to_owned();
        for _ in 0..12 {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = browser.get(&url).header("cookie", jar.join("; ")).send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let location = answer.headers().get("location").expect("a redirect").to_str().unwrap().to_owned();
            if location.starts_with(REDIRECT_URI) {
                return location;
            }
            url = url::Url::parse(&url).unwrap().join(&location).unwrap().into();
        }
        panic!("too many redirects");
    }

    async fn events(&self) -> Vec<serde_json::Value> {
        let answer = reqwest::get(format!("{}/_events", self.issuer)).await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

async fn signs_in_and_rotates(client_auth: &str) {
    let Some(peer) = Peer::start(client_auth) else { return };
    let clock = Clock::manual();
    let client = peer.client(&clock);
    let begun = client.authorization_url(AuthorizationRequest::new().prompt("consent")).await.unwrap();
    let callback = peer.browse(&begun.url).await;
    let tokens = client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    assert_eq!(tokens.user_id, "ada");

    clock.advance(HOUR);
    let calls = (0..64).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.access_token("ada").await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_ne!(call.await.unwrap().unwrap(), tokens.access_token);
    }
    clock.advance(HOUR);
    client.access_token("ada").await.unwrap();
    let events = peer.events().await;
    let granted = events.iter().filter(|event| event["name"] == "grant.success").count();
    assert_eq!((granted, events.len()), (3, 3), "one exchange, two refreshes, nothing else: {events:?}");

    client.revoke("ada").await.unwrap();
    assert_eq!(code(client.access_token("ada").await), Code::NotConnected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oidc_provider_with_basic_authentication() {
    signs_in_and_rotates("client_secret_basic").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oidc_provider_with_the_secret_in_the_form() {
    signs_in_and_rotates("client_secret_post").await;
}
