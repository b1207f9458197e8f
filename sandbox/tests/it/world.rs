//! One sandbox, one app, and short ways to talk to them.

use std::collections::BTreeMap;

use loop_sandbox::{NewApp, Options, RegisteredApp, Sandbox};
use reqwest::Method;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/callback";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: RegisteredApp,
    http: reqwest::Client,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }

    /// The query of the redirect.
    pub(crate) fn redirect(&self) -> BTreeMap<String, String> {
        assert!((300..400).contains(&self.status), "{self:?}");
        query_of(self.header("location"))
    }

    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self:?}");
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token"), body: body.clone() }
    }
}

pub(crate) fn query_of(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Options::default(), NewApp::default()).await
    }

    pub(crate) async fn with(options: Options, app: NewApp) -> World {
        let sandbox = Sandbox::start(options).await.unwrap();
        let app = sandbox.register(app).await.unwrap();
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        World { sandbox, app, http }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    /// A right authorization URL with some parameters changed; an empty value leaves one out.
    pub(crate) fn authorization_url(&self, changes: &[(&str, &str)]) -> String {
        let mut parameters: BTreeMap<&str, &str> = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", self.app.client_id.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid read:biomarkers read:protocols"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        Url::parse_with_params(&self.url("/identity/v1/oauth/authorize"), parameters).unwrap().into()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = self.http.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[], None).await
    }

    pub(crate) async fn authorize(&self, changes: &[(&str, &str)]) -> Answer {
        self.get(&self.authorization_url(changes)).await
    }

    pub(crate) async fn form(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send(Method::POST, &self.url(path), &headers, Some(body)).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, &self.url(path), &headers, Some(body.to_string())).await
    }

    pub(crate) async fn lever(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, &format!("/_sandbox/{path}"), body).await
    }

    pub(crate) async fn code(&self) -> String {
        self.code_for(&[]).await
    }

    pub(crate) async fn code_for(&self, changes: &[(&str, &str)]) -> String {
        let callback = self.sandbox.sign_in(&self.authorization_url(changes), "ada", true).await.unwrap();
        query_of(&callback).remove("code").unwrap_or_else(|| panic!("no code: {callback}"))
    }

    pub(crate) fn credentials(&self) -> Vec<(&str, &str)> {
        let mut fields = vec![("client_id", self.app.client_id.as_str())];
        fields.extend(self.app.client_secret.as_deref().map(|secret| ("client_secret", secret)));
        fields
    }

    /// A form at an identity path, with the app's credentials.
    pub(crate) async fn oauth(&self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [self.credentials(), fields.to_vec()].concat();
        self.form(&format!("/identity/v1/oauth/{endpoint}"), &[], &fields).await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answer {
        self.oauth(
            "token",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", REDIRECT_URI),
                ("code_verifier", VERIFIER),
            ],
        )
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.oauth("token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(crate) async fn signed_in(&self) -> Tokens {
        self.exchange(&self.code().await).await.tokens()
    }

    pub(crate) async fn resource(&self, path: &str, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.send(Method::GET, &self.url(path), &[("authorization", &authorization)], None).await
    }

    pub(crate) async fn biomarkers(&self, token: &str) -> Answer {
        self.resource("/clinical/v1/biomarkers/me", token).await
    }
}
