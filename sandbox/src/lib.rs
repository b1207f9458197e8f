//! The Loop platform on your own machine: sign-in, consent, tokens and clinical data.
//!
//! ```
//! use loop_sandbox::{NewApp, Options, Sandbox};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Options::default()).await?;
//! let app = sandbox.register(NewApp::default()).await?;
//! println!("{} knows {}", sandbox.environment(), app.client_id);
//! # Ok(())
//! # }
//! ```
//!
//! It shares no code with the SDK, on purpose: a misreading of the contract would otherwise agree with itself.
#![forbid(unsafe_code)]

mod account;
mod admin;
mod answers;
mod api;
mod audit;
mod authorize;
mod browser;
mod clients;
mod db;
#[doc(hidden)]
pub mod demo;
mod docs_page;
mod fault;
mod faults;
mod gate;
mod grants;
mod home;
mod id_token;
mod idempotency;
mod identity;
mod ids;
mod interact;
mod introspection;
mod issue;
mod journal;
mod keys;
mod levers;
mod live;
mod machine;
mod oauth_limits;
mod openapi;
mod pages;
mod params;
mod portal;
mod rate_limit;
mod redirect_uri;
mod refresh;
mod revocation;
mod rotation;
mod rules;
mod sandbox;
mod scopes;
mod seed;
mod server;
mod services;
mod session;
#[doc(hidden)]
pub mod shell;
mod spoil;
mod state;
mod stats;
mod switches;
#[doc(hidden)]
pub mod sys;
mod token;
mod webhooks;
mod wire;

pub use browser::SignInError;
pub use db::Database;
pub use fault::{At, Fault, FaultBody, InvalidFault};
pub use id_token::IdTokenFault;
pub use journal::{AppliedFault, Done, JournalEntry, Presented};
pub use rotation::{Rotation, UnknownRotation};
pub use sandbox::{NewApp, Options, RegisterError, RegisteredApp, Sandbox, StartError};
pub use seed::Person;
pub use stats::Stats;
pub use switches::Switches;
#[doc(hidden)]
pub use webhooks::play as webhook_play;

/// RFC 3339 in UTC, to the second.
pub(crate) fn time_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| at.to_string())
}
