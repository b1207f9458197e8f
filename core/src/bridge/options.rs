//! A client's options as one JSON object, in snake_case or camelCase.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::client::{Hooks, SecretSource};
use crate::audit::AuditLog;
use crate::client::LoopClient;
use crate::config::{Limits, invalid};
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

/// Builds a machine's client. Absent and null options come from the environment.
pub(super) fn build_machine(options: &Map<String, Value>, hooks: &Hooks, user_agent: &str) -> Result<M2MClient, Error> {
    let arguments = Arguments::new(options, MACHINE_OPTIONS)?;
    let mut builder = M2MClient::builder().user_agent(user_agent.to_owned());
    if let Some(id) = arguments.text("client_id")? {
        builder = builder.client_id(id);
    }
    if let Some(secrets) = secrets(&arguments)? {
        builder = builder.client_secrets(secrets);
    }
    if let Some(source) = hooks.client_secret.clone() {
        builder = builder.client_secret_source(asked(source));
    }
    if let Some(scopes) = arguments.words("scopes")? {
        builder = builder.scopes(scopes);
    }
    if let Some(environment) = arguments.get("environment") {
        builder = builder.environment(self::environment(environment)?);
    }
    if let Some(endpoint) = arguments.text("token_endpoint")? {
        builder = builder.token_endpoint(endpoint);
    }
    if let Some(seconds) = arguments.number("timeout")? {
        builder = builder.timeout(super::call::time_limit(seconds)?);
    }
    if let Some(log) = audit_log(&arguments, hooks)? {
        builder = builder.audit_log(log);
    }
    builder.build()
}

/// The application's function, as core asks it.
fn asked(source: SecretSource) -> impl Fn() -> BoxFuture<'static, Result<Vec<Secret>, Error>> + Send + Sync + 'static {
    move || {
        let asked = source();
        Box::pin(async move { Ok(asked.await?.into_iter().map(Secret::from).collect()) })
    }
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
    let mut builder = LoopClient::builder().user_agent(user_agent.to_owned()).first_made_in(process);
    if let Some(id) = arguments.text("client_id")? {
        builder = builder.client_id(id);
    }
    if let Some(secrets) = secrets(&arguments)? {
        builder = builder.client_secrets(secrets);
    }
    if let Some(source) = hooks.client_secret.clone() {
        builder = builder.client_secret_source(asked(source));
    }
    if let Some(uri) = arguments.text("redirect_uri")? {
        builder = builder.redirect_uri(uri);
    }
    if let Some(scopes) = arguments.words("scopes")? {
        builder = builder.scopes(scopes);
    }
    if let Some(environment) = arguments.get("environment") {
        builder = builder.environment(self::environment(environment)?);
    }
    if let Some(url) = arguments.text("store")? {
        builder = builder.store(&url);
    }
    if let Some(key) = arguments.text("store_key")? {
        builder = builder.store_key(Secret::new(key));
    }
    if let Some(store) = &hooks.store {
        builder = builder.store_object(std::sync::Arc::clone(store));
    }
    if let Some(identify) = arguments.boolean("identify")? {
        builder = builder.identify(identify);
    }
    if let Some(check) = arguments.boolean("check_browser")?.or(hooks.own_device.then_some(false)) {
        builder = builder.check_browser(check);
    }
    if let Some(seconds) = arguments.number("timeout")? {
        builder = builder.timeout(super::call::time_limit(seconds)?);
    }
    if let Some(profile) = arguments.text("profile")? {
        builder = builder.profile(Profile::parse(&profile)?);
    }
    if let Some(retry) = arguments.boolean("retry_unknown_refresh")? {
        builder = builder.retry_unknown_refresh(retry);
    }
    if let Some(requests) = arguments.get("token_requests_per_minute") {
        let requests = requests.as_u64().and_then(|requests| u32::try_from(requests).ok());
        builder = builder.token_requests_per_minute(
            requests.ok_or_else(|| invalid("token_requests_per_minute", "must be a whole number, 1 or more"))?,
        );
    }
    if let Some(log) = audit_log(&arguments, hooks)? {
        builder = builder.audit_log(log);
    }
    if let Some(sink) = hooks.on_event.clone() {
        builder = builder.on_event(move |event| {
            // An event is texts and numbers only.
            sink(&serde_json::to_string(event).unwrap_or_default());
        });
    }
    builder.build()
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
