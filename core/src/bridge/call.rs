//! The one call that crosses every language border: a method's name and a JSON object in, a reply out.

use std::future::Future;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::arguments::Arguments;
use super::client::{Client, Kind};
use super::device;
use crate::api::check::{check, missing};
use crate::api::{ApiRequest, Caller, Received, operation};
use crate::audit::cut;
use crate::authorization::{Authorization, AuthorizationRequest, Tokens};
use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::{Action, Code, Error};
use crate::grants::ImportGrant;
use crate::m2m::M2MClient;
use crate::model::Json;
use crate::schema::{Operation, Type};
use crate::secret::Secret;
use crate::status::Status;
use crate::trace::is_traceparent;

/// Seconds since the epoch, in the year 5138: beyond it somebody passed milliseconds.
const LATEST_EXPIRY: f64 = 1e11;

/// The client's methods that concern one user.
const OF_ONE_USER: [&str; 4] = ["access_token", "revoke", "status", "request"];

/// What a call says of itself beside its operation's own arguments.
const CONTEXT: [&str; 4] = ["user_id", "actor", "purpose", "traceparent"];

/// Beside any call: the raw header of the web request that is being served, as the web glue saw it.
const INCOMING: &str = "incoming_traceparent";

/// What a call returned.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reply {
    /// JSON of a client method.
    Json(String),
    /// The undecoded answer of an operation: a binding decodes it to its own records, or takes [`Self::into_json`].
    Operation(Received),
}

impl Reply {
    /// The reply in the one JSON form: lists as `{items, next_cursor, total}`, absent fields null.
    pub fn into_json(self) -> Result<String, Error> {
        match self {
            Self::Json(text) => Ok(text),
            Self::Operation(received) => (received.operation().normalize)(&received),
        }
    }
}

/// Decodes an operation's answer to a record or a page, with the error that Rust applications get.
pub fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    crate::model::decode(body)
}

/// A call's time limit, from the number that a caller gave.
pub fn time_limit(seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid("timeout", "must be a length of time, zero or more"))
}

/// Cancels one call. It may fire before the call begins.
#[derive(Debug)]
pub struct CancelHandle(watch::Sender<bool>);

impl Default for CancelHandle {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl CancelHandle {
    /// A handle for one call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the call with the code `cancelled`. What it shares with others, such as a refresh, goes on.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Runs a call until it ends, is cancelled, or its time is up. The audit log gets the same end as the caller.
    async fn run<T>(
        &self,
        limit: Option<Duration>,
        call: impl Future<Output = Result<T, Error>>,
        is_cancelled: impl FnOnce() -> Error,
        time_is_up: impl FnOnce() -> Error,
    ) -> Result<T, Error> {
        let mut cancelled = self.0.subscribe();
        let cut_short = |error: Error| {
            cut::set_code(error.code());
            Err(error)
        };
        let cancelled = async {
            let _ = cancelled.wait_for(|cancelled| *cancelled).await;
            cut_short(is_cancelled())
        };
        let limit = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
            cut_short(time_is_up())
        };
        cut::scope(async {
            tokio::select! {
                biased;
                result = cancelled => result,
                result = call => result,
                result = limit => result,
            }
        })
        .await
    }
}

