//! Every operation of Loop's services, each declared once, one file per service.
//!
//! A declaration becomes the Rust method here, and through `cargo xtask codegen` the method, types and docs of every
//! other language. Adding one: write it in its service's file, run codegen, commit both.

mod call;
pub(crate) mod check;
mod clinical;
mod identity;
mod operations;
mod patient_graph;
mod platform;
mod received;
mod send;

use std::fmt;

pub(crate) use call::Call;
pub use call::{ApiRequest, ApiResponse};
#[doc(hidden)]
pub use received::Received;

use crate::client::User;
use crate::m2m::M2MClient;
use crate::schema::{Operation, Service};

/// Who calls: a person through an app, or a machine.
#[derive(Clone)]
#[doc(hidden)]
pub enum Caller {
    /// With the person's token.
    Person(User),
    /// With a token of its own.
    Machine(M2MClient),
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Caller>")
    }
}

/// Makes the list of services, and the methods that lead to them.
macro_rules! services {
    ($($(#[doc = $doc:literal])+ $method:ident: $($module:ident)::+, $type:ident;)+) => {
        $(pub use $($module)::+::$type;)+

        /// The calls that the services' methods return, one module per service.
        pub mod calls {
            $(pub use super::$($module)::+::calls as $method;)+
        }

        /// All services, in the order of the docs.
        pub static SERVICES: &[&Service] = &[$(&$($module)::+::SERVICE),+];

        impl User {
            $($(#[doc = $doc])+ pub fn $method(&self) -> $type { $type(Caller::Person(self.clone())) })+
        }

        impl M2MClient {
            $($(#[doc = $doc])+ pub fn $method(&self) -> $type { $type(Caller::Machine(self.clone())) })+
        }
    };
}

services! {
    /// The clinical record.
    clinical: clinical, Clinical;
    /// Metrics over time, protocols and adherence.
    patient_graph: patient_graph, PatientGraph;
    /// The account at Loop, and registered apps.
    identity: identity, Identity;
    /// Third-party providers.
    integrations: platform::integrations, Integrations;
    /// Memberships of a brand.
    membership: platform::membership, Memberships;
    /// What a tier gives.
    entitlements: platform::entitlements, TierEntitlements;
    /// Messages to a person.
    comms: platform::comms, Comms;
    /// Events for everybody who listens on the platform.
    events: platform::events, Events;
    /// Reading documents.
    ai: platform::ai, Ai;
    /// Deliveries of webhooks.
    webhooks: platform::webhooks, WebhookDeliveries;
}

/// Finds an operation by `service.method`.
pub fn operation(name: &str) -> Option<&'static Operation> {
    SERVICES.iter().flat_map(|service| service.operations).copied().find(|operation| operation.name == name)
}
