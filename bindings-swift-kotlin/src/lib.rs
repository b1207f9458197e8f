//! The native part of the Swift, Kotlin and Expo packages: one client, one call, texts in and out. The hand-written
//! layers in `swift/`, `kotlin/` and `expo/` give it its shape.
//!
//! An answer crosses as one JSON text: both languages read it with their own well-kept libraries, Expo passes it on as
//! it is, and no generated type exists that could print what is in it.
#![allow(unsafe_code, reason = "uniffi's macros generate the foreign functions")]
#![allow(clippy::result_large_err, reason = "uniffi takes errors by value, and a failed call costs more than the copy")]

#[cfg(target_os = "android")]
mod android;
mod app;
mod fault;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use loop_sdk::Error;
use loop_sdk::bridge::{self, Client, Hooks};
use tokio::task::JoinHandle;

pub use crate::app::{
    HookFault, NativeAudit, NativeBrowser, NativeEvents, NativeSecrets, NativeStore, SaveAnswer, StoreFault,
    StoredEntry,
};
pub use crate::fault::{Fault, FaultInfo};

uniffi::setup_scaffolding!("loop_sdk");

/// Cancels one call.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelHandle(Arc<bridge::CancelHandle>);

#[uniffi::export]
impl CancelHandle {
    /// A handle for one call.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Ends the call with the code `cancelled`, also one that has not begun.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// The parts of a client that are the application's own code.
#[derive(uniffi::Record)]
pub struct NativeHooks {
    /// Where grants are kept, in place of the option `store`.
    pub store: Option<Arc<dyn NativeStore>>,
    /// What a sign-in opens.
    pub browser: Option<Arc<dyn NativeBrowser>>,
    /// Told of what happens to grants.
    pub events: Option<Arc<dyn NativeEvents>>,
    /// Keeps the audit log, in place of the option `audit_log`.
    pub audit: Option<Arc<dyn NativeAudit>>,
    /// Knows the client's secrets, in place of the option `client_secret`.
    pub secrets: Option<Arc<dyn NativeSecrets>>,
    /// The store is on the person's own device.
    pub own_device: bool,
    /// The client is a machine's: it has no store and no sign-in.
    pub machine: bool,
}

impl fmt::Debug for NativeHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeHooks")
    }
}

/// A client, shared by all of its calls.
#[derive(Debug, uniffi::Object)]
pub struct NativeClient(Arc<Client>);

#[uniffi::export]
impl NativeClient {
    /// Checks every option, and touches neither disk nor network. `options` is a JSON object.
    #[uniffi::constructor]
    pub fn open(options: &str, language: &str, hooks: NativeHooks) -> Result<Arc<Self>, Fault> {
        bridge::keep_panics_quiet();
        bridge::caught(|| {
            let limit = bridge::hook_limit(options);
            let mut known = Hooks::default();
            known.store = hooks.store.map(|store| app::store(store, limit));
            known.browser = hooks.browser.map(app::browser);
            known.on_event = hooks.events.map(app::events);
            known.audit_log = hooks.audit.map(|audit| app::audit(audit, limit));
            known.client_secret = hooks.secrets.map(|secrets| app::secrets(secrets, limit));
            known.own_device = hooks.own_device;
            known.machine = hooks.machine;
            Ok::<_, Error>(Arc::new(Self(Arc::new(Client::new(options, known, language)?))))
        })
        .map_err(Fault::from)
    }

    /// Calls a method or an operation with a JSON object; the answer is JSON.
    pub async fn call(
        &self,
        method: String,
        arguments: String,
        timeout_ms: Option<u64>,
        cancel: Arc<CancelHandle>,
    ) -> Result<String, Fault> {
        let client = Arc::clone(&self.0);
        let call = async move {
            let limit = timeout_ms.map(Duration::from_millis);
            client.call(&method, &arguments, limit, &cancel.0).await?.into_json()
        };
        spawn(call).await.map_err(Fault::from)
    }

    /// Where Loop sends the person back, from the options or the environment.
    pub fn redirect_uri(&self) -> Option<String> {
        self.0.redirect_uri()
    }
}

/// Checks a webhook's delivery, and reads it: JSON. `headers` is a JSON object of texts and lists of texts, `secrets` a JSON
/// text, a list of texts, or null for `LOOP_WEBHOOK_SECRET`.
#[uniffi::export]
#[allow(clippy::needless_pass_by_value, reason = "uniffi hands bytes over")]
pub fn verify_webhook(raw_body: Vec<u8>, headers: &str, secrets: &str) -> Result<String, Fault> {
    bridge::keep_panics_quiet();
    bridge::caught(|| bridge::verify_webhook(&raw_body, headers, secrets)).map_err(Fault::from)
}

/// Waits until no client of this process has a token request under way or tokens that are not stored. False where the
/// time was too short.
#[uniffi::export]
pub async fn settle(limit_ms: u64) -> bool {
    let settled = async move { Ok(bridge::drain_all(Some(Duration::from_millis(limit_ms))).await) };
    spawn(settled).await.unwrap_or_default()
}

/// Tasks that live on the SDK's threads, for tests that look for one that was left behind.
#[uniffi::export]
pub fn living_tasks() -> u64 {
    bridge::runtime().map_or(0, |runtime| runtime.metrics().num_alive_tasks() as u64)
}

/// Runs a call on the SDK's threads. Whoever awaits it may be dropped at any moment, and the call with them; a panic's
/// text may quote what was handled, and goes no further.
async fn spawn<T: Send + 'static>(call: impl Future<Output = Result<T, Error>> + Send + 'static) -> Result<T, Error> {
    struct AbortOnDrop<T>(JoinHandle<T>);
    impl<T> Drop for AbortOnDrop<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = AbortOnDrop(bridge::runtime()?.spawn(call));
    (&mut task.0).await.unwrap_or_else(|_ended| Err(bridge::defect()))
}
