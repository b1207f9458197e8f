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

mod admin;
mod answers;
mod authorize;
mod browser;
mod clients;
mod clinical;
mod db;
#[doc(hidden)]
pub mod demo;
mod faults;
mod grants;
mod id_token;
mod identity;
mod ids;
mod interact;
mod journal;
mod keys;
mod levers;
mod pages;
mod params;
mod redirect_uri;
mod revocation;
mod sandbox;
mod scopes;
mod seed;
mod server;
mod state;
#[doc(hidden)]
pub mod sys;
mod token;

pub use browser::SignInError;
pub use db::Database;
pub use id_token::IdTokenFault;
pub use journal::JournalEntry;
pub use sandbox::{NewApp, Options, RegisterError, RegisteredApp, Sandbox, StartError};
pub use seed::Person;

/// RFC 3339 in UTC, to the second.
pub(crate) fn time_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| at.to_string())
}
