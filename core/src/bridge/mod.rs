//! What every binding shares: the runtime, options as JSON, one generic call, the flat error. Not for Rust applications.
//!
//! A binding maps its language's arguments to a JSON object, calls [`Client::call`], and turns the reply or the
//! [`FlatError`] into its own types. Whatever two bindings need alike lives here.

mod arguments;
mod call;
mod client;
mod device;
mod error;
mod exit;
mod forked;
mod options;
mod panics;
mod runtime;
mod webhook;

pub use call::{CancelHandle, Reply, decode, time_limit};
pub use client::{AuditSink, Browser, Client, EventSink, Hooks, SecretSource};
pub use error::{Case, FlatError};
pub use exit::{busy, drain_all};
pub use options::{MACHINE_OPTIONS, OPTIONS, hook_limit};
pub use panics::{caught, defect, keep_panics_quiet};
pub use runtime::runtime;
pub use webhook::verify_webhook;

/// The loggable form of an operation's reply, for the tests of other languages.
#[doc(hidden)]
pub fn safe_view(operation: &crate::schema::Operation, reply: &serde_json::Value) -> serde_json::Value {
    crate::safe_view::of_result(operation, reply)
}

/// The table that a Postgres store needs, as SQL: for the packages' `store-schema` commands.
#[cfg(feature = "postgres")]
pub fn store_schema() -> &'static str {
    crate::store::POSTGRES_SCHEMA
}