impl Client {
    /// Calls a client method (`authorization_url`, `revoke`, …) or an operation (`clinical.list_biomarkers`), until it
    /// ends, is cancelled, or its time is up.
    pub async fn call(
        &self,
        method: &str,
        arguments: &str,
        limit: Option<Duration>,
        cancel: &CancelHandle,
    ) -> Result<Reply, Error> {
        let mut arguments: Map<String, Value> =
            serde_json::from_str(arguments).map_err(|error| match error.classify() {
                serde_json::error::Category::Data => invalid("arguments", "must be an object"),
                _ => invalid("arguments", "hold text that is not valid Unicode, or are nested too deeply"),
            })?;
        let key = match operation(method) {
            Some(operation) if operation.is_write() => Some(idempotency_key(&mut arguments)?),
            None if method == "request" && writes(&arguments) => given_key(&arguments),
            _ => None,
        };
        let incoming = incoming_trace(&mut arguments);
        let may_write = key.is_some() || (method == "request" && writes(&arguments));
        let is_cancelled = || {
            let error = Error::new(Code::Cancelled, "The call was cancelled.");
            // It may have been sent by now; under the same name it is done once.
            key.iter().fold(error, Error::with_detail)
        };
        let time_is_up = || {
            if may_write {
                // It may have been sent by now.
                return crate::http::policy::unknown_by_limit(key.as_deref());
            }
            Error::new(Code::Timeout, "The call's time limit is over; a refresh under way goes on.")
        };
        // Boxed: it is large, and goes through several hands.
        let call = Box::pin(self.call_method(method, arguments, incoming));
        cancel.run(limit, call, is_cancelled, time_is_up).await
    }

    async fn call_method(
        &self,
        method: &str,
        arguments: Map<String, Value>,
        incoming: Option<String>,
    ) -> Result<Reply, Error> {
        let client = match self.current()? {
            Kind::App(client) => client,
            Kind::Machine(machine) => return call_machine(machine, method, &arguments, incoming).await,
        };
        let operation = operation(method);
        let arguments = if self.hooks.own_device && (operation.is_some() || OF_ONE_USER.contains(&method)) {
            device::with_only_user(client, &arguments).await?
        } else {
            arguments
        };
        if let Some(operation) = operation {
            return call_operation(|given| person(client, given, incoming), operation, &arguments).await;
        }
        let reply = match method {
            "authorization_url" => authorization_url(client, &arguments).await,
            "exchange_code" => exchange_code(client, &arguments).await,
            "handle_callback" => handle_callback(client, &arguments).await,
            "access_token" => {
                let arguments = Arguments::new(&arguments, &["user_id"])?;
                let token = client.access_token(&arguments.required_text("user_id")?).await?;
                Ok(Value::from(token.expose()))
            }
            "import_grant" => import_grant(client, &arguments).await,
            "revoke" => {
                let arguments = Arguments::new(&arguments, &["user_id"])?;
                client.revoke(&arguments.required_text("user_id")?).await?;
                Ok(Value::Null)
            }
            "status" => {
                let arguments = Arguments::new(&arguments, &["user_id"])?;
                client.status(&arguments.required_text("user_id")?).await.map(|status| status_json(&status))
            }
            "grants" => grants(client, &arguments).await,
            "keep_alive" => {
                Arguments::new(&arguments, &[])?;
                let kept = client.keep_alive().await?;
                Ok(json!({
                    "looked_at": kept.looked_at, "refreshed": kept.refreshed, "ended": kept.ended,
                    "unknown": kept.unknown, "left": kept.left,
                }))
            }
            "drain" => {
                let limit = Arguments::new(&arguments, &["timeout"])?.number("timeout")?.map(time_limit).transpose()?;
                Ok(json!({ "settled": client.drain(limit).await }))
            }
            "claim_event" => {
                let arguments = Arguments::new(&arguments, &["event_id"])?;
                let claim = client.claim_event(&arguments.required_text("event_id")?).await?;
                Ok(Value::from(claim.as_str()))
            }
            "finish_event" => {
                let arguments = Arguments::new(&arguments, &["event_id"])?;
                client.finish_event(&arguments.required_text("event_id")?).await.map(|()| Value::Null)
            }
            "abandon_event" => {
                let arguments = Arguments::new(&arguments, &["event_id"])?;
                client.abandon_event(&arguments.required_text("event_id")?).await.map(|()| Value::Null)
            }
            "sign_in" => device::sign_in(client, &self.hooks, &arguments).await,
            "sign_in_again" => sign_in_again(client, &arguments).await,
            "request" => request(|given| person(client, given, incoming), &arguments).await,
            _ => Err(invalid("method", "is not a method of the client")),
        };
        Ok(Reply::Json(reply?.to_string()))
    }
}

