//! The records that the APIs return, each defined once; every language's types are generated from here.
//!
//! They print without their values and serialize whole: `{:?}` is for logs, `serde_json` is for pages.

mod clinical;
mod json;
mod page;

pub use clinical::{Biomarker, BiomarkerStatus, Protocol};
pub use json::Json;
pub use page::Page;
pub(crate) use page::{decode, normalize};
