//! A client's options as one JSON object, in snake_case or camelCase.

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::client::Hooks;
use crate::client::LoopClient;
use crate::config::invalid;
use crate::environment::{Environment, IssuerOptions};
use crate::error::Error;
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
    let mut builder = LoopClient::builder().user_agent(user_agent.to_owned()).first_made_in(process);
    if let Some(id) = arguments.text("client_id")? {
        builder = builder.client_id(id);
    }
    if let Some(secret) = arguments.text("client_secret")? {
        builder = builder.client_secret(Secret::new(secret));
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
    if let Some(check) = arguments.boolean("check_browser")? {
        builder = builder.check_browser(check);
    }
    if let Some(seconds) = arguments.number("timeout")? {
        builder = builder.timeout(super::call::time_limit(seconds)?);
    }
    builder.build()
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
