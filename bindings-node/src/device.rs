//! A client as on a person's own device, for the tests of the Expo package: they run its TypeScript over this addon. Debug
//! builds have it, and so the addons that are published do not.

use std::sync::Arc;
use std::time::Duration;

use loop_sdk::Error;
use loop_sdk::bridge::{Browser, Hooks};
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use serde_json::json;

use crate::NativeClient;
use crate::hook::{self, Ask, Asked, Failure, Hook, Tell};

/// Builds a client as `open_client` does. `browser` is asked for what the browser came back to.
#[napi]
#[allow(clippy::needless_pass_by_value, reason = "Node's values are handed over: there is nothing to borrow")]
pub fn open_device_client(
    options: String,
    browser: Ask<'_>,
    on_event: Option<Tell<'_>>,
) -> napi::Result<Either<NativeClient, String>> {
    let mut hooks = Hooks::default();
    hooks.own_device = true;
    // A person may take their time.
    hooks.browser = Some(asking(Hook::new(&browser, Duration::MAX)?));
    hooks.on_event = on_event.map(|tell| hook::event_sink(&tell)).transpose()?;
    Ok(NativeClient::open(&options, "expo/test", hooks))
}

fn asking(hook: Hook) -> Browser {
    let hook = Arc::new(hook);
    Arc::new(move |url, redirect_uri| {
        let hook = Arc::clone(&hook);
        Box::pin(async move {
            match hook.ask("browser", json!({ "url": url, "redirectUri": redirect_uri }).to_string()).await {
                Asked::Answered(url) => serde_json::from_value(url)
                    .map_err(|_| Error::browser_unavailable(Failure("it came back with no text".to_owned()))),
                Asked::Refused(failure) | Asked::Lost(failure) => Err(Error::browser_unavailable(failure)),
            }
        })
    })
}
