//! The records that the APIs return, each defined once; every language's types are generated from here.
//!
//! They print without their values and serialize whole: `{:?}` is for logs, `serde_json` is for pages.

mod clinical;
mod decimal;
mod events;
mod identity;
mod json;
mod page;
mod patient_graph;
mod platform;
mod protocols;

pub use clinical::*;
pub use decimal::Decimal;
pub use events::*;
pub use identity::*;
pub use json::{Json, JsonObject, Nullable};
pub use page::Page;
pub(crate) use page::{Answered, decode, decode_borrowed, records, records_of_any};
pub use patient_graph::*;
pub use platform::*;
pub use protocols::*;
