//! The native part of `@platform/sdk`: one client, one call, texts in and out. `ts/` gives it its shape.
//!
//! A reply crosses as one JSON text, `{"value": …}` or `{"error": …}`: one string is several times faster than an
//! object built field by field, and a rejected promise could not carry an error's code.
#![allow(unsafe_code, reason = "napi's macros generate the foreign functions")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use loop_sdk::Error;
use loop_sdk::bridge::{self, Case, Client, FlatError};
use napi::Env;
use napi::bindgen_prelude::{Either, Object};
use napi_derive::napi;

/// Runs once, when Node loads the addon.
#[napi_derive::module_init]
fn init() {
    bridge::keep_panics_quiet();
}

/// Cancels one call.
#[napi]
#[derive(Debug, Default)]
pub struct CancelHandle(Arc<bridge::CancelHandle>);

#[napi]
impl CancelHandle {
    /// A handle for one call.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the call with the code `cancelled`, also one that has not begun.
    #[napi]
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A client, shared by all of its calls.
#[napi]
#[derive(Debug)]
pub struct NativeClient(Arc<Client>);

/// Builds a client, or returns the reply that says what is wrong with its options.
#[napi]
#[allow(clippy::needless_pass_by_value, reason = "Node's texts are copied into Rust: there is nothing to borrow")]
pub fn open_client(options: String, language: String) -> Either<NativeClient, String> {
    match bridge::caught(|| Client::new(&options, bridge::Hooks::default(), &language)) {
        Ok(client) => Either::A(NativeClient(Arc::new(client))),
        Err(error) => Either::B(failure(&error)),
    }
}

#[napi]
impl NativeClient {
    /// Where Loop sends the person back, from the options or the environment.
    #[napi(getter)]
    pub fn redirect_uri(&self) -> Option<String> {
        self.0.redirect_uri()
    }

    /// Names this issuer and client: what is signed for one is not valid for another.
    #[napi(getter)]
    pub fn namespace(&self) -> Option<String> {
        self.0.namespace()
    }

    /// Calls a method or an operation; the promise is always resolved, with a reply. Node stays up until then.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        method: String,
        arguments: String,
        timeout_ms: Option<f64>,
        cancel: Option<&CancelHandle>,
    ) -> napi::Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        let client = Arc::clone(&self.0);
        let cancel = cancel.map(|handle| Arc::clone(&handle.0)).unwrap_or_default();
        match bridge::runtime() {
            Ok(runtime) => drop(runtime.spawn(async move {
                let reply = reply(&client, &method, &arguments, timeout_ms, &cancel);
                // A panic's text may quote what it was handling: it goes no further.
                let reply =
                    AssertUnwindSafe(reply).catch_unwind().await.unwrap_or_else(|_panic| failure(&bridge::defect()));
                deferred.resolve(settled(reply));
            })),
            Err(error) => deferred.resolve(settled(failure(&error))),
        }
        Ok(promise)
    }
}

async fn reply(
    client: &Client,
    method: &str,
    arguments: &str,
    timeout_ms: Option<f64>,
    cancel: &bridge::CancelHandle,
) -> String {
    let reply = match timeout_ms.map(|ms| bridge::time_limit(ms / 1000.0)).transpose() {
        Ok(limit) => cancel.run(limit, client.call(method, arguments)).await,
        Err(error) => Err(error),
    };
    match reply.and_then(bridge::Reply::into_json) {
        Ok(json) => format!("{{\"value\":{json}}}"),
        Err(error) => failure(&error),
    }
}

/// What the promise is resolved with, once Node's thread takes it.
fn settled(reply: String) -> impl FnOnce(Env) -> napi::Result<String> {
    move |_env| Ok(reply)
}

fn failure(error: &Error) -> String {
    // Texts and numbers under texts always become JSON; the shell takes an empty error for a defect.
    let flat = serde_json::to_string(&FlatError::new(error, Case::Camel)).unwrap_or_else(|_| "{}".to_owned());
    format!("{{\"error\":{flat}}}")
}
