//! What a worker can be told to do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loop_sdk::model::NewBiomarker;
use loop_sdk::{
    Authorization, AuthorizationRequest, Clock, Environment, Error, ImportGrant, IssuerOptions, LoopClient, Profile,
    Secret,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::ahead::Ahead;
use crate::stop;

/// One client, and the commands for it.
#[derive(Clone, Default)]
pub(crate) struct Worker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    client: Option<LoopClient>,
    clock: Option<Clock>,
    /// What happened to grants, in order.
    events: Arc<Mutex<Vec<&'static str>>>,
}

/// Why a command has no result: an error of the SDK, or of the harness itself.
enum Failed {
    Sdk(Error),
    Command(String),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

type Answer = Result<Value, Failed>;

impl Worker {
    pub(crate) async fn answer(&self, command: &Value) -> Value {
        let mut answer = match self.run(command).await {
            Ok(mut answer) => {
                answer["ok"] = true.into();
                answer
            }
            Err(Failed::Sdk(error)) => json!({
                "error": error.code().as_str(),
                "retry_after_ms": error.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
                "detail": error.detail(),
            }),
            Err(Failed::Command(why)) => json!({ "error": "harness", "why": why }),
        };
        if let Some(id) = command.get("id") {
            answer["id"] = id.clone();
        }
        answer
    }

