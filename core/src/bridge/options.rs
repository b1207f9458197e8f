//! A client's options as one JSON object, in snake_case or camelCase.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::client::{Hooks, SecretSource};
use crate::audit::AuditLog;
use crate::client::LoopClient;
use crate::client_secret::Source;
use crate::config::{Limits, Options, invalid};
use crate::environment::{Environment, IssuerOptions};
use crate::error::Error;
use crate::m2m::M2MClient;
use crate::profile::Profile;
use crate::secret::Secret;

/// Every option of `LoopClient`, for the bindings' constructors and the docs.
pub const OPTIONS: &[&str] = &[
    "client_id",
    "client_secret",
    "redirect_uri",
    "scopes",
    "environment",
    "store",
    "store_key",
    "identify",
    "check_browser",
    "timeout",
    "profile",
    "retry_unknown_refresh",
    "token_requests_per_minute",
    "audit_log",
    "audit_required",
];

/// Every option of `M2MClient`.
pub const MACHINE_OPTIONS: &[&str] = &[
    "client_id",
    "client_secret",
    "scopes",
    "environment",
    "token_endpoint",
    "timeout",
    "audit_log",
    "audit_required",
];

/// Builds a client. Absent and null options come from the environment.
///
/// `process` is the one that the client was first made in.
pub(super) fn build(
    options: &Map<String, Value>,
    hooks: &Hooks,
    user_agent: &str,
    process: u32,
) -> Result<LoopClient, Error> {
    let arguments = Arguments::new(options, OPTIONS)?;
    let options = Options {
        redirect_uri: arguments.text("redirect_uri")?,
        identify: arguments.boolean("identify")?,
        check_browser: arguments.boolean("check_browser")?.or(hooks.own_device.then_some(false)),
        profile: arguments.text("profile")?.map(|name| Profile::parse(&name)).transpose()?,
        replay_once: arguments.boolean("retry_unknown_refresh")?,
        token_requests_per_minute: arguments.get("token_requests_per_minute").map(token_requests).transpose()?,
        ..shared(&arguments, hooks, user_agent)?
    };
    let mut builder = LoopClient::builder().with(options, audit_log(&arguments, hooks)?).first_made_in(process);
    if let Some(url) = arguments.text("store")? {
        builder = builder.store(&url);
    }
    if let Some(key) = arguments.text("store_key")? {
        builder = builder.store_key(Secret::new(key));
    }
    if let Some(store) = &hooks.store {
        builder = builder.store_object(Arc::clone(store));
    }
    if let Some(sink) = hooks.on_event.clone() {
        builder = builder.on_event(move |event| {
            // An event is texts and numbers only.
            sink(&serde_json::to_string(event).unwrap_or_default());
        });
    }
    builder.build()
}

/// Builds a machine's client. Absent and null options come from the environment.
pub(super) fn build_machine(options: &Map<String, Value>, hooks: &Hooks, user_agent: &str) -> Result<M2MClient, Error> {
    let arguments = Arguments::new(options, MACHINE_OPTIONS)?;
    let mut builder = M2MClient::builder().with(shared(&arguments, hooks, user_agent)?, audit_log(&arguments, hooks)?);
    if let Some(endpoint) = arguments.text("token_endpoint")? {
        builder = builder.token_endpoint(endpoint);
    }
    builder.build()
}

/// The options that both clients have.
fn shared(arguments: &Arguments<'_>, hooks: &Hooks, user_agent: &str) -> Result<Options, Error> {
    let known = secrets(arguments)?.map(Source::Known);
    Ok(Options {
        client_id: arguments.text("client_id")?,
        client_secret: hooks.client_secret.clone().map(asked).or(known),
        scopes: arguments.words("scopes")?,
        environment: arguments.get("environment").map(environment).transpose()?,
        call_timeout: arguments.number("timeout")?.map(super::call::time_limit).transpose()?,
        user_agent: Some(user_agent.to_owned()),
        ..Options::default()
    })
}

/// The application's function, as core asks it.
fn asked(source: SecretSource) -> Source {
    Source::Ask(Arc::new(move || {
        let asked = source();
        Box::pin(async move { Ok(asked.await?.into_iter().map(Secret::from).collect()) })
    }))
}

/// The application's own function, or a file.
fn audit_log(arguments: &Arguments<'_>, hooks: &Hooks) -> Result<Option<AuditLog>, Error> {
    let required = arguments.boolean("audit_required")?.unwrap_or_default();
    let log = match (hooks.audit_log.clone(), arguments.text("audit_log")?) {
        (Some(sink), _) => AuditLog::callback(move |entry| {
            let text = serde_json::to_string(&entry).unwrap_or_default();
            sink(text)
        }),
        (None, Some(path)) if !path.is_empty() => AuditLog::file(path),
        (None, Some(_)) => return Err(invalid("audit_log", "must be a function, a logger, or the path of a file")),
        (None, None) if required => return Err(invalid("audit_required", "needs an `audit_log`")),
        (None, None) => return Ok(None),
    };
    Ok(Some(if required { log.required() } else { log }))
}

/// How long the application's own code may take: as long as a call. Without an end to it, one answer that never comes
/// would stop every later call of that user.
pub fn hook_limit(options: &str) -> Duration {
    #[derive(Deserialize)]
    struct Limit {
        timeout: Option<f64>,
    }
    let given = serde_json::from_str::<Limit>(options).ok().and_then(|limit| limit.timeout);
    given.and_then(|seconds| super::call::time_limit(seconds).ok()).unwrap_or(Limits::default().call)
}

/// One secret, or several while it is being changed.
fn secrets(arguments: &Arguments<'_>) -> Result<Option<Vec<Secret>>, Error> {
    match arguments.get("client_secret") {
        Some(Value::String(secret)) => Ok(Some(vec![Secret::from(secret.as_str())])),
        Some(Value::Array(list)) => {
            let texts: Option<Vec<Secret>> = list.iter().map(|each| each.as_str().map(Secret::from)).collect();
            texts.map(Some).ok_or_else(|| invalid("client_secret", "must be a text, or a list of texts"))
        }
        Some(_) => Err(invalid("client_secret", "must be a text, or a list of texts")),
        None => Ok(None),
    }
}

fn token_requests(value: &Value) -> Result<u32, Error> {
    let requests = value.as_u64().and_then(|requests| u32::try_from(requests).ok());
    requests.ok_or_else(|| invalid("token_requests_per_minute", "must be a whole number, 1 or more"))
}

fn environment(value: &Value) -> Result<Environment, Error> {
    match value {
        Value::String(text) => Environment::parse(text),
        Value::Object(_) => match serde_json::from_value::<IssuerOptions>(value.clone()) {
            Ok(options) => Ok(Environment::Issuer(options)),
            Err(_) => Err(invalid(
                "environment",
                "as an object has `issuer`, and may have `authorization_endpoint`, `token_endpoint`, \
                 `revocation_endpoint`, `introspection_endpoint` and `jwks_uri`",
            )),
        },
        _ => Err(invalid("environment", "must be a text or an object")),
    }
}
