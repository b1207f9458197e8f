//! The native part of `@platform/sdk`: one client, one call, texts in and out. `ts/` gives it its shape.
//!
//! A reply crosses as one JSON text, `{"value": …}` or `{"error": …}`: one string is several times faster than an
//! object built field by field, and a rejected promise could not carry an error's code. `"busy": true` in it says that
//! Node has to stay up for something that no call waits for.
#![allow(unsafe_code, reason = "napi's macros generate the foreign functions")]

#[cfg(debug_assertions)]
pub mod device;
mod hook;
mod store;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use loop_sdk::Error;
use loop_sdk::bridge::{self, Case, Client, FlatError};
use napi::Env;
use napi::bindgen_prelude::{Either, Object, Uint8Array};
use napi_derive::napi;

use crate::hook::{Ask, Hook, Tell};
use crate::store::ForeignStore;

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
pub struct NativeClient {
    client: Arc<Client>,
    /// Calls whose reply is still to come. Each of them keeps Node up.
    under_way: Arc<AtomicUsize>,
}

/// Builds a client, or returns the reply that says what is wrong with its options. The functions are the application's
/// own code, wrapped by the shell.
#[napi]
#[allow(clippy::needless_pass_by_value, reason = "Node's values are handed over: there is nothing to borrow")]
#[allow(clippy::too_many_arguments, reason = "the shell's one caller names them all")]
pub fn open_client(
    options: String,
    language: String,
    store: Option<Ask<'_>>,
    store_lists: bool,
    client_secret: Option<Ask<'_>>,
    on_event: Option<Tell<'_>>,
    audit_log: Option<Ask<'_>>,
    machine: Option<bool>,
) -> napi::Result<Either<NativeClient, String>> {
    let limit = bridge::hook_limit(&options);
    let mut hooks = bridge::Hooks::default();
    if let Some(ask) = store {
        hooks.store = Some(Arc::new(ForeignStore::new(Hook::new(&ask, limit)?, store_lists)));
    }
    if let Some(ask) = client_secret {
        hooks.client_secret = Some(hook::secret_source(Hook::new(&ask, limit)?));
    }
    if let Some(tell) = on_event {
        hooks.on_event = Some(hook::event_sink(&tell)?);
    }
    if let Some(ask) = audit_log {
        hooks.audit_log = Some(hook::audit_sink(Hook::new(&ask, limit)?));
    }
    hooks.machine = machine.unwrap_or_default();
    Ok(NativeClient::open(&options, &language, hooks))
}

impl NativeClient {
    fn open(options: &str, language: &str, hooks: bridge::Hooks) -> Either<Self, String> {
        match bridge::caught(|| Client::new(options, hooks, language)) {
            Ok(client) => Either::A(Self { client: Arc::new(client), under_way: Arc::default() }),
            Err(error) => Either::B(failure(&error)),
        }
    }
}

#[napi]
impl NativeClient {
    /// Where Loop sends the person back, from the options or the environment.
    #[napi(getter)]
    pub fn redirect_uri(&self) -> Option<String> {
        self.client.redirect_uri()
    }

    /// Names this issuer and client: what is signed for one is not valid for another.
    #[napi(getter)]
    pub fn namespace(&self) -> Option<String> {
        self.client.namespace()
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
        let client = Arc::clone(&self.client);
        let cancel = cancel.map(|handle| Arc::clone(&handle.0)).unwrap_or_default();
        let under_way = UnderWay::begin(&self.under_way);
        promise(env, async move {
            let outcome = outcome(&client, &method, &arguments, timeout_ms, &cancel).await;
            reply(outcome, under_way.end())
        })
    }
}

/// Checks a webhook's delivery: a reply with the event, or with the error.
#[napi]
#[allow(clippy::needless_pass_by_value, reason = "Node's values are handed over: there is nothing to borrow")]
pub fn verify_webhook(raw_body: Uint8Array, headers: String, secrets: String) -> String {
    reply(bridge::caught(|| bridge::verify_webhook(&raw_body, &headers, &secrets)), false)
}

/// The table that a Postgres store needs, as SQL.
#[napi]
pub fn store_schema() -> &'static str {
    bridge::store_schema()
}

/// How long Node stays up for what no call waits for.
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// A promise of the moment when no client has a token request under way or tokens that are not stored. Node stays up
/// until then, ten seconds at most.
#[napi(ts_return_type = "Promise<string>")]
pub fn idle(env: &Env) -> napi::Result<Object<'_>> {
    promise(env, async {
        bridge::drain_all(Some(LONGEST_IDLE)).await;
        "{}".to_owned()
    })
}

/// Runs `work` on the SDK's threads. Its promise is always resolved, and keeps Node up until then.
fn promise(env: &Env, work: impl Future<Output = String> + Send + 'static) -> napi::Result<Object<'_>> {
    let (deferred, promise) = env.create_deferred()?;
    match bridge::runtime() {
        Ok(runtime) => drop(runtime.spawn(async move {
            // A panic's text may quote what it was handling: it goes no further.
            let reply = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_panic| failure(&bridge::defect()));
            deferred.resolve(settled(reply));
        })),
        Err(error) => deferred.resolve(settled(failure(&error))),
    }
    Ok(promise)
}

/// One call of a client, which ends once, also by a panic.
struct UnderWay(Option<Arc<AtomicUsize>>);

impl UnderWay {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Some(Arc::clone(count)))
    }

    /// Whether Node has to stay up after this call. Asked of the core only where no other call of the client follows
    /// that keeps Node up and asks in its turn: the core looks at all clients, and locks for it.
    fn end(mut self) -> bool {
        let is_last = self.0.take().is_some_and(|count| count.fetch_sub(1, Ordering::AcqRel) == 1);
        is_last && bridge::busy()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(count) = self.0.take() {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

async fn outcome(
    client: &Client,
    method: &str,
    arguments: &str,
    timeout_ms: Option<f64>,
    cancel: &bridge::CancelHandle,
) -> Result<String, Error> {
    let limit = timeout_ms.map(|ms| bridge::time_limit(ms / 1000.0)).transpose()?;
    client.call(method, arguments, limit, cancel).await?.into_json()
}

fn reply(outcome: Result<String, Error>, is_busy: bool) -> String {
    let busy = if is_busy { ",\"busy\":true" } else { "" };
    match outcome {
        Ok(json) => format!("{{\"value\":{json}{busy}}}"),
        Err(error) => format!("{{\"error\":{}{busy}}}", flat(&error)),
    }
}

/// What the promise is resolved with, once Node's thread takes it.
fn settled(reply: String) -> impl FnOnce(Env) -> napi::Result<String> {
    move |_env| Ok(reply)
}

fn failure(error: &Error) -> String {
    format!("{{\"error\":{}}}", flat(error))
}

fn flat(error: &Error) -> String {
    // Texts and numbers under texts always become JSON; the shell takes an empty error for a defect.
    serde_json::to_string(&FlatError::new(error, Case::Camel)).unwrap_or_else(|_| "{}".to_owned())
}