async fn call_machine(
    machine: &M2MClient,
    method: &str,
    arguments: &Map<String, Value>,
    incoming: Option<String>,
) -> Result<Reply, Error> {
    let caller = |given: &Arguments<'_>| traced(machine, given, incoming).map(Caller::Machine);
    if let Some(operation) = operation(method) {
        return call_operation(caller, operation, arguments).await;
    }
    let reply = match method {
        "access_token" => {
            let machine = traced(machine, &Arguments::new(arguments, &CONTEXT)?, None)?;
            Value::from(machine.access_token().await?.expose())
        }
        "request" => request(caller, arguments).await?,
        _ => return Err(invalid("method", "is not a method of the client")),
    };
    Ok(Reply::Json(reply.to_string()))
}

/// The machine in the trace that the call names, else in that of the request that is being served.
fn traced(machine: &M2MClient, given: &Arguments<'_>, incoming: Option<String>) -> Result<M2MClient, Error> {
    if let Some(name) = CONTEXT.iter().find(|name| **name != "traceparent" && given.get(name).is_some()) {
        return Err(invalid(*name, "is for a person's call; a machine has none"));
    }
    match given.text("traceparent")? {
        Some(traceparent) => machine.in_trace(traceparent),
        None => Ok(M2MClient { traceparent: incoming, ..machine.clone() }),
    }
}

/// Takes the header that came in. Anybody may have sent it, so one that is malformed is as good as none.
fn incoming_trace(arguments: &mut Map<String, Value>) -> Option<String> {
    match arguments.remove(INCOMING)? {
        Value::String(text) if is_traceparent(&text) => Some(text),
        _ => None,
    }
}

/// Whether any other request changes something, as far as its method says.
fn writes(arguments: &Map<String, Value>) -> bool {
    let method = arguments.get("method").and_then(Value::as_str).unwrap_or("GET");
    !["GET", "HEAD"].iter().any(|reads| method.eq_ignore_ascii_case(reads))
}

fn given_key(arguments: &Map<String, Value>) -> Option<String> {
    ["idempotency_key", "idempotencyKey"].into_iter().find_map(|name| arguments.get(name)?.as_str()).map(str::to_owned)
}

/// The key that the caller gave for a write, or one that is made and put there: whoever gives up on the call learns it.
fn idempotency_key(arguments: &mut Map<String, Value>) -> Result<String, Error> {
    if let Some(given) = given_key(arguments) {
        return Ok(given);
    }
    let key = crate::secret::base64url(&crate::sys::random_bytes::<18>()?);
    // A wrong one is left to be named.
    let is_absent = |name| arguments.get(name).is_none_or(Value::is_null);
    if is_absent("idempotency_key") && is_absent("idempotencyKey") {
        arguments.remove("idempotencyKey");
        arguments.insert("idempotency_key".to_owned(), key.clone().into());
    }
    Ok(key)
}

/// The person that a call is for.
fn person(client: &LoopClient, arguments: &Arguments<'_>, incoming: Option<String>) -> Result<Caller, Error> {
    let mut user = client.user(arguments.required_text("user_id")?);
    user.traceparent = incoming;
    if let Some(actor) = arguments.text("actor")? {
        user = user.actor(actor);
    }
    if let Some(purpose) = arguments.text("purpose")? {
        user = user.purpose(purpose);
    }
    if let Some(traceparent) = arguments.text("traceparent")? {
        user = user.traceparent(traceparent)?;
    }
    Ok(Caller::Person(user))
}