    async fn run(&self, command: &Value) -> Answer {
        match text(command, "op")? {
            "open" => self.open(&command["options"]),
            "stop_at" => {
                stop::at(text(command, "point")?, text(command, "how")?).map(|()| json!({})).map_err(Failed::Command)
            }
            "advance_clock" => self.advance(command),
            "access_token" => {
                let token = self.client()?.access_token(text(command, "user_id")?).await?;
                Ok(json!({ "token": digest(&token) }))
            }
            "call" => {
                let biomarkers = self.client()?.user(text(command, "user_id")?).clinical().list_biomarkers().await?;
                Ok(json!({ "count": biomarkers.items.len() }))
            }
            "write" => {
                let biomarker = NewBiomarker::builder()
                    .code("ldl_c")
                    .name("LDL cholesterol")
                    .value(101.5)
                    .unit("mg/dL")
                    .collected_at("2026-05-20T07:00:00Z")
                    .build();
                let user = text(command, "user_id")?;
                let clinical = self.client()?.user(user).clinical();
                let written = clinical
                    .parse_biomarkers()
                    .patient_id(user)
                    .brand_id("loop")
                    .source(text(command, "key")?)
                    .biomarkers(vec![biomarker])
                    .idempotency_key(text(command, "key")?)
                    .await?;
                Ok(json!({ "count": written.items.len() }))
            }
            "import" => self.import(command).await,
            "revoke" => self.client()?.revoke(text(command, "user_id")?).await.map(|()| json!({})).map_err(Into::into),
            "status" => {
                let status = self.client()?.status(text(command, "user_id")?).await?;
                Ok(json!({ "standing": status.standing.as_str() }))
            }
            "authorize" => self.authorize(command).await,
            "finish" => self.finish(command).await,
            "events" => Ok(json!({ "events": *self.lock().events.lock().unwrap_or_else(PoisonError::into_inner) })),
            "drain" => Ok(json!({ "settled": self.client()?.drain(seconds(command, "timeout")).await })),
            "exit" => match self.client() {
                Ok(client) => Ok(json!({ "settled": client.drain(Some(Duration::from_secs(60))).await })),
                Err(_) => Ok(json!({ "settled": true })),
            },
            other => Err(Failed::Command(format!("there is no command {other}"))),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Result<LoopClient, Failed> {
        self.lock().client.clone().ok_or_else(|| Failed::Command("open comes first".to_owned()))
    }

    fn open(&self, options: &Value) -> Answer {
        let clock = Clock::running();
        let ahead = seconds(options, "clock_offset_seconds").unwrap_or_default();
        clock.advance(ahead);
        let store = text(options, "store")?;
        let mut state = self.lock();
        let events = Arc::clone(&state.events);
        let mut builder = LoopClient::builder()
            .client_id(text(options, "client_id")?)
            .environment(environment(&options["environment"])?)
            .store(store)
            .token_requests_per_minute(number(options, "token_requests_per_minute").unwrap_or(1_000_000))
            .clock(clock.clone())
            .on_event(move |event| {
                events.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind.as_str());
            });
        if let Some(secret) = options["client_secret"].as_str() {
            builder = builder.client_secret(secret);
        }
        if let Some(store) = Ahead::of(store, ahead)?.filter(|_| !ahead.is_zero()) {
            builder = builder.store_object(store);
        }
        if let Some(key) = options["store_key"].as_str() {
            builder = builder.store_key(key);
        }
        if let Some(uri) = options["redirect_uri"].as_str() {
            builder = builder.redirect_uri(uri);
        }
        if let Some(scopes) = options["scopes"].as_array() {
            builder = builder.scopes(scopes.iter().filter_map(Value::as_str));
        }
        if let Some(identify) = options["identify"].as_bool() {
            builder = builder.identify(identify);
        }
        if let Some(limit) = seconds(options, "timeout") {
            builder = builder.timeout(limit);
        }
        if let Some(profile) = options["profile"].as_str() {
            builder = builder.profile(Profile::parse(profile)?);
        }
        state.client = Some(builder.build()?);
        state.clock = Some(clock);
        Ok(json!({}))
    }

    fn advance(&self, command: &Value) -> Answer {
        let by = seconds(command, "seconds").unwrap_or_default();
        match &self.lock().clock {
            Some(clock) => clock.advance(by),
            None => return Err(Failed::Command("open comes first".to_owned())),
        }
        Ok(json!({}))
    }

    async fn import(&self, command: &Value) -> Answer {
        let mut grant = ImportGrant::new(text(command, "user_id")?, text(command, "refresh_token")?);
        if let Some(token) = command["access_token"].as_str() {
            grant.access_token = Some(token.into());
            grant.expires_at = seconds(command, "expires_at").map(|since| std::time::UNIX_EPOCH + since);
        }
        grant.replace = command["replace"].as_bool().unwrap_or_default();
        let imported = self.client()?.import_grant(grant).await?;
        Ok(json!({ "imported": imported.as_str() }))
    }

    async fn authorize(&self, command: &Value) -> Answer {
        let mut request = AuthorizationRequest::new();
        if let Some(user_id) = command["user_id"].as_str() {
            request = request.user_id(user_id);
        }
        let Authorization { url, state, browser_secret, .. } = self.client()?.authorization_url(request).await?;
        // Not tokens: both travel through the browser, which the harness plays.
        Ok(json!({ "url": url, "state": state.expose(), "browser_secret": browser_secret.expose() }))
    }

    async fn finish(&self, command: &Value) -> Answer {
        let secret = Secret::from(text(command, "browser_secret")?);
        let tokens = self.client()?.handle_callback(text(command, "callback")?, Some(&secret)).await?;
        Ok(json!({ "user_id": tokens.user_id, "token": digest(&tokens.access_token) }))
    }
}

fn environment(value: &Value) -> Result<Environment, Failed> {
    match (value.as_str(), value["issuer"].as_str()) {
        (Some(text), _) => Ok(Environment::parse(text)?),
        (None, Some(issuer)) => Ok(Environment::Issuer(IssuerOptions::new(issuer))),
        (None, None) => Err(Failed::Command("environment is a text, or an object with an issuer".to_owned())),
    }
}

fn digest(token: &Secret) -> String {
    let hash = Sha256::digest(token.expose().as_bytes());
    hash.iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn text<'a>(command: &'a Value, name: &str) -> Result<&'a str, Failed> {
    command[name].as_str().ok_or_else(|| Failed::Command(format!("`{name}` is missing")))
}

fn number(command: &Value, name: &str) -> Option<u32> {
    command[name].as_u64().and_then(|number| u32::try_from(number).ok())
}

fn seconds(command: &Value, name: &str) -> Option<Duration> {
    command[name].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
