//! The native part of `@platform/sdk`: one client, one call, texts in and out. `ts/` gives it its shape.
//!
//! A reply crosses as one JSON text, `{"value": …}` or `{"error": …}`: one string is several times faster than an
//! object built field by field, and a rejected promise could not carry an error's code.
#![allow(unsafe_code, reason = "napi's macros generate the foreign functions")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use loop_sdk::bridge::{self, Case, Client, FlatError};
use loop_sdk::{Code, Error};
use napi::Env;
use napi::bindgen_prelude::{Either, Object};
use napi_derive::napi;

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
    match catch_unwind(|| Client::new(&options, &language)) {
        Ok(Ok(client)) => Either::A(NativeClient(Arc::new(client))),
        Ok(Err(error)) => Either::B(failure(&error)),
        Err(_panic) => Either::B(defect()),
    }
}

#[napi]
impl NativeClient {
    /// Where Loop sends the person back, from the options or the environment.
    #[napi(getter)]
    pub fn redirect_uri(&self) -> Option<String> {
        self.0.redirect_uri()
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
                let reply = AssertUnwindSafe(reply).catch_unwind().await.unwrap_or_else(|_panic| defect());
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
    let Ok(limit) = timeout_ms.map(|ms| Duration::try_from_secs_f64(ms / 1000.0)).transpose() else {
        return wrong_timeout();
    };
    let reply = cancel.run(limit, client.call(method, arguments)).await;
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
    write(&FlatError::new(error, Case::Camel))
}

fn wrong_timeout() -> String {
    own(Code::InvalidOption, "`timeout` must be milliseconds.", Some("timeout"))
}

fn defect() -> String {
    own(Code::Internal, "The SDK failed in a way that it never should; please report it.", None)
}

/// An error that arises on this side of the bridge.
fn own(code: Code, message: &str, detail: Option<&str>) -> String {
    write(&FlatError {
        code: code.as_str(),
        action: code.action().as_str(),
        message: message.to_owned(),
        retry_after_ms: None,
        status: None,
        request_id: None,
        detail: detail.map(str::to_owned),
        cause: None,
    })
}

fn write(error: &FlatError) -> String {
    // Texts and numbers under texts always become JSON; the shell takes an empty error for a defect.
    format!("{{\"error\":{}}}", serde_json::to_string(error).unwrap_or_else(|_| "{}".to_owned()))
}