async fn call_operation(
    caller: impl FnOnce(&Arguments<'_>) -> Result<Caller, Error>,
    operation: &'static Operation,
    arguments: &Map<String, Value>,
) -> Result<Reply, Error> {
    let mut known = CONTEXT.to_vec();
    known.extend(operation.parameters.iter().map(|parameter| parameter.name));
    known.extend(operation.is_write().then_some("idempotency_key"));
    let arguments = Arguments::new(arguments, &known)?;
    let mut values = Map::new();
    for parameter in operation.parameters {
        let given = match arguments.given(parameter.name) {
            Some(Value::Null) if !parameter.is_nullable() => None,
            given => given,
        };
        match given {
            Some(value) => {
                check(&parameter.ty, value, parameter.name)?;
                values.insert(parameter.name.to_owned(), value.clone());
            }
            None if matches!(parameter.ty, Type::Optional(_)) => {}
            None => return Err(missing(parameter.name)),
        }
    }
    let key = arguments.text("idempotency_key")?;
    caller(&arguments)?.call(operation, &values, key).await.map(Reply::Operation)
}

pub(super) const AUTHORIZATION_REQUEST: [&str; 7] =
    ["scopes", "user_id", "browser_secret", "app_state", "prompt", "login_hint", "check_browser"];

async fn authorization_url(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let arguments = Arguments::new(arguments, &AUTHORIZATION_REQUEST)?;
    Ok(authorization_json(&client.authorization_url(authorization_request(&arguments)?).await?))
}

/// The way out of an error: of it, the user and the missing scopes are enough.
async fn sign_in_again(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let known: Vec<&'static str> = AUTHORIZATION_REQUEST.into_iter().chain(["missing_scopes"]).collect();
    let arguments = Arguments::new(arguments, &known)?;
    let missing = arguments.words("missing_scopes")?.unwrap_or_default();
    let code = if missing.is_empty() { Code::NotConnected } else { Code::ScopeRequired };
    let error = Error::new(code, "").with_detail(missing.join(" "));
    Ok(authorization_json(&client.sign_in_again(&error, authorization_request(&arguments)?).await?))
}

pub(super) fn authorization_request(arguments: &Arguments<'_>) -> Result<AuthorizationRequest, Error> {
    Ok(AuthorizationRequest {
        scopes: arguments.words("scopes")?.unwrap_or_default(),
        user_id: arguments.text("user_id")?,
        browser_secret: arguments.text("browser_secret")?.map(Secret::from),
        app_state: arguments.text("app_state")?,
        prompt: arguments.text("prompt")?,
        login_hint: arguments.text("login_hint")?,
        check_browser: arguments.boolean("check_browser")?,
    })
}

fn authorization_json(begun: &Authorization) -> Value {
    json!({
        "url": begun.url,
        "state": begun.state.expose(),
        "browser_secret": begun.browser_secret.expose(),
    })
}

fn status_json(status: &Status) -> Value {
    json!({
        "user_id": status.user_id,
        "state": status.standing.as_str(),
        "connected": status.is_connected(),
        "scopes": status.scopes,
        "access_expires_at": status.access_expires_at.map(crate::sys::millis_of),
        "refresh_expires_at": status.refresh_expires_at.map(crate::sys::millis_of),
        "next": status.next().map(Action::as_str),
    })
}

async fn grants(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let arguments = Arguments::new(arguments, &["cursor", "limit"])?;
    let wrong = || invalid("limit", "must be a whole number");
    let limit = match arguments.get("limit") {
        Some(limit) => Some(limit.as_u64().and_then(|limit| usize::try_from(limit).ok()).ok_or_else(wrong)?),
        None => None,
    };
    let page = client.grants(arguments.text("cursor")?.as_deref(), limit).await?;
    let items: Vec<Value> = page.items.iter().map(status_json).collect();
    Ok(json!({ "items": items, "next_cursor": page.next_cursor }))
}

async fn exchange_code(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let arguments = Arguments::new(arguments, &["code", "state"])?;
    let parameter = |name: &'static str| match arguments.get(name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        // A web framework makes a list of a parameter that came twice.
        Some(Value::Array(_)) => Err(Error::new(
            Code::DuplicateParameter,
            format!("The callback has the parameter {name} more than once; start the sign-in again."),
        )
        .with_detail(name)),
        Some(_) => Err(invalid(name, "must be the callback's query parameter, a text")),
    };
    let (code, state) = (parameter("code")?, parameter("state")?);
    client.exchange_code(&code, &state).await.map(|tokens| tokens_json(&tokens))
}

