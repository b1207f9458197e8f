//! Asks the application's own code: a function of Node, called from the SDK's threads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use loop_sdk::Error;
use loop_sdk::bridge::{AuditSink, EventSink, SecretSource};
use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function, Promise};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use serde::Deserialize;
use serde_json::Value;

/// What the shell passes for a store or a secret: it takes a method and its arguments as JSON, and its promise is
/// always fulfilled, with an [`Answer`] as JSON.
pub(crate) type Ask<'env> = Function<'env, FnArgs<(String, String)>, Promise<String>>;

/// What the shell passes for events: it takes one as JSON, and never throws.
pub(crate) type Tell<'env> = Function<'env, String, ()>;

/// Weak: an idle client must not keep Node up. A call that is under way does, by the promise that it owes.
type Questions =
    ThreadsafeFunction<FnArgs<(String, String)>, Promise<String>, FnArgs<(String, String)>, Status, false, true>;
type Events = ThreadsafeFunction<String, (), String, Status, false, true>;

/// The application's code behind one option.
pub(crate) struct Hook {
    questions: Questions,
    limit: Duration,
}

/// How a question ended.
pub(crate) enum Asked {
    /// With this value.
    Answered(Value),
    /// The code refused, or could not be reached: nothing was done.
    Refused(Failure),
    /// Nobody knows whether it was done.
    Lost(Failure),
}

/// Why there is no answer. It holds names and numbers only: what the code threw may quote what it was given.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// The shell's reply. `class` names the class of what was thrown, and `id` finds it again on the shell's side.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Value(Value),
    Wrong(String),
    Threw { class: String, id: u64, unknown: bool },
}

impl Hook {
    pub(crate) fn new(ask: &Ask<'_>, limit: Duration) -> napi::Result<Self> {
        let questions = ask.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self { questions, limit })
    }

    pub(crate) async fn ask(&self, method: &str, arguments: String) -> Asked {
        match tokio::time::timeout(self.limit, self.reply(method, arguments)).await {
            Ok(asked) => asked,
            Err(_) => Asked::Lost(Failure(format!("`{method}` did not end within {:?}", self.limit))),
        }
    }

    async fn reply(&self, method: &str, arguments: String) -> Asked {
        // Errors of napi may carry texts of JavaScript: they go no further.
        let Ok(promise) = self.questions.call_async_catch((method.to_owned(), arguments).into()).await else {
            return Asked::Refused(Failure(format!("`{method}` could not be called: its thread is ending")));
        };
        let Ok(reply) = promise.await else {
            return Asked::Lost(Failure(format!("`{method}` gave no answer: its thread is ending")));
        };
        match serde_json::from_str(&reply) {
            Ok(Answer::Value(value)) => Asked::Answered(value),
            Ok(Answer::Threw { class, id, unknown }) => {
                let failure = Failure(format!("`{method}` threw {class} (#{id})"));
                if unknown { Asked::Lost(failure) } else { Asked::Refused(failure) }
            }
            Ok(Answer::Wrong(what)) => Asked::Refused(Failure(format!("`{method}` {what}"))),
            Err(_) => Asked::Lost(Failure(format!("`{method}` gave an answer that can't be read"))),
        }
    }
}

/// Tells the application of each event. It returns at once: Node's thread takes them when it can.
pub(crate) fn event_sink(tell: &Tell<'_>) -> napi::Result<EventSink> {
    let events: Events = tell.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()?;
    Ok(Arc::new(move |event: &str| {
        // A thread of Node that ends takes its listeners with it.
        let _: Status = events.call(event.to_owned(), ThreadsafeFunctionCallMode::NonBlocking);
    }))
}

/// Gives the application each entry of the audit log, and waits until it has taken it.
pub(crate) fn audit_sink(hook: Hook) -> AuditSink {
    let hook = Arc::new(hook);
    Arc::new(move |entry| {
        let hook = Arc::clone(&hook);
        Box::pin(async move {
            match hook.ask("auditLog", entry).await {
                Asked::Answered(_) => Ok(()),
                Asked::Refused(failure) | Asked::Lost(failure) => Err(Error::audit_failed(failure)),
            }
        })
    })
}

/// Asks the application for its client secrets at each token request.
pub(crate) fn secret_source(hook: Hook) -> SecretSource {
    let hook = Arc::new(hook);
    Arc::new(move || {
        let hook = Arc::clone(&hook);
        Box::pin(async move {
            match hook.ask("clientSecret", String::new()).await {
                Asked::Answered(secrets) => serde_json::from_value(secrets).map_err(|_| {
                    Error::client_secret_unavailable(Failure("the client secrets can't be read".to_owned()))
                }),
                Asked::Refused(failure) | Asked::Lost(failure) => Err(Error::client_secret_unavailable(failure)),
            }
        })
    })
}
