//! Connect with Loop: sign a person in with OAuth 2.0 and OpenID Connect, keep the grant alive, call Loop's health APIs.
//!
//! ```no_run
//! use loop_sdk::{AuthorizationRequest, LoopClient};
//!
//! # async fn handler(callback_url: &str) -> Result<(), loop_sdk::Error> {
//! // LOOP_CLIENT_ID, LOOP_CLIENT_SECRET, LOOP_REDIRECT_URI and LOOP_SCOPES come from the environment.
//! let client = LoopClient::builder().build()?;
//!
//! // 1. Send the person's browser to `begun.url`; keep `begun.browser_secret` in an HttpOnly cookie.
//! let begun = client.authorization_url(AuthorizationRequest::new().app_state("/results")).await?;
//!
//! // 2. In the handler of the redirect URI:
//! let tokens = client.handle_callback(callback_url, Some(&begun.browser_secret)).await?;
//!
//! // 3. Any time afterwards, in any process that shares the store:
//! for biomarker in &client.user(&tokens.user_id).clinical().list_biomarkers().await? {
//!     println!("{}: {} {}", biomarker.biomarker_name, biomarker.value, biomarker.unit);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here prints a token, a secret or a clinical value: `Debug` and `Display` hide them, `serde` writes records
//! whole. Every [`Error`] has a stable [`Code`] and an [`Action`].
#![forbid(unsafe_code)]

mod api;
mod audit;
mod audit_file;
mod authorization;
#[cfg(feature = "bridge")]
pub mod bridge;
mod builder;
mod claims;
mod client;
mod client_secret;
mod config;
mod endpoints;
mod environment;
mod error;
mod event;
mod grant;
mod grants;
mod http;
mod issuer;
mod keys;
mod m2m;
pub mod model;
mod oauth;
mod profile;
mod revoke;
mod safe_view;
pub mod schema;
pub mod scope;
mod secret;
mod sign_in;
mod status;
pub mod store;
mod sys;
mod trace;
pub mod webhook;

#[doc(hidden)]
pub use api::Received;
pub use api::{
    Ai, ApiRequest, ApiResponse, Clinical, Comms, Events, Identity, Integrations, Memberships, PatientGraph, SERVICES,
    TierEntitlements, WebhookDeliveries, calls, operation,
};
pub use audit::{AuditEntry, AuditLog};
pub use authorization::{Authorization, AuthorizationRequest, Tokens};
pub use claims::EventClaim;
pub use client::{LoopClient, LoopClientBuilder, User};
pub use environment::{Environment, IssuerOptions};
pub use error::{Action, Code, Error};
pub use event::{Event, EventKind};
pub use grants::{ImportGrant, Imported};
pub use m2m::{M2MClient, M2MClientBuilder};
pub use profile::Profile;
pub use safe_view::SafeView;
pub use secret::Secret;
pub use status::{Grants, KeptAlive, Standing, Status};
#[doc(hidden)]
pub use sys::Clock;

/// Compiles the Rust code of the docs.
#[cfg(doctest)]
mod docs {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/src/quickstart-rust.md")]
    mod quickstart {}
}