async fn handle_callback(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let arguments = Arguments::new(arguments, &["url_or_query", "browser_secret"])?;
    let wrong = || invalid("url_or_query", "must be the callback's URL, its query, or the parsed query");
    let query = match arguments.get("url_or_query").ok_or_else(wrong)? {
        Value::String(text) => text.clone(),
        Value::Object(parameters) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in parameters {
                match value {
                    Value::String(text) => {
                        query.append_pair(name, text);
                    }
                    Value::Array(list) => {
                        for text in list {
                            query.append_pair(name, text.as_str().ok_or_else(wrong)?);
                        }
                    }
                    Value::Null => {}
                    _ => return Err(wrong()),
                }
            }
            query.finish()
        }
        _ => return Err(wrong()),
    };
    let secret = arguments.text("browser_secret")?.map(Secret::from);
    client.handle_callback(&query, secret.as_ref()).await.map(|tokens| tokens_json(&tokens))
}

pub(super) fn tokens_json(tokens: &Tokens) -> Value {
    json!({
        "user_id": tokens.user_id,
        "scopes": tokens.scopes,
        "expires_at": crate::sys::millis_of(tokens.expires_at),
        "claims": tokens.claims,
        "access_token": tokens.access_token.expose(),
        "app_state": tokens.app_state,
    })
}

async fn import_grant(client: &LoopClient, arguments: &Map<String, Value>) -> Result<Value, Error> {
    const KNOWN: &[&str] = &["user_id", "refresh_token", "access_token", "expires_at", "scopes", "replace"];
    let arguments = Arguments::new(arguments, KNOWN)?;
    let mut grant = ImportGrant::new(arguments.required_text("user_id")?, arguments.required_text("refresh_token")?);
    grant.access_token = arguments.text("access_token")?.map(Secret::from);
    grant.scopes = arguments.words("scopes")?.unwrap_or_default();
    grant.replace = arguments.boolean("replace")?.unwrap_or_default();
    if let Some(seconds) = arguments.number("expires_at")? {
        if seconds > LATEST_EXPIRY {
            return Err(invalid("expires_at", "must be seconds since the epoch, not milliseconds"));
        }
        let life = Duration::try_from_secs_f64(seconds)
            .map_err(|_| invalid("expires_at", "must be seconds since the epoch"))?;
        grant.expires_at = Some(std::time::UNIX_EPOCH + life);
    }
    client.import_grant(grant).await.map(|outcome| Value::from(outcome.as_str()))
}

async fn request(
    caller: impl FnOnce(&Arguments<'_>) -> Result<Caller, Error>,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let mut known = CONTEXT.to_vec();
    known.extend(["service", "method", "path", "query", "body", "idempotency_key"]);
    let arguments = Arguments::new(arguments, &known)?;
    let mut request = ApiRequest::new(
        arguments.text("method")?.unwrap_or_else(|| "GET".to_owned()),
        arguments.required_text("service")?,
        arguments.required_text("path")?,
    );
    let wrong = || invalid("query", "must be an object of texts, numbers, booleans or lists of them");
    match arguments.get("query") {
        None => {}
        Some(Value::Object(parameters)) => {
            for (name, value) in parameters {
                let values = match value {
                    Value::Array(list) => list.iter().collect(),
                    Value::Null => Vec::new(),
                    single => vec![single],
                };
                for value in values {
                    let text = match value {
                        Value::String(text) => text.clone(),
                        Value::Number(number) => number.to_string(),
                        Value::Bool(boolean) => boolean.to_string(),
                        _ => return Err(wrong()),
                    };
                    request.query.push((name.clone(), text));
                }
            }
        }
        Some(_) => return Err(wrong()),
    }
    request.body = arguments.get("body").cloned().map(Json);
    request.idempotency_key = arguments.text("idempotency_key")?;
    let response = caller(&arguments)?.request(request).await?;
    Ok(json!({"status": response.status, "request_id": response.request_id, "body": response.body.0}))
}
